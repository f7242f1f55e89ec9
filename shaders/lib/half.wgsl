// A float32 rounded to the nearest float16, ties to even: |x| of 65520 or more becomes Inf, below 2^-14 the spacing stays 2^-24.
// On integer bits, since conversions out of range are indeterminate; NaN stays NaN. Needs no shader-f16.
// ref: IEEE 754-2019, binary16 and section 4.3.1

fn half_bits(bits: u32) -> u32 {
  let m = bits & 0x7fffffffu;
  // 2^-14, the smallest normal: 13 of 23 fraction bits go. Beyond 65504 the carry reaches the exponent of 65536.
  if (m >= 0x38800000u) {
    let rounded = (m + 0xfffu + ((m >> 13u) & 1u)) & 0xffffe000u;
    return select(select(rounded, 0x7f800000u, rounded >= 0x47800000u), m, m >= 0x7f800000u);
  }
  // Below it the number is a multiple of 2^-24; half of that, and less, is 0.
  if (m <= 0x33000000u) { return 0u; }
  let drop = 126u - (m >> 23u);
  let fraction = (m & 0x7fffffu) | 0x800000u;
  let multiple = (fraction + (1u << (drop - 1u)) - 1u + ((fraction >> drop) & 1u)) >> drop;
  return bitcast<u32>(f32(multiple) * 5.9604645e-8);
}

fn half1(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(half_bits(bits) | (bits & 0x80000000u));
}

fn half4(v: vec4<f32>) -> vec4<f32> { return vec4(half1(v.x), half1(v.y), half1(v.z), half1(v.w)); }
