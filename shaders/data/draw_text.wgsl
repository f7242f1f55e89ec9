// x[r,t,b,:] = inputScale[r] onehot(codes[p + t]), label[r,t,b] = codes[p + t + 1], p = start of window w, for t < S = sequence steps[r]
// The replica's windows: W = floor((N-1)/S). Training: w as draw_batch draws an example, p = min(phase + w S, N-1-S) with a phase below S
// for each epoch; so windows do not overlap, but for the last one, which ends with the text. Evaluation (SEQUENTIAL): w = test_batch B + b,
// p = w S. Without EVERY label[r,b] is that of the last step. Rows without an example or step: x = 0, label NO_LABEL.
// codes: (N) read   hyper: (R,48) read   status: (R,8) accumulate, present as in draw_batch
// x: (R,T B4,I4) write   label: (R,B4) write, with EVERY (R,T B4)   sequence: (R,SEQ) accumulate, all words but steps
// One invocation writes 4 columns of a row: global id x is b (I4/4) + c, y is t, z is r.
// ref: Sutskever, Martens, Hinton 2011, "Generating text with recurrent neural networks" (one-hot characters)
// #import "lib/philox"
// #import "lib/draw_sequence"

override N: u32;
override B: u32;
override T: u32;
override I: u32;
override EVERY: bool;
override SEQUENTIAL: bool;
override WX: u32;

@group(0) @binding(0) var<storage, read> codes: array<u32>;
@group(0) @binding(1) var<storage, read> hyper: array<f32>;
@group(0) @binding(2) var<storage, read_write> status: array<u32>;
@group(0) @binding(3) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> label: array<u32>;
@group(0) @binding(5) var<storage, read_write> sequence: array<u32>;

// First character of the window, N for none.
fn window_start(r: u32, b: u32, steps: u32) -> u32 {
  let s = r * STATUS_WORDS;
  let windows = (N - 1u) / steps;
  if (b >= B) { return N; }
  if (SEQUENTIAL) {
    let w = status[s + S_TEST_BATCH] * B + b;
    return select(N, w * steps, w < windows);
  }
  let batches = windows / B;
  if (batches == 0u) { return N; }
  let iteration = status[s + S_ITERATION];
  // As order_key; the second word is the phase's.
  let order = philox(vec2(iteration / batches, 2u), bitcast<u32>(hyper[r * HYPER_WORDS + H_SEED]));
  let w = permute((iteration % batches) * B + b, windows, order.x);
  return min(order.y % steps + w * steps, N - 1u - steps);
}

@compute @workgroup_size(WX)
fn draw_text(@builtin(global_invocation_id) id: vec3<u32>) {
  if (is_outside(id)) { return; }
  let at = cell_of(id);
  if (!begin_pass(at)) { return; }
  let start = window_start(at.r, at.b, own_steps(at.r));
  let steps = select(0u, own_steps(at.r), start < N);
  write_length(at, steps);
  var row = vec4(0.0);
  if (at.t < steps) { row = hyper[at.r * HYPER_WORDS + H_INPUT_SCALE] * one_hot(codes[start + at.t], at.c); }
  x[row_of(at) * column_tiles() + at.c] = row;
  if (writes_label(at)) {
    var value = NO_LABEL;
    if (is_labelled(at, steps)) { value = codes[start + labelled_step(at, steps) + 1u]; }
    label[label_row(at)] = value;
  }
}
