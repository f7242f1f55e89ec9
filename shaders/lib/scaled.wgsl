// Positive numbers beyond float32's range, m 2^e with m = 0 or 1 <= m < 2, and gradients multiplied by their quotients.
// #import "lib/norm"

struct Scaled {
  m: f32,
  e: i32,
}

// x 2^e of a finite x >= 0; subnormal numbers count as 0.
fn scaled(x: f32, e: i32) -> Scaled {
  let bits = bitcast<u32>(x);
  if (bits < 0x00800000u) { return Scaled(0.0, 0); }
  return Scaled(bitcast<f32>((bits & 0x007fffffu) | 0x3f800000u), e + i32(bits >> 23u) - 127);
}

// The norm of a pair without non-finite numbers, of numbers that are to be multiplied by 2^exponent.
fn scaled_norm(pair: vec2<u32>, exponent: i32) -> Scaled {
  if (pair.x == 0u) { return Scaled(0.0, 0); }
  return scaled(sqrt(bitcast<f32>(pair.y)), i32(reference_exponent(pair.x)) - 127 + exponent);
}

fn larger(a: Scaled, b: Scaled) -> Scaled {
  if (a.m == 0.0) { return b; }
  if (b.m == 0.0 || a.e > b.e || (a.e == b.e && a.m >= b.m)) { return a; }
  return b;
}

fn product(a: Scaled, b: Scaled) -> Scaled {
  if (a.m == 0.0 || b.m == 0.0) { return Scaled(0.0, 0); }
  return scaled(a.m * b.m, a.e + b.e);
}

// a / b of b > 0
fn quotient(a: Scaled, b: Scaled) -> Scaled {
  if (a.m == 0.0) { return a; }
  return scaled(a.m / b.m, a.e - b.e);
}

fn is_below_one(a: Scaled) -> bool { return a.m == 0.0 || a.e < 0; }

// Numbers times a factor below 1: its power of two first, in two parts since 2^e may be no float32, so that nothing overflows.
fn multiplied(g: vec4<f32>, by: Scaled) -> vec4<f32> {
  let e = clamp(by.e, -252, 0);
  let part = max(e, -126);
  let rest = select(power_of_two(u32(127 + e - part)), 0.0, by.e < -252);
  return g * power_of_two(u32(127 + part)) * rest * by.m;
}

// NaN whatever g is. By its bits: a constant NaN is no valid WGSL.
fn not_a_number(g: vec4<f32>) -> vec4<f32> { return bitcast<vec4<f32>>(bitcast<vec4<u32>>(g) | vec4(0x7fffffffu)); }

// 0 g, and NaN where g is not finite, as IEEE-754 has it.
fn annihilated(g: vec4<f32>) -> vec4<f32> {
  let broken = (bitcast<vec4<u32>>(g) & vec4(0x7fffffffu)) >= vec4(INF_BITS);
  return bitcast<vec4<f32>>(select(bitcast<vec4<u32>>(g) & vec4(0x80000000u), vec4(NAN_BITS), broken));
}
