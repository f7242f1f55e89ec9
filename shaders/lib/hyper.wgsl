// Word offsets of the per-replica records; the same numbers as src/plan/records.ts, which a test compares.

const HYPER_WORDS = 32u;
const H_LEARNING_RATE = 0u;
const H_WEIGHT_DECAY = 1u;
const H_MOMENTUM = 2u;
const H_DAMPENING = 3u;
const H_NESTEROV = 4u;
const H_BETA1 = 5u;
const H_BETA2 = 6u;
const H_EPSILON = 7u;
const H_ALPHA = 8u;
const H_CENTERED = 9u;
const H_CLIP_RULE = 10u;
const H_CLIP_MAX = 11u;
const H_POLICY = 12u;
const H_SEED = 13u;
const H_ITERATIONS = 14u;
const H_INPUT_SCALE = 15u;
const H_LOG_BETA1 = 16u;
const H_LOG_BETA2 = 17u;
const H_ONE_MINUS_BETA1 = 18u;
const H_ONE_MINUS_BETA2 = 19u;
const H_ONE_MINUS_ALPHA = 20u;

const STATUS_WORDS = 8u;
const S_ITERATION = 0u;
const S_UPDATES = 1u;
const S_STOPPED = 2u;
const S_TICKS = 3u;
const S_TEST_BATCH = 4u;

const CONTROL_WORDS = 16u;
const C_ACTIVE = 0u;
const C_APPLY = 1u;
const C_SCALE = 2u;
const C_POWER = 3u;
const C_LOG2_NORM = 4u;
const C_COEFFICIENT = 5u;
const C_NON_FINITE = 6u;
const C_FIRST = 7u;
const C_LOSS = 8u;
const C_ACCURACY = 9u;
const C_CORRECTION1 = 10u;
const C_CORRECTION2 = 11u;
const C_STOP = 12u;

const CLIP_TORCH = 1u;
const CLIP_TENSORFLOW = 2u;
const CLIP_VALUE = 3u;
const POLICY_SKIP = 1u;
const POLICY_STOP = 2u;
