/** What theory says about an experiment at initialisation, beside which the page and the report lay what was measured. */
import { CURVES } from '../model/activation.ts';
import type { Experiment, Model } from '../model/schema.ts';
import { batchNormLinearRate, batchNormRate, batchNormReluRate, SMALLEST_BATCH } from './batch-norm.ts';
import { type DepthScales, depthScales } from './correlation.ts';
import { layerVariances } from './initial.ts';
import {
  type Curve,
  finiteWidthVariance,
  fixedVariance,
  gradientFactor,
  meanActivation,
  nextVariance,
  type Variances,
} from './mean-field.ts';
import { gaussianProfile, PROFILE_NODES, straightProfile } from './prediction-profile.ts';
import { type Block, logGradientRatio, residualStack } from './residual.ts';

/** All factors are per layer (per block of a residual network) towards the input. */
export interface Prediction {
  readonly kind: 'plain' | 'batch_norm' | 'layer_norm' | 'rms_norm' | 'residual';
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
  const prediction = predict(model, batchSize, moment);
  const oldest = kept.keys().next();
  if (kept.size >= KEPT && !oldest.done) kept.delete(oldest.value);
  kept.set(key, prediction);
  return prediction;
}

function predict(model: Model, batchSize: number, moment: number): Prediction | NoPrediction {
  if (model.kind === 'recurrent') return { reason: 'Of recurrent networks theory speaks step by step, not layer by layer.' };
  return model.kind === 'mlp' ? predictMlp(model, batchSize, moment) : predictResidual(model, batchSize, moment);
}

type Mlp = Extract<Model, { kind: 'mlp' }>;
type Residual = Extract<Model, { kind: 'residual_mlp' }>;

const IDENTITY = 'Layers that start from the identity are not random: no mean-field theory.';
const tooSmall = (B: number) =>
  `Batch norm on ${B} examples: the mean of the squared gradient is infinite below ${SMALLEST_BATCH}.`;

function predictMlp(model: Mlp, batchSize: number, moment: number): Prediction | NoPrediction {
  const { activation, norm, normPlacement, width, bias, init, depth } = model;
  if (depth < 2) return { reason: 'A single hidden layer has no growth from layer to layer.' };
  if (init.scheme === 'identity') return { reason: IDENTITY };
  const before = normPlacement === 'before' || activation === 'linear';
  const variances = layerVariances(init, width, width, bias && !(norm === 'batch' && before));
  const curve = CURVES[activation];
  const wide: Wide = { variances, width, isOrthogonal: init.scheme === 'orthogonal' };
  switch (norm) {
    case 'none':
      return predictPlain(curve, wide, variances.weight * moment + variances.bias);
    case 'batch':
      if (before) return predictBatchNorm(model, variances, batchSize);
      return { reason: 'Batch norm behind the activation: published rates are for batch norm in front of it.' };
    case 'layer':
    case 'rms':
      return predictFeatureNorm(curve, wide, norm, before, moment);
  }
}

/** Square layers of this width. */
interface Wide {
  readonly variances: Variances;
  readonly width: number;
  /** Whether weights are orthogonal: they change no norm themselves, which takes 2 off κ. */
  readonly isOrthogonal: boolean;
}

const ofChi1 = (chi1: number) => ({ chi1, factorPerLayer: Math.sqrt(chi1), log2PerLayer: 0.5 * Math.log2(chi1) });

/** κ, the variance of ln of a layer's squared factor times the width. */
function kappaOf(curve: Curve, { isOrthogonal }: Wide, q: number): number {
  // Gaussian weights contribute 2/n, the scatter of Σ g²; what is left comes from φ′. Rounding must not make it negative.
  return Math.max(0, finiteWidthVariance(curve, q) - (isOrthogonal ? 2 : 0));
}

/** Mean and deviation that finite width adds to log2 of a norm's factor per layer. */
function finiteWidth(kappa: number, width: number) {
  return {
    log2ShiftPerLayer: -kappa / (4 * width * Math.LN2),
    log2DeviationPerLayer: Math.sqrt(kappa / width) / (2 * Math.LN2),
  };
}

function predictPlain(curve: Curve, wide: Wide, first: number): Prediction {
  const { variances, width, isOrthogonal } = wide;
  const qStar = fixedVariance(curve, variances);
  const q = qStar === 'any' ? 1 : qStar;
  return {
    kind: 'plain',
    source: 'Poole et al. 2016, eq. 8; Schoenholz et al. 2017, eq. 14; finite width: Hanin, Nica 2018',
    assumes: 'Initial weights; wide layers; activations that have settled at q*, except in the profile, which follows them.',
    variances,
    qStar,
    ...ofChi1(gradientFactor(curve, variances.weight, q)),
    ...finiteWidth(kappaOf(curve, wide, q), width),
    xi: depthScales(curve, variances, q),
    log2Profile: (layers) => gaussianProfile(curve, variances, { width, kappaLess: isOrthogonal ? 2 : 0 }, first, layers),
  };
}

