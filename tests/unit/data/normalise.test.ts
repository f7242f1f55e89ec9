import { describe, expect, it } from 'vitest';
import { normalise } from '../../../src/data/normalise.ts';

describe('normalise', () => {
  // (4, 2): column 0 is 1 3 5 7, column 1 is 10 10 30 30.
  const train = [1, 10, 3, 10, 5, 30, 7, 30];
  const test = [4, 20, 9, 0];

  it('none only rounds to float32', () => {
    const { train: y } = normalise('none', [0.1, 16777217, -3], [], 1);
    // 2^24 + 1 has no float32; the tie goes to the even 2^24.
    expect(y).toEqual(Float32Array.of(Math.fround(0.1), 16777216, -3));
  });

  it('standardize uses mean and population deviation of each training column', () => {
    const y = normalise('standardize', train, test, 2);
    // Column 0: mean 4, variance (9 + 1 + 1 + 9) / 4 = 5. Column 1: mean 20, deviation 10.
    const s = Math.sqrt(5);
    expect(y.train).toEqual(Float32Array.of(-3 / s, -1, -1 / s, -1, 1 / s, 1, 3 / s, 1));
    expect(y.test).toEqual(Float32Array.of(0, 0, 5 / s, -2));
  });

  it('minmax maps each training column onto 0…1 and may leave it on the test split', () => {
    const y = normalise('minmax', train, test, 2);
    // Column 0: (x − 1) / 6. Column 1: (x − 10) / 20.
    expect(y.train).toEqual(Float32Array.of(0, 0, 2 / 6, 0, 4 / 6, 1, 1, 1));
    expect(y.test).toEqual(Float32Array.of(3 / 6, 10 / 20, 8 / 6, -10 / 20));
  });

  it('with one column, all values share their statistics', () => {
    const y = normalise('standardize', Uint8Array.of(0, 2, 4, 6), Uint8Array.of(3), 1);
    // Mean 3, variance (9 + 1 + 1 + 9) / 4 = 5.
    const s = Math.sqrt(5);
    expect(y.train).toEqual(Float32Array.of(-3 / s, -1 / s, 1 / s, 3 / s));
    expect(y.test).toEqual(Float32Array.of(0));
  });

  it.each(['standardize', 'minmax'] as const)('%s turns a constant training column into 0 in both splits', (rule) => {
    // Column 0 is constant in training and not in the test split. (0.1 + 0.1 + 0.1) / 3 is 0.1 + 1 ulp, so a deviation
    // computed from that mean is about 1e-17 and not 0: dividing by it would give −1.
    expect((0.1 + 0.1 + 0.1) / 3).not.toBe(0.1);
    const y = normalise(rule, [0.1, 1, 0.1, 2, 0.1, 3], [0.1, 2, 5, 2], 2);
    const column0 = [...y.train, ...y.test].filter((_, i) => i % 2 === 0);
    expect(column0).toEqual([0, 0, 0, 0, 0]);
    // The other column is not constant: its middle value, not its largest, is 0 after standardize.
    expect(y.train[5]).toBeGreaterThan(0.9);
  });

  it('none leaves a constant column as it is', () => {
    expect(normalise('none', [7, 7], [7], 1)).toEqual({ train: Float32Array.of(7, 7), test: Float32Array.of(7) });
  });

  it('computes in float64: a deviation of 1 on a mean of 1e9 survives', () => {
    // float32 numbers near 1e9 lie 64 apart, so 1e9 − 1 and 1e9 + 1 would fall together. Mean 1e9, deviation 1.
    expect(normalise('standardize', [1e9 - 1, 1e9 + 1], [], 1).train).toEqual(Float32Array.of(-1, 1));
  });
});
