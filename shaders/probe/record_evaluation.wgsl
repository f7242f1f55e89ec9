// evaluation[r] = (sum of loss, examples classified correctly, batches seen, 0), summed over the batches of the held-out split
// rows: (R,B4,2) read, loss and correctness of each row   status: (R,8) accumulate, test_batch += 1   evaluation: (R,4) accumulate
// range: (any) read, if EXTENDED, the exponent of each replica's losses at ROWS_AT
// One invocation owns a replica that takes part and sums in order; the first batch overwrites.
// ref: src/metrics/block.ts, TestBlock
// #import "lib/present"
// #import "lib/scale"

override R: u32;
override B: u32;
override EXTENDED: bool;
override ROWS_AT: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> rows: array<vec2<f32>>;
@group(0) @binding(1) var<storage, read_write> status: array<u32>;
@group(0) @binding(2) var<storage, read_write> evaluation: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> range: array<u32>;

@compute @workgroup_size(WX)
fn record_evaluation(@builtin(global_invocation_id) id: vec3<u32>) {
  let r = id.x;
  if (r >= R || !is_present(r)) { return; }
  var sum = vec2(0.0);
  for (var b = 0u; b < B; b++) { sum += rows[r * ((B + 3u) / 4u * 4u) + b]; }
  if (EXTENDED) { sum.x = scaled(sum.x, bitcast<i32>(range[ROWS_AT + 2u * r])); }
  let s = r * STATUS_WORDS;
  let before = select(vec4(0.0), evaluation[r], status[s + S_TEST_BATCH] != 0u);
  evaluation[r] = before + vec4(sum, 1.0, 0.0);
  status[s + S_TEST_BATCH] += 1u;
}
