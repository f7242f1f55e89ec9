/** The prediction that page and report show: against the formulas, and against networks on the CPU engine. */
import { describe, expect, test } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import { networkOf } from '../../src/model/network.ts';
import type { ExperimentInput, Init, Norm, NormPlacement } from '../../src/model/schema.ts';
import { hyperWords } from '../../src/plan/hyper.ts';
import { HYPER } from '../../src/plan/records.ts';
import { batchNormRate } from '../../src/theory/batch-norm.ts';
import { log2SlopeDeviation, type Prediction, predictGrowth } from '../../src/theory/prediction.ts';
import { curveOf } from './curves.ts';
import table from './mean-field-table.json' with { type: 'json' };
import { measureNetwork, measureProfile } from './profile.ts';
import { sized } from './scale.ts';

const engine = new CpuEngine({ engine: 'cpu', why: 'test' });

function predict(input: ExperimentInput): Prediction {
  const prediction = predictGrowth(parseExperiment(input));
  if ('reason' in prediction) throw new Error(prediction.reason);
  return prediction;
}

function refusal(input: ExperimentInput): string {
  const prediction = predictGrowth(parseExperiment(input));
  return 'reason' in prediction ? prediction.reason : 'none';
}

function sample(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)) };
}

const mlp = (model: object): ExperimentInput => ({ model: { kind: 'mlp', ...model } });