function predictBatchNorm({ activation }: Mlp, variances: Variances, B: number): Prediction | NoPrediction {
  if (B < SMALLEST_BATCH) {
    return { reason: tooSmall(B) };
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
 * A norm over features divides what comes back by the deviation that it took away. In front of φ it holds q at 1, and the squared
 * factor is σw² E[φ′(z)²]/(σw² E[φ(z)²] + σb²); behind φ it holds q at σw² + σb², and the factor is σw² E[φ′(√q z)²] over the
 * variance of φ(√q z), for RMS norm its second moment. Derived as Schoenholz et al. 2017, eq. 14.
 *
 * @param input second moment of the network's input, from which the first layer's differs
 */
function predictFeatureNorm(curve: Curve, { variances }: Wide, norm: 'layer' | 'rms', before: boolean, input: number) {
  const { weight, bias } = variances;
  const factor = (q: number, taken: number) => gradientFactor(curve, weight, q) / taken;
  const spread = (q: number) => {
    const mean = norm === 'rms' ? 0 : meanActivation(curve, q);
    return nextVariance(curve, { weight: 1, bias: 0 }, q) - mean * mean;
  };
  const first = weight * input + bias;
  const held = weight + bias;
  const chi = ofChi1(before ? factor(1, nextVariance(curve, variances, 1)) : factor(held, spread(held)));
  const atInput = 0.5 * Math.log2(before ? factor(1, first) : factor(first, spread(first)));
  return {
    kind: `${norm}_norm`,
    source: `Derived from Schoenholz et al. 2017, eq. 14, with the norm holding q at ${before ? '1' : 'σw² + σb²'}`,
    assumes: 'Initial weights; wide layers: finite width takes something of the order of 1/width off each layer’s log2.',
    variances,
    qStar: undefined,
    ...chi,
    log2ShiftPerLayer: 0,
    log2DeviationPerLayer: undefined,
    xi: undefined,
    log2Profile: (layers: number) => {
      const profile = straightProfile(chi.log2PerLayer, layers);
      if (layers > 1) profile[0] = profile[1] + atInput;
      return profile;
    },
  } as const satisfies Prediction;
}

function predictResidual(model: Residual, batchSize: number, moment: number): Prediction | NoPrediction {
  const { blocks, width, inner, activation, init, form, norm, branch, branchScale, branchScaleByDepth, bias } = model;
  if (init.scheme === 'identity') return { reason: IDENTITY };
  if (form !== 'plain' && norm === 'batch' && batchSize < SMALLEST_BATCH) return { reason: tooSmall(batchSize) };
  if (form === 'post_norm' && norm === 'batch')
    return { reason: 'Batch norm behind the sum of residual blocks: no published rate.' };
  const first = layerVariances(init, width, inner, bias);
  const { branchWeightVariance = init.weightVariance, branchBiasVariance = init.biasVariance } = init;
  const atEnd = { ...init, weightVariance: branchWeightVariance, biasVariance: branchBiasVariance };
  const second = layerVariances(atEnd, branch === 'two_layer' ? inner : width, width, bias);
  const input = layerVariances(init, width, width, bias);
  const block: Block = {
    form,
    norm,
    branch,
    variances: { weight: first.weight, bias: first.bias, outWeight: second.weight, outBias: second.bias },
    scale: branchScale / (branchScaleByDepth ? Math.sqrt(blocks) : 1),
  };
  const stack = residualStack(CURVES[activation], block, blocks, input.weight * moment + input.bias, PROFILE_NODES);
  return {
    kind: 'residual',
    source: `${RESIDUAL_SOURCES[form === 'plain' ? 'plain' : norm]}${form === 'plain' ? '' : '; its gradient derived'}`,
    assumes: 'Initial weights; wide layers. The factor differs from block to block: given is its geometric mean.',
    variances: branch === 'two_layer' ? first : second,
    qStar: undefined,
    ...ofChi1(Math.exp(logGradientRatio(stack) / blocks)),
    log2ShiftPerLayer: 0,
    log2DeviationPerLayer: undefined,
    xi: undefined,
    log2Profile: (layers) => {
      const profile = new Float64Array(layers);
      for (let l = layers - 2; l >= 0; l--) profile[l] = profile[l + 1] + (stack.logFactors[l] ?? 0) / (2 * Math.LN2);
      return profile;
    },
  };
}

const RESIDUAL_SOURCES = {
  plain: 'Yang, Schoenholz 2017, sections 4 and 5',
  layer: 'Xiong et al. 2020, lemma 2',
  rms: 'Xiong et al. 2020, lemma 2',
  batch: 'De, Smith 2020, section 3',
} as const;

/**
 * Standard deviation over seeds of a fitted log2 growth per layer: the norms are a random walk, and a straight line through L
 * points of one has a slope of variance 6/5 of a step's, over L.
 *
 * @returns undefined where the prediction does not say how far single networks scatter
 */
export function log2SlopeDeviation({ log2DeviationPerLayer: deviation }: Prediction, layers: number): number | undefined {
  return deviation === undefined ? undefined : deviation * Math.sqrt(1.2 / layers);
}

function layersOf(model: Model): number {
  if (model.kind === 'recurrent') return model.layers;
  return model.kind === 'mlp' ? model.depth : model.blocks;
}

/** What a fitted factor per layer of an experiment should be, and the deviation of single networks from it, where that is known. */
export function predictedFactor(
  prediction: Prediction,
  { model }: Experiment,
): { readonly factor: number; readonly deviation: number | undefined } {
  const factor = 2 ** (prediction.log2PerLayer + prediction.log2ShiftPerLayer);
  const deviation = log2SlopeDeviation(prediction, layersOf(model));
  return { factor, deviation: deviation === undefined ? undefined : factor * Math.LN2 * deviation };
}
