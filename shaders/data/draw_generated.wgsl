// x[r,t,b,:] = inputScale[r] input(key,t), label[r,t,b] = class(key,t), target_rows[r,t,b,0] = target(key), t < sequence steps[r]
// TASK chooses among the tasks. The key of an example is philox((e, purpose), seed).x: in training e = iteration B + b with the
// replica's seed; in an evaluation (SEQUENTIAL) e = test_batch B + b below N with the task's seed. Without EVERY there is a row of labels
// and targets an example, with the last step's label. Rows without an example or step: x = 0, label NO_LABEL, target 0.
// hyper: (R,48) read   status: (R,8) accumulate, present as in draw_batch   sequence: (R,SEQ) accumulate, all words but steps
// x: (R,T B4,I4) write   label: (R,B4) write   target_rows: (R,B4,4) write, only of a regression; both (R,T B4) with EVERY
// One invocation writes 4 columns of a row: global id x is b (I4/4) + c, y is t, z is r.
// ref: Salmon, Moraes, Dror, Shaw 2011 (counter-based numbers); each task's in src/data
// #import "lib/philox"
// #import "lib/draw_sequence"
// #import "lib/adding"
// #import "lib/copy_memory"
// #import "lib/temporal_order"
// #import "lib/delayed_parity"

override N: u32;
override B: u32;
override T: u32;
override I: u32;
override TASK: u32;
override EVERY: bool;
override SEQUENTIAL: bool;
override WX: u32;

const ADDING = 0u;
const COPY_MEMORY = 1u;
const TEMPORAL_ORDER = 2u;

@group(0) @binding(0) var<storage, read> hyper: array<f32>;
@group(0) @binding(1) var<storage, read_write> status: array<u32>;
@group(0) @binding(2) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> label: array<u32>;
@group(0) @binding(4) var<storage, read_write> target_rows: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> sequence: array<u32>;

// 6 and 7 are PURPOSE.sequence and sequence_test.
fn key_of(r: u32, b: u32) -> u32 {
  let s = r * STATUS_WORDS;
  if (!SEQUENTIAL) {
    return philox(vec2(status[s + S_ITERATION] * B + b, 6u), bitcast<u32>(hyper[r * HYPER_WORDS + H_SEED])).x;
  }
  var seed = DELAYED_PARITY_SEED;
  if (TASK == ADDING) { seed = ADDING_SEED; }
  if (TASK == COPY_MEMORY) { seed = COPY_MEMORY_SEED; }
  if (TASK == TEMPORAL_ORDER) { seed = TEMPORAL_ORDER_SEED; }
  return philox(vec2(status[s + S_TEST_BATCH] * B + b, 7u), seed).x;
}

fn inputs(key: u32, steps: u32, t: u32, c: u32) -> vec4<f32> {
  if (TASK == ADDING) { return adding_row(key, steps, t); }
  if (TASK == COPY_MEMORY) { return one_hot(copy_memory_symbol(key, steps, t), c); }
  if (TASK == TEMPORAL_ORDER) { return one_hot(temporal_order_symbol(key, steps, t), c); }
  return delayed_parity_row(key, steps, t);
}

fn class_of(key: u32, steps: u32, t: u32) -> u32 {
  if (TASK == ADDING) { return 0u; }
  if (TASK == COPY_MEMORY) { return copy_memory_label(key, steps, t); }
  if (TASK == TEMPORAL_ORDER) { return temporal_order_label(key); }
  return delayed_parity_label(key);
}

@compute @workgroup_size(WX)
fn draw_generated(@builtin(global_invocation_id) id: vec3<u32>) {
  if (is_outside(id)) { return; }
  let at = cell_of(id);
  if (!begin_pass(at)) { return; }
  let exists = at.b < B && (!SEQUENTIAL || status[at.r * STATUS_WORDS + S_TEST_BATCH] * B + at.b < N);
  let steps = select(0u, own_steps(at.r), exists);
  write_length(at, steps);
  let key = key_of(at.r, at.b);
  var row = vec4(0.0);
  if (at.t < steps) { row = hyper[at.r * HYPER_WORDS + H_INPUT_SCALE] * inputs(key, steps, at.t, at.c); }
  x[row_of(at) * column_tiles() + at.c] = row;
  if (!writes_label(at)) { return; }
  let labelled = is_labelled(at, steps);
  var value = NO_LABEL;
  if (labelled) { value = class_of(key, steps, labelled_step(at, steps)); }
  label[label_row(at)] = value;
  if (TASK != ADDING) { return; }
  var goal = vec4(0.0);
  if (labelled) { goal.x = adding_target(key, steps); }
  target_rows[label_row(at)] = goal;
}
