// norms[n] = (m, s, e, share), n = norms of r + Z + D + G + UNIT + layer: what the outputs h of a hidden layer are like
// (m, s): norm pair of h / sqrt(B C), so that its log2 is that of the root mean square.
// share, NaN where an output is not finite, by MODE: 0 none (NaN); 1 dead: units with h = 0 for the whole batch; 2, 3 saturated: entries with |h| or |2 h - 1| > 0.975
// range: (any) read, if EXTENDED, exponents e of h: entries at H_AT, RANGE_STRIDE words from one layer to the next (lib/range)
// h: (LAYERS,R,B4,C4) read   norms: (any,4) write   status: (R,8) read   shapes: (R,8) read
// Layers lie H_STRIDE apart. One workgroup of 64 owns a layer of a replica; global id y is r - FIRST, z the layer. Fixed order.
// Nothing happens but in iterations that EVERY divides, which record_iteration records. Range: every f32 (lib/norm).
// ref: Glorot, Bengio 2010, section 3 (saturation); Lu et al. 2020, "Dying ReLU and initialization"
// #import "lib/reduce_norm"
// #import "lib/present"
// #import "lib/scale"

override FIRST: u32;
override B: u32;
override C: u32;
override MODE: u32;
override UNIT: u32;
override EVERY: u32;
override H_STRIDE: u32;
override EXTENDED: bool;
override H_AT: u32;
override RANGE_STRIDE: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> h: array<f32>;
@group(0) @binding(1) var<storage, read_write> norms: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> status: array<u32>;
@group(0) @binding(3) var<storage, read> shapes: array<u32>;
@group(0) @binding(4) var<storage, read> range: array<u32>;

var<workgroup> counts: array<u32, 64>;

// Of the largest slope of tanh and sigmoid, less than a twentieth is left beyond.
const SATURATED = 0.975;

fn is_saturated(x: f32) -> bool {
  if (MODE == 2u) { return abs(x) > SATURATED; }
  return MODE == 3u && abs(2.0 * x - 1.0) > SATURATED;
}

@compute @workgroup_size(WX)
fn unit_probe(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let r = FIRST + group.y;
  if (!is_present(r) || status[r * STATUS_WORDS + S_ITERATION] % EVERY != 0u) { return; }
  let stride = (C + 3u) / 4u * 4u;
  let base = group.z * H_STRIDE + r * ((B + 3u) / 4u * 4u) * stride;
  var e = 0;
  if (EXTENDED) { e = bitcast<i32>(range[H_AT + group.z * RANGE_STRIDE + 2u * r]); }
  var m = 0u;
  var blocked = 0u;
  for (var c = i; c < C; c += 64u) {
    var dead = 1u;
    for (var b = 0u; b < B; b++) {
      let x = h[base + b * stride + c];
      var true_value = x;
      if (EXTENDED) { true_value = held(x, e); }
      let bits = magnitude_bits(x);
      m = max(m, bits);
      dead &= select(0u, 1u, bits == 0u);
      blocked += select(0u, 1u, is_saturated(true_value));
    }
    blocked += select(0u, dead, MODE == 1u);
  }
  // A sum of so few squares of numbers below 2 needs no further scaling: the pair is joined with those of the others.
  let k = power_of_two(254u - reference_exponent(m));
  var sum = 0.0;
  var broken = 0u;
  for (var c = i; c < C; c += 64u) {
    for (var b = 0u; b < B; b++) {
      let x = h[base + b * stride + c];
      broken += select(0u, 1u, magnitude_bits(x) >= INF_BITS);
      sum += (x * k) * (x * k);
    }
  }
  if (m < 0x00800000u) {
    m = 0u;
    sum = 0.0;
  }
  counts[i] = blocked;
  var pair = workgroup_norm(vec3(m, select(bitcast<u32>(sum), broken, m >= INF_BITS), 0u), i);
  if (i != 0u) { return; }
  for (var j = 1u; j < 64u; j++) { blocked += counts[j]; }
  let entries = f32(B * C);
  if (pair.x < INF_BITS) { pair.y = bitcast<u32>(bitcast<f32>(pair.y) / entries); }
  var share = f32(blocked) / select(entries, f32(C), MODE == 1u);
  let shape = r * SHAPE_WORDS;
  let n = shapes[shape + P_NORMS] + shapes[shape + P_Z] + shapes[shape + P_D] + shapes[shape + P_G] + UNIT + group.z;
  norms[n] = vec4(pair.xy, bitcast<u32>(e), select(bitcast<u32>(share), NAN_BITS, MODE == 0u || pair.x >= INF_BITS));
}
