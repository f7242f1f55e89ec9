// What numbers in the per-replica records stand for; the same as in src/plan/records.ts, src/metrics/block.ts and src/model/schedule.ts,
// which a test compares.

const END_ITERATIONS = 1u;
const END_POLICY = 2u;
const END_WEIGHTS = 3u;
const END_LOSS_REACHED = 4u;
const END_LOSS_ROSE = 5u;
const END_PLATEAU = 6u;

const CLIP_TORCH = 1u;
const CLIP_TENSORFLOW = 2u;
const CLIP_VALUE = 3u;
const CLIP_PER_TENSOR = 4u;
const CLIP_ADAPTIVE = 5u;
const SCHEDULE_STEP = 1u;
const SCHEDULE_COSINE = 2u;
const SCHEDULE_ONE_CYCLE = 3u;
const POLICY_SKIP = 1u;
const POLICY_STOP = 2u;
