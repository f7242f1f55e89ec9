/** How a run ended; its index is the code in the series `ended`. `training` stands for not at all yet. */
export const ENDINGS = [
  'training',
  /** It reached its last iteration. */
  'iterations',
  /** Its policy for non-finite values stopped it. */
  'policy',
  /** An update left the weights with a value that is not finite: nothing can follow. */
  'weights_not_finite',
  /** The smoothed loss reached `stop.lossBelow`. */
  'loss_reached',
  /** The smoothed loss rose above `stop.lossFactor` times the first loss. */
  'loss_rose',
  /** The smoothed loss did not fall for `stop.plateau` iterations. */
  'plateau',
] as const;
export type Ending = (typeof ENDINGS)[number];

/** The per-iteration series of a run, in the order in which the device writes them. */
export const SCALARS = [
  /** 0-based iteration of this record. */
  'iteration',
  'loss',
  /** Share of the batch classified correctly, 0…1; NaN for a regression. */
  'accuracy',
  /** log2 of the global gradient norm before clipping: −Infinity for a zero gradient, Infinity or NaN where an element is. */
  'log2GradientNorm',
  /** Factor the clip rule puts on every gradient. */
  'clipCoefficient',
  /** log2 of the norm of all parameters after the update. */
  'log2WeightNorm',
  /** log2 of the norm of the update itself. */
  'log2UpdateNorm',
  /** Non-finite elements in the parameter gradients. */
  'nonFinite',
  /** 1 + index into `PlanSummary.measured` of the first tensor found non-finite in execution order; 0 for none. */
  'firstNonFinite',
  /** 1 while the run trains; 0 once it has been stopped or has reached its last iteration. */
  'active',
  /** Index into ENDINGS: how this iteration ended the run; 0 where it did not. */
  'ended',
  /** Learning rate of the iteration, as its schedule has it. */
  'learningRate',
  /** log2 of the factor on the loss’s gradient; 0 in float32. */
  'log2LossScale',
] as const;
export type ScalarName = (typeof SCALARS)[number];

/** What was measured of the layers in one iteration of one replica. */
export interface LayerBlock {
  /** 0-based iteration of the replica. */
  readonly iteration: number;
  /** The series of LAYER_SERIES one after another. */
  readonly words: Float32Array;
}

/** What the device measured in consecutive iterations of all replicas; plain data that a worker can transfer. */
export interface MetricsBlock {
  readonly replicas: number;
  readonly iterations: number;
  /** (iterations, replicas, SCALARS.length). */
  readonly scalars: Float32Array;
  /** Per replica. */
  readonly layers: readonly (readonly LayerBlock[])[];
}

/** How far a square matrix of recurrent weights stretches. */
export interface Spectrum {
  /** Of which gate of which layer: `h0`, `h1.f`. */
  readonly matrix: string;
  /** Spectral radius ρ(W): the long-run factor per step of a linear cell. */
  readonly radius: number;
  /** Largest singular value σ(W): no step changes a norm by more, but for what the cell's curve adds. */
  readonly sigma: number;
}

/** Results on the held-out split for every replica. */
export interface TestBlock {
  /** Iterations that each replica had trained before, (replicas). */
  readonly iterations: readonly number[];
  /** Mean loss, (replicas); NaN for a replica that was not evaluated. */
  readonly loss: Float32Array;
  /** Share classified correctly, (replicas); NaN for a regression. */
  readonly accuracy: Float32Array;
  /** Of the recurrent weights of each replica that was evaluated; empty for others, and for networks without. */
  readonly spectra: readonly (readonly Spectrum[])[];
}
