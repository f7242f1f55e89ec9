/** φ and φ′ of two numbers in double precision, by the formulas of `src/model/activation.ts`. NaN stays NaN in all of them. */
import { erfc, exp, expm1, log1p } from './exponential';

/** Numbers of the activations: their places in `ACTIVATIONS` of `src/model/schema.ts`. */
export const LINEAR: i32 = 0;
export const RELU: i32 = 1;
const LEAKY_RELU: i32 = 2;
export const TANH: i32 = 3;
const SIGMOID: i32 = 4;
const GELU: i32 = 5;
const GELU_TANH: i32 = 6;
const SILU: i32 = 7;
const SELU: i32 = 8;

const LEAKY_SLOPE: f64 = 0.01;
// Klambauer et al. 2017, section 2.1
const SELU_SCALE: f64 = 1.0507009873554805;
const SELU_ALPHA: f64 = 1.6732632423543772;
const SQRT_HALF: f64 = Math.SQRT1_2;
/** 1/√(2π) and √(2/π). */
const NORMAL: f64 = 0.3989422804014327;
const ROOT: f64 = 0.7978845608028654;

function splat(x: f64): v128 {
  return f64x2.splat(x);
}

function times(x: v128, factor: f64): v128 {
  return f64x2.mul(x, splat(factor));
}

function held(z: v128, most: f64): v128 {
  return f64x2.min(f64x2.max(z, splat(-most)), splat(most));
}

function isNegative(z: v128): v128 {
  return f64x2.lt(z, splat(0));
}

/** 1/(1 + e^−z) for z ≥ 0, e^z/(1 + e^z) below: no exponential overflows. */
function sigmoid(z: v128): v128 {
  const e = exp(f64x2.neg(f64x2.abs(z)));
  return f64x2.div(v128.bitselect(e, splat(1), isNegative(z)), f64x2.add(splat(1), e));
}

function sigmoidSlope(z: v128): v128 {
  const e = exp(f64x2.neg(f64x2.abs(z)));
  const d = f64x2.add(splat(1), e);
  return f64x2.div(e, f64x2.mul(d, d));
}

/** −m/(2 + m) with m = e^(−2|z|) − 1, and the sign of z. */
function tanh(z: v128): v128 {
  const m = expm1(times(f64x2.abs(z), -2));
  const t = f64x2.div(f64x2.neg(m), f64x2.add(splat(2), m));
  return v128.bitselect(f64x2.neg(t), t, isNegative(z));
}

/** Φ(z) by erfc of |z|/√2, so that small values keep their relative accuracy. */
function normalCdf(z: v128): v128 {
  const tail = times(erfc(times(f64x2.abs(z), SQRT_HALF), times(f64x2.mul(z, z), 0.5)), 0.5);
  return v128.bitselect(tail, f64x2.sub(splat(1), tail), isNegative(z));
}

/** 2 √(2/π) (z + 0.044715 z³), z held within ±20. */
function geluInner(c: v128): v128 {
  return times(f64x2.mul(c, f64x2.add(splat(1), times(f64x2.mul(c, c), 0.044715))), 2 * ROOT);
}

export function phi(curve: i32, z: v128): v128 {
  if (curve === LEAKY_RELU) return v128.bitselect(times(z, LEAKY_SLOPE), z, isNegative(z));
  if (curve === TANH) return tanh(z);
  if (curve === SIGMOID) return sigmoid(z);
  if (curve === GELU) return f64x2.mul(z, normalCdf(z));
  if (curve === GELU_TANH) return f64x2.mul(f64x2.max(z, splat(-1e30)), sigmoid(geluInner(held(z, 20))));
  if (curve === SILU) return f64x2.mul(z, sigmoid(z));
  if (curve === SELU) return times(v128.bitselect(times(expm1(z), SELU_ALPHA), z, isNegative(z)), SELU_SCALE);
  // softplus
  return f64x2.add(f64x2.max(z, splat(0)), log1p(exp(f64x2.neg(f64x2.abs(z)))));
}

/** Where z is NaN, z itself: comparisons do not see it. */
function orNan(slope: v128, z: v128): v128 {
  return v128.bitselect(slope, z, f64x2.eq(z, z));
}

export function dphi(curve: i32, z: v128): v128 {
  if (curve === LINEAR) return orNan(splat(1), z);
  if (curve === LEAKY_RELU) return orNan(v128.bitselect(splat(1), splat(LEAKY_SLOPE), f64x2.gt(z, splat(0))), z);
  if (curve === TANH) return times(sigmoidSlope(times(z, 2)), 4);
  if (curve === SIGMOID) return sigmoidSlope(z);
  if (curve === GELU) {
    const c = held(z, 20);
    return f64x2.add(normalCdf(z), f64x2.mul(c, times(exp(times(f64x2.mul(c, c), -0.5)), NORMAL)));
  }
  if (curve === GELU_TANH) {
    const c = held(z, 20);
    const u = geluInner(c);
    const inner = times(f64x2.add(splat(1), times(f64x2.mul(c, c), 3 * 0.044715)), 2 * ROOT);
    return f64x2.add(sigmoid(u), f64x2.mul(f64x2.mul(c, sigmoidSlope(u)), inner));
  }
  if (curve === SILU) return f64x2.add(sigmoid(z), f64x2.mul(held(z, 1e4), sigmoidSlope(z)));
  if (curve === SELU) return times(v128.bitselect(splat(1), times(exp(z), SELU_ALPHA), f64x2.gt(z, splat(0))), SELU_SCALE);
  // softplus
  return sigmoid(z);
}
