/**
 * Gradients explode in every deep network with batch norm in front of its activations and no skip connections: at
 * initialisation, with the batch's own statistics, whatever σw, σb. All rates are factors of ‖dL/dz‖² per layer towards the input.
 * ref: Yang, Pennington, Rao, Sohl-Dickstein, Schoenholz 2019, "A mean field theory of batch normalization", theorems 5 to 9.
 */
import { gaussLegendreOn, type Rule } from '../math/quadrature.ts';
import type { Curve } from './mean-field.ts';

/** The mean of the gradient's square is infinite for smaller batches (theorem 7). */
export const SMALLEST_BATCH = 4;

const J = (c: number) => (Math.sqrt(1 - c * c) + (Math.PI - Math.acos(c)) * c) / Math.PI;
const dJ = (c: number) => (Math.PI - Math.acos(c)) / Math.PI;

/** Theorem 8: 1/(B − 3) ((B − 1 + J′(c))/(1 − J(c)) − 1), c = −1/(B − 1), for B of at least 4; π/(π − 1) for large batches. */
export function batchNormReluRate(B: number): number {
  const c = -1 / (B - 1);
  return ((B - 1 + dJ(c)) / (1 - J(c)) - 1) / (B - 3);
}

/** (B − 2)/(B − 3), for B of at least 4: the smallest of all activations (theorem 9), and still above 1. */
export function batchNormLinearRate(B: number): number {
  return (B - 2) / (B - 3);
}

/** Batch norm's outputs of one unit lie within √(B − 1), and but for 1e-23 of them within ten deviations. */
const REACH = 10;

/**
 * Theorem 7, eq. 24, for any φ that is smooth on each side of 0: an integral over the values z₁, z₂ that batch norm gives two
 * examples of a batch, which lie in the ellipse Z = B(B−2) − (B−1)(z₁² + z₂²) − 2 z₁ z₂ > 0 with density ∝ Z^((B−5)/2).
 *
 * @param B examples in the batch, at least 4
 * @param nodes per dimension on each side of 0
 */
export function batchNormRate({ phi, dphi }: Curve, B: number, nodes = 32): number {
  // ln of a weight that is common to all, so that Z^((B−5)/2) neither overflows nor vanishes.
  const top = Math.log(B * (B - 2));
  let [rate, total, square, product] = [0, 0, 0, 0];
  const edge = Math.sqrt(B - 1);
  const first = splitSine(0, edge, nodes);
  for (let i = 0; i < first.nodes.length; i++) {
    const z1 = first.nodes[i];
    const [phi1, dphi1] = [phi(z1), dphi(z1)];
    const middle = -z1 / (B - 1);
    const half = Math.sqrt(Math.max(z1 * z1 - (B - 1) * ((B - 1) * z1 * z1 - B * (B - 2)), 0)) / (B - 1);
    const second = splitSine(middle, half, nodes);
    for (let j = 0; j < second.nodes.length; j++) {
      const z2 = second.nodes[j];
      const Z = B * (B - 2) - (B - 1) * (z1 * z1 + z2 * z2) - 2 * z1 * z2;
      if (Z <= 0) continue;
      const weight = first.weights[i] * second.weights[j] * Math.exp(((B - 5) / 2) * (Math.log(Z) - top));
      rate += weight * ((B - 1 - z1 * z1) * dphi1 * dphi1 + (1 + z1 * z2) * dphi1 * dphi(z2));
      total += weight;
      square += weight * phi1 * phi1;
      product += weight * phi1 * phi(z2);
    }
  }
  // Eq. 24 has the factor (B(B−2))^(2−B/2)/2π, of which (B(B−2))^((5−B)/2) is in the weights already.
  const scale = 1 / (2 * Math.PI * Math.sqrt(B * (B - 2)));
  return (scale * rate) / ((square - product) / total);
}

/**
 * A rule on [middle − half, middle + half] in z = middle + half sin θ, which takes up the density's singular ends at B = 4,
 * in two pieces where 0 lies inside; ends beyond reach are left out.
 */
function splitSine(middle: number, half: number, nodes: number): Rule {
  const limit = Math.asin(Math.min(1, REACH / half));
  const zero = Math.abs(middle) < half ? Math.asin(-middle / half) : limit;
  const ends = Math.abs(zero) < limit ? [-limit, zero, limit] : [-limit, limit];
  const pieces = ends.slice(1).map((end, k) => gaussLegendreOn(nodes, ends[k], end));
  const angles = pieces.flatMap((piece) => [...piece.nodes]);
  const weights = pieces.flatMap((piece) => [...piece.weights]);
  return {
    nodes: Float64Array.from(angles, (theta) => middle + half * Math.sin(theta)),
    weights: Float64Array.from(weights, (weight, k) => weight * half * Math.cos(angles[k])),
  };
}

/**
 * Layers that such a network trains up to: about 16 ξ, ξ = 1/ln(rate); 42 for ReLU and large batches. Yang et al. 2019, figure 2.
 */
export function batchNormTrainableDepth(rate: number): number {
  return 16 / Math.log(rate);
}
