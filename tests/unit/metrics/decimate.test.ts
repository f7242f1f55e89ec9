import { expect, test } from 'vitest';
import { bucketEdges, decimate, lowerBound, startsRun } from '../../../src/metrics/decimate.ts';

const N = 10_000;
const flat = () => new Float32Array(N).fill(1);
/** 100 buckets of 100 indices. */
const edges = Array.from({ length: 101 }, (_, p) => 100 * p);

/** Whether a line through the kept finite samples would run over a non-finite one. */
function bridges(column: ArrayLike<number>, kept: readonly number[]): boolean {
  return kept.some((right, k) => {
    const left = kept[k - 1];
    if (k === 0 || !Number.isFinite(column[left]) || !Number.isFinite(column[right])) return false;
    for (let i = left; i < right; i++) if (!Number.isFinite(column[i])) return true;
    return false;
  });
}

test('a spike of one sample survives upwards and downwards', () => {
  const column = flat();
  column[4567] = 1e20;
  column[8910] = -1e20;
  const kept = decimate([column], edges);
  expect(kept).toContain(4567);
  expect(kept).toContain(8910);
  // Per bucket of a flat column: minimum and maximum are its first index, last its last, so 2; the two spikes add one each.
  expect(kept.length).toBe(2 * 100 + 2);
});

test('control: without spikes nothing between a bucket’s first and last index is kept', () => {
  expect(decimate([flat()], edges).every((i) => i % 100 === 0 || i % 100 === 99)).toBe(true);
});

test('a lone finite sample between NaNs survives and stays alone', () => {
  const column = flat().fill(Number.NaN, 5000);
  column[7777] = 3;
  const kept = decimate([column], edges);
  expect(kept).toContain(7777);
  expect(kept).toContain(5000);
  expect(bridges(column, kept)).toBe(false);
});

test('one NaN between finite samples parts the line, wherever in a bucket it stands', () => {
  for (const at of [0, 1, 99, 100, 150, 199, N - 1]) {
    const column = flat();
    column[at] = Number.NaN;
    const kept = decimate([column], edges);
    expect(bridges(column, kept)).toBe(false);
    expect(kept.some((i) => Number.isNaN(column[i]))).toBe(true);
  }
});

test('many runs of NaN within one bucket of two columns are not bridged', () => {
  const a = flat();
  const b = flat();
  for (let i = 200; i < 300; i++) {
    a[i] = i % 3 === 0 ? Number.NaN : i;
    b[i] = i % 7 === 0 ? Number.POSITIVE_INFINITY : -i;
  }
  const kept = decimate([a, b], edges);
  expect(bridges(a, kept)).toBe(false);
  expect(bridges(b, kept)).toBe(false);
  expect([...kept]).toEqual([...new Set(kept)].sort((x, y) => x - y));
});

test('a column that ended earlier is absent beyond its end, not broken there', () => {
  const kept = decimate([flat().subarray(0, 50), flat()], edges);
  expect(kept.length).toBeLessThanOrEqual(3 * 100);
  expect(startsRun(flat().subarray(0, 50), 50)).toBe(false);
});

test('buckets with few samples keep them all', () => {
  expect(decimate([flat().subarray(0, 6)], [0, 3, 6])).toEqual([0, 1, 2, 3, 4, 5]);
});

test('lowerBound finds the first index at or above a value', () => {
  const xs = [0, 2, 4];
  expect([-1, 0, 1, 4, 5].map((x) => lowerBound(xs, x))).toEqual([0, 0, 1, 2, 3]);
  expect(bucketEdges(xs, [0, 3, 9])).toEqual([0, 2, 3]);
});
