import { describe, expect, test } from 'vitest';
import { INIT_SCHEMES, type InitScheme } from '../../../src/model/init-schema.ts';
import { initialValues } from '../../../src/model/initialise.ts';
import type { Parameter } from '../../../src/model/network.ts';
import type { Init } from '../../../src/model/schema.ts';

const [FAN_IN, FAN_OUT] = [200, 100];
const N = FAN_IN * FAN_OUT;
const WEIGHT: Parameter = { name: 'l0.weight', role: 'weight', rows: FAN_IN, columns: FAN_OUT, fanIn: FAN_IN };
const BIAS: Parameter = { name: 'l0.bias', role: 'bias', rows: 1, columns: N, fanIn: FAN_IN };
const init = (scheme: InitScheme, more: Partial<Init> = {}): Init => ({
  scheme,
  gain: 1,
  weightVariance: 1,
  biasVariance: 0,
  ...more,
});
const mean = (x: Float32Array) => x.reduce((sum, value) => sum + value, 0) / x.length;
const variance = (x: Float32Array) => x.reduce((sum, value) => sum + value * value, 0) / x.length;

// Relative standard error of the variance of n draws: √((kurtosis - 1)/n), kurtosis 3 of a normal, 9/5 of a uniform distribution.
const NORMAL = 5 * Math.sqrt(2 / N);
const UNIFORM = 5 * Math.sqrt(0.8 / N);

/** Schemes whose weights are random. */
const RANDOM = INIT_SCHEMES.filter((scheme) => scheme !== 'identity');
const WEIGHTS: Readonly<Record<Exclude<InitScheme, 'identity'>, readonly [variance: number, bound: number, uniform: boolean]>> = {
  he_normal: [2 / FAN_IN, NORMAL, false],
  he_uniform: [2 / FAN_IN, UNIFORM, true],
  xavier_normal: [2 / (FAN_IN + FAN_OUT), NORMAL, false],
  xavier_uniform: [2 / (FAN_IN + FAN_OUT), UNIFORM, true],
  lecun_normal: [1 / FAN_IN, NORMAL, false],
  lecun_uniform: [1 / FAN_IN, UNIFORM, true],
  scaled_normal: [1 / FAN_IN, NORMAL, false],
  // U(±1/√fan_in): variance 1/(3 fan_in)
  torch_default: [1 / (3 * FAN_IN), UNIFORM, true],
  // Columns of length 1: nothing but a rounding of each number. Their mean has the variance of independent ones.
  orthogonal: [1 / FAN_IN, 2 ** -22, false],
};

describe.each(RANDOM)('%s', (scheme) => {
  const [expected, bound, uniform] = WEIGHTS[scheme];

  test('has its variance and mean 0', () => {
    const x = initialValues(WEIGHT, init(scheme), 1, 0);
    expect(x).toHaveLength(N);
    expect(Math.abs(variance(x) / expected - 1)).toBeLessThan(bound);
    expect(Math.abs(mean(x))).toBeLessThan(5 * Math.sqrt(expected / N));
  });

  test('multiplies the standard deviation by the gain', () => {
    const x = initialValues(WEIGHT, init(scheme), 1, 0);
    const y = initialValues(WEIGHT, init(scheme, { gain: 3 }), 1, 0);
    // Two roundings to float32.
    expect(y.every((value, i) => Math.abs(value - 3 * x[i]) <= 2 ** -22 * Math.abs(x[i]) * 3)).toBe(true);
  });

  test(`is ${uniform ? 'bounded by √3 deviations' : 'not bounded'}`, () => {
    const largest = Math.max(...initialValues(WEIGHT, init(scheme), 1, 0).map(Math.abs));
    expect(largest <= Math.sqrt(3 * expected) * (1 + 2 ** -23)).toBe(uniform);
  });

  test('has biases of 0, but for scaled_normal with a variance and for torch_default', () => {
    const x = initialValues(BIAS, init(scheme, { biasVariance: scheme === 'scaled_normal' ? 0.5 : 0 }), 1, 1);
    const expectedBias = { scaled_normal: 0.5, torch_default: 1 / (3 * FAN_IN) }[scheme as string] ?? 0;
    if (expectedBias === 0) expect([...x].every((value) => value === 0)).toBe(true);
    else expect(Math.abs(variance(x) / expectedBias - 1)).toBeLessThan(NORMAL);
  });
});

const weight = (rows: number, columns: number): Parameter => ({ ...WEIGHT, rows, columns, fanIn: rows });

/** Largest deviation of the inner products of columns, or of rows, from those of orthonormal ones. */
function deviation(w: Float32Array, rows: number, columns: number, gain: number): number {
  const [n, m, at] =
    rows >= columns
      ? [columns, rows, (k: number, i: number) => w[i * columns + k]]
      : [rows, columns, (k: number, i: number) => w[k * columns + i]];
  let largest = 0;
  for (let a = 0; a < n; a++) {
    for (let b = 0; b <= a; b++) {
      let product = 0;
      for (let i = 0; i < m; i++) product += at(a, i) * at(b, i);
      largest = Math.max(largest, Math.abs(product - (a === b ? gain ** 2 : 0)));
    }
  }
  return largest;
}

