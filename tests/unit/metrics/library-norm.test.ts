import { describe, expect, test } from 'vitest';
import { libraryNorm } from '../../../src/metrics/library-norm.ts';

/** The root of a float32 sum of squares, as a library computes it. */
function float32Norm(values: readonly number[]): number {
  return Math.fround(Math.sqrt(values.reduce((sum, x) => Math.fround(sum + Math.fround(x * x)), 0)));
}

describe('the norm that a library computes', () => {
  // One number is its own norm: its square overflows from 2^64 on and vanishes from 2^-75 down, where it is half of the smallest subnormal.
  test.each([1, 1e-10, 1e18, 2 ** 63.99, 2 ** 64, 1.9e19, 1e30, 2 ** -70, 2 ** -74, 2 ** -75.01, 1e-25])('of %f', (x) => {
    const expected = float32Norm([x]);
    const found = libraryNorm(Math.log2(x));
    // Squares below 2^-126 lose digits to their subnormal sum: half of 2^-149, relatively, and half of that in the root.
    const tolerance = x < 2 ** -63 ? 2 ** -151 / x ** 2 : 2 ** -23;
    expect(Math.abs(found - expected) <= tolerance * expected || found === expected, `${found}, must be ${expected}`).toBe(true);
  });

  test('is Inf far beyond what a double holds, 0 of nothing, and NaN where an element is', () => {
    expect([5000, Number.POSITIVE_INFINITY, -5000, Number.NEGATIVE_INFINITY, Number.NaN].map(libraryNorm)).toEqual([
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      0,
      0,
      Number.NaN,
    ]);
  });
});
