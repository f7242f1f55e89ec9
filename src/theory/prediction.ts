/** What theory says about an experiment at initialisation, beside which the page and the report lay what was measured. */
import { CURVES } from '../model/activation.ts';
import type { Experiment, Model } from '../model/schema.ts';
import { batchNormLinearRate, batchNormRate, batchNormReluRate, SMALLEST_BATCH } from './batch-norm.ts';
import { type DepthScales, depthScales } from './correlation.ts';
import { layerVariances } from './initial.ts';
import { type Curve, finiteWidthVariance, fixedVariance, gradientFactor, nextVariance, type Variances } from './mean-field.ts';
import { gaussianProfile, straightProfile } from './prediction-profile.ts';
import { normalisedStack } from './residual.ts';

/** All factors are per layer (per block of a residual network) towards the input. */
export interface Prediction {
  readonly kind: 'plain' | 'batch_norm' | 'layer_norm' | 'residual';
  /** Paper and equation. */
  readonly source: string;
  /** What the prediction leaves out, in a sentence. */
  readonly assumes: string;
  /** σw² and σb² of a hidden layer. */
  readonly variances: Variances;
  /** Variance that pre-activations settle at; `any` where each keeps its own; undefined where a norm sets it. */
  readonly qStar: number | 'any' | undefined;
  /** Factor of ‖dL/dz‖² in wide networks; for a residual network the geometric mean over its blocks. */
  readonly chi1: number;
  /** √chi1, the factor of the norm. */
  readonly factorPerLayer: number;
  /** log2 of `factorPerLayer`. */
  readonly log2PerLayer: number;
  /** What finite width adds to the mean of `log2PerLayer`; 0 where it is not known. */
  readonly log2ShiftPerLayer: number;
  /** Standard deviation of log2 of the factor of one layer over seeds, √(κ/n)/(2 ln 2); undefined where it is not known. */
  readonly log2DeviationPerLayer: number | undefined;
  /** In layers; undefined where a norm or a skip connection leaves them without meaning. */
  readonly xi: DepthScales | undefined;
  /**
   * Predicted log2 ‖dL/dz_l‖ of hidden layers 0 … layers − 1 less that of the last of them, finite width included; of a residual
   * network the stream's x₀ … x_blocks (layers = blocks + 1).
   */
  readonly log2Profile: (layers: number) => Float64Array;
}

/** Why theory is silent. */
export interface NoPrediction {
  readonly reason: string;
}

const KEPT = 64;
const kept = new Map<string, Prediction | NoPrediction>();

/**
 * The prediction for an experiment's first iteration. It takes some milliseconds, and none for settings seen before.
 *
 * Inputs are taken to have second moment `inputScale`², as standardised ones do.
 */
export function predictGrowth({ model, batchSize, task }: Experiment): Prediction | NoPrediction {
  const key = JSON.stringify([model, batchSize, task.inputScale]);
  const known = kept.get(key);
  if (known) return known;
  const moment = task.inputScale ** 2;
  const prediction = model.kind === 'mlp' ? predictMlp(model, batchSize, moment) : predictResidual(model, moment);
  const oldest = kept.keys().next();
  if (kept.size >= KEPT && !oldest.done) kept.delete(oldest.value);
  kept.set(key, prediction);
  return prediction;
}

type Mlp = Extract<Model, { kind: 'mlp' }>;
type Residual = Extract<Model, { kind: 'residual_mlp' }>;

function predictMlp(model: Mlp, batchSize: number, moment: number): Prediction | NoPrediction {
  const { activation, norm, width, bias, init, depth } = model;
  if (depth < 2) return { reason: 'A single hidden layer has no growth from layer to layer.' };
  const variances = layerVariances(init, width, width, bias && norm !== 'batch');
  const curve = CURVES[activation];
  switch (norm) {
    case 'none':
      return predictPlain(curve, variances, width, variances.weight * moment + variances.bias);
    case 'batch':
      return predictBatchNorm(model, variances, batchSize);
    case 'layer':
      return predictLayerNorm(curve, variances, width);
  }
}

const ofChi1 = (chi1: number) => ({ chi1, factorPerLayer: Math.sqrt(chi1), log2PerLayer: 0.5 * Math.log2(chi1) });

/** Mean and deviation that finite width adds to log2 of a norm's factor per layer. */
function finiteWidth(kappa: number, width: number) {
  return {
    log2ShiftPerLayer: -kappa / (4 * width * Math.LN2),
    log2DeviationPerLayer: Math.sqrt(kappa / width) / (2 * Math.LN2),
  };
}

