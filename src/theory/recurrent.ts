/**
 * How gradients change from step to step in recurrent networks, at initialisation and on their way back in time. The same weights
 * act in every step; theory of wide networks treats them as if each step had its own, which holds for vanilla cells whose state
 * keeps changing. For gated cells it does not hold with tied weights (minimalRNN of Chen, Pennington, Schoenholz 2018, "Dynamical
 * isometry and a mean field theory of RNNs": measured, it is off by up to 13 % in ln χ), so that of these only what the gates' biases do is given;
 * the minimalRNN itself is no cell of the product and left out.
 *
 * A factor per step is that of ‖dL/dh_t‖, the gradient through all later steps, from step t + 1 to t.
 */
import { CURVES } from '../model/activation.ts';
import { type Curve, finiteWidthVariance, fixedVariance, gradientFactor } from './mean-field.ts';

export type RecurrentCell = 'rnn' | 'lstm' | 'gru';
export type RecurrentActivation = 'tanh' | 'relu' | 'linear';
/** How W_hh of a vanilla cell starts; `scaled_normal` is N(0, gain²/H). */
export type RecurrentScheme = 'orthogonal' | 'identity' | 'scaled_normal' | 'torch_default' | 'xavier_normal' | 'xavier_uniform';

/** Variances of a wide vanilla network h_t = φ(W h_{t−1} + b + V x_t), W_ij ~ N(0, σw²/H). */
export interface RecurrentVariances {
  /** σw². */
  readonly weight: number;
  /** σb² of all biases of a unit together. */
  readonly bias: number;
  /** Variance of a unit of V x_t, independent from step to step. */
  readonly input: number;
}

export interface RecurrentMeanField {
  /** Variance of W h + b + V x that the network settles at: q = σw² E[φ(√q z)²] + σb² + σx²; `any` where each keeps its own. */
  readonly qStar: number | 'any';
  /** χ₁ = σw² E[φ′(√q* z)²], the factor of the squared norm per step. */
  readonly chi1: number;
  /** κ: ln of the squared factor of one step has variance κ/H over networks. */
  readonly kappa: number;
}

/**
 * The fixed point and the growth per step of wide networks. Inputs count as biases that are drawn anew in every step.
 * ref: Chen, Pennington, Schoenholz 2018; Schoenholz et al. 2017, eq. 14
 */
export function recurrentMeanField(curve: Curve, { weight, bias, input }: RecurrentVariances): RecurrentMeanField {
  const qStar = fixedVariance(curve, { weight, bias: bias + input });
  const q = qStar === 'any' ? 1 : qStar;
  return { qStar, chi1: gradientFactor(curve, weight, q), kappa: finiteWidthVariance(curve, q) };
}

/**
 * σw² of a square W_hh = H Var(W): gain² of Xavier's, of N(0, gain²/H) and of orthogonal matrices, gain²/3 of PyTorch's U(±1/√H). The
 * identity counts as the orthogonal matrix that it is.
 */
export function recurrentVariance(scheme: RecurrentScheme, gain: number): number {
  return scheme === 'torch_default' ? (gain * gain) / 3 : gain * gain;
}

/** γ = max |φ′|. */
const STEEPEST = { tanh: 1, relu: 1, linear: 1, sigmoid: 1 / 4 } as const;

/**
 * σ_max(W) γ: no gradient grows by more per step, in whatever state. Below 1 it is guaranteed to vanish; above 1, which is necessary
 * for it to explode, nothing is guaranteed. W's spectral radius decides only the long run of linear networks.
 * ref: Pascanu, Mikolov, Bengio 2013, "On the difficulty of training recurrent neural networks", section 2.1
 *
 * @param sigmaMax largest singular value of W_hh
 */
export function pascanuBound(sigmaMax: number, activation: keyof typeof STEEPEST): number {
  return sigmaMax * STEEPEST[activation];
}

/**
 * σ(b): what is left after a step of a state that a gate with this bias keeps, the weights into the gate being 0. It is
 * ∂c_t/∂c_{t−1} of an LSTM with the bias of its forget gate, and ∂h_t/∂h_{t−1} of a GRU whose weights are all 0 with that of its
 * update gate z.
 * ref: Gers, Schmidhuber, Cummins 2000, "Learning to forget"; Jozefowicz, Zaremba, Sutskever 2015 (bias 1)
 *
 * @param bias of the gate; where a library has two, their sum
 */
export function gateDecay(bias: number): number {
  return 1 / (1 + Math.exp(-bias));
}

/** Steps after which a norm has changed by a factor e: 1/|ln factor|, Infinity where it stays and 0 where it is gone at once. */
export function timeConstant(factorPerStep: number): number {
  return 1 / Math.abs(Math.log(factorPerStep));
}

/** What is known of a network's recurrent layer. */
export type ThroughTime = {
  readonly cell: RecurrentCell;
  /** φ of `rnn`; the gated cells have their own. Default tanh, as PyTorch's. */
  readonly activation?: RecurrentActivation;
  /** H. */
  readonly hidden: number;
  /** Default 0. */
  readonly sigmaB2?: number;
  /** Variance of a unit of V x_t; default 0. */
  readonly inputVariance?: number;
  /** Bias of an LSTM's forget gate or a GRU's update gate, of two biases the sum; default 0. */
  readonly forgetBias?: number;
  /** ρ(W_hh) of this very network, where it is known; default unknown. */
  readonly spectralRadius?: number;
} & ({ readonly sigmaW2: number } | { readonly scheme: RecurrentScheme; readonly gain: number });

