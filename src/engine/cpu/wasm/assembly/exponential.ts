/** e^x and its relatives of two numbers in double precision, relative error below 1e-14. NaN stays NaN. */

/** Beyond, e^x or its inverse is no normal double: nothing that float32 could tell from 0 or Inf. */
const MOST: f64 = 708;
const LOG2_E: f64 = Math.LOG2E;
/** ln 2 in two parts, the first short enough for n × it to be exact. ref: Cody, Waite 1980, chapter 6 */
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;

function splat(x: f64): v128 {
  return f64x2.splat(x);
}

/** n of x = n ln 2 + r with |r| ≤ ln 2 / 2. */
function whole(x: v128): v128 {
  return f64x2.nearest(f64x2.mul(x, splat(LOG2_E)));
}

function remainder(x: v128, n: v128): v128 {
  return f64x2.sub(f64x2.sub(x, f64x2.mul(n, splat(LN2_HIGH))), f64x2.mul(n, splat(LN2_LOW)));
}

/** c + r p: one step of Horner's rule. */
function step(p: v128, r: v128, c: f64): v128 {
  return f64x2.add(splat(c), f64x2.mul(r, p));
}

/** e^r − 1 for |r| ≤ ln 2 / 2 by its series; the first term left out, r^14/14!, is below 5e-18. */
function series(r: v128): v128 {
  let p = splat(1.0 / 6227020800);
  p = step(p, r, 1.0 / 479001600);
  p = step(p, r, 1.0 / 39916800);
  p = step(p, r, 1.0 / 3628800);
  p = step(p, r, 1.0 / 362880);
  p = step(p, r, 1.0 / 40320);
  p = step(p, r, 1.0 / 5040);
  p = step(p, r, 1.0 / 720);
  p = step(p, r, 1.0 / 120);
  p = step(p, r, 1.0 / 24);
  p = step(p, r, 1.0 / 6);
  p = step(p, r, 0.5);
  // r + r² p, so that r itself is not rounded
  return f64x2.add(r, f64x2.mul(f64x2.mul(r, r), p));
}

/** 2^n by its bits. */
function power(n: v128): v128 {
  const exponent = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(n));
  return i64x2.shl(i64x2.add(exponent, i64x2.splat(1023)), 52);
}

function held(x: v128): v128 {
  return f64x2.min(f64x2.max(x, splat(-MOST)), splat(MOST));
}

/** 0 below −708, so that the product with an infinity is NaN as it is with the twins' 0. */
export function exp(x: v128): v128 {
  const y = held(x);
  const n = whole(y);
  const scale = power(n);
  const result = f64x2.add(scale, f64x2.mul(scale, series(remainder(y, n))));
  return v128.andnot(result, f64x2.lt(x, splat(-MOST)));
}

/** e^x − 1, accurate around 0: 2^n (e^r − 1) + (2^n − 1). */
export function expm1(x: v128): v128 {
  const y = held(x);
  const n = whole(y);
  const scale = power(n);
  return f64x2.add(f64x2.mul(scale, series(remainder(y, n))), f64x2.sub(scale, splat(1)));
}

/** ln(1 + x) for 0 ≤ x ≤ 1 as 2 artanh(s), s = x/(2 + x) ≤ 1/3; the first term left out is below 1e-17. */
export function log1p(x: v128): v128 {
  const s = f64x2.div(x, f64x2.add(splat(2), x));
  const q = f64x2.mul(s, s);
  let p = splat(1.0 / 33);
  for (let n: i32 = 31; n >= 1; n -= 2) p = step(p, q, 1.0 / <f64>n);
  return f64x2.mul(f64x2.add(s, s), p);
}

/** y d − dd + c: one step of Clenshaw's recurrence. */
function clenshaw(y: v128, d: v128, dd: v128, c: f64): v128 {
  return f64x2.add(f64x2.sub(f64x2.mul(y, d), dd), splat(c));
}

/**
 * erfc(x) for x ≥ 0, from x and x²: t e^(−x² + P(t)), t = 2/(2 + x), P by Chebyshev polynomials.
 * ref: Press, Teukolsky, Vetterling, Flannery 2007, "Numerical recipes", section 6.2.2
 */
export function erfc(x: v128, square: v128): v128 {
  const t = f64x2.div(splat(2), f64x2.add(splat(2), x));
  const y = f64x2.sub(f64x2.mul(splat(4), t), splat(2));
  let a = splat(0);
  let b = splat(0);
  b = clenshaw(y, a, b, -2.8e-17);
  a = clenshaw(y, b, a, 1.21e-16);
  b = clenshaw(y, a, b, -9.4e-17);
  a = clenshaw(y, b, a, -1.523e-15);
  b = clenshaw(y, a, b, 7.106e-15);
  a = clenshaw(y, b, a, 3.81e-16);
  b = clenshaw(y, a, b, -1.12708e-13);
  a = clenshaw(y, b, a, 3.13092e-13);
  b = clenshaw(y, a, b, 8.94487e-13);
  a = clenshaw(y, b, a, -6.886027e-12);
  b = clenshaw(y, a, b, 2.394038e-12);
  a = clenshaw(y, b, a, 9.6467911e-11);
  b = clenshaw(y, a, b, -2.27365122e-10);
  a = clenshaw(y, b, a, -9.91364156e-10);
  b = clenshaw(y, a, b, 5.059343495e-9);
  a = clenshaw(y, b, a, 6.529054439e-9);
  b = clenshaw(y, a, b, -8.5238095915e-8);
  a = clenshaw(y, b, a, 1.5626441722e-8);
  b = clenshaw(y, a, b, 1.30365583558e-6);
  a = clenshaw(y, b, a, -1.624290004647e-6);
  b = clenshaw(y, a, b, -2.0278578112534e-5);
  a = clenshaw(y, b, a, 4.2523324806907e-5);
  b = clenshaw(y, a, b, 3.66839497852761e-4);
  a = clenshaw(y, b, a, -9.46595344482036e-4);
  b = clenshaw(y, a, b, -9.561514786808631e-3);
  a = clenshaw(y, b, a, 1.9476473204185836e-2);
  b = clenshaw(y, a, b, 0.6419697923564902);
  const P = f64x2.sub(f64x2.mul(splat(0.5), f64x2.add(splat(-1.3026537197817094), f64x2.mul(y, b))), a);
  return f64x2.mul(t, exp(f64x2.sub(P, square)));
}
