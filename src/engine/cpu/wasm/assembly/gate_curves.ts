/**
 * Sigmoid, tanh and their slopes of four numbers in float32, as `shaders/lib/cell.wgsl` has them: a walk along a sequence evaluates so
 * many that double precision would take longer than its products. Relative errors are below 8 u, u = 2^-24, for every z, but that
 * results below 2^-126 become 0. NaN stays NaN.
 */

/** e^x of x below is no normal float32. */
const LEAST: f32 = -87.33654;
/** 1.5 × 2^23: added to a number below 2^22 it leaves that number, rounded to an integer, in the lowest bits. */
const SHIFT: f32 = 12582912;
/** ln 2 in two parts, the first short enough for n × it to be exact. ref: Cody, Waite 1980, chapter 6 */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440054e-4;

function splat(x: f32): v128 {
  return f32x4.splat(x);
}

function held(x: v128): v128 {
  // Of a NaN in x, that NaN.
  return f32x4.pmax(x, splat(LEAST));
}

/** n + SHIFT of x = n ln 2 + r with |r| ≤ ln 2 / 2. */
function shifted(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, splat(<f32>Math.LOG2E)), splat(SHIFT));
}

/** 2^n: the shift's own bits leave the word at its upper end. */
function power(shift: v128): v128 {
  return i32x4.shl(i32x4.add(shift, i32x4.splat(127)), 23);
}

function step(p: v128, r: v128, c: f32): v128 {
  return f32x4.add(splat(c), f32x4.mul(r, p));
}

/** e^r − 1 by its series; the first term left out, r^8/8!, is below 2e-8 r. */
function series(x: v128, shift: v128): v128 {
  const n = f32x4.sub(shift, splat(SHIFT));
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, splat(LN2_HIGH))), f32x4.mul(n, splat(LN2_LOW)));
  let p = splat(1.0 / 5040);
  p = step(p, r, 1.0 / 720);
  p = step(p, r, 1.0 / 120);
  p = step(p, r, 1.0 / 24);
  p = step(p, r, 1.0 / 6);
  p = step(p, r, 0.5);
  return f32x4.add(r, f32x4.mul(f32x4.mul(r, r), p));
}

/** e^x for x ≤ 0. */
function exp(x: v128): v128 {
  const y = held(x);
  const shift = shifted(y);
  const scale = power(shift);
  const result = f32x4.add(scale, f32x4.mul(scale, series(y, shift)));
  return v128.andnot(result, f32x4.lt(x, splat(LEAST)));
}

/** e^x − 1 for x ≤ 0, accurate around 0: 2^n (e^r − 1) + (2^n − 1). */
function expm1(x: v128): v128 {
  const y = held(x);
  const shift = shifted(y);
  const scale = power(shift);
  return f32x4.add(f32x4.mul(scale, series(y, shift)), f32x4.sub(scale, splat(1)));
}

/** 1/(1 + e) */
function share(e: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), e));
}

function isNegative(z: v128): v128 {
  return f32x4.lt(z, splat(0));
}

/** 1/(1 + e^−z) for z ≥ 0, e^z/(1 + e^z) below: no exponential overflows. */
export function sigmoid(z: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(z)));
  return f32x4.mul(v128.bitselect(e, splat(1), isNegative(z)), share(e));
}

/** e^−|z| / (1 + e^−|z|)²: no cancellation where the sigmoid is near 1. */
export function sigmoidSlope(z: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(z)));
  const q = share(e);
  return f32x4.mul(f32x4.mul(e, q), q);
}

/** −m/(1 + e) with e = e^(−2|z|), m = e − 1, and the sign of z. */
export function tanh(z: v128): v128 {
  const x = f32x4.mul(f32x4.abs(z), splat(-2));
  const t = f32x4.mul(f32x4.neg(expm1(x)), share(exp(x)));
  return v128.bitselect(f32x4.neg(t), t, isNegative(z));
}

/** 4 e/(1 + e)² with e = e^(−2|z|). */
export function tanhSlope(z: v128): v128 {
  const e = exp(f32x4.mul(f32x4.abs(z), splat(-2)));
  const q = share(e);
  return f32x4.mul(f32x4.mul(f32x4.mul(splat(4), e), q), q);
}
