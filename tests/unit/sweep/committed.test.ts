import { expect, test } from 'vitest';
import { committedDocuments, isSweep } from '../../../src/model/scenario.ts';
import { expand, parseSweep } from '../../../src/sweep/axes.ts';

const sweeps = [...committedDocuments()].filter(([, document]) => isSweep(document));

/** Runs: the product of the axes' values. */
const RUNS: Readonly<Record<string, number>> = {
  'adam-against-sgd': 3 * 9 * 4 * 3,
  'batch-norm-depth': 2 * 8 * 9 * 3,
  'depth-learning-rate': 9 * 11 * 3 * 2 * 3,
  'sweep-init-learning-rate': 3 * 3 * 2 * 2,
};

test('the committed sweeps are those known here', () => {
  expect(sweeps.map(([name]) => name).sort()).toEqual(Object.keys(RUNS));
});

test.each(sweeps)('%s has its runs, a title and a claim', (name, document) => {
  const sweep = parseSweep(document, name);
  const { points, duplicates, excluded } = expand(sweep, name);
  expect({ runs: points.length, duplicates: duplicates.length, excluded }).toEqual({
    runs: RUNS[name],
    duplicates: 0,
    excluded: 0,
  });
  expect(sweep.title).toMatch(/\w/);
  expect(sweep.claim).toMatch(/\w.*\.$/);
});

test('depths and rates are round', () => {
  const [, document] = sweeps.find(([name]) => name === 'depth-learning-rate') ?? [];
  const { points } = expand(parseSweep(document, 's'), 's');
  const column = (k: number) => [...new Set(points.map(({ values }) => values[k]))];
  expect(column(0)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
  expect(column(1).filter((_, k) => k % 2 === 0)).toEqual([1e-4, 1e-3, 1e-2, 0.1, 1, 10]);
});
