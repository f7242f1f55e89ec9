// Exponents of a recurrent layer, step by step: true value = stored * 2^e. `range` holds STEP_WORDS words a step of a replica from
// STEPS_AT on, 0 at the start of a pass: exponent and peak (the largest stored magnitude's bits) of h, of its gradients, of what reaches
// h from outside the walk; then the largest leading exponents, over later steps, of the gradients and of their products with h[t-1].
// Expects the binding range, of atomic words, and T.
// #import "lib/scale"

override EXTENDED: bool;
override STEPS_AT: u32;

const STEP_WORDS = 8u;
const E_STATE = 0u;
const E_GRADIENT = 2u;
const E_OUTSIDE = 4u;
const E_LARGEST = 6u;
const E_LARGEST_PRODUCT = 7u;

// Below every exponent that occurs: that of zeros.
const NOTHING = -0x20000000;

fn step_word(r: u32, t: u32, word: u32) -> u32 { return STEPS_AT + (r * T + t) * STEP_WORDS + word; }

fn step_exponent(r: u32, t: u32, kind: u32) -> i32 {
  if (!EXTENDED) { return 0; }
  return bitcast<i32>(atomicLoad(&range[step_word(r, t, kind)]));
}

// The exponent at which the largest number would be stored as 1 to 2.
fn step_leading(r: u32, t: u32, kind: u32) -> i32 {
  let peak = atomicLoad(&range[step_word(r, t, kind + 1u)]);
  if (peak < SMALLEST_BITS) { return NOTHING; }
  return step_exponent(r, t, kind) + select(i32(peak >> 23u) - 127, 0, peak >= INF_BITS);
}

fn write_step(r: u32, t: u32, word: u32, value: i32) { atomicStore(&range[step_word(r, t, word)], bitcast<u32>(value)); }

fn raise_step(r: u32, t: u32, kind: u32, bits: u32) { atomicMax(&range[step_word(r, t, kind + 1u)], bits); }

fn largest_bits(v: vec4<f32>) -> u32 {
  let u = bitcast<vec4<u32>>(v) & vec4(0x7fffffffu);
  return max(max(u.x, u.y), max(u.z, u.w));
}

// x 2^n, which costs nothing where there are no exponents.
fn moved(x: vec4<f32>, n: i32) -> vec4<f32> {
  if (!EXTENDED) { return x; }
  return scaled4(x, n);
}
