import { describe, expect, test } from 'vitest';
import {
  floatBits,
  isFinitePair,
  joinPairs,
  log2Norm,
  referenceExponent,
  wordsOf,
  writePair,
} from '../../../src/math/norm-pair.ts';
import { PURPOSE, philox } from '../../../src/math/philox.ts';
import { pairOf } from '../../support/records.ts';
import { gamma, U } from '../../support/tolerance.ts';

/** log2 of the norm of normal float32 numbers, from the sum of squares as an exact integer in units of 2^-298. */
function exactLog2Norm(values: ArrayLike<number>): number {
  let sum = 0n;
  for (const x of Array.from(values)) {
    const bits = floatBits(x);
    const exponent = (bits >>> 23) & 0xff;
    const mantissa = BigInt(exponent === 0 ? 0 : (bits & 0x7fffff) | 0x800000);
    // x = mantissa 2^(exponent - 150) = (mantissa 2^(exponent - 1)) 2^-149
    sum += (mantissa << BigInt(Math.max(exponent - 1, 0))) ** 2n;
  }
  if (sum === 0n) return Number.NEGATIVE_INFINITY;
  const digits = sum.toString(2).length;
  // The leading 53 bits as a number in 1…2.
  const leading = Number(digits > 53 ? sum >> BigInt(digits - 53) : sum << BigInt(53 - digits)) / 2 ** 52;
  return 0.5 * (digits - 1 + Math.log2(leading) - 298);
}

/** n normal float32 numbers whose exponents lie in low…high, either sign. */
function numbers(stream: number, n: number, low: number, high: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => {
    const [a, b] = philox(i, (stream << 8) | PURPOSE.noise, 77);
    const magnitude = (1 + (a & 0x7fffff) / 2 ** 23) * 2 ** (low + (b % (high - low + 1)));
    return b & 0x40000000 ? -magnitude : magnitude;
  });
}

/** A pair's sum is rounded once to float32: u relatively, 0.5 u / ln 2 in its log2 norm; 2^-44 for the rest in double precision. */
const LOG_TOLERANCE = (0.5 * U) / Math.LN2 + 2 ** -44;

/** Pairs of cells of 16, one after another. */
function pairs(values: Float32Array): Uint32Array {
  const cells = Math.ceil(values.length / 16);
  return Uint32Array.from(Array.from({ length: cells }, (_, k) => pairOf(...values.slice(16 * k, 16 * k + 16))).flat());
}

describe('norm pairs', () => {
  test.each([
    ['ordinary numbers', -3, 3],
    ['the largest numbers', 120, 127],
    ['the smallest normal numbers', -126, -120],
    ['numbers whose squares overflow', 64, 100],
    ['numbers whose squares vanish', -100, -64],
    ['numbers of every size', -126, 127],
  ])('hold the norm of 1 to 64 %s', (_, low, high) => {
    for (const n of [1, 2, 3, 15, 16, 17, 63, 64]) {
      const values = numbers(n, n, low, high);
      expect(Math.abs(log2Norm(joinPairs(Uint32Array.from(pairOf(...values)), 0, 1)) - exactLog2Norm(values))).toBeLessThan(
        LOG_TOLERANCE,
      );
    }
  });

  test.each([
    ['of one size', -3, 3],
    ['of every size', -126, 127],
    ['that overflow', 127, 127],
  ])('join to the norm of 1000 numbers %s', (_, low, high) => {
    const values = numbers(99, 1000, low, high);
    const joined = joinPairs(pairs(values), 0, 63);
    expect(joined.count).toBe(0);
    expect(isFinitePair(joined)).toBe(true);
    expect(Math.abs(log2Norm(joined) - exactLog2Norm(values))).toBeLessThan(LOG_TOLERANCE);
  });

  test('join from any pair on, any number of them', () => {
    const values = numbers(5, 64, -10, 10);
    const all = pairs(values);
    expect(log2Norm(joinPairs(all, 2, 2))).toBeCloseTo(exactLog2Norm(values.slice(16, 48)), 6);
    expect(log2Norm(joinPairs(all, 0, 0))).toBe(Number.NEGATIVE_INFINITY);
  });

  test('count what is not finite and keep the kind: NaN before Inf', () => {
    const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
    const join = (...groups: number[][]) =>
      joinPairs(Uint32Array.from(groups.flatMap((group) => pairOf(...group))), 0, groups.length);
    expect(log2Norm(join([1, -inf], [3e38]))).toBe(inf);
    expect(log2Norm(join([1, inf], [nan, nan, 0]))).toBe(nan);
    expect(join([1, -inf], [nan, nan, 0], [5]).count).toBe(3);
    expect(isFinitePair(join([1, 2], [inf]))).toBe(false);
  });

  test('take zeros, and numbers below 2^-126 alone, as 0', () => {
    expect(pairOf(0, -0)).toEqual([0, 0]);
    expect(pairOf(1e-40, -1e-44)).toEqual([0, 0]);
    expect(pairOf(2 ** -126)[0]).toBe(0x00800000);
  });

  test('are of their own run of numbers, each in its own place', () => {
    const words = wordsOf(Float32Array.of(3, 4, 2));
    const out = new Uint32Array(4);
    writePair(words, 0, 1, 2, 0, out, 0);
    writePair(words, 2, 1, 1, 0, out, 2);
    expect([joinPairs(out, 0, 1), joinPairs(out, 2, 1)].map(log2Norm)).toEqual([Math.log2(5), 1]);
  });

  test('have reference exponents whose powers of two, and their inverses, are normal', () => {
    expect([0, 0x00800000, 0x3f800000, 0x7f000000, 0x7f7fffff].map(referenceExponent)).toEqual([1, 1, 127, 253, 253]);
  });

  test('control: the tolerance would notice one number in a thousand left out', () => {
    const values = numbers(99, 1000, 0, 0);
    const left = 0.5 * Math.log2(1000 / 999);
    expect(LOG_TOLERANCE).toBeLessThan(left / 1000);
    expect(gamma(1000)).toBeLessThan(left);
    expect(Math.abs(exactLog2Norm(values) - exactLog2Norm(values.slice(1)))).toBeGreaterThan(left / 10);
  });
});
