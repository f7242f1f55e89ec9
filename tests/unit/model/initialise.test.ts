import { describe, expect, test } from 'vitest';
import { initialValues } from '../../../src/model/initialise.ts';
import type { Parameter } from '../../../src/model/network.ts';
import { INIT_SCHEMES, type Init, type InitScheme } from '../../../src/model/schema.ts';

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

const WEIGHTS: Readonly<Record<InitScheme, readonly [variance: number, bound: number, uniform: boolean]>> = {
  he_normal: [2 / FAN_IN, NORMAL, false],
  he_uniform: [2 / FAN_IN, UNIFORM, true],
  xavier_normal: [2 / (FAN_IN + FAN_OUT), NORMAL, false],
  xavier_uniform: [2 / (FAN_IN + FAN_OUT), UNIFORM, true],
  scaled_normal: [1 / FAN_IN, NORMAL, false],
  // U(±1/√fan_in): variance 1/(3 fan_in)
  torch_default: [1 / (3 * FAN_IN), UNIFORM, true],
};

describe.each(INIT_SCHEMES)('%s', (scheme) => {
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

test('scaled_normal has the weight variance asked for', () => {
  const x = initialValues(WEIGHT, init('scaled_normal', { weightVariance: 2.5 }), 3, 0);
  expect(Math.abs(variance(x) / (2.5 / FAN_IN) - 1)).toBeLessThan(NORMAL);
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
