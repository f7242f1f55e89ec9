import { expect, test } from 'vitest';
import { fitGrowth } from '../../../src/metrics/growth.ts';

test('an exact exponential gives its factor with no error', () => {
  // log2 norm falls by 0.5 per layer away from the input, so it grows by √2 per layer towards it.
  const fit = fitGrowth(Array.from({ length: 32 }, (_, l) => 10 - 0.5 * l));
  expect(fit?.factor).toBeCloseTo(Math.SQRT2, 12);
  expect(fit?.standardError).toBeCloseTo(0, 12);
  expect(fit?.log2AtInput).toBeCloseTo(10, 12);
  expect(fit?.layers).toBe(32);
});

test('control: a level stack gives factor 1', () => {
  expect(fitGrowth([3, 3, 3, 3])?.factor).toBe(1);
});

test('the standard error is that of a textbook line', () => {
  // y = 0, 1, 0 over l = 0, 1, 2: slope 0, mean 1/3, residuals −1/3, 2/3, −1/3, their squares sum to 6/9, Sxx = 2.
  // se(b) = √((6/9)/(3 − 2)/2) = √(1/3); factor 1; standard error ln 2 · √(1/3).
  const fit = fitGrowth([0, 1, 0]);
  expect(fit?.factor).toBeCloseTo(1, 12);
  expect(fit?.standardError).toBeCloseTo(Math.LN2 * Math.sqrt(1 / 3), 12);
});

test('norms beyond float64 are fitted as logarithms', () => {
  const fit = fitGrowth(Array.from({ length: 10 }, (_, l) => 4000 - 400 * l));
  expect(fit?.log2PerLayer).toBeCloseTo(400, 9);
});

test('zero, infinite and NaN norms are left out', () => {
  const fit = fitGrowth([Number.NaN, 4, 3, Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY]);
  expect(fit?.layers).toBe(3);
  expect(fit?.factor).toBeCloseTo(2, 12);
});

test('two usable layers are too few', () => {
  expect(fitGrowth([1, 2])).toBeUndefined();
  expect(fitGrowth([1, Number.NaN, 2])).toBeUndefined();
  expect(fitGrowth([])).toBeUndefined();
});
