/** Exact finite-width laws, residual recurrences and critical learning rates against values computed elsewhere. */
import { describe, expect, test } from 'vitest';
import { linearLaw, reluLaw } from '../../src/theory/finite-width.ts';
import {
  chainCurvature,
  criticalAdamRate,
  criticalMomentumRate,
  criticalNesterovRate,
  criticalRate,
} from '../../src/theory/learning-rate.ts';
import { type Block, type BranchVariances, logGradientRatio, residualStack } from '../../src/theory/residual.ts';
import { curveOf } from './curves.ts';

describe('one layer of a bias-free Gaussian network, exactly (Hanin, Nica 2018; digamma form)', () => {
  // width, linear with σw² = 1: mean and variance, ReLU with σw² = 2: mean and variance
  test.each([
    [16, -0.0638, 0.133137, -0.176397, 0.419593],
    [32, -0.031575, 0.064494, -0.08254, 0.177498],
    [64, -0.015706, 0.031743, -0.040109, 0.082997],
    [128, -0.007833, 0.015748, -0.019786, 0.040234],
    [256, -0.003911, 0.007843, -0.009829, 0.019819],
    [512, -0.001954, 0.003914, -0.004898, 0.009837],
    [1024, -0.000977, 0.001955, -0.002445, 0.004901],
  ])('n = %d', (n, linearMean, linearVariance, reluMean, reluVariance) => {
    const [linear, relu] = [linearLaw(n, 1), reluLaw(n, 2)];
    for (const [value, expected] of [
      [linear.mean, linearMean],
      [linear.variance, linearVariance],
      [relu.mean, reluMean],
      [relu.variance, reluVariance],
    ]) {
      expect(Math.abs(value - expected)).toBeLessThan(5.1e-7);
    }
  });
  test('wide layers: −1/n and 2/n, −5/2n and 5/n, to 5/n of themselves', () => {
    const n = 4096;
    for (const [law, kappa] of [
      [linearLaw(n, 1), 2],
      [reluLaw(n, 2), 5],
    ] as const) {
      expect(Math.abs((law.mean * -2 * n) / kappa - 1)).toBeLessThan(5 / n);
      expect(Math.abs((law.variance * n) / kappa - 1)).toBeLessThan(5 / n);
    }
  });
});

const plain = (variances: BranchVariances, scale = 1): Block => ({ form: 'plain', branch: 'two_layer', variances, scale });

