// x[r,b,:] = inputScale[r] data[n,:], label[r,b] = labels[n], target_rows[r,b,:] = targets[n,:]
// Training: n = permutation of epoch e = floor(iteration / E) at (iteration mod E) B + b, E = floor(N/B) batches an epoch;
// the permutation is keyed by the replica's seed. Evaluation (SEQUENTIAL): n = test_batch B + b, rows beyond N have NO_LABEL and x = 0.
// data: (N,I4) read   labels: (N) read   targets: (N,C4) read, only if TARGETS   hyper: (R,48) read   status: (R,8) accumulate
// present = 1 for a replica that takes part in this pass: one that trains, or (SEQUENTIAL) one with evaluate set; others draw nothing.
// x: (R,B4,I4) write   label: (R,B4) write   target_rows: (R,B4,C4) write. Padding is left as 0.
// One invocation copies 4 columns of a row; global id z is r.
// ref: Kensler 2013, Pixar TM 13-01 (permutation); Bengio 2012, "Practical recommendations", section 3.2 (epochs without replacement)
// #import "lib/philox"
// #import "lib/active"

override N: u32;
override B: u32;
override I: u32;
override C: u32;
override TARGETS: bool;
override SEQUENTIAL: bool;
override WX: u32;
override WY: u32;

const NO_LABEL = 0xffffffffu;

@group(0) @binding(0) var<storage, read> data: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> targets: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> hyper: array<f32>;
@group(0) @binding(4) var<storage, read_write> status: array<u32>;
@group(0) @binding(5) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> label: array<u32>;
@group(0) @binding(7) var<storage, read_write> target_rows: array<vec4<f32>>;

fn example(r: u32, b: u32) -> u32 {
  let s = r * STATUS_WORDS;
  if (SEQUENTIAL) { return status[s + S_TEST_BATCH] * B + b; }
  let batches = N / B;
  let iteration = status[s + S_ITERATION];
  let key = order_key(bitcast<u32>(hyper[r * HYPER_WORDS + H_SEED]), iteration / batches);
  return permute((iteration % batches) * B + b, N, key);
}

@compute @workgroup_size(WX, WY)
fn draw_batch(@builtin(global_invocation_id) id: vec3<u32>) {
  let columns = (I + 3u) / 4u;
  let target_columns = (C + 3u) / 4u;
  if (id.x >= max(columns, target_columns) || id.y >= B) { return; }
  let r = id.z;
  let s = r * STATUS_WORDS;
  let takes_part = select(is_active(r), status[s + S_EVALUATE] != 0u, SEQUENTIAL);
  if (id.x == 0u && id.y == 0u) { status[s + S_PRESENT] = select(0u, 1u, takes_part); }
  if (!takes_part) { return; }
  let row = r * ((B + 3u) / 4u * 4u) + id.y;
  let n = example(r, id.y);
  let exists = n < N;
  if (id.x < columns) {
    let scale = hyper[r * HYPER_WORDS + H_INPUT_SCALE];
    x[row * columns + id.x] = select(vec4(0.0), scale * data[min(n, N - 1u) * columns + id.x], exists);
  }
  if (id.x == 0u) { label[row] = select(NO_LABEL, labels[min(n, N - 1u)], exists); }
  if (TARGETS && id.x < target_columns) {
    target_rows[row * target_columns + id.x] = select(vec4(0.0), targets[min(n, N - 1u) * target_columns + id.x], exists);
  }
}
