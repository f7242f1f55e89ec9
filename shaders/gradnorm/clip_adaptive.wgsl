// dW_u = dW_u limit/max(||dW_u||, 1e-6) unless ||dW_u|| < limit = ratio max(||W_u||, eps), for each unit u: a column of a weight
// (one output), or a whole vector. A NaN norm on either side makes the unit NaN, Inf/Inf too; an Inf of dW alone gives 0 dW.
// W: (P) read   dW: (P) accumulate   control: (R,24) read   hyper: (R,48) read, ratio in CLIP_MAX
// units: (UNITS,4) read: first vector of 4 numbers, how many, how many vectors apart, replica. Apart by 0: the vectors lie one after
// another and are one unit; else their four components are columns of a weight.
// One invocation owns a row of units. A replica with another clip rule or without an update is left alone. Range: as lib/norm.
// ref: Brock, De, Smith, Simonyan 2021, "High-performance large-scale image recognition without normalization", eq. 3
// #import "lib/scaled"
// #import "lib/hyper"

override UNITS: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> W: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> dW: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> units: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> control: array<u32>;
@group(0) @binding(4) var<storage, read> hyper: array<f32>;

fn magnitudes(v: vec4<f32>) -> vec4<u32> { return bitcast<vec4<u32>>(v) & vec4(0x7fffffffu); }

fn powers(m: vec4<u32>) -> vec4<f32> {
  let e = clamp(m >> vec4(23u), vec4(1u), vec4(253u));
  return bitcast<vec4<f32>>((vec4(254u) - e) << vec4(23u));
}

// What becomes of a unit: 0 keep, 1 multiply by the factor, 2 multiply by 0, 3 NaN.
struct Verdict {
  kind: u32,
  factor: Scaled,
}

fn judge(w: vec2<u32>, g: vec2<u32>, ratio: f32, epsilon: f32) -> Verdict {
  let none = Scaled(0.0, 0);
  if (w.x > INF_BITS || g.x > INF_BITS || (w.x == INF_BITS && g.x == INF_BITS)) { return Verdict(3u, none); }
  if (g.x == INF_BITS) { return Verdict(2u, none); }
  if (w.x == INF_BITS) { return Verdict(0u, none); }
  let limit = product(scaled(ratio, 0), larger(scaled_norm(w, 0), scaled(epsilon, 0)));
  let factor = quotient(limit, larger(scaled_norm(g, 0), scaled(1e-6, 0)));
  return Verdict(select(0u, 1u, is_below_one(factor)), factor);
}

fn clipped(g: vec4<f32>, v: Verdict) -> vec4<f32> {
  if (v.kind == 0u) { return g; }
  if (v.kind == 1u) { return multiplied(g, v.factor); }
  if (v.kind == 2u) { return annihilated(g); }
  return not_a_number(g);
}

@compute @workgroup_size(WX)
fn clip_adaptive(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= UNITS) { return; }
  let unit = units[id.x];
  let r = unit.w;
  let h = r * HYPER_WORDS;
  if (bitcast<u32>(hyper[h + H_CLIP_RULE]) != CLIP_ADAPTIVE || control[r * CONTROL_WORDS + C_APPLY] == 0u) { return; }
  let apart = max(unit.z, 1u);
  let end = unit.x + apart * unit.y;
  var w_most = vec4(0u);
  var g_most = vec4(0u);
  for (var k = unit.x; k < end; k += apart) {
    w_most = max(w_most, magnitudes(W[k]));
    g_most = max(g_most, magnitudes(dW[k]));
  }
  if (unit.z == 0u) {
    w_most = vec4(max(max(w_most.x, w_most.y), max(w_most.z, w_most.w)));
    g_most = vec4(max(max(g_most.x, g_most.y), max(g_most.z, g_most.w)));
  }
  let w_power = powers(w_most);
  let g_power = powers(g_most);
  var w_sum = vec4(0.0);
  var g_sum = vec4(0.0);
  for (var k = unit.x; k < end; k += apart) {
    let w = W[k] * w_power;
    let g = dW[k] * g_power;
    w_sum += w * w;
    g_sum += g * g;
  }
  if (unit.z == 0u) {
    w_sum = vec4(w_sum.x + w_sum.y + (w_sum.z + w_sum.w));
    g_sum = vec4(g_sum.x + g_sum.y + (g_sum.z + g_sum.w));
  }
  // As lib/norm: what is subnormal counts as 0.
  let w = bitcast<vec4<u32>>(w_sum);
  let g = bitcast<vec4<u32>>(g_sum);
  w_most = select(w_most, vec4(0u), w_most < vec4(0x00800000u));
  g_most = select(g_most, vec4(0u), g_most < vec4(0x00800000u));
  let ratio = hyper[h + H_CLIP_MAX];
  let epsilon = hyper[h + H_CLIP_EPSILON];
  let x = judge(vec2(w_most.x, w.x), vec2(g_most.x, g.x), ratio, epsilon);
  let y = judge(vec2(w_most.y, w.y), vec2(g_most.y, g.y), ratio, epsilon);
  let z = judge(vec2(w_most.z, w.z), vec2(g_most.z, g.z), ratio, epsilon);
  let last = judge(vec2(w_most.w, w.w), vec2(g_most.w, g.w), ratio, epsilon);
  if ((x.kind | y.kind | z.kind | last.kind) == 0u) { return; }
  for (var k = unit.x; k < end; k += apart) {
    let v = dW[k];
    dW[k] = vec4(clipped(v, x).x, clipped(v, y).y, clipped(v, z).z, clipped(v, last).w);
  }
}
