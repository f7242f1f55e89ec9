// x[r,t,b,:] = inputScale[r] data[n,t,:] for t < steps[b] = min(lengths[n], sequence steps[r]), 0 behind; label[r,b] = labels[n]
// Which n: as draw_batch. With EVERY label[r,t,b] = labels[n] at every such t. Rows without an example or step: x = 0, label NO_LABEL.
// data: (N,FRAMES I) read, rows padded to a multiple of 4   labels, lengths: (N) read   hyper: (R,48) read
// status: (R,8) accumulate, present as in draw_batch   sequence: (R,SEQ) accumulate, all words but steps
// x: (R,T B4,I4) write   label: (R,B4) write, with EVERY (R,T B4)
// One invocation copies 4 columns of a row: global id x is b (I4/4) + c, y is t, z is r.
// ref: Bengio 2012, "Practical recommendations", section 3.2 (epochs without replacement)
// #import "lib/philox"
// #import "lib/draw_sequence"

override N: u32;
override FRAMES: u32;
override B: u32;
override T: u32;
override I: u32;
override EVERY: bool;
override SEQUENTIAL: bool;
override WX: u32;

@group(0) @binding(0) var<storage, read> data: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> lengths: array<u32>;
@group(0) @binding(3) var<storage, read> hyper: array<f32>;
@group(0) @binding(4) var<storage, read_write> status: array<u32>;
@group(0) @binding(5) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> label: array<u32>;
@group(0) @binding(7) var<storage, read_write> sequence: array<u32>;

// Number of the example, N or more for none.
fn example(r: u32, b: u32) -> u32 {
  let s = r * STATUS_WORDS;
  if (b >= B) { return N; }
  if (SEQUENTIAL) { return status[s + S_TEST_BATCH] * B + b; }
  let batches = N / B;
  let iteration = status[s + S_ITERATION];
  let key = order_key(bitcast<u32>(hyper[r * HYPER_WORDS + H_SEED]), iteration / batches);
  return permute((iteration % batches) * B + b, N, key);
}

@compute @workgroup_size(WX)
fn draw_frames(@builtin(global_invocation_id) id: vec3<u32>) {
  if (is_outside(id)) { return; }
  let at = cell_of(id);
  if (!begin_pass(at)) { return; }
  let n = example(at.r, at.b);
  var steps = 0u;
  if (n < N) { steps = min(min(lengths[n], FRAMES), own_steps(at.r)); }
  write_length(at, steps);
  var row = vec4(0.0);
  if (at.t < steps) {
    let start = n * ((FRAMES * I + 3u) / 4u * 4u) + at.t * I;
    for (var k = 0u; k < 4u; k++) {
      let i = 4u * at.c + k;
      if (i < I) { row[k] = hyper[at.r * HYPER_WORDS + H_INPUT_SCALE] * data[start + i]; }
    }
  }
  x[row_of(at) * column_tiles() + at.c] = row;
  if (writes_label(at)) {
    var value = NO_LABEL;
    if (is_labelled(at, steps)) { value = labels[n]; }
    label[label_row(at)] = value;
  }
}
