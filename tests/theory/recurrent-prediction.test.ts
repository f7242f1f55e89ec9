/** The numbers that theory gives for recurrent networks, against values computed elsewhere and closed forms. */
import { describe, expect, test } from 'vitest';
import { largestSingularValue, spectralRadius } from '../../src/math/eigen.ts';
import {
  gateDecay,
  pascanuBound,
  predictThroughTime,
  recurrentMeanField,
  recurrentVariance,
  type ThroughTime,
  type TimePrediction,
  timeConstant,
} from '../../src/theory/recurrent.ts';
import { curveOf } from './curves.ts';
import { gaussianWeight } from './double-recurrence.ts';

function predict(network: ThroughTime): TimePrediction {
  const prediction = predictThroughTime(network);
  if ('reason' in prediction) throw new Error(prediction.reason);
  return prediction;
}

const rnn = { cell: 'rnn', hidden: 100 } as const;

describe('mean field of vanilla cells', () => {
  // Fixed points and ln χ₁ from another implementation, iterated to 1e-15.
  test.each([
    [1, 0.05, 0.19359252024530144, -0.27571180655934463],
    [1.5, 0.05, 0.4180372005334896, -0.06332723562808112],
    [2.5, 0.05, 1.0639583774168402, 0.12532404063064106],
    [4, 0.05, 2.1954939280345496, 0.29446085533249133],
    [4, 0, 2.12147356820324, 0.3094484596626596],
    [2.25, 0, undefined, 2 * 0.06521721191284484],
    [9, 0, undefined, 2 * 0.31024931514516924],
    [0.5, 0, 0, -Math.LN2],
  ])('tanh, weight variance %d, input variance %d', (sigmaW2, inputVariance, qStar, logChi) => {
    const found = predict({ ...rnn, activation: 'tanh', sigmaW2, inputVariance });
    expect(found.kind).toBe('mean_field');
    if (qStar !== undefined) expect(found.qStar).toBeCloseTo(qStar, 9);
    expect(Math.log(found.chi1)).toBeCloseTo(logChi, 9);
    expect(Math.log(found.factorPerStep)).toBeCloseTo(logChi / 2, 9);
    expect(found.log2PerStep).toBeCloseTo(logChi / 2 / Math.LN2, 9);
    expect(found.steps).toBeCloseTo(Math.abs(2 / logChi), 6);
  });

  test('inputs and biases add up, and both are there', () => {
    const biased = predict({ ...rnn, sigmaW2: 1, sigmaB2: 0.05 });
    expect(biased.chi1).toBe(predict({ ...rnn, sigmaW2: 1, inputVariance: 0.05 }).chi1);
    expect(predict({ ...rnn, sigmaW2: 1, sigmaB2: 0.02, inputVariance: 0.03 }).chi1).toBeCloseTo(biased.chi1, 12);
    // Control.
    expect(predict({ ...rnn, sigmaW2: 1 }).chi1).toBeGreaterThan(biased.chi1 + 0.1);
  });

  test.each([
    ['scaled_normal', 1.5, 2.25],
    ['orthogonal', 1.5, 2.25],
    ['identity', 1.5, 2.25],
    ['xavier_normal', 1.5, 2.25],
    ['xavier_uniform', 1.5, 2.25],
    ['torch_default', 1.5, 0.75],
  ] as const)('%s with gain %d: σw² is %d', (scheme, gain, expected) => {
    expect(recurrentVariance(scheme, gain)).toBeCloseTo(expected, 14);
    if (scheme === 'identity') return;
    const found = predict({ ...rnn, activation: 'tanh', scheme, gain, inputVariance: 0.05 });
    expect(found.chi1).toBe(predict({ ...rnn, sigmaW2: recurrentVariance(scheme, gain), inputVariance: 0.05 }).chi1);
  });

  test('PyTorch’s default with a vanishing state: 1/3', () => {
    const found = predict({ cell: 'rnn', hidden: 256, scheme: 'torch_default', gain: 1 });
    // 0 stands for a variance of 1e-12.
    expect(Math.log(found.chi1)).toBeCloseTo(Math.log(1 / 3), 10);
    expect(found.qStar).toBe(0);
  });

  test('ReLU: half of σw², whatever the inputs; critical at 2', () => {
    const found = predict({ ...rnn, activation: 'relu', sigmaW2: 1, inputVariance: 0.05 });
    expect(found.chi1).toBeCloseTo(0.5, 12);
    expect(found.qStar).toBeCloseTo(0.1, 12);
    expect(predict({ ...rnn, activation: 'relu', sigmaW2: 3, inputVariance: 0.05 })).toMatchObject({
      qStar: Number.POSITIVE_INFINITY,
      chi1: expect.closeTo(1.5, 12),
    });
    expect(predict({ ...rnn, activation: 'relu', sigmaW2: 2 })).toMatchObject({ qStar: 'any', chi1: expect.closeTo(1, 12) });
  });

  test('the scatter of a step: κ/H, with orthogonal weights (κ − 2)/H', () => {
    const { kappa } = recurrentMeanField(curveOf('tanh'), { weight: 1.5, bias: 0, input: 0.05 });
    const gaussian = predict({ ...rnn, sigmaW2: 1.5, inputVariance: 0.05 });
    expect(gaussian.log2DeviationPerStep).toBeCloseTo(Math.sqrt(kappa / 100) / (2 * Math.LN2), 12);
    const orthogonal = predict({ ...rnn, scheme: 'orthogonal', gain: Math.sqrt(1.5), inputVariance: 0.05 });
    expect(orthogonal.log2DeviationPerStep).toBeCloseTo(Math.sqrt((kappa - 2) / 100) / (2 * Math.LN2), 12);
    expect(kappa).toBeGreaterThan(2.5);
  });
});