function predictPlain(curve: Curve, variances: Variances, width: number, first: number): Prediction {
  const qStar = fixedVariance(curve, variances);
  const q = qStar === 'any' ? 1 : qStar;
  return {
    kind: 'plain',
    source: 'Poole et al. 2016, eq. 8; Schoenholz et al. 2017, eq. 14; finite width: Hanin, Nica 2018',
    assumes: 'Initial weights; wide layers; activations that have settled at q*, except in the profile, which follows them.',
    variances,
    qStar,
    ...ofChi1(gradientFactor(curve, variances.weight, q)),
    ...finiteWidth(finiteWidthVariance(curve, q), width),
    xi: depthScales(curve, variances, q),
    log2Profile: (layers) => gaussianProfile(curve, variances, width, first, layers),
  };
}

function predictBatchNorm({ activation }: Mlp, variances: Variances, B: number): Prediction | NoPrediction {
  if (B < SMALLEST_BATCH) {
    return { reason: `Batch norm on ${B} examples: the mean of the squared gradient is infinite below ${SMALLEST_BATCH}.` };
  }
  const rate = {
    linear: () => batchNormLinearRate(B),
    relu: () => batchNormReluRate(B),
    other: () => batchNormRate(CURVES[activation], B),
  }[activation === 'linear' || activation === 'relu' ? activation : 'other']();
  const chi = ofChi1(rate);
  return {
    kind: 'batch_norm',
    source: `Yang et al. 2019, theorem ${activation === 'relu' ? '8' : activation === 'linear' ? '9' : '7, eq. 24'}`,
    assumes: 'Initial weights; wide layers; the batch’s own statistics; a few layers from either end. Any σw and σb.',
    variances,
    qStar: undefined,
    ...chi,
    log2ShiftPerLayer: 0,
    log2DeviationPerLayer: undefined,
    xi: undefined,
    log2Profile: (layers) => straightProfile(chi.log2PerLayer, layers),
  };
}

/**
 * The norm gives every example's units variance 1 and divides what comes back by the deviation it took away: the squared factor is
 * σw² E[φ′(z)²]/(σw² E[φ(z)²] + σb²). Derived as Schoenholz et al. 2017, eq. 14, with q held at 1.
 */
function predictLayerNorm(curve: Curve, variances: Variances, width: number): Prediction {
  const chi = ofChi1(gradientFactor(curve, variances.weight, 1) / nextVariance(curve, variances, 1));
  const finite = finiteWidth(finiteWidthVariance(curve, 1), width);
  return {
    kind: 'layer_norm',
    source: 'Derived from Schoenholz et al. 2017, eq. 14, with the norm holding q at 1',
    assumes: 'Initial weights; wide layers.',
    variances,
    qStar: undefined,
    ...chi,
    // The forward pass's fluctuations divide what the backward pass's multiply: the deviation is an upper bound, the mean not known.
    log2ShiftPerLayer: 0,
    log2DeviationPerLayer: finite.log2DeviationPerLayer,
    xi: undefined,
    log2Profile: (layers) => straightProfile(chi.log2PerLayer, layers),
  };
}

function predictResidual({ blocks, width, inner, activation, init }: Residual, moment: number): Prediction {
  const first = layerVariances(init, width, inner, true);
  const second = layerVariances(init, inner, width, true);
  const branch = { weight: first.weight, bias: first.bias, outWeight: second.weight, outBias: second.bias };
  const input = layerVariances(init, width, width, true);
  const { logFactors } = normalisedStack(CURVES[activation], branch, blocks, 1, input.weight * moment + input.bias);
  const total = logFactors.reduce((sum, value) => sum + value, 0);
  return {
    kind: 'residual',
    source: 'Xiong et al. 2020, lemma 2; its gradient derived',
    assumes: 'Initial weights; wide layers. The factor falls from block to block: given is its geometric mean.',
    variances: first,
    qStar: undefined,
    ...ofChi1(Math.exp(total / blocks)),
    log2ShiftPerLayer: 0,
    log2DeviationPerLayer: undefined,
    xi: undefined,
    log2Profile: (layers) => {
      const profile = new Float64Array(layers);
      for (let l = layers - 2; l >= 0; l--) profile[l] = profile[l + 1] + (logFactors[l] ?? 0) / (2 * Math.LN2);
      return profile;
    },
  };
}

/**
 * Standard deviation over seeds of a fitted log2 growth per layer: the norms are a random walk, and a straight line through L
 * points of one has a slope of variance 6/5 of a step's, over L.
 *
 * @returns undefined where the prediction does not say how far single networks scatter
 */
export function log2SlopeDeviation({ log2DeviationPerLayer: deviation }: Prediction, layers: number): number | undefined {
  return deviation === undefined ? undefined : deviation * Math.sqrt(1.2 / layers);
}
