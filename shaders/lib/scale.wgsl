// x 2^n on integer bits, exact where the result is a normal float32; beyond, by the function, so that no operation overflows.
// Subnormal numbers count as 0, Inf and NaN stay what they are.
// #import "lib/finite"

const SMALLEST_BITS = 0x00800000u;

fn scaled_bits(bits: vec4<u32>, n: i32, large: u32, small: u32) -> vec4<u32> {
  let exponent = vec4<i32>((bits >> vec4(23u)) & vec4(255u));
  let moved = exponent + vec4(clamp(n, -1024, 1024));
  let sign = bits & vec4(0x80000000u);
  var out = (bits & vec4(0x807fffffu)) | (vec4<u32>(clamp(moved, vec4(1), vec4(254))) << vec4(23u));
  out = select(out, sign | vec4(large), moved > vec4(254));
  out = select(out, sign | vec4(small), moved < vec4(1));
  out = select(out, sign, exponent == vec4(0));
  return select(out, bits, exponent == vec4(255));
}

// Inf and 0 where float32 ends.
fn scaled4(x: vec4<f32>, n: i32) -> vec4<f32> { return bitcast<vec4<f32>>(scaled_bits(bitcast<vec4<u32>>(x), n, INF_BITS, 0u)); }

fn scaled(x: f32, n: i32) -> f32 { return scaled4(vec4(x, 0.0, 0.0, 0.0), n).x; }

// The largest and the smallest normal number where float32 ends: what functions of x have at their ends.
fn held4(x: vec4<f32>, n: i32) -> vec4<f32> {
  return bitcast<vec4<f32>>(scaled_bits(bitcast<vec4<u32>>(x), n, 0x7f7fffffu, SMALLEST_BITS));
}

fn held(x: f32, n: i32) -> f32 { return held4(vec4(x, 0.0, 0.0, 0.0), n).x; }