describe('linear cells', () => {
  test.each(['orthogonal', 'identity'] as const)('%s: the gain in every step, without scatter', (scheme) => {
    const found = predict({ ...rnn, activation: 'linear', scheme, gain: 0.9, inputVariance: 1 });
    expect(found).toMatchObject({
      kind: 'linear',
      log2DeviationPerStep: expect.closeTo(0, 6),
      longRunFactor: found.factorPerStep,
    });
    expect(found.factorPerStep).toBeCloseTo(0.9, 14);
    expect(found.qStar).toBeCloseTo(1 / (1 - 0.81), 10);
  });
  test('Gaussian: σw at first, and in the long run the spectral radius, where it is known', () => {
    const n = 32;
    const radius = spectralRadius(gaussianWeight(5, n, 1.21), n);
    const found = predict({ cell: 'rnn', activation: 'linear', hidden: n, sigmaW2: 1.21, spectralRadius: radius });
    expect(found.factorPerStep).toBeCloseTo(1.1, 14);
    expect(found.longRunFactor).toBe(radius);
    // κ = 2.
    expect(found.log2DeviationPerStep).toBeCloseTo(Math.sqrt(2 / n) / (2 * Math.LN2), 12);
    expect(predict({ cell: 'rnn', activation: 'linear', hidden: n, sigmaW2: 1.21 }).longRunFactor).toBeUndefined();
  });
});

describe('gates, bounds and time constants', () => {
  test.each([
    [0, 0.5, 1.44],
    [1, 0.731059, 3.19],
    [2, 0.880797, 7.88],
  ])('a gate with bias %d keeps %d: a time constant of %d steps', (bias, kept, steps) => {
    expect(gateDecay(bias)).toBeCloseTo(kept, 6);
    expect(timeConstant(gateDecay(bias))).toBeCloseTo(steps, 2);
    for (const cell of ['lstm', 'gru'] as const) {
      const found = predict({ cell, hidden: 64, scheme: 'orthogonal', gain: 1, forgetBias: bias });
      expect(found).toMatchObject({ kind: 'gated', factorPerStep: expect.closeTo(kept, 6), qStar: undefined });
      expect(found.chi1).toBeCloseTo(gateDecay(bias) ** 2, 14);
      expect(found.steps).toBeCloseTo(steps, 2);
      expect(found.log2DeviationPerStep).toBeUndefined();
    }
  });
  test('gates with biases beyond all bounds', () => {
    expect([gateDecay(-1000), gateDecay(1000)]).toEqual([0, 1]);
    expect(timeConstant(0)).toBe(0);
    expect(timeConstant(1)).toBe(Number.POSITIVE_INFINITY);
    // Growing and vanishing alike.
    expect(timeConstant(2)).toBeCloseTo(timeConstant(0.5), 14);
  });
  test('the bound of a step: σ_max times the steepest slope', () => {
    expect(pascanuBound(0.95, 'tanh')).toBe(0.95);
    expect(pascanuBound(0.95, 'relu')).toBe(0.95);
    expect(pascanuBound(0.95, 'linear')).toBe(0.95);
    expect(pascanuBound(3.8, 'sigmoid')).toBeCloseTo(0.95, 15);
    // No mean-field factor of this very matrix exceeds it.
    const n = 64;
    const sigma = largestSingularValue(gaussianWeight(3, n, 1.5), n, n);
    expect(predict({ ...rnn, sigmaW2: 1.5, inputVariance: 0.05 }).factorPerStep).toBeLessThan(pascanuBound(sigma, 'tanh'));
  });
});

describe('what theory says in words', () => {
  test('the identity: exact with ReLU while units are active, silent with tanh', () => {
    const found = predict({ ...rnn, activation: 'relu', scheme: 'identity', gain: 1 });
    expect(found).toMatchObject({ kind: 'identity', factorPerStep: 1, log2PerStep: 0, steps: Number.POSITIVE_INFINITY });
    expect(found.assumes).toContain('stay above 0');
    const silent = predictThroughTime({ ...rnn, activation: 'tanh', scheme: 'identity', gain: 1 });
    expect('reason' in silent && silent.reason).toContain('every unit to itself');
  });
  test('every prediction names its source and what it assumes', () => {
    const all = [
      predict({ ...rnn, sigmaW2: 1 }),
      predict({ ...rnn, activation: 'linear', sigmaW2: 1 }),
      predict({ ...rnn, activation: 'linear', scheme: 'orthogonal', gain: 1 }),
      predict({ ...rnn, activation: 'relu', scheme: 'identity', gain: 1 }),
      predict({ cell: 'lstm', hidden: 8, sigmaW2: 1 }),
      predict({ cell: 'gru', hidden: 8, sigmaW2: 1 }),
    ];
    for (const { source, assumes } of all) {
      expect(source).toMatch(/\d{4}/);
      expect(assumes).toMatch(/\.$/);
    }
    expect(new Set(all.map(({ assumes }) => assumes)).size).toBe(all.length);
  });
});
