// control[r]: loss, accuracy, global norm ||g|| = (sum_t ||g_t||^2)^(1/2), clip coefficient, learning rate, what becomes of this iteration
// norms: (any,4) read, entries of a replica's Z pre-activations, D dz's and G parameter gradients, counts and place in its shape
// rows: (R,B4,2) read, of BATCH examples   hyper: (R,48) read   status: (R,8) read   shapes: (R,8) read   control: (R,24) accumulate
// torch_norm: c = min(1, max/(||g|| + 1e-6)), 0 for an Inf norm; tensorflow_global_norm: c = max/max(||g||, max), NaN for a non-finite one.
// range: (any) read, if EXTENDED, the exponent of each replica's rows at ROWS_AT
// c = scale 2^exponent, exponent = 0 unless EXTENDED. Not EXTENDED, ||g|| is Inf to the rule from 2^64 on, as to the library.
// One workgroup of 64 owns a replica. Fixed order. Range: every norm; a loss above float32 is Inf, which EXTENDED does not count as broken.
// ref: Pascanu, Mikolov, Bengio 2013, algorithm 1; torch.nn.utils.clip_grad_norm_; tf.clip_by_global_norm
// #import "lib/reduce_norm"
// #import "lib/scale"
// #import "lib/control"
// #import "lib/ending"
// #import "lib/schedule"

override B: u32;
override BATCH: u32;
override EXTENDED: bool;
override ROWS_AT: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> norms: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> rows: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> hyper: array<f32>;
@group(0) @binding(3) var<storage, read> status: array<u32>;
@group(0) @binding(4) var<storage, read> shapes: array<u32>;
@group(0) @binding(5) var<storage, read_write> control: array<u32>;
@group(0) @binding(6) var<storage, read> range: array<u32>;

var<workgroup> firsts: array<u32, 64>;
var<workgroup> sums: array<vec2<f32>, 64>;

@compute @workgroup_size(WX)
fn clip_coefficient(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let r = group.x;
  let shape = r * SHAPE_WORDS;
  let Z = shapes[shape + P_Z];
  let gradients = Z + shapes[shape + P_D];
  let all = gradients + shapes[shape + P_G];
  let base = shapes[shape + P_NORMS];
  var mine = vec3(0u, 0u, 0u);
  var first = NONE_FOUND;
  for (var t = i; t < all; t += 64u) {
    let entry = norms[base + t].xyz;
    // The loss stands between the pre-activations and the gradients in execution order.
    if (entry.x >= INF_BITS) { first = min(first, select(t, t + 1u, t >= Z)); }
    if (t >= gradients) { mine = join_entries(mine, entry); }
  }
  var sum = vec2(0.0);
  for (var b = i; b < B; b += 64u) { sum += rows[r * ((B + 3u) / 4u * 4u) + b]; }
  firsts[i] = first;
  sums[i] = sum;
  let total = workgroup_norm(mine, i);
  if (i != 0u) { return; }
  for (var k = 1u; k < 64u; k++) {
    first = min(first, firsts[k]);
    sum += sums[k];
  }
  let mean = sum.x / f32(BATCH);
  let is_broken = magnitude_bits(mean) >= INF_BITS;
  if (is_broken) { first = min(first, Z); }
  var loss = mean;
  if (EXTENDED) { loss = scaled(mean, bitcast<i32>(range[ROWS_AT + 2u * r])); }
  let decision = decide(r, total, is_broken, total.x >= INF_BITS);
  let at = r * CONTROL_WORDS;
  control[at + C_ACTIVE] = decision.alive;
  control[at + C_APPLY] = decision.apply;
  control[at + C_STOP] = ending(r, loss, decision.stop);
  control[at + C_STOP_WEIGHTS] = bitcast<u32>(hyper[r * HYPER_WORDS + H_STOP_WEIGHTS]);
  control[at + C_SCALE] = decision.scale_bits;
  control[at + C_EXPONENT] = bitcast<u32>(decision.exponent);
  control[at + C_COEFFICIENT] = decision.coefficient_bits;
  control[at + C_LOG2_NORM] = log2_norm_bits(total);
  control[at + C_NON_FINITE] = select(0u, total.y, total.x >= INF_BITS);
  control[at + C_FIRST] = select(first + 1u, 0u, first == NONE_FOUND);
  control[at + C_LOSS] = bitcast<u32>(loss);
  control[at + C_ACCURACY] = bitcast<u32>(sum.y / f32(BATCH));
  control[at + C_LEARNING_RATE] = bitcast<u32>(learning_rate_of(r));
  control[at + C_CORRECTION1] = bitcast<u32>(bias_correction(r, H_LOG_BETA1));
  control[at + C_CORRECTION2] = bitcast<u32>(bias_correction(r, H_LOG_BETA2));
}
