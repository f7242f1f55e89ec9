/** φ(z) and φ′(z) in double precision: the reference that `shaders/lib/activation.wgsl` is held to. */
import type { Activation } from './schema.ts';

const LEAKY_SLOPE = 0.01;
// Klambauer et al. 2017, section 2.1
const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

/** erfc(x) to about 1e-15: absolutely, by a positive series, below 2.5, and relatively, by a continued fraction, above. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < 0) return 2 - erfc(-x);
  if (x > 27) return 0;
  if (x < 2.5) {
    // erf x = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!   (Abramowitz, Stegun 7.1.6)
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  // erfc x = e^(−x²)/√π / (x + (1/2)/(x + 1/(x + (3/2)/(x + …))))   (Abramowitz, Stegun 7.1.14)
  let tail = x;
  for (let k = 60; k >= 1; k--) tail = x + k / 2 / tail;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * tail);
}

const sigmoid = (z: number) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
const sigmoidSlope = (z: number) => Math.exp(-Math.abs(z)) / (1 + Math.exp(-Math.abs(z))) ** 2;
const normalCdf = (z: number) => 0.5 * erfc(-z / Math.SQRT2);
const normalPdf = (z: number) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
const held = (z: number) => Math.min(Math.max(z, -20), 20);
const geluInner = (z: number) => Math.sqrt(2 / Math.PI) * held(z) * (1 + 0.044715 * held(z) ** 2);

interface Curve {
  readonly phi: (z: number) => number;
  readonly dphi: (z: number) => number;
}

/** NaN stays NaN in all of them. */
export const CURVES: Readonly<Record<Activation, Curve>> = {
  linear: { phi: (z) => z, dphi: (z) => (Number.isNaN(z) ? z : 1) },
  relu: { phi: (z) => Math.max(z, 0), dphi: (z) => (z > 0 ? 1 : z <= 0 ? 0 : z) },
  leaky_relu: { phi: (z) => (z < 0 ? LEAKY_SLOPE * z : z), dphi: (z) => (z > 0 ? 1 : z <= 0 ? LEAKY_SLOPE : z) },
  tanh: { phi: Math.tanh, dphi: (z) => 4 * sigmoidSlope(2 * z) },
  sigmoid: { phi: sigmoid, dphi: sigmoidSlope },
  gelu: { phi: (z) => z * normalCdf(z), dphi: (z) => normalCdf(z) + held(z) * normalPdf(held(z)) },
  // Below -20 the factor is constant and tiny: times -Inf it would not be.
  gelu_tanh: {
    phi: (z) => Math.max(z, -1e30) * sigmoid(2 * geluInner(z)),
    dphi: (z) => {
      const u = 2 * geluInner(z);
      return sigmoid(u) + held(z) * sigmoidSlope(u) * 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * held(z) ** 2);
    },
  },
  silu: {
    phi: (z) => z * sigmoid(z),
    dphi: (z) => sigmoid(z) + Math.min(Math.max(z, -1e4), 1e4) * sigmoidSlope(z),
  },
  selu: {
    phi: (z) => SELU_SCALE * (z < 0 ? SELU_ALPHA * Math.expm1(z) : z),
    dphi: (z) => SELU_SCALE * (z > 0 ? 1 : SELU_ALPHA * Math.exp(z)),
  },
  softplus: { phi: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))), dphi: sigmoid },
};

/** dh φ′(z); ReLU selects instead of multiplying, so that a dead unit passes 0 even where dh is Inf, as in torch. */
export function chain(activation: Activation, dh: number, z: number): number {
  if (activation === 'relu') return z <= 0 ? 0 : dh;
  return dh * CURVES[activation].dphi(z);
}
