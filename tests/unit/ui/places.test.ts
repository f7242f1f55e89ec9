/** A quantity of the layers at the first, the middle and the last of them, over the iterations. */
import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { placesAt, placesData, placesFrame, placesOf, placesTable, placesUnit, summarizePlaces } from '../../../src/ui/places.ts';
import { initialState, type LabState } from '../../../src/ui/state.ts';
import { syntheticTrace } from '../../support/synthetic.ts';

const experimentOf = (depth: number) => parseExperiment({ model: { kind: 'mlp', depth } });
const traceOf = (layers: number, iterations = 4, log2Dz = (layer: number, i: number) => i - layer) =>
  syntheticTrace({ iterations, layers, log2Dz });
const lab = (...depths: number[]): LabState => ({
  ...initialState(),
  experiments: depths.map(experimentOf),
  quantity: 'gradient',
  logIterations: false,
});
const log10 = (log2: number) => Number((log2 * Math.LOG10E * Math.LN2).toFixed(4));

describe('the first, middle and last layer', () => {
  test('are a curve each, of their own width and name', () => {
    const frame = placesFrame(lab(6), [traceOf(6)]);
    expect(frame?.styles.map(({ tag, width }) => [tag, width])).toEqual([
      ['layer 0', 2.2],
      ['layer 2', 1.5],
      ['layer 5', 0.9],
    ]);
    expect(frame?.columns.map((column) => column.map((y) => Number(y?.toFixed(4))))).toEqual(
      [0, 2, 5].map((layer) => [0, 1, 2, 3].map((i) => log10(i - layer))),
    );
  });
  test('of several runs have their letters, and each run its own depth', () => {
    const [view, traces] = [lab(6, 2), [traceOf(6), traceOf(2)]];
    expect(placesFrame(view, traces)?.styles.map(({ tag }) => tag)).toEqual([
      ...['A layer 0', 'A layer 2', 'A layer 5'],
      ...['B layer 0', 'B layer 1'],
    ]);
    expect(placesUnit(view, traces)).toBe('‖∂L/∂z‖ of the first, middle and last layer');
    expect(placesUnit(lab(6), [traceOf(6)])).toBe('‖∂L/∂z‖ of layer 0, layer 2, layer 5');
  });
  test('of a single layer are one', () => {
    expect(placesOf(lab(1), traceOf(1), 0)).toEqual([{ name: 'layer 0', at: 0 }]);
  });
  test('are not there where the quantity is not measured', () => {
    expect(placesFrame({ ...lab(6), quantity: 'state' }, [traceOf(6)])).toBeUndefined();
  });
});

test('what is not finite is a triangle with its iteration; a run that ended has no curve from there on', () => {
  const broken = traceOf(3, 4, (layer, i) => (i >= 2 && layer < 2 ? Number.NaN : 0));
  const frame = placesFrame(lab(3, 3), [broken, traceOf(3, 2)]);
  expect(frame?.marks.map(({ series, x, label }) => [series, x, label])).toEqual([
    [0, 2, 'NaN @ 2'],
    // The same words would only stand a second time.
    [1, 2, ''],
  ]);
  expect(frame?.columns[0]).toEqual([0, 0, null, null]);
  expect(frame?.columns[3].slice(2)).toEqual([undefined, undefined]);
});

test('a run that is measured less often keeps its latest record', () => {
  const seldom = traceOf(3, 4);
  seldom.layers.splice(1, 2);
  const frame = placesFrame(lab(3, 3), [traceOf(3, 4), seldom]);
  expect(frame?.columns[3].map((y) => Number(y?.toFixed(4)))).toEqual([0, 0, 0, log10(3)]);
});

test('shares lie on an axis of shares, and one that does not apply is a gap without a triangle', () => {
  // Behind norms of four layers and as many weights, and three root mean squares, come the three shares.
  const trace = traceOf(4, 3, (index) => (index === 11 ? Number.NaN : 0.25));
  const frame = placesFrame({ ...lab(4), quantity: 'blocked' }, [trace]);
  expect(frame?.yRange).toEqual([0, 1]);
  expect(frame?.columns.map((column) => column[0])).toEqual([null, 0.25, 0.25]);
  expect(frame?.marks).toEqual([]);
});

test('read out, in words, as a table and number for number', () => {
  const [view, traces] = [lab(3), [traceOf(3)]];
  expect(placesAt(view, traces[0], 3, 0)).toBe('8.00 4.00 2.00');
  expect(summarizePlaces(view, traces)).toBe(
    '‖∂L/∂z‖. Run A, iteration 0 to 3: layer 0 from 1.00 to 8.00, layer 1 from 0.500 to 4.00, layer 2 from 0.250 to 2.00.',
  );
  expect(placesTable(view, traces).rows[3]).toEqual(['3', '8.00', '4.00', '2.00']);
  expect(placesData(view, traces)).toMatchObject({
    columns: ['iteration', 'A layer 0 log2 ‖∂L/∂z‖', 'A layer 1 log2 ‖∂L/∂z‖', 'A layer 2 log2 ‖∂L/∂z‖'],
    rows: [
      [0, 0, -1, -2],
      [1, 1, 0, -1],
      [2, 2, 1, 0],
      [3, 3, 2, 1],
    ],
  });
});

test('say that nothing is recorded before the first iteration', () => {
  const empty = traceOf(3, 0);
  expect(placesFrame(lab(3), [empty])).toBeUndefined();
  expect(placesAt(lab(3), empty, 0, 0)).toBe('–');
});