/** All factors are per step towards the first one. */
export interface TimePrediction {
  readonly kind: 'mean_field' | 'linear' | 'identity' | 'gated';
  /** Paper. */
  readonly source: string;
  /** What the prediction leaves out, in a sentence. */
  readonly assumes: string;
  /** √chi1, the factor of the norm. */
  readonly factorPerStep: number;
  /** log2 of `factorPerStep`. */
  readonly log2PerStep: number;
  /** Factor of the squared norm. */
  readonly chi1: number;
  /** Variance that pre-activations settle at; `any` where each keeps its own; undefined where theory does not say. */
  readonly qStar: number | 'any' | undefined;
  /** `timeConstant` of the factor. */
  readonly steps: number;
  /**
   * Standard deviation of log2 of the factor of one step over seeds, √(κ/H)/(2 ln 2); undefined where it is not known. The same
   * weights act in every step, so that a fitted slope scatters more than one of independent steps would.
   */
  readonly log2DeviationPerStep: number | undefined;
  /** Of linear networks the factor after many steps, ρ(W_hh): undefined where it is not known or has no meaning. */
  readonly longRunFactor: number | undefined;
}

/** Why theory is silent. */
export interface NoTimePrediction {
  readonly reason: string;
}

/** The growth per step that theory expects of a recurrent layer's first iteration. */
export function predictThroughTime(network: ThroughTime): TimePrediction | NoTimePrediction {
  if (network.cell !== 'rnn') return predictGated(network.cell, network.forgetBias ?? 0);
  const { activation = 'tanh', sigmaB2 = 0, inputVariance = 0 } = network;
  const scheme = 'scheme' in network ? network.scheme : 'scaled_normal';
  const weight = 'scheme' in network ? recurrentVariance(network.scheme, network.gain) : network.sigmaW2;
  const found = recurrentMeanField(CURVES[activation], { weight, bias: sigmaB2, input: inputVariance });
  const isRandom = scheme !== 'orthogonal' && scheme !== 'identity';
  // Gaussian weights contribute 2/H, the scatter of Σ g²; orthogonal ones change no norm themselves.
  const kappa = isRandom ? found.kappa : Math.max(0, found.kappa - 2);
  const log2DeviationPerStep = Math.sqrt(kappa / network.hidden) / (2 * Math.LN2);
  if (activation === 'linear') {
    const factors = { ...ofChi1(weight), qStar: found.qStar, log2DeviationPerStep };
    return isRandom
      ? { ...factors, ...RANDOM_LINEAR, longRunFactor: network.spectralRadius }
      : { ...factors, ...ORTHOGONAL_LINEAR, longRunFactor: factors.factorPerStep };
  }
  if (scheme === 'identity') {
    if (activation !== 'relu') return { reason: 'The identity keeps every unit to itself: no theory of random networks.' };
    return { ...ofChi1(weight), ...RECTIFIED_IDENTITY, qStar: undefined, log2DeviationPerStep: 0, longRunFactor: undefined };
  }
  return { ...ofChi1(found.chi1), ...MEAN_FIELD, qStar: found.qStar, log2DeviationPerStep, longRunFactor: undefined };
}

const ofChi1 = (chi1: number) => ({
  chi1,
  factorPerStep: Math.sqrt(chi1),
  log2PerStep: 0.5 * Math.log2(chi1),
  steps: timeConstant(Math.sqrt(chi1)),
});

const MEAN_FIELD = {
  kind: 'mean_field',
  source: 'Chen, Pennington, Schoenholz 2018; Schoenholz et al. 2017, eq. 14',
  assumes: 'Initial weights; one wide layer whose state has settled at q*; inputs independent from step to step.',
} as const;

const RANDOM_LINEAR = {
  kind: 'linear',
  source: 'Girko 1984 (circular law); the long run: Gelfand 1941',
  assumes: 'Initial weights; one wide layer; the first steps. After many the spectral radius of the recurrent weights decides.',
} as const;

const ORTHOGONAL_LINEAR = {
  kind: 'linear',
  source: 'Saxe, McClelland, Ganguli 2014',
  assumes: 'Initial weights; one layer. Then exact at any width, in every step.',
} as const;

const RECTIFIED_IDENTITY = {
  kind: 'identity',
  source: 'Le, Jaitly, Hinton 2015',
  assumes: 'Initial weights; one layer whose units all stay above 0. A unit at 0 passes nothing back: then it is an upper limit.',
} as const;

function predictGated(cell: 'lstm' | 'gru', forgetBias: number): TimePrediction {
  const kept = gateDecay(forgetBias);
  return {
    kind: 'gated',
    source:
      cell === 'lstm'
        ? 'Gers, Schmidhuber, Cummins 2000; Jozefowicz, Zaremba, Sutskever 2015'
        : 'Cho et al. 2014; Jozefowicz, Zaremba, Sutskever 2015',
    assumes: `Weights of 0: ${cell === 'lstm' ? 'the path along the cell state' : 'the direct path along the state'} alone. Others, through gates and candidates, come in as weights grow.`,
    ...ofChi1(kept * kept),
    qStar: undefined,
    log2DeviationPerStep: undefined,
    longRunFactor: undefined,
  };
}
