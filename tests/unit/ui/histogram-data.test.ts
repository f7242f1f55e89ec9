import { describe, expect, test } from 'vitest';
import type { Histogram } from '../../../src/metrics/histogram.ts';
import { BINS, HISTOGRAM_HEAD, HISTOGRAM_WORDS } from '../../../src/metrics/layer-series.ts';
import type { LayerRecord } from '../../../src/metrics/trace.ts';
import {
  barsOf,
  histogramData,
  histogramTable,
  histogramWords,
  medianOf,
  overIterations,
  overWeights,
} from '../../../src/ui/histogram-data.ts';
import { LINEAR_ITERATIONS } from '../../../src/ui/ticks.ts';

/** Counts by the log2 |g| from which they are, both even; of one weight. */
function wordsOf(
  counts: Readonly<Record<number, number>>,
  { origin = -150, zeros = 0, nans = 0, infinities = 0 } = {},
): Float32Array {
  const words = new Float32Array(HISTOGRAM_WORDS);
  words.set([origin, zeros, nans, infinities]);
  for (const [from, count] of Object.entries(counts)) words[HISTOGRAM_HEAD + (Number(from) - origin) / 2] = count;
  return words;
}
const histogram = (...given: Parameters<typeof wordsOf>): Histogram => {
  const [origin, zeros, nans, infinities] = wordsOf(...given);
  return { origin, zeros, nans, infinities, bins: wordsOf(...given).subarray(HISTOGRAM_HEAD) };
};
const record = (iteration: number, ...weights: Float32Array[]): LayerRecord =>
  ({ iteration, histogram: Float32Array.from(weights.flatMap((own) => [...own])) }) as unknown as LayerRecord;

describe('over the iterations', () => {
  const records = [
    record(0, wordsOf({ [-4]: 3, 0: 1 })),
    record(1, wordsOf({ [-4]: 1, [-60]: 2 }, { zeros: 1 })),
    record(2, wordsOf({}, { nans: 3, infinities: 1 })),
  ];
  const grid = overIterations(records, 0, LINEAR_ITERATIONS, [0, 5], 5);
  const shareAt = (column: number, log2: number) => grid.shares[column * grid.rows + (log2 - grid.from) / 2];

  test('rows reach from below the smallest number to above the largest, whatever the record', () => {
    expect(grid.from).toBe(-62);
    expect(grid.rows).toBe((0 + 62) / 2 + 2);
    expect([shareAt(0, -4), shareAt(0, 0), shareAt(1, -4), shareAt(1, -60)]).toEqual([0.75, 0.25, 0.25, 0.5]);
  });
  test('zeros and what is not finite have rows of their own; a column without a record has none', () => {
    // The last record reaches over the border of the next column.
    expect([...grid.filled]).toEqual([1, 1, 1, 1, 0]);
    expect([...grid.zeros]).toEqual([0, 0.25, 0, 0, 0]);
    expect([...grid.nans]).toEqual([0, 0, 0.75, 0.75, 0]);
    expect([...grid.infinities]).toEqual([0, 0, 0.25, 0.25, 0]);
  });
  test('of several records in a column the largest share, and one NaN among thousands stays', () => {
    const many = Array.from({ length: 5000 }, (_, i) =>
      record(i, wordsOf({ 0: i === 777 ? 9 : 10 }, { nans: i === 777 ? 1 : 0 })),
    );
    const narrow = overIterations(many, 0, LINEAR_ITERATIONS, [0, 5000], 2);
    expect(narrow.nans[0]).toBeCloseTo(0.1, 6);
    expect(narrow.nans[1]).toBe(0);
    expect(narrow.shares[(0 - narrow.from) / 2]).toBe(1);
  });
  test('a record counts until the next one', () => {
    const rare = [record(0, wordsOf({ 0: 1 })), record(10, wordsOf({ 0: 1 }))];
    expect([...overIterations(rare, 0, LINEAR_ITERATIONS, [0, 36], 6).filled]).toEqual([1, 1, 1, 1, 0, 0]);
  });
});

test('over the weights each has its column, and origins that differ meet on one axis', () => {
  const far = wordsOf({ 1998: 2 }, { origin: 1850 });
  const grid = overWeights(record(3, wordsOf({ 0: 4 }), far), 2);
  expect(grid.columns).toBe(2);
  expect(grid.shares[(0 - grid.from) / 2]).toBe(1);
  expect(grid.shares[grid.rows + (1998 - grid.from) / 2]).toBe(1);
});

test('bars are shares on the rows of a grid, and what lies outside is left out', () => {
  const own = histogram({ [-150]: 1, [-2]: 2, 0: 1 });
  expect([...barsOf(own, { from: -2, rows: 3 })]).toEqual([0.5, 0.25, 0]);
  expect([...barsOf(own, { from: -154, rows: 3 })]).toEqual([0, 0, 0.25]);
  expect([...barsOf(own, { from: -150 + 2 * BINS - 2, rows: 2 })]).toEqual([0, 0]);
});

describe('in words', () => {
  test('the median of what is finite and not 0 is the middle of its bin', () => {
    expect(medianOf(histogram({ [-4]: 1, 0: 1, 2: 5 }, { zeros: 90 }))).toBe(3);
    expect(medianOf(histogram({}, { zeros: 1, nans: 1 }))).toBeUndefined();
  });
  test('say range, zeros and what is not finite', () => {
    const own = histogram({ [-4]: 6, 0: 1 }, { zeros: 2, nans: 1 });
    expect(histogramWords(own)).toBe('median about 0.125, all within 0.0625 to 4.00; 0: 20.0 %, NaN: 10.0 %, ±∞: none');
    expect(histogramWords(histogram({}, { nans: 4 }))).toBe('nothing finite but 0; 0: none, NaN: 100.0 %, ±∞: none');
  });
  test('the table goes from the largest numbers down', () => {
    const { columns, rows } = histogramTable(histogram({ [-4]: 6, 0: 1 }, { zeros: 2, infinities: 1 }));
    expect(columns).toEqual(['|g|', 'Numbers', 'Share']);
    expect(rows).toEqual([
      ['1.00 to 4.00', '1', '10.0 %'],
      ['0.0625 to 0.250', '6', '60.0 %'],
      ['0', '2', '20.0 %'],
      ['±∞', '1', '10.0 %'],
    ]);
  });
  test('leave as a row for each bin of each record and weight that is not empty', () => {
    const records = [
      record(0, wordsOf({ [-4]: 6 }), wordsOf({}, { nans: 6 })),
      record(5, wordsOf({ [-4]: 5, 0: 1 }), wordsOf({})),
    ];
    const names = ['w0', 'w1'].map((name, index) => ({ name, index }));
    expect(histogramData(records, names).rows).toEqual([
      [0, 'w0', 'log2', -4, 6],
      [0, 'w1', 'nan', null, 6],
      [5, 'w0', 'log2', -4, 5],
      [5, 'w0', 'log2', 0, 1],
    ]);
    expect(histogramData(records.slice(1), names.slice(1)).rows).toEqual([]);
  });
});
