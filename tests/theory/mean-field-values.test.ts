/** What the mean-field theory says, against values computed elsewhere, closed forms and each other. */
import { describe, expect, test } from 'vitest';
import { correlationSlope, depthScales, nextCorrelation } from '../../src/theory/correlation.ts';
import {
  criticalWeightVariance,
  finiteWidthVariance,
  fixedVariance,
  gradientFactor,
  nextVariance,
  varianceSlope,
} from '../../src/theory/mean-field.ts';
import { curveOf } from './curves.ts';
import table from './mean-field-table.json' with { type: 'json' };

/** Both sides are quadratures in double precision: what is left is rounding, amplified by the fixed point's 1/(1 − slope). */
const CLOSE = 1e-9;

const relative = (a: number, b: number) => Math.abs(a - b) / Math.abs(b);

describe('fixed points, growth factors and depth scales (Poole 2016; Schoenholz 2017)', () => {
  test('there are 19 points', () => {
    expect(table.points).toHaveLength(19);
  });
  for (const point of table.points) {
    const { activation, weightVariance, biasVariance } = point;
    test(`${activation}, weight variance ${weightVariance}, bias variance ${biasVariance}`, () => {
      const curve = curveOf(activation);
      const variances = { weight: weightVariance, bias: biasVariance };
      const q = fixedVariance(curve, variances);
      // No value in the table: it grows without bound.
      const expected = point.qStar ?? Number.POSITIVE_INFINITY;
      if (typeof expected === 'number' && Number.isFinite(expected)) expect(q).toBeCloseTo(expected, 9);
      else expect(q).toBe(expected);
      const at = typeof q === 'number' && Number.isFinite(q) ? q : 1;
      expect(relative(gradientFactor(curve, weightVariance, at), point.chi1)).toBeLessThan(CLOSE);
      expect(relative(finiteWidthVariance(curve, at), point.kappa)).toBeLessThan(CLOSE);
      const scales = depthScales(curve, variances, at);
      if (point.xiGradient !== null) expect(relative(scales.gradient, point.xiGradient)).toBeLessThan(1e-7);
      // The table's correlations are sums over 120 × 120 Hermite nodes, of which some 30 in a direction lie where the weight does.
      if (point.xiCorrelation !== null) expect(relative(scales.correlation, point.xiCorrelation)).toBeLessThan(1e-6);
      // The table's slope is a central difference over 1e-5 q, at q = 1e-6 where q* is 0, of which the map's curvature is ±2.
      if (point.xiVariance !== null) expect(relative(scales.variance, point.xiVariance)).toBeLessThan(1e-5);
    });
  }

  test.each(table.critical)('critical line: $activation, bias variance $biasVariance', (point) => {
    const curve = curveOf(point.activation);
    const weight = criticalWeightVariance(curve, point.biasVariance);
    expect(relative(weight, point.weightVariance)).toBeLessThan(CLOSE);
    expect(fixedVariance(curve, { weight, bias: point.biasVariance })).toBeCloseTo(point.qStar, 8);
  });

  test('the published critical point: tanh with bias variance 0.05 at 1.76', () => {
    expect(criticalWeightVariance(curveOf('tanh'), 0.05)).toBeCloseTo(1.76, 2);
  });

  test('critical without bias: tanh at 1, erf at π/4, ReLU at 2, leaky at 2/(1 + a²)', () => {
    // φ′(0)² σw² = 1 where the signal vanishes.
    // 0 stands for a variance of 1e-12, of which tanh′² takes twice as much away.
    expect(gradientFactor(curveOf('tanh'), 1, 0)).toBeCloseTo(1, 11);
    expect(gradientFactor(curveOf('erf'), Math.PI / 4, 0)).toBeCloseTo(1, 11);
    expect(fixedVariance(curveOf('erf'), { weight: Math.PI / 4 - 1e-3, bias: 0 })).toBe(0);
    expect(fixedVariance(curveOf('erf'), { weight: Math.PI / 4 + 1e-3, bias: 0 })).toBeGreaterThan(0);
    expect(criticalWeightVariance(curveOf('relu'), 0)).toBeCloseTo(2, 12);
    expect(criticalWeightVariance(curveOf('leaky_relu_0.2'), 0)).toBeCloseTo(2 / 1.04, 12);
  });
});

describe('closed forms', () => {
  test.each([0.1, 1, 7])('erf at q = %d', (q) => {
    const curve = curveOf('erf');
    // ref: Williams 1997, "Computing with infinite networks"
    const expected = (2 / Math.PI) * Math.asin((2 * q) / (1 + 2 * q));
    expect(nextVariance(curve, { weight: 1, bias: 0 }, q)).toBeCloseTo(expected, 12);
    expect(gradientFactor(curve, 1, q)).toBeCloseTo(4 / Math.PI / Math.sqrt(1 + 4 * q), 12);
  });
  test.each([
    [0.3, 0.5],
    [1, 0.9],
    [5, 0],
    [5, -0.4],
  ])('erf: the correlation map and its slope at q = %d, c = %d', (q, c) => {
    const curve = curveOf('erf');
    // ref: Williams 1997; the slope is the map's derivative by q c
    const map = ((2 / Math.PI) * Math.asin((2 * q * c) / (1 + 2 * q))) / q;
    const slope = 4 / Math.PI / Math.sqrt((1 + 2 * q) ** 2 - (2 * q * c) ** 2);
    expect(nextCorrelation(curve, { weight: 1, bias: 0 }, q, c)).toBeCloseTo(map, 8);
    expect(correlationSlope(curve, 1, q, c)).toBeCloseTo(slope, 8);
  });

  test.each(['tanh', 'sigmoid', 'gelu', 'gelu_tanh', 'silu', 'selu', 'softplus'])('%s: the slope is the map’s', (name) => {
    const curve = curveOf(name);
    const [q, h] = [0.7, 1e-4];
    const map = (at: number) => nextVariance(curve, { weight: 1.3, bias: 0.1 }, at);
    // Central difference: h²/6 of the third derivative, here below 10.
    expect(Math.abs(varianceSlope(curve, 1.3, q) - (map(q + h) - map(q - h)) / (2 * h))).toBeLessThan(1e-7);
  });
  test.each(['tanh', 'sigmoid', 'gelu', 'selu', 'softplus'])('%s: a finite fixed point is one', (name) => {
    const curve = curveOf(name);
    const variances = { weight: 0.9, bias: 0.07 };
    const q = fixedVariance(curve, variances);
    expect(q).toBeTypeOf('number');
    expect(relative(nextVariance(curve, variances, q as number), q as number)).toBeLessThan(1e-13);
  });
  test('control: another activation, variance or bias moves the growth factor by more than the tolerance', () => {
    const chi = (name: string, weight: number, bias: number) =>
      gradientFactor(curveOf(name), weight, fixedVariance(curveOf(name), { weight, bias }) as number);
    const base = chi('tanh', 1.5, 0.05);
    for (const other of [chi('erf', 1.5, 0.05), chi('tanh', 1.51, 0.05), chi('tanh', 1.5, 0.06)]) {
      expect(relative(other, base)).toBeGreaterThan(1e-3);
    }
  });
});
