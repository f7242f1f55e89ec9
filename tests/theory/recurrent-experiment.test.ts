/** From an experiment to the prediction for its recurrent layer. */
import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../src/model/experiment.ts';
import { predictThroughTime } from '../../src/theory/recurrent.ts';
import { predictionOf } from '../../src/theory/recurrent-experiment.ts';

const recurrent = (model: object, task: object = { name: 'temporal_order' }) =>
  parseExperiment({ task, model: { kind: 'recurrent', cell: 'rnn', hidden: 50, ...model } });

describe('the prediction for a recurrent experiment', () => {
  test('of a linear network is the gain, whatever the inputs', () => {
    const found = predictionOf(recurrent({ activation: 'linear', recurrentInit: { scheme: 'orthogonal', gain: 1.25 } }));
    expect(found).toMatchObject({ kind: 'linear', factorPerStep: 1.25 });
  });

  test('takes the inputs’ variance from the input weights and the task', () => {
    const recurrentInit = { scheme: 'scaled_normal', gain: 1.5 } as const;
    const shared = { cell: 'rnn', activation: 'tanh', hidden: 50, ...recurrentInit } as const;
    // LeCun: 1/6 a weight, and one of six inputs is 1.
    const lecun = predictionOf(recurrent({ init: { scheme: 'lecun_normal' }, recurrentInit }));
    expect(lecun).toEqual(predictThroughTime({ ...shared, sigmaB2: 0, inputVariance: 1 / 6 }));
    // Twice the input scale, four times the variance.
    const scaled = predictionOf(
      recurrent({ init: { scheme: 'lecun_normal' }, recurrentInit }, { name: 'temporal_order', inputScale: 2 }),
    );
    expect(scaled).toEqual(predictThroughTime({ ...shared, sigmaB2: 0, inputVariance: 4 / 6 }));
  });

  test('of PyTorch’s cell has both biases and its bound on the input weights', () => {
    const torch = { scheme: 'torch_default' } as const;
    const found = predictionOf(recurrent({ init: torch, recurrentInit: torch }));
    const variance = 1 / (3 * 50);
    const shared = { cell: 'rnn', activation: 'tanh', hidden: 50, scheme: 'torch_default', gain: 1 } as const;
    expect(found).toEqual(predictThroughTime({ ...shared, sigmaB2: 2 * variance, inputVariance: variance }));
    const without = predictionOf(recurrent({ init: torch, recurrentInit: torch, bias: false }));
    expect(without).toEqual(predictThroughTime({ ...shared, sigmaB2: 0, inputVariance: variance }));
  });

  test('of an LSTM follows its forget bias', () => {
    // σ(3) = 0.9526
    const found = predictionOf(recurrent({ cell: 'lstm', forgetBias: 3 }));
    expect(found).toMatchObject({ kind: 'gated', factorPerStep: expect.closeTo(1 / (1 + Math.exp(-3)), 12) });
  });

  test.each([
    ['several layers', recurrent({ layers: 2 }), /single/],
    ['layer norm', recurrent({ norm: 'layer' }), /layer norm/i],
    ['losses at every step', recurrent({ readout: 'mean' }), /every step/],
    ['no time at all', parseExperiment({}), /layer by layer/],
    ['a tanh network that starts as the identity', recurrent({ recurrentInit: { scheme: 'identity' } }), /identity/],
  ])('is silent with a reason: %s', (_, experiment, reason) => {
    expect(predictionOf(experiment)).toEqual({ reason: expect.stringMatching(reason) });
  });
});
