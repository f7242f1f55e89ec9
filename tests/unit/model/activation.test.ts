import { describe, expect, test } from 'vitest';
import { CURVES, chain, erfc } from '../../../src/model/activation.ts';
import { ACTIVATIONS } from '../../../src/model/schema.ts';

describe('erfc', () => {
  // Python's math.erfc (C99, below 1 ULP).
  test.each([
    [-1, 1.842700792949715],
    [0, 1],
    [0.1, 0.8875370839817152],
    [0.5, 0.4795001221869535],
    [1, 0.15729920705028513],
    [1.5, 0.033894853524689274],
    [2, 0.004677734981047265],
    [2.4, 0.0006885138966450789],
    [2.49, 0.000429287867733913],
    [2.5, 0.0004069520174449589],
    [3, 2.2090496998585438e-5],
    [5, 1.5374597944280351e-12],
    [10, 2.088487583762545e-45],
    [26, 5.663192408856143e-296],
  ])('of %d is %d', (x, expected) => {
    // Below 2.5 it is 1 - erf x, whose rounding errors, a dozen of 2^-53, are absolute; above, the continued fraction is relative
    // and e^(-x²) takes over the rounding of x²: 2 x² 2^-53.
    const tolerance = x < 2.5 ? 12 * 2 ** -53 : expected * (20 + 2 * x * x) * 2 ** -53;
    expect(Math.abs(erfc(x) - expected)).toBeLessThanOrEqual(tolerance);
  });

  test('ends in 0 and 2, and keeps NaN', () => {
    expect([erfc(28), erfc(-28), erfc(Number.POSITIVE_INFINITY), erfc(Number.NaN)]).toEqual([0, 2, 0, Number.NaN]);
  });
});

describe.each(ACTIVATIONS)('%s', (name) => {
  const { phi, dphi } = CURVES[name];

  test("phi' is phi's derivative", () => {
    for (const z of [-15, -5, -2.3, -1, -0.4, -0.01, 0.01, 0.3, 1, 2.2, 4, 15]) {
      // Central difference: truncation h²/6 |phi'''| with |phi'''| < 3, rounding 4 · 2^-53 |phi| / h.
      const h = 2 ** -17;
      const tolerance = (h * h) / 2 + (4 * 2 ** -53 * (1 + Math.abs(z))) / h + 1e-10;
      expect(Math.abs((phi(z + h) - phi(z - h)) / (2 * h) - dphi(z)), `at ${z}`).toBeLessThan(tolerance);
    }
  });

  test('keeps NaN, and is finite wherever z is', () => {
    expect([phi(Number.NaN), dphi(Number.NaN)]).toEqual([Number.NaN, Number.NaN]);
    for (const z of [0, 1e-30, 1, 20, 1e3, 1e19, 3e38]) {
      for (const x of [z, -z]) expect([phi(x), dphi(x)].every(Number.isFinite), `at ${x}`).toBe(true);
    }
  });
});

test('a dead ReLU passes 0 even where dh is Inf, others pass dh φ′', () => {
  expect(chain('relu', Number.POSITIVE_INFINITY, -1)).toBe(0);
  expect(chain('relu', Number.POSITIVE_INFINITY, 0)).toBe(0);
  expect(chain('relu', 3, 1)).toBe(3);
  expect(chain('sigmoid', 2, 0)).toBe(0.5);
});

// Values of the definitions, at points where they are known in closed form.
test.each([
  ['leaky_relu', -2, -0.02],
  ['sigmoid', Math.log(3), 0.75],
  ['tanh', Math.log(3) / 2, 0.5],
  ['gelu', 1, 0.8413447460685429],
  ['gelu_tanh', 1, 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * 1.044715))],
  ['silu', Math.log(3), 0.75 * Math.log(3)],
  ['selu', -Math.LN2, -0.5 * 1.0507009873554805 * 1.6732632423543772],
  ['softplus', 0, Math.LN2],
] as const)('%s of %d is %d', (name, z, expected) => {
  // A handful of roundings of numbers below 1.
  expect(Math.abs(CURVES[name].phi(z) - expected)).toBeLessThan(10 * 2 ** -53);
});
