// norms[n] = (0, 0, mean, share) of gate g at step t: mean of its values v over the sequences that have the step and all units, and the share
// of them with |2 v - 1| > 0.975 (sigmoid), |v| > 0.975 (tanh) or v = 0 (relu), NaN of a linear cell; n = norms of r + Z + D + G + (LAYER G' + g) T_r + t
// cache: (R,T*B4,CACHE*H4) read, of recurrent_forward   norms: (any,4) write   status: (R,8) read   shapes: (R,8) read   sequence: (R,SEQ) read
// range: (any) accumulate, if EXTENDED, the steps' exponents (lib/step_range), only read
// One workgroup of 64 owns a step of a gate of a replica: x is t, y the gate, z is r. Fixed order. G' is the number of gates.
// Nothing happens but in iterations that EVERY divides, which record_iteration records. Range: every f32; sums overflow as IEEE-754 has it, NaN makes the mean NaN.
// ref: Karpathy, Johnson, Fei-Fei 2016, "Visualizing and understanding recurrent networks", section 4.2 (saturation of gates)
// #import "lib/cell"
// #import "lib/present"
// #import "lib/step_range"

override LAYER: u32;
override B: u32;
override T: u32;
override EVERY: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> cache: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> norms: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> status: array<u32>;
@group(0) @binding(3) var<storage, read> shapes: array<u32>;
@group(0) @binding(4) var<storage, read> sequence: array<u32>;
@group(0) @binding(5) var<storage, read_write> range: array<atomic<u32>>;

const SATURATED = 0.975;

var<workgroup> sums: array<vec3<f32>, WX>;

// 0 sigmoid, 1 tanh, 2 relu, 3 linear
fn curve_of(g: u32) -> u32 {
  if (CELL == 0u) { return select(select(3u, 2u, ACT == 1), 1u, ACT == 3); }
  return select(0u, 1u, g == 2u);
}

fn values_of(curve: u32, z: vec4<f32>) -> vec4<f32> {
  if (curve == 0u) { return sigmoid4(z); }
  if (curve == 1u) { return tanh4(z); }
  return phi(z);
}

fn saturated(curve: u32, v: vec4<f32>) -> vec4<bool> {
  if (curve == 0u) { return abs(2.0 * v - 1.0) > vec4(SATURATED); }
  if (curve == 1u) { return abs(v) > vec4(SATURATED); }
  return v == vec4(0.0);
}

@compute @workgroup_size(WX)
fn gate_probe(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let t = group.x;
  let g = group.y;
  let r = group.z;
  let own = sequence[r * SEQ + Q_STEPS];
  if (t >= own || !is_present(r) || status[r * STATUS_WORDS + S_ITERATION] % EVERY != 0u) { return; }
  let height = (B + 3u) / 4u * 4u;
  let curve = curve_of(g);
  // Sum of the values, saturated ones, and how many there are: below 2^24 in each lane, so that counts are exact.
  var sum = vec3(0.0);
  for (var n = i; n < B * HT; n += WX) {
    let b = n / HT;
    let counted = inside(n % HT) & vec4(t < sequence[r * SEQ + Q_LENGTHS + b]);
    let v = values_of(curve, cache[(((r * T + t) * height + b) * CACHE + g) * HT + n % HT]);
    let ones = select(vec4(0.0), vec4(1.0), counted);
    sum += vec3(dot(select(vec4(0.0), v, counted), vec4(1.0)), dot(select(vec4(0.0), ones, saturated(curve, v)), vec4(1.0)), dot(ones, vec4(1.0)));
  }
  sums[i] = sum;
  workgroupBarrier();
  if (i != 0u) { return; }
  for (var k = 1u; k < WX; k++) { sum += sums[k]; }
  let shape = r * SHAPE_WORDS;
  let before = shapes[shape + P_NORMS] + shapes[shape + P_Z] + shapes[shape + P_D] + shapes[shape + P_G];
  let mean = select(bitcast<u32>(moved(vec4(sum.x / sum.z), step_exponent(r, t, E_STATE)).x), NAN_BITS, sum.z == 0.0);
  let share = select(bitcast<u32>(sum.y / sum.z), NAN_BITS, sum.z == 0.0 || curve == 3u || is_nan(sum.x));
  norms[before + (LAYER * G + g) * own + t] = vec4(0u, 0u, mean, share);
}
