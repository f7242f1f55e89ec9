/**
 * Word offsets of the per-replica records that kernels read and write; `shaders/lib/hyper.wgsl` holds the same numbers
 * and a test compares them.
 */

/** Settings of a replica, (R, HYPER_WORDS), written by the host. Words are float32 but for those marked u32. */
export const HYPER_WORDS = 48;
export const HYPER = {
  learning_rate: 0,
  weight_decay: 1,
  momentum: 2,
  dampening: 3,
  /** 0 or 1 */
  nesterov: 4,
  beta1: 5,
  beta2: 6,
  epsilon: 7,
  alpha: 8,
  /** 0 or 1 */
  centered: 9,
  /** u32: 0 none, then CLIP_RULE */
  clip_rule: 10,
  /** The ratio of adaptive clipping. */
  clip_max: 11,
  /** u32: POLICY */
  policy: 12,
  /** u32 */
  seed: 13,
  /** u32 */
  iterations: 14,
  input_scale: 15,
  /** ln beta1, so that the device can form 1 − beta^t without cancellation */
  log_beta1: 16,
  log_beta2: 17,
  /** 1 − beta1, rounded once from double precision; likewise the next two */
  one_minus_beta1: 18,
  one_minus_beta2: 19,
  one_minus_alpha: 20,
  stop_loss_below: 21,
  stop_loss_factor: 22,
  /** u32 */
  stop_plateau: 23,
  stop_share: 24,
  stop_window: 25,
  /** u32: 0 or 1 */
  stop_weights: 26,
  /** 0 or 1 */
  decoupled: 27,
  /** u32: index into SCHEDULES; with the next seven `scheduleNumbers` of the learning rate. */
  schedule: 28,
  /** u32 */
  warmup: 29,
  warmup_start: 30,
  /** u32 */
  schedule_period: 31,
  schedule_low: 32,
  schedule_peak: 33,
  schedule_start: 34,
  schedule_end: 35,
  /** Factor on every residual branch. */
  branch_scale: 42,
  /** Least norm of a unit's weights that adaptive clipping reckons with. */
  clip_epsilon: 43,
  /** k of the first loss scale 2^k */
  loss_exponent: 44,
  /** u32: iterations after which the loss scale grows; 0 for one that stays */
  loss_growth: 45,
} as const;

/** Progress of a replica, (R, STATUS_WORDS) u32, written by the device. */
export const STATUS_WORDS = 8;
export const STATUS = {
  iteration: 0,
  updates: 1,
  /** Index into ENDINGS; 0 while the run trains or may be prolonged. */
  stopped: 2,
  ticks: 3,
  test_batch: 4,
  /** 1 for a replica that takes part in the pass under way. */
  present: 5,
  /** 1 for a replica that evaluations shall evaluate; written by the host. */
  evaluate: 6,
} as const;

/** What becomes of the iteration under way, (R, CONTROL_WORDS) u32 or float32 bits, written by `clip_coefficient`; those of the stop rules last from iteration to iteration. */
export const CONTROL_WORDS = 24;
export const CONTROL = {
  active: 0,
  apply: 1,
  /** The clip coefficient is scale · 2^exponent: i32, by which `scale_gradients` has multiplied the gradients. */
  scale: 2,
  exponent: 3,
  log2_norm: 4,
  coefficient: 5,
  non_finite: 6,
  first: 7,
  loss: 8,
  accuracy: 9,
  correction1: 10,
  correction2: 11,
  /** Index into ENDINGS of how this iteration ends the run, 0 if it does not. */
  stop: 12,
  /** Finite losses seen; with the next four the memory of the stop rules. */
  losses: 13,
  smoothed: 14,
  best: 15,
  best_iteration: 16,
  first_loss: 17,
  stop_weights: 18,
  /** The learning rate of this iteration, by the schedule. */
  learning_rate: 19,
  /** i32 k: the loss scale is 2^k; and iterations since it last changed. With float16 alone. */
  loss_exponent: 20,
  loss_good: 21,
} as const;

/**
 * A measured norm, (NORM_WORDS) u32: its pair (`src/math/norm-pair.ts`), the exponent that the pair's numbers are to be multiplied
 * with, and for a layer's output the share of its units that pass no gradient, as float32 bits. Of a gate at one step: nothing, nothing,
 * its mean and the share that is saturated, as float32 bits.
 */
export const NORM_WORDS = 4;

/**
 * A tensor of one replica whose pairs are joined: first pair, pairs, number of the norm, and where in `range` (words) the exponents
 * lie whose sum is the norm's.
 */
export const SEGMENT_WORDS = 5;
export const NO_EXPONENT = 0xffffffff;

/** Of a cell of 16 parameters that belongs to no measured gradient. */
export const NO_NORM = 0xffffffff;

/** What a replica's network looks like to the kernels that measure it, (R, SHAPE_WORDS) u32, written by the host. */
export const SHAPE_WORDS = 8;
export const SHAPE = {
  /** Measured pre-activations, dz's and parameter gradients. */
  z: 0,
  d: 1,
  g: 2,
  /** First of its pairs in `norms` and in `weights`. */
  norms: 3,
  weights: 4,
  /** First word of its layer record, words of it, and where its part of `layer_map` starts. */
  layers: 5,
  layer_count: 6,
  layer_map: 7,
} as const;

/** What an entry of `layer_map` names: its upper three bits, above an index among a replica's norms or weights. */
export const LAYER_KIND = { norm: 0, share: 1, weight: 2, overflow: 3, mean: 4 } as const;
export const LAYER_KIND_SHIFT = 29;
export const LAYER_INDEX = 2 ** LAYER_KIND_SHIFT - 1;

export const CLIP_RULE = {
  none: 0,
  torch_norm: 1,
  tensorflow_global_norm: 2,
  value: 3,
  torch_norm_per_tensor: 4,
  adaptive: 5,
} as const;
export const POLICY = { continue: 0, skip: 1, stop: 2 } as const;

/**
 * What a pass needs to know of the steps, (R, SEQ) u32 with SEQ = `sequenceWords(B)`; `shaders/lib/sequence.wgsl` holds the same
 * numbers. `steps` is written by the host, the rest by the kernel that draws.
 */
export const SEQUENCE = {
  /** Steps to walk in the pass under way: the replica's own, 0 where it takes no part. */
  walk: 0,
  /** The replica's own steps, at most the plan's. */
  steps: 1,
  /** First step of the dispatch under way. */
  clock: 2,
  /** Of example b at word `lengths + b`: its steps; 0 for a row without an example. */
  lengths: 4,
} as const;

/** Words of a replica's sequence record, for batches of B. */
export function sequenceWords(B: number): number {
  return Math.ceil((SEQUENCE.lengths + Math.ceil(B / 4) * 4) / 64) * 64;
}

/** Label of a row of a batch that holds no example. */
export const NO_LABEL = 0xffffffff;

/** Words of a step of a recurrent layer in `range`, (R, T, STEP_WORDS), and the one with the exponent of its gradients. */
export const STEP_WORDS = 8;
export const STEP_GRADIENT = 2;