describe('residual stacks', () => {
  // φ, σw², σb², σv², σa², blocks, p_L, ln G
  test.each([
    ['tanh', 1, 0, 1, 0, 10, 6.776798359566216, 2.6432063527070313],
    ['tanh', 1, 0, 1, 0, 50, 39.59352583245523, 7.216100331880816],
    ['tanh', 2, 0.1, 0.5, 0.1, 50, 26.319350403385698, 5.946529952816794],
    ['relu', 1, 0, 1, 0, 10, 57.66503906250185, 4.054651081081611],
    ['relu', 2, 0, 0.1, 0, 30, 17.449402268886864, 2.8593053941297177],
  ] as const)('%s, %d, %d, %d, %d, %d blocks (Yang, Schoenholz 2017)', (name, weight, bias, outWeight, outBias, L, p, lnG) => {
    const stack = residualStack(curveOf(name), plain({ weight, bias, outWeight, outBias }), L);
    // The reference is a quadrature with 800 nodes on each side of 0; over 50 blocks both agree to seven digits.
    expect(Math.abs(stack.moments[L] / p - 1)).toBeLessThan(1e-7);
    expect(Math.abs(logGradientRatio(stack) / lnG - 1)).toBeLessThan(1e-7);
  });

  test('tanh grows like √L, ReLU like L', () => {
    const [tanh, relu] = ['tanh', 'relu'].map((name) => (L: number) => {
      const variances = { weight: 1, bias: 0, outWeight: 1, outBias: 0 };
      return logGradientRatio(residualStack(curveOf(name), plain(variances), L));
    });
    for (const [L, lnG] of [
      [25, 4.812023],
      [100, 10.545549],
      [400, 21.617635],
      [1600, 43.32023],
    ]) {
      expect(Math.abs(tanh(L) / lnG - 1)).toBeLessThan(1e-6);
    }
    expect(tanh(1600) / tanh(400)).toBeCloseTo(2, 2);
    expect(relu(1600) / relu(400)).toBeCloseTo(4, 12);
  });

  test('a branch scale of 1/√L bounds the growth: (1 + 1/L)^L', () => {
    const he = { weight: 2, bias: 0, outWeight: 1, outBias: 0 };
    for (const L of [10, 50]) {
      const stack = residualStack(curveOf('relu'), plain(he, 1 / Math.sqrt(L)), L);
      expect(Math.exp(logGradientRatio(stack))).toBeCloseTo((1 + 1 / L) ** L, 9);
      expect(stack.moments[L]).toBeCloseTo((1 + 1 / L) ** L, 9);
    }
  });

  test('unnormalised He branches double the variance, batch norm in front adds 1 (De, Smith 2020)', () => {
    const he = { weight: 2, bias: 0, outWeight: 1, outBias: 0 };
    const free = residualStack(curveOf('relu'), plain(he), 32);
    expect([1, 8, 16].map((l) => free.moments[l] / 2 ** l)).toEqual([1, 1, 1].map((one) => expect.closeTo(one, 9)));
    expect(logGradientRatio(free)).toBeCloseTo(22.18071, 5);
    const heEnd = { weight: 1, bias: 0, outWeight: 2, outBias: 0 };
    const batch: Block = { form: 'pre_norm', norm: 'batch', branch: 'one_layer', variances: heEnd };
    const normed = residualStack(curveOf('relu'), batch, 32);
    // ∏ (1 + 1/(1 + (1 − 1/π) l))
    expect([1, 8, 16, 32].map((l) => normed.moments[l])).toEqual([2, 9, 17, 33].map((p) => expect.closeTo(p, 10)));
    expect(logGradientRatio(normed)).toBeCloseTo(4.4054419, 6);
  });

  test('layer norm in front: p = 1 + l/2, G = 1 + L/2 (Xiong et al. 2020)', () => {
    for (const L of [2, 8, 32]) {
      const variances = { weight: 1, bias: 0, outWeight: 1, outBias: 0 };
      const stack = residualStack(curveOf('relu'), { ...plain(variances), form: 'pre_norm', norm: 'layer' }, L);
      expect(stack.moments[L]).toBeCloseTo(1 + L / 2, 9);
      expect(Math.exp(logGradientRatio(stack))).toBeCloseTo(1 + L / 2, 9);
    }
  });
});

test('post-norm: large batches give back the rate of batch norm without skips; layer norm keeps ReLU’s gradient', () => {
  // With a branch scale far above 1 the skip connection no longer matters: π/(π − 1) and 1.
  const variances = { weight: 1, bias: 0, outWeight: 2, outBias: 0 };
  const block: Block = { form: 'post_norm', branch: 'one_layer', variances, scale: 1e6 };
  const factor = (norm: 'batch' | 'layer') => Math.exp(residualStack(curveOf('relu'), { ...block, norm }, 3).logFactors[2]);
  expect(factor('batch')).toBeCloseTo(Math.PI / (Math.PI - 1), 9);
  expect(factor('layer')).toBeCloseTo(1, 9);
});

test('critical learning rates on the quadratic with λ = 10/3', () => {
  const lambda = 10 / 3;
  expect(criticalRate(lambda)).toBeCloseTo(0.6, 12);
  expect(criticalMomentumRate(lambda, 0.9)).toBeCloseTo(1.14, 12);
  expect(criticalMomentumRate(lambda, 0.5)).toBeCloseTo(0.9, 12);
  expect(criticalNesterovRate(lambda, 0.9)).toBeCloseTo(0.407143, 6);
  expect(criticalMomentumRate(lambda, 0.9, 0.9)).toBeCloseTo(38 / lambda, 12);
  expect(criticalRate(lambda, 0.1)).toBeCloseTo(0.582524, 6);
  expect(criticalAdamRate(1, 0.9)).toBeCloseTo(38, 12);
  expect(chainCurvature(16, 1)).toBe(16);
});