describe('fields', () => {
  const points = table.points.filter(
    ({ activation }) => activation in { linear: 0, relu: 0, tanh: 0, sigmoid: 0, gelu: 0, selu: 0 },
  );
  test.each(points)('$activation, $weightVariance, $biasVariance: the table’s numbers', (point) => {
    const { activation, weightVariance, biasVariance } = point;
    const init = { scheme: 'scaled_normal', weightVariance, biasVariance };
    const found = predict(mlp({ activation, init, width: 100 }));
    expect(found.chi1).toBeCloseTo(point.chi1, 8);
    expect(found.factorPerLayer).toBeCloseTo(Math.sqrt(point.chi1), 8);
    expect(2 ** found.log2PerLayer).toBeCloseTo(Math.sqrt(point.chi1), 8);
    expect(found.log2ShiftPerLayer).toBeCloseTo(-point.kappa / 400 / Math.LN2, 10);
    expect(found.log2DeviationPerLayer).toBeCloseTo(Math.sqrt(point.kappa / 100) / (2 * Math.LN2), 10);
    if (point.xiGradient !== null) expect((found.xi?.gradient ?? 0) / point.xiGradient).toBeCloseTo(1, 6);
    if (typeof point.qStar === 'number') expect(found.qStar).toBeCloseTo(point.qStar, 8);
    else expect(found.qStar).toBe(point.qStar ?? Number.POSITIVE_INFINITY);
  });

  test.each([
    ['he_normal', 2, 0],
    ['he_uniform', 2, 0],
    ['xavier_normal', 1, 0],
    ['lecun_uniform', 1, 0],
    ['orthogonal', 1, 0],
    ['torch_default', 1 / 3, 1 / 300],
  ])('%s', (scheme, weight, bias) => {
    const found = predict(mlp({ activation: 'tanh', width: 100, init: { scheme } }));
    expect(found.variances.weight).toBeCloseTo(weight, 14);
    expect(found.variances.bias).toBeCloseTo(bias, 14);
    const doubled = predict(mlp({ activation: 'tanh', width: 100, bias: false, init: { scheme, gain: 2 } }));
    expect(doubled.variances.weight).toBeCloseTo(4 * weight, 14);
    expect(doubled.variances.bias).toBe(0);
  });

  test.each([
    ['relu', { gain: Math.SQRT2 }, 1 / Math.LN2],
    ['gelu', { gain: Math.SQRT2 }, 1 / Math.LN2],
    ['relu', {}, Number.POSITIVE_INFINITY],
  ])('%s, %o: no depth scale is NaN', (activation, init, gradient) => {
    const { xi } = predict(mlp({ activation, init: { scheme: 'he_normal', ...init } }));
    expect(xi?.gradient).toBeCloseTo(gradient, 6);
    expect([xi?.correlation, xi?.variance]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  test('batch norm: the theorem for the activation and the batch, whatever the weights', () => {
    const norm = { norm: 'batch', activation: 'relu' } as const;
    expect(predict({ ...mlp(norm), batchSize: 16 }).chi1).toBeCloseTo(1.58995, 5);
    expect(predict({ ...mlp({ ...norm, init: { gain: 3 } }), batchSize: 16 }).chi1).toBeCloseTo(1.58995, 5);
    const tanh = predict({ ...mlp({ ...norm, activation: 'tanh' }), batchSize: 16 });
    expect(tanh.chi1).toBeCloseTo(batchNormRate(curveOf('tanh'), 16), 12);
    expect(tanh.source).toContain('theorem 7');
    expect([...tanh.log2Profile(3)]).toEqual([2, 1, 0].map((k) => expect.closeTo(k * tanh.log2PerLayer, 12)));
  });

  test('says why where theory is silent', () => {
    expect(refusal({ ...mlp({ norm: 'batch' }), batchSize: 3 })).toContain('infinite below 4');
    expect(refusal(mlp({ norm: 'batch', normPlacement: 'after' }))).toContain('in front');
    expect(refusal(mlp({ init: { scheme: 'identity' } }))).toContain('not random');
    const residual = { kind: 'residual_mlp', norm: 'batch' } as const;
    expect(refusal({ model: residual, batchSize: 3 })).toContain('infinite below 4');
    expect(refusal({ model: { ...residual, form: 'post_norm' }, batchSize: 64 })).toContain('behind the sum');
    expect(refusal(mlp({ depth: 1 }))).toContain('single hidden layer');
  });

  test('the same settings give the same object; other learning rates are the same settings, other gains are not', () => {
    const one = parseExperiment(mlp({ activation: 'gelu' }));
    const other = parseExperiment({ ...mlp({ activation: 'gelu' }), optimizer: { name: 'sgd', learningRate: 0.5 } });
    expect(predictGrowth(one)).toBe(predictGrowth(other));
    expect(predictGrowth(parseExperiment(mlp({ activation: 'gelu', init: { gain: 1.5 } })))).not.toBe(predictGrowth(one));
  });

  test('a straight line through L points of a random walk has slope variance 6/5 of a step’s, over L', () => {
    const [L, walks] = [40, 4000];
    const found = predict(mlp({ activation: 'relu' }));
    // Slopes of walks with steps ±1: exact in the limit of long walks, 2/L away from it, and 3 √(2/walks) of sampling.
    let state = 1;
    const coin = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >= 2 ** 31 ? 1 : -1;
    };
    let squares = 0;
    for (let walk = 0; walk < walks; walk++) {
      let [y, slope] = [0, 0];
      for (let l = 0; l < L; l++) {
        y += coin();
        slope += ((l - (L - 1) / 2) * y * 12) / (L * (L * L - 1));
      }
      squares += slope * slope;
    }
    const predicted = ((log2SlopeDeviation(found, L) ?? 0) / (found.log2DeviationPerLayer ?? 1)) ** 2;
    expect(Math.abs(squares / walks / predicted - 1)).toBeLessThan(2 / L + 3 * Math.sqrt(2 / walks));
  });
});

describe('measured on the CPU engine: log2 ‖dL/dz‖ of the first hidden layer beside the last', () => {
  const [width, layers, seeds] = [128, 40, sized(6, 24)];
  // A tanh on its critical line settles like 1/l: only a profile that follows the variance is right.
  const cases: readonly (readonly [Norm, string, Partial<Init>, NormPlacement?])[] = [
    ['none', 'tanh', { scheme: 'xavier_normal' }],
    ['none', 'tanh', { scheme: 'scaled_normal', weightVariance: 2.5, biasVariance: 0.05 }],
    ['none', 'gelu', { scheme: 'he_normal' }],
    ['none', 'selu', { scheme: 'scaled_normal' }],
    ['none', 'relu', { scheme: 'torch_default' }],
    ['none', 'tanh', { scheme: 'orthogonal', gain: 1.5 }],
    ['none', 'relu', { scheme: 'orthogonal', gain: Math.SQRT2 }],
    ['none', 'selu', { scheme: 'lecun_normal' }],
    ['layer', 'tanh', { scheme: 'xavier_normal' }],
    ['layer', 'relu', { scheme: 'he_normal' }],
    ['layer', 'sigmoid', { scheme: 'scaled_normal', weightVariance: 2, biasVariance: 0.3 }],
    ['rms', 'gelu', { scheme: 'he_normal' }],
    ['layer', 'tanh', { scheme: 'scaled_normal', weightVariance: 3, biasVariance: 0.2 }, 'after'],
    ['layer', 'relu', { scheme: 'he_normal' }, 'after'],
    ['rms', 'relu', { scheme: 'he_normal' }, 'after'],
  ];

  async function measured(norm: Norm, activation: string, init: Partial<Init>, normPlacement: NormPlacement = 'before') {
    const model = mlp({ activation, width, depth: layers - 1, norm, normPlacement, init });
    const prediction = predict({ ...model, batchSize: 1 });
    const curve = activation as 'tanh';
    const request = { activation: curve, init, width, layers, seeds, bias: true, norm, normPlacement };
    const { backward } = await measureProfile(engine, request);
    const { mean, deviation } = sample(backward.map((row) => (row[0] - row[layers - 2]) / (2 * Math.LN2)));
    // Four standard errors, as predicted or else as seen, and 0.005 per layer in ln of the square, as for growth rates.
    const steps = layers - 2;
    const perLayer = prediction.log2DeviationPerLayer;
    const error = perLayer === undefined ? deviation : perLayer * Math.sqrt(steps);
    const tolerance = (4 * error) / Math.sqrt(seeds) + (0.005 * steps) / (2 * Math.LN2);
    return { mean, prediction, tolerance, predicted: prediction.log2Profile(layers - 1)[0] };
  }

  for (const given of cases) {
    const [norm, activation, init, placement = 'before'] = given;
    test(`${activation}, norm ${norm} ${placement}, ${JSON.stringify(init)}`, async () => {
      const { mean, predicted, tolerance } = await measured(...given);
      expect(Math.abs(mean - predicted)).toBeLessThanOrEqual(tolerance);
    });
  }

  test('control: layer norm in front of and behind ReLU are told apart', async () => {
    const { mean, tolerance } = await measured('layer', 'relu', { scheme: 'he_normal' }, 'after');
    const other = predict(mlp({ activation: 'relu', width, depth: layers - 1, norm: 'layer' })).log2Profile(layers - 1)[0];
    expect(Math.abs(mean - other)).toBeGreaterThan(5 * tolerance);
  });

  test('control: with critical tanh the fixed point alone predicts no change, and is wrong', async () => {
    const { mean, prediction, tolerance } = await measured(...cases[0]);
    expect(prediction.qStar).toBe(0);
    expect(prediction.log2PerLayer).toBeCloseTo(0, 10);
    expect(mean).toBeLessThan(-tolerance);
  });

  const [blocks, size] = [16, 128];
  const forms = [
    ['relu', 1, {}],
    ['tanh', 1, {}],
    ['gelu', 1, { form: 'plain', branchScaleByDepth: true }],
    ['tanh', 1, { form: 'plain', branch: 'one_layer' }],
    ['tanh', 1, { form: 'post_norm' }],
    ['relu', 1, { form: 'post_norm', norm: 'rms', branchScale: 3 }],
    ['relu', 64, { norm: 'batch', branch: 'one_layer' }],
  ] as const;
  for (const [activation, batchSize, more] of forms) {
    test(`residual blocks, ${activation}, ${JSON.stringify(more)}`, async () => {
      const two = !('branch' in more);
      const model = { kind: 'residual_mlp', blocks, width: size, activation, ...(two ? { inner: size } : {}), ...more } as const;
      const prediction = predict({ model, batchSize });
      const { measured, error } = await measuredResidual(model, batchSize);
      const predicted = prediction.log2Profile(blocks + 1)[0];
      // Four standard errors of what was seen, and the document's relative floor of 3 %.
      expect(Math.abs(measured - predicted)).toBeLessThanOrEqual(Math.max(4 * error, 0.03 * Math.abs(predicted)));
      expect(prediction.log2PerLayer * blocks).toBeCloseTo(predicted, 9);
    });
  }

  /** log2 of the ratio of the root mean square gradients, over seeds, at the stream's start and end. */
  async function measuredResidual(model: NonNullable<ExperimentInput['model']>, batchSize: number) {
    const experiment = parseExperiment({ model, batchSize, loss: 'mse', task: { name: 'teacher' } });
    const network = networkOf(experiment, size, size);
    const branchScale = hyperWords(experiment)[HYPER.branch_scale];
    const names = Array.from({ length: blocks + 1 }, (_, k) => `x${k}`);
    const request = { init: { scheme: 'he_normal' }, seeds, batchSize, branchScale } as const;
    const { backward } = await measureNetwork(engine, network, names, request);
    const { mean, deviation } = sample(backward.map((row) => Math.exp(row[0] - row[blocks])));
    return { measured: 0.5 * Math.log2(mean), error: deviation / mean / Math.sqrt(seeds) / (2 * Math.LN2) };
  }
});

test('a prediction takes milliseconds, a known one none', () => {
  // Warm: the first call of a program compiles it.
  predict({ ...mlp({ activation: 'tanh', norm: 'batch' }), batchSize: 20 });
  predict(mlp({ activation: 'gelu', init: { gain: 1.01 } })).log2Profile(64);
  const cases: readonly ExperimentInput[] = [
    mlp({ activation: 'tanh', init: { scheme: 'scaled_normal', weightVariance: 2.2, biasVariance: 0.02 } }),
    mlp({ activation: 'gelu', init: { gain: 0.9 } }),
    mlp({ activation: 'selu', init: { scheme: 'scaled_normal' } }),
    { ...mlp({ activation: 'silu', norm: 'batch' }), batchSize: 37 },
  ];
  for (const input of cases) {
    const experiment = parseExperiment(input);
    const start = performance.now();
    const prediction = predictGrowth(experiment);
    if (!('reason' in prediction)) prediction.log2Profile(64);
    const first = performance.now() - start;
    // Ten times what a busy core needs.
    expect(first).toBeLessThan(200);
    const again = performance.now();
    for (let k = 0; k < 100; k++) predictGrowth(experiment);
    expect((performance.now() - again) / 100).toBeLessThan(0.1);
  }
});
