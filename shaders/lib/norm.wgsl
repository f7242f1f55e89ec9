// A norm that neither overflows nor vanishes: the pair (m, s) of a set of numbers. m is the largest magnitude's bits;
// if m is finite, s holds the bits of sum (x 2^(127-e))^2 with e = reference_exponent(m), else s counts the non-finite numbers.
// Subnormal numbers count as 0, since implementations may flush them.
// #import "lib/finite"

fn power_of_two(exponent_field: u32) -> f32 { return bitcast<f32>(exponent_field << 23u); }

// Kept in 1...253 so that 2^(127-e) and its inverse are normal numbers.
fn reference_exponent(m: u32) -> u32 { return clamp(m >> 23u, 1u, 253u); }

fn max_bits(v: vec4<f32>) -> u32 {
  let u = bitcast<vec4<u32>>(v) & vec4(0x7fffffffu);
  return max(max(u.x, u.y), max(u.z, u.w));
}

fn non_finite_count(v: vec4<f32>) -> u32 {
  let u = bitcast<vec4<u32>>(v) & vec4(0x7fffffffu);
  let ones = select(vec4(0u), vec4(1u), u >= vec4(INF_BITS));
  return ones.x + ones.y + ones.z + ones.w;
}

// The pair of 16 numbers.
fn cell_norm(a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) -> vec2<u32> {
  let m = max(max(max_bits(a), max_bits(b)), max(max_bits(c), max_bits(d)));
  if (m >= INF_BITS) { return vec2(m, non_finite_count(a) + non_finite_count(b) + non_finite_count(c) + non_finite_count(d)); }
  if (m < 0x00800000u) { return vec2(0u, 0u); }
  let k = power_of_two(254u - reference_exponent(m));
  let s = dot(a * k, a * k) + dot(b * k, b * k) + (dot(c * k, c * k) + dot(d * k, d * k));
  return vec2(m, bitcast<u32>(s));
}

// The pair of the union of two disjoint sets.
fn join_norms(p: vec2<u32>, q: vec2<u32>) -> vec2<u32> {
  let m = max(p.x, q.x);
  if (m >= INF_BITS) {
    return vec2(m, select(0u, p.y, p.x >= INF_BITS) + select(0u, q.y, q.x >= INF_BITS));
  }
  return vec2(m, bitcast<u32>(rescaled(p, m) + rescaled(q, m)));
}

// The pair's sum, moved to the reference exponent of a larger magnitude m.
fn rescaled(p: vec2<u32>, m: u32) -> f32 {
  let shift = 2u * (reference_exponent(m) - reference_exponent(p.x));
  return select(bitcast<f32>(p.y) * power_of_two(127u - min(shift, 126u)), 0.0, shift > 126u || p.x == 0u);
}

// Entries (m, s, e) are pairs of numbers that are to be multiplied by 2^e, e being an i32's bits. The level is the exponent of their scale.
fn level(p: vec3<u32>) -> i32 { return i32(reference_exponent(p.x)) - 127 + bitcast<i32>(p.z); }

// The entry of the union of two disjoint sets, at the exponent of the one with the higher level.
fn join_entries(p: vec3<u32>, q: vec3<u32>) -> vec3<u32> {
  let m = max(p.x, q.x);
  if (m >= INF_BITS) { return vec3(m, select(0u, p.y, p.x >= INF_BITS) + select(0u, q.y, q.x >= INF_BITS), 0u); }
  if (q.x == 0u) { return p; }
  if (p.x == 0u) { return q; }
  let below = 2 * (level(p) - level(q));
  let high = select(q, p, below >= 0);
  let low = select(p, q, below >= 0);
  let shift = abs(below);
  let s = select(bitcast<f32>(low.y) * power_of_two(u32(127 - min(shift, 126))), 0.0, shift > 126);
  return vec3(select(high.x, m, p.z == q.z), bitcast<u32>(bitcast<f32>(high.y) + s), high.z);
}

// floor(log2) of the sum of the squares, of an entry that is finite and not 0.
fn log2_squares(p: vec3<u32>) -> i32 { return 2 * level(p) + i32(p.y >> 23u) - 127; }

// log2 of the norm as bits: -Inf of nothing but zeros; Inf or NaN where a number is.
fn log2_norm_bits(p: vec3<u32>) -> u32 {
  if (p.x > INF_BITS) { return NAN_BITS; }
  if (p.x == INF_BITS) { return INF_BITS; }
  if (p.x == 0u) { return 0xff800000u; }
  return bitcast<u32>(f32(level(p)) + 0.5 * log2(bitcast<f32>(p.y)));
}
