/**
 * Sigmoid, tanh and their slopes of four numbers in float32, as `shaders/lib/activation.wgsl` has them: a walk along a sequence
 * evaluates so many that double precision would take longer than its products. All of a number's curves are made of e = e^−|z|, of
 * tanh e = e^−2|z|, and q = 1/(1 + e), which callers hand over, so that one exponential serves a value and its slope. Relative errors
 * are below 8 u, u = 2^−24, for every z, but that an e below 2^−126 counts as 0. NaN stays NaN.
 */

/** e^x of x below is no normal float32. */
const LEAST: f32 = -87.33654;
/** 1.5 × 2^23: added to a number below 2^22 it leaves that number, rounded to an integer, in the lowest bits. */
const SHIFT: f32 = 12582912;
/** ln 2 in two parts, the first short enough for n × it to be exact. ref: Cody, Waite 1980, chapter 6 */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440054e-4;
/** Below this |z| tanh is a polynomial. */
const SMALL: f32 = 0.25;

function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** c + r p: one step of Horner's rule. */
function step(p: v128, r: v128, c: f32): v128 {
  return f32x4.add(splat(c), f32x4.mul(r, p));
}

/** c + d r */
function pair(r: v128, c: f32, d: f32): v128 {
  return step(splat(d), r, c);
}

/** e^x for x ≤ 0, x = n ln 2 + r with |r| ≤ ln 2 / 2: the first term of e^r that is left out, r^8/8!, is below 6e-9. */
function exp(x: v128): v128 {
  // Of a NaN in x, that NaN.
  const y = f32x4.pmax(x, splat(LEAST));
  const shifted = f32x4.add(f32x4.mul(y, splat(<f32>Math.LOG2E)), splat(SHIFT));
  const n = f32x4.sub(shifted, splat(SHIFT));
  const r = f32x4.sub(f32x4.sub(y, f32x4.mul(n, splat(LN2_HIGH))), f32x4.mul(n, splat(LN2_LOW)));
  // The series in pairs of terms, whose sums do not wait for one another.
  const s = f32x4.mul(r, r);
  let p = pair(r, 1.0 / 720, 1.0 / 5040);
  p = f32x4.add(pair(r, 1.0 / 24, 1.0 / 120), f32x4.mul(s, p));
  p = f32x4.add(pair(r, 0.5, 1.0 / 6), f32x4.mul(s, p));
  p = f32x4.add(pair(r, 1, 1), f32x4.mul(s, p));
  // 2^n by its bits: those of the shift itself leave the word at its upper end.
  const power = i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(power, p), f32x4.lt(x, splat(LEAST)));
}

/** e^−|z|: what sigmoid and its slope are made of. */
export function decay(z: v128): v128 {
  return exp(f32x4.neg(f32x4.abs(z)));
}

/** e^−2|z|: what tanh and its slope are made of. */
export function fastDecay(z: v128): v128 {
  return exp(f32x4.mul(f32x4.abs(z), splat(-2)));
}

/** q = 1/(1 + e) */
export function share(e: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), e));
}

/** 1/(1 + e^−z) for z ≥ 0, e^z/(1 + e^z) below: no exponential overflows. */
export function sigmoidOf(z: v128, e: v128, q: v128): v128 {
  return v128.bitselect(f32x4.mul(e, q), q, f32x4.lt(z, splat(0)));
}

/** e/(1 + e)²: no cancellation where the sigmoid is near 1. Of tanh, a quarter of the slope. */
export function slopeOf(e: v128, q: v128): v128 {
  return f32x4.mul(f32x4.mul(e, q), q);
}

/**
 * (1 − e)/(1 + e) with the sign of z, and near 0, where that cancels, the odd Taylor series to z^9: remainder below
 * 0.25^10 × 1382/155925 = 8.5e-9 relative.
 */
export function tanhOf(z: v128, e: v128, q: v128): v128 {
  const s = f32x4.mul(z, z);
  let p = splat(62.0 / 2835);
  p = step(p, s, -17.0 / 315);
  p = step(p, s, 2.0 / 15);
  p = step(p, s, -1.0 / 3);
  p = step(p, s, 1);
  const sign = v128.and(z, i32x4.splat(<i32>0x80000000));
  const far = v128.xor(f32x4.mul(f32x4.sub(splat(1), e), q), sign);
  return v128.bitselect(f32x4.mul(z, p), far, f32x4.lt(f32x4.abs(z), splat(SMALL)));
}

export function sigmoid(z: v128): v128 {
  const e = decay(z);
  return sigmoidOf(z, e, share(e));
}

export function tanh(z: v128): v128 {
  const e = fastDecay(z);
  return tanhOf(z, e, share(e));
}

export function tanhSlope(z: v128): v128 {
  const e = fastDecay(z);
  return f32x4.mul(splat(4), slopeOf(e, share(e)));
}
