import { expect, test } from 'vitest';
import { digamma, logFactorials, trigamma } from '../../../src/math/special.ts';

const EULER = 0.5772156649015329;

test('digamma: −γ at 1, −γ − 2 ln 2 at 1/2, and ψ(x + 1) = ψ(x) + 1/x on both sides of the series', () => {
  expect(digamma(1)).toBeCloseTo(-EULER, 14);
  expect(digamma(0.5)).toBeCloseTo(-EULER - 2 * Math.LN2, 13);
  for (const x of [0.3, 3.7, 9.9, 10, 250]) expect(digamma(x + 1) - digamma(x)).toBeCloseTo(1 / x, 13);
});

test('trigamma: π²/6 at 1, π²/2 at 1/2, and ψ′(x + 1) = ψ′(x) − 1/x²', () => {
  expect(trigamma(1)).toBeCloseTo(Math.PI ** 2 / 6, 13);
  expect(trigamma(0.5)).toBeCloseTo(Math.PI ** 2 / 2, 13);
  for (const x of [0.3, 3.7, 9.9, 10, 250]) expect(trigamma(x) - trigamma(x + 1)).toBeCloseTo(1 / (x * x), 13);
});

test('factorials', () => {
  expect(Math.exp(logFactorials(10)[10])).toBeCloseTo(3_628_800, 5);
  expect([...logFactorials(1)]).toEqual([0, 0]);
});
