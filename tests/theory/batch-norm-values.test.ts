/** Theorems 7, 8 and 9 of Yang et al. 2019 against each other and against values computed elsewhere. */
import { describe, expect, test } from 'vitest';
import { batchNormLinearRate, batchNormRate, batchNormReluRate, batchNormTrainableDepth } from '../../src/theory/batch-norm.ts';
import { curveOf } from './curves.ts';

/** Batch size; ReLU by theorem 8; linear by theorem 9; tanh by a sum of theorem 7's integral over 1500 × 1500 nodes. Six digits. */
const RATES = [
  [5, 2.273707, 1.5, 1.641882],
  [6, 2.003779, 1.333333, 1.483126],
  [8, 1.78819, 1.2, 1.358548],
  [16, 1.58995, 1.076923, 1.246258],
  [32, 1.521953, 1.034483, 1.208303],
  [64, 1.493063, 1.016393, 1.192264],
  [128, 1.479681, 1.008, 1.184853],
  [256, 1.473234, 1.003953, 1.181286],
  [1024, 1.468501, 1.000979, 1.178669],
] as const;

describe('batch norm: rate of gradient explosion', () => {
  test.each(RATES)('B = %d', (B, relu, linear, tanh) => {
    expect(batchNormReluRate(B)).toBeCloseTo(relu, 6);
    expect(batchNormLinearRate(B)).toBeCloseTo(linear, 6);
    expect(batchNormRate(curveOf('tanh'), B)).toBeCloseTo(tanh, 6);
  });

  test.each(RATES)('the general integral is the closed form for ReLU and linear, B = %d', (B) => {
    // Where z₂'s kink meets the ellipse's edge the integrand is not smooth; the edge carries Z^((B−5)/2).
    const tolerance = B < 8 ? 1e-5 : 1e-9;
    expect(Math.abs(batchNormRate(curveOf('relu'), B) / batchNormReluRate(B) - 1)).toBeLessThan(tolerance);
    expect(Math.abs(batchNormRate(curveOf('linear'), B) / batchNormLinearRate(B) - 1)).toBeLessThan(1e-9);
  });

  test.each(['relu', 'leaky_relu', 'tanh', 'sigmoid', 'gelu', 'gelu_tanh', 'silu', 'selu', 'softplus'])(
    '%s: more nodes change nothing, and no activation explodes less than linear (theorem 9)',
    (name) => {
      for (const B of [8, 64]) {
        const rate = batchNormRate(curveOf(name), B);
        expect(Math.abs(rate / batchNormRate(curveOf(name), B, 96) - 1)).toBeLessThan(1e-8);
        expect(rate).toBeGreaterThan(batchNormLinearRate(B));
      }
    },
  );

  test('large batches: π/(π − 1) for ReLU, 1 for linear; about 42 layers train', () => {
    expect(batchNormReluRate(1e6)).toBeCloseTo(Math.PI / (Math.PI - 1), 5);
    expect(batchNormLinearRate(1e6)).toBeCloseTo(1, 5);
    expect(batchNormTrainableDepth(batchNormReluRate(1e6))).toBeCloseTo(16 / Math.log(Math.PI / (Math.PI - 1)), 3);
    expect(Math.round(batchNormTrainableDepth(batchNormReluRate(1e6)))).toBe(42);
  });

  test('control: the batch size moves the rate by far more than these tolerances', () => {
    expect(batchNormRate(curveOf('tanh'), 17) / batchNormRate(curveOf('tanh'), 16)).toBeLessThan(0.999);
  });
});
