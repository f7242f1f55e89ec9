/**
 * Tolerances, derived and not chosen.
 *
 * A float32 operation rounds with relative error at most u = 2^-24. k roundings in any order and with or without fused
 * multiply-adds, which WGSL leaves open, change a sum of products by at most γ_k Σ|terms|, γ_k = k u/(1 - k u)
 * (Higham 2002, "Accuracy and stability of numerical algorithms", lemma 3.1 and eq. 3.5). Built-in functions count as the
 * roundings their WGSL accuracy allows, 1 ULP being at most 2u ("Concrete floating point accuracy"): division 2.5 ULP,
 * inverseSqrt 2 ULP, sqrt that of 1/inverseSqrt, exp(x) 3 + 2|x| ULP, log and log2 3 ULP or 2^-21 on [0.5, 2].
 * The twin works in double precision and rounds once: one more rounding. Numbers below 2^-126 may be flushed to 0.
 */
import { erfc } from '../../src/model/activation.ts';
import type { Activation } from '../../src/model/schema.ts';

/** Unit roundoff of float32. */
export const U = 2 ** -24;
/** Smallest normal float32: what flushing can lose. */
export const FLUSHED = 2 ** -126;

/** Roundings that an operation counts as. */
export const COST = {
  divide: 5,
  inverseSqrt: 4,
  sqrt: 9,
  exp: (x: number) => 2 * (3 + 2 * Math.abs(x)),
} as const;

/** γ_k: relative error of k roundings, of which one is the twin's. */
export function gamma(roundings: number): number {
  const k = roundings + 1;
  return (k * U) / (1 - k * U);
}

/**
 * Absolute error of a sum of products: each term one product and one addition.
 *
 * @param terms length of the reduction
 * @param magnitude Σ|terms|
 * @param roundings further roundings of each term
 */
export function sumTolerance(terms: number, magnitude: number, roundings = 0): number {
  return gamma(terms + 1 + roundings) * magnitude + (terms + 1 + roundings) * FLUSHED;
}

/** Absolute error of log2(x), or of ln(x), where `log` is the result. */
export function logTolerance(x: number, log: number): number {
  return x >= 0.5 && x <= 2 ? 2 ** -21 : 6 * U * Math.abs(log);
}

/** Absolute error of log2 of a norm: half of log2's own and of the relative error of the sum, and two roundings of the result. */
export function log2NormTolerance(log2: number, terms: number): number {
  // The sum of a pair lies in 1…2^24, so its log2 is below 24.
  return 0.5 * Math.max(2 ** -21, 6 * U * 24) + gamma(terms + 2) / Math.LN2 + 2 * U * Math.abs(log2) + 2 * U * 24;
}

/** Relative error of exp(-|z|), and of the two sigmoid formulas of shaders/lib/activation.wgsl. */
const expError = (z: number) => COST.exp(z) * U;
function sigmoidErrors(z: number) {
  const e = Math.exp(-Math.abs(z));
  const share = e / (1 + e);
  const value = z >= 0 ? 1 / (1 + e) : share;
  // 1/(1+e) or e/(1+e): e's error enters with weight e/(1+e), or one more; one addition, one division.
  const relative = ((z < 0 ? 1 : 0) + share) * expError(z) + (2 + COST.divide) * U;
  // e/(1+e)^2: two additions, one product, one division.
  const slope = e / (1 + e) ** 2;
  const slopeRelative = (1 + 2 * share) * expError(z) + (4 + COST.divide) * U;
  return { value, relative, slope, slopeRelative };
}

/** Φ(z) by erfcc, and its absolute error. */
function normalCdf(z: number) {
  const tail = 0.5 * erfc(Math.abs(z) / Math.SQRT2);
  const square = (z * z) / 2;
  // erfcc itself: 1.2e-7 = 2u. Horner's partial results sum to 4, two roundings each: 8u. t errs by 7u, which p(t) takes over
  // with weight |p'(t) t| < 1.3: 9u. x^2: three roundings, p - x^2: one. exp at most at |p| + x^2 with |p| < 1.3; two products.
  const relative = (2 + 8 + 9 + 2) * U + 4 * square * U + COST.exp(square + 1.3) * U;
  const value = z >= 0 ? 1 - tail : tail;
  return { value, error: tail * relative + U * value };
}

const held = (z: number) => Math.min(Math.max(z, -20), 20);

