// Finite tests on integer bits: implementations may assume that NaN and Inf do not occur, so `x != x` is not a test.
// ref: WGSL, "Differences from IEEE-754"

const INF_BITS = 0x7f800000u;
const NAN_BITS = 0x7fc00000u;

fn magnitude_bits(x: f32) -> u32 { return bitcast<u32>(x) & 0x7fffffffu; }

fn is_nan(x: f32) -> bool { return magnitude_bits(x) > INF_BITS; }
