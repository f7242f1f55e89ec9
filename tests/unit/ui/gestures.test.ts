import { describe, expect, test } from 'vitest';
import { panned, pinched, zoomed } from '../../../src/ui/chart/gestures.ts';
import { csvText, fileName } from '../../../src/ui/chart/save.ts';
import { zeroOf } from '../../../src/ui/chart-data.ts';

describe('gestures', () => {
  test('a zoom leaves the position under the pointer where it is', () => {
    expect(zoomed([0, 10], 0.5, 0.5)).toEqual([2.5, 7.5]);
    const [from, to] = zoomed([2, 4], 0.25, 3);
    expect(from + 0.25 * (to - from)).toBeCloseTo(2.5, 12);
    expect(to - from).toBeCloseTo(6, 12);
  });
  test('a pan keeps the width', () => {
    expect(panned([2, 4], 0.5)).toEqual([3, 5]);
    expect(panned([2, 4], -1)).toEqual([0, 2]);
  });
  test('two fingers keep what they hold', () => {
    const before = [0.2, 0.6] as const;
    const now = [0.1, 0.9] as const;
    const [from, to] = pinched([0, 10], before, now);
    expect(from + now[0] * (to - from)).toBeCloseTo(2, 12);
    expect(from + now[1] * (to - from)).toBeCloseTo(6, 12);
    // Fingers on one another would ask for an endless span.
    expect(pinched([0, 10], [0.5, 0.6], [0.5, 0.501]).every(Number.isFinite)).toBe(true);
  });
});

test('zeros stand a decade below the lowest one in view; a frame without any is left alone', () => {
  const columns = [
    [0.5, Number.NEGATIVE_INFINITY, null],
    [-2.5, undefined, 1],
  ];
  expect(zeroOf(columns, -2.6)).toEqual({
    at: -4,
    columns: [
      [0.5, -4, null],
      [-2.5, undefined, 1],
    ],
  });
  expect(zeroOf([[1, null, undefined]], 0)).toBeUndefined();
});

test('CSV keeps what is not finite, and cells with commas, quotes and line ends', () => {
  const table = {
    columns: ['iteration', 'A "loss", log'],
    rows: [
      ['0', 'NaN'],
      ['1', '-Infinity'],
      ['2', 'a\nb'],
    ],
  };
  expect(csvText(table)).toBe('iteration,"A ""loss"", log"\n0,NaN\n1,-Infinity\n2,"a\nb"\n');
});

test('a file is called after what it shows', () => {
  expect(fileName('Layer × iteration')).toBe('nablascope-layer-iteration');
});