/** Absolute errors that φ(z) and φ′(z) of shaders/lib/activation.wgsl may have, for finite z. */
export function activationTolerance(activation: Activation, z: number): { phi: number; dphi: number } {
  // What is flushed may be multiplied by z.
  const factor = ['gelu', 'gelu_tanh', 'silu'].includes(activation) ? Math.max(1, Math.abs(z)) : 1;
  const flushed = 4 * FLUSHED * factor;
  const errors = relativeParts(activation, z);
  return { phi: errors.phi + flushed, dphi: errors.dphi + flushed };
}

function relativeParts(activation: Activation, z: number): { phi: number; dphi: number } {
  const s = sigmoidErrors(z);
  const e = Math.exp(-Math.abs(z));
  // e^z - 1 for z <= 0: the series has remainder 0.2u and rounds its outer three operations in full, the rest below 1/4; else
  // exp's error relative to the difference.
  const expm1Relative = (x: number) => (x > -0.5 ? 5 * U : (Math.exp(x) / -Math.expm1(x)) * expError(x) + 2 * U);
  switch (activation) {
    case 'linear':
    case 'relu':
      return { phi: 0, dphi: 0 };
    case 'leaky_relu':
      // 0.01 is rounded to float32, then multiplied.
      return { phi: 3 * U * 0.01 * Math.abs(z), dphi: U * 0.01 };
    case 'tanh': {
      // Series: remainder 0.15u, the outer product and sum in full, the rest below 1/16. Else -m/(2+m): m's error at most doubled.
      const relative = Math.abs(z) < 0.25 ? 4 * U : 2 * expm1Relative(-2 * Math.abs(z)) + (2 + COST.divide) * U;
      const slope = sigmoidErrors(2 * z);
      return { phi: relative * Math.abs(Math.tanh(z)), dphi: 4 * slope.slope * (slope.slopeRelative + U) };
    }
    case 'sigmoid':
      return { phi: s.value * s.relative, dphi: s.slope * s.slopeRelative };
    case 'gelu': {
      const cdf = normalCdf(z);
      const c = held(z);
      const bump = (Math.abs(c) * Math.exp(-0.5 * c * c)) / Math.sqrt(2 * Math.PI);
      // c φ(c): the exponent's two roundings, exp, a constant and two products.
      const bumpError = bump * (2 * (0.5 * c * c) * U + COST.exp(0.5 * c * c) * U + 4 * U);
      return {
        phi: Math.abs(z) * (cdf.error + 2 * U * cdf.value),
        dphi: cdf.error + bumpError + 2 * U * (cdf.value + bump),
      };
    }
    case 'gelu_tanh': {
      const c = held(z);
      const u = 2 * Math.sqrt(2 / Math.PI) * c * (1 + 0.044715 * c * c);
      const at = sigmoidErrors(u);
      // The inner polynomial has positive terms and 7 roundings; d ln sigmoid/d ln u = u (1 - sigmoid), d ln slope/d ln u < |u|.
      const relative = at.relative + Math.abs(u) * (1 - at.value) * 7 * U;
      const inner = 2 * Math.sqrt(2 / Math.PI) * Math.abs(c) * (1 + 3 * 0.044715 * c * c) * at.slope;
      return {
        phi: Math.abs(z) * at.value * (relative + 2 * U),
        dphi: at.value * (relative + 2 * U) + inner * (at.slopeRelative + Math.abs(u) * 7 * U + 9 * U),
      };
    }
    case 'silu':
      return {
        phi: Math.abs(z) * s.value * (s.relative + 2 * U),
        dphi: s.value * (s.relative + 2 * U) + Math.min(Math.abs(z), 1e4) * s.slope * (s.slopeRelative + 3 * U),
      };
    case 'selu': {
      const scale = 1.0507009873554805;
      const alpha = 1.6732632423543772;
      // Two rounded constants and their products.
      if (z > 0) return { phi: 3 * U * scale * z, dphi: 2 * U * scale };
      return {
        phi: scale * alpha * -Math.expm1(z) * (expm1Relative(z) + 5 * U),
        dphi: scale * alpha * Math.exp(z) * (expError(z) + 5 * U),
      };
    }
    case 'softplus': {
      // log1p by 2 artanh(e/(2+e)): s errs by 6u, its square enters with weight below 1/4; three outer roundings.
      const tail = Math.log1p(e) * (expError(z) + 12 * U);
      return { phi: tail + 2 * U * (Math.max(z, 0) + Math.log1p(e)), dphi: s.value * s.relative };
    }
  }
}