describe('orthogonal', () => {
  test.each([
    [1, 1],
    [2, 2],
    [5, 1],
    [1, 5],
    [7, 4],
    [4, 7],
    [129, 129],
    [200, 100],
    [64, 130],
  ])('a (%i, %i) weight has orthonormal columns, or rows where it has more columns', (rows, columns) => {
    for (const gain of [1, Math.SQRT2]) {
      const w = initialValues(weight(rows, columns), init('orthogonal', { gain }), 1, 0);
      // Each number is rounded once: a product of two unit vectors errs by 2·2^-24 in units of gain², and by double precision.
      expect(deviation(w, rows, columns, gain)).toBeLessThanOrEqual(gain ** 2 * 2 ** -23 * 1.01);
    }
  });

  test('control: normal weights of the same variance are not orthonormal', () => {
    expect(deviation(initialValues(weight(129, 129), init('lecun_normal'), 1, 0), 129, 129, 1)).toBeGreaterThan(0.1);
  });

  test('is uniform: no direction and no orientation is preferred, as without the signs of R one would be', () => {
    const draws = Array.from({ length: 400 }, (_, seed) => initialValues(weight(3, 3), init('orthogonal'), seed, 0));
    for (let i = 0; i < 9; i++) {
      // A component of a unit vector in three dimensions has mean 0 and variance 1/3.
      const values = Float32Array.from(draws, (w) => w[i]);
      expect(Math.abs(mean(values))).toBeLessThan(5 * Math.sqrt(1 / 3 / draws.length));
    }
    const mirrored = draws.filter(
      ([a, b, c, d, e, f, g, h, i]) => a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) < 0,
    );
    // Half of them, with standard deviation √(n/4).
    expect(Math.abs(mirrored.length - draws.length / 2)).toBeLessThan(5 * Math.sqrt(draws.length / 4));
  });
});

test('identity puts the gain on the diagonal, cut off where a side is shorter; its biases are 0', () => {
  const of = (rows: number, columns: number) => [...initialValues(weight(rows, columns), init('identity', { gain: 2 }), 1, 0)];
  expect(of(2, 2)).toEqual([2, 0, 0, 2]);
  expect(of(2, 3)).toEqual([2, 0, 0, 0, 2, 0]);
  expect(of(3, 2)).toEqual([2, 0, 0, 2, 0, 0]);
  expect(new Set(initialValues(BIAS, init('identity'), 1, 1))).toEqual(new Set([0]));
});

test('scaled_normal has the weight variance asked for', () => {
  const x = initialValues(WEIGHT, init('scaled_normal', { weightVariance: 2.5 }), 3, 0);
  expect(Math.abs(variance(x) / (2.5 / FAN_IN) - 1)).toBeLessThan(NORMAL);
});

test('the last Linear of a residual branch has variances of its own where they are given', () => {
  const more = { weightVariance: 2.5, biasVariance: 0.5, branchWeightVariance: 0.3, branchBiasVariance: 0.1 };
  const values = (parameter: Parameter, endsBranch: boolean, of: Partial<Init> = more) =>
    initialValues({ ...parameter, endsBranch }, init('scaled_normal', of), 3, 0);
  expect(Math.abs(variance(values(WEIGHT, true)) / (0.3 / FAN_IN) - 1)).toBeLessThan(NORMAL);
  expect(Math.abs(variance(values(BIAS, true)) / 0.1 - 1)).toBeLessThan(NORMAL);
  // The controls: another Linear, and no variances of its own.
  expect(Math.abs(variance(values(WEIGHT, false)) / (2.5 / FAN_IN) - 1)).toBeLessThan(NORMAL);
  expect(values(WEIGHT, true, { weightVariance: 2.5 })).toEqual(values(WEIGHT, false));
});

test('the affine parameters of norms start at 1 and 0, whatever the scheme', () => {
  const affine = { name: 'bn0', rows: 1, columns: 3, fanIn: 3 } as const;
  expect([...initialValues({ ...affine, role: 'gamma' }, init('torch_default'), 1, 0)]).toEqual([1, 1, 1]);
  expect([...initialValues({ ...affine, role: 'beta' }, init('torch_default'), 1, 0)]).toEqual([0, 0, 0]);
});

test('seeds and parameters have streams of their own', () => {
  const draw = (seed: number, index: number) => initialValues(WEIGHT, init('he_normal'), seed, index);
  const base = draw(1, 0);
  expect(draw(1, 0)).toEqual(base);
  for (const other of [draw(2, 0), draw(1, 1)]) {
    // The correlation of n independent pairs has standard error 1/√n.
    const products = other.map((value, i) => value * base[i]);
    expect(Math.abs(mean(products)) / (2 / FAN_IN)).toBeLessThan(5 / Math.sqrt(N));
  }
});
