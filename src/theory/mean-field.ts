/**
 * Mean-field theory of wide random networks z_l = W_l φ(z_{l−1}) + b_l, W_ij ~ N(0, σw²/n), b_i ~ N(0, σb²), n → ∞.
 * ref: Poole, Lahiri, Raghu, Sohl-Dickstein, Ganguli 2016, "Exponential expressivity in deep neural networks through transient
 * chaos", eq. 3 and 8; Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, "Deep information propagation", sections 2 to 4.
 */
import { normalMean } from '../math/quadrature.ts';

/** φ(z) and φ′(z). */
export interface Curve {
  readonly phi: (z: number) => number;
  readonly dphi: (z: number) => number;
}

/** σw² and σb². */
export interface Variances {
  readonly weight: number;
  readonly bias: number;
}

/** Variances that stand for 0 and for Infinity: φ is then a straight line on each side of 0. */
const TINY = 1e-12;
const HUGE = 1e12;
/** A fixed point below this is 0. */
const VANISHED = 1e-9;

const held = (q: number) => Math.min(Math.max(q, TINY), HUGE);

/** E[f(√q z)], z ~ N(0, 1), for an f that changes within eight of its own units around 0. */
function meanAt(f: (z: number) => number, q: number, nodes?: number): number {
  const s = Math.sqrt(held(q));
  return normalMean((z) => f(s * z), 8 / s, nodes);
}

/** The variance of the next pre-activations: σw² E[φ(√q z)²] + σb². */
export function nextVariance({ phi }: Curve, { weight, bias }: Variances, q: number, nodes?: number): number {
  return weight * meanAt((z) => phi(z) ** 2, q, nodes) + bias;
}

/** E[φ(√q z)]. */
export function meanActivation({ phi }: Curve, q: number): number {
  return meanAt(phi, q);
}

/** χ₁ = σw² E[φ′(√q z)²]: the factor of ‖dL/dz‖² per layer towards the input; q may be 0 or Infinity. */
export function gradientFactor({ dphi }: Curve, weightVariance: number, q: number, nodes?: number): number {
  return weightVariance * meanAt((z) => dphi(z) ** 2, q, nodes);
}

/** d(next variance)/dq = σw² E[φ(√q z) φ′(√q z) z] / √q. */
export function varianceSlope({ phi, dphi }: Curve, weightVariance: number, q: number): number {
  return (weightVariance * meanAt((z) => phi(z) * dphi(z) * z, q)) / held(q);
}

/**
 * κ = 3 E[φ′⁴]/E[φ′²]² − 1: at width n, ln of the squared gradient norm's factor per layer has mean ln χ₁ − κ/2n and variance
 * κ/n (linear 2, ReLU 5). Generalises Hanin, Nica 2018, "Products of many large random matrices and gradients in deep neural
 * networks", theorem 1, from ReLU to any φ.
 */
export function finiteWidthVariance({ dphi }: Curve, q: number, nodes?: number): number {
  return (3 * meanAt((z) => dphi(z) ** 4, q, nodes)) / meanAt((z) => dphi(z) ** 2, q, nodes) ** 2 - 1;
}

/** Whether φ(a z) = a φ(z) for a > 0, as for linear, ReLU and leaky ReLU: the variance then enters as a factor alone. */
export function isHomogeneous({ phi }: Curve): boolean {
  // Powers of two scale without rounding.
  return [1, -1].every((z) => [2 ** -20, 2, 2 ** 20].every((a) => phi(a * z) === a * phi(z)));
}

/**
 * q*, the variance that pre-activations settle at, coming from `start`: 0 or Infinity where they vanish or grow without bound,
 * and `any` where each keeps its own (homogeneous φ on its critical line).
 */
export function fixedVariance(curve: Curve, variances: Variances, start = 1): number | 'any' {
  const { weight, bias } = variances;
  if (isHomogeneous(curve)) {
    const factor = gradientFactor(curve, weight, 1);
    // Twice the rounding of a sum of weights: 2/(1 + a²) times (1 + a²)/2 is 1 only up to that.
    if (Math.abs(factor - 1) < 1e-14) return bias === 0 ? 'any' : Number.POSITIVE_INFINITY;
    if (factor > 1) return Number.POSITIVE_INFINITY;
    return bias / (1 - factor);
  }
  const excess = (q: number) => nextVariance(curve, variances, q) - q;
  // Iterates move monotonically to the nearest fixed point on the side to which the first one goes.
  const grows = excess(start) > 0;
  let [inner, outer] = [start, start];
  do {
    inner = outer;
    outer *= grows ? Math.SQRT2 : Math.SQRT1_2;
    if (outer > HUGE) return Number.POSITIVE_INFINITY;
    if (outer < VANISHED) return 0;
  } while (excess(outer) > 0 === grows);
  return rootBetween(excess, inner, outer);
}

/**
 * A root of f between a and b, where f has opposite signs or is 0, by regula falsi with halving.
 * ref: Dowell, Jarratt 1971, "A modified regula falsi method for computing the root of an equation" (the Illinois rule)
 */
export function rootBetween(f: (x: number) => number, a: number, b: number): number {
  let [x0, f0, x1, f1] = [a, f(a), b, f(b)];
  for (let k = 0; k < 100 && f1 !== 0 && Math.abs(x1 - x0) > 4 * Number.EPSILON * Math.abs(x1); k++) {
    const x = x1 - (f1 * (x1 - x0)) / (f1 - f0);
    const fx = f(x);
    if (fx > 0 === f1 > 0) f0 /= 2;
    else [x0, f0] = [x1, f1];
    if (x === x1) break;
    [x1, f1] = [x, fx];
  }
  return x1;
}

/** σw² at which χ₁ = 1 for a given σb²: gradients neither vanish nor explode. Schoenholz et al. 2017, section 3. */
export function criticalWeightVariance(curve: Curve, bias: number, from = 0.5, to = 6): number {
  const excess = (weight: number) => {
    const q = fixedVariance(curve, { weight, bias });
    return q === 'any' ? 0 : gradientFactor(curve, weight, q) - 1;
  };
  return rootBetween(excess, from, to);
}
