/**
 * Word offsets of the per-replica records that kernels read and write; `shaders/lib/hyper.wgsl` holds the same numbers
 * and a test compares them.
 */

/** Settings of a replica, (R, HYPER_WORDS), written by the host. Words are float32 but for those marked u32. */
export const HYPER_WORDS = 32;
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
} as const;

/** Progress of a replica, (R, STATUS_WORDS) u32, written by the device. */
export const STATUS_WORDS = 8;
export const STATUS = { iteration: 0, updates: 1, stopped: 2, ticks: 3, test_batch: 4 } as const;

/** What becomes of the iteration under way, (R, CONTROL_WORDS) u32 or float32 bits, written by `clip_coefficient`. */
export const CONTROL_WORDS = 16;
export const CONTROL = {
  active: 0,
  apply: 1,
  scale: 2,
  power: 3,
  log2_norm: 4,
  coefficient: 5,
  non_finite: 6,
  first: 7,
  loss: 8,
  accuracy: 9,
  correction1: 10,
  correction2: 11,
  stop: 12,
} as const;

export const CLIP_RULE = { none: 0, torch_norm: 1, tensorflow_global_norm: 2, value: 3 } as const;
export const POLICY = { continue: 0, skip: 1, stop: 2 } as const;

/** Label of a row of a batch that holds no example. */
export const NO_LABEL = 0xffffffff;
