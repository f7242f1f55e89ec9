/** The layer × iteration map's columns: which records they hold, and where there are none. */
import { expect, test } from 'vitest';
import type { LayerRecord } from '../../../src/metrics/trace.ts';
import { mapGrid } from '../../../src/ui/map-data.ts';
import { LINEAR_ITERATIONS } from '../../../src/ui/ticks.ts';
import { syntheticTrace } from '../../support/synthetic.ts';

const trace = syntheticTrace({ iterations: 60, layers: 2, log2Dz: (layer, i) => (layer === 1 && i === 7 ? Number.NaN : i / 4) });
const at = (iterations: readonly number[]): LayerRecord[] =>
  trace.layers.filter(({ iteration }) => iterations.includes(iteration));
/** A column an iteration. */
const gridOf = (records: readonly LayerRecord[]) => mapGrid(records, 2, LINEAR_ITERATIONS, [0, 59], 60);
const filledOf = (records: readonly LayerRecord[]) =>
  [...gridOf(records).filled].map((filled, p) => (filled ? p : -1)).filter((p) => p >= 0);

test('a record stands until the next one, however unevenly they were kept, and the last as long as the one before', () => {
  const filled = filledOf(at([10, 13, 20, 26]));
  expect(filled[0]).toBeLessThanOrEqual(10);
  expect(filled.at(-1)).toBeGreaterThanOrEqual(30);
  expect(filled.at(-1)).toBeLessThanOrEqual(33);
  expect(filled).toEqual(Array.from(filled, (_, k) => filled[0] + k));
});

test('a number that is not finite is none, and the others of its column stay', () => {
  const grid = gridOf(trace.layers);
  const column = grid.filled.findIndex((_, p) => Number.isNaN(grid.cells[2 * p + 1]));
  expect(column).toBeGreaterThanOrEqual(6);
  expect(column).toBeLessThanOrEqual(8);
  expect(Number.isFinite(grid.cells[2 * column])).toBe(true);
});
