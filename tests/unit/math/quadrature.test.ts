import { expect, test } from 'vitest';
import { gaussLegendre, gaussLegendreOn, normalMean, normalRule } from '../../../src/math/quadrature.ts';

const integrate = (n: number, from: number, to: number, f: (x: number) => number) => {
  const { nodes, weights } = gaussLegendreOn(n, from, to);
  return nodes.reduce((sum, x, i) => sum + weights[i] * f(x), 0);
};

test.each([1, 2, 3, 8, 48, 96])('%d nodes integrate polynomials up to degree 2n − 1, and no further', (n) => {
  const even = 2 * n - 2;
  expect(integrate(n, -1, 1, (x) => x ** even)).toBeCloseTo(2 / (even + 1), 13);
  expect(integrate(n, 0, 1, (x) => x ** (2 * n - 1))).toBeCloseTo(1 / (2 * n), 13);
  // The error of degree 2n is (n!)⁴ 2^(2n+1) / ((2n+1) (2n)!²), far above rounding for few nodes.
  if (n <= 8) expect(Math.abs(integrate(n, -1, 1, (x) => x ** (2 * n)) - 2 / (2 * n + 1))).toBeGreaterThan(1e-6);
});

test('two nodes are ±1/√3', () => {
  expect([...gaussLegendre(2).nodes]).toEqual([-1, 1].map((sign) => expect.closeTo(sign / Math.sqrt(3), 15)));
});

test('moments of the normal distribution, kinks at 0 included', () => {
  expect(normalRule(64).weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 14);
  expect(normalMean((z) => z ** 2)).toBeCloseTo(1, 13);
  expect(normalMean((z) => z ** 4)).toBeCloseTo(3, 12);
  expect(normalMean((z) => Math.abs(z))).toBeCloseTo(Math.sqrt(2 / Math.PI), 13);
  expect(normalMean((z) => (z > 0 ? 1 : 0))).toBeCloseTo(0.5, 14);
});

test('a narrow function needs its width said', () => {
  // E[exp(−a z²/2)] = 1/√(1 + a)
  const a = 1e6;
  const f = (z: number) => Math.exp(-0.5 * a * z * z);
  const expected = 1 / Math.sqrt(1 + a);
  expect(Math.abs(normalMean(f, 12 / Math.sqrt(a)) / expected - 1)).toBeLessThan(1e-12);
  expect(Math.abs(normalMean(f) / expected - 1)).toBeGreaterThan(1e-3);
});
