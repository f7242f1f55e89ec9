/**
 * How two inputs come together or part in a wide random network, and over how many layers: the correlation map and the depth
 * scales ξ. ref: Poole et al. 2016, eq. 5; Schoenholz et al. 2017, eq. 5 to 10 (a network trains up to about 6 ξ_c layers).
 */
import { normalRule, type Rule } from '../math/quadrature.ts';
import { type Curve, gradientFactor, rootBetween, type Variances, varianceSlope } from './mean-field.ts';

/** Nodes on each side of 0, in each of two dimensions. */
const NODES = 48;

/** E[f(√q u) f(√q v)] of standard normal u and v with correlation c. */
export function correlatedMean(f: (z: number) => number, q: number, c: number): number {
  const { nodes, weights }: Rule = normalRule(NODES);
  const s = Math.sqrt(q);
  const across = Math.sqrt(Math.max(0, 1 - c * c));
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) {
    let inner = 0;
    for (let j = 0; j < nodes.length; j++) inner += weights[j] * f(s * (c * nodes[i] + across * nodes[j]));
    sum += weights[i] * f(s * nodes[i]) * inner;
  }
  return sum;
}

/** The next layer's correlation of two inputs whose pre-activations have variance q* and correlation c. */
export function nextCorrelation({ phi }: Curve, { weight, bias }: Variances, q: number, c: number): number {
  return (weight * correlatedMean(phi, q, c) + bias) / q;
}

/** χ(c) = σw² E[φ′ φ′]: the slope of the correlation map at c; χ(1) = χ₁. */
export function correlationSlope({ dphi }: Curve, weightVariance: number, q: number, c: number): number {
  return weightVariance * correlatedMean(dphi, q, c);
}

/** Below this the map's value at 0 is quadrature error: odd φ without bias keep orthogonal inputs orthogonal. */
const ZERO = 1e-12;

/** c*, the correlation that any two inputs settle at: 1 in the ordered phase (χ₁ ≤ 1), below 1 in the chaotic one. */
export function fixedCorrelation(curve: Curve, variances: Variances, q: number): number {
  if (gradientFactor(curve, variances.weight, q) <= 1) return 1;
  const excess = (c: number) => nextCorrelation(curve, variances, q, c) - c;
  if (excess(0) < ZERO) return 0;
  // The map is convex with slope above 1 at c = 1: it lies below the diagonal just before it, and crosses it once.
  let below = 1;
  for (let gap = 2 ** -20; gap < 1; gap *= 2) {
    below = 1 - gap;
    if (excess(below) < 0) break;
  }
  return rootBetween(excess, 0, below);
}

/** Depth scales in layers; Infinity where nothing decays exponentially. */
export interface DepthScales {
  /** 1/|ln χ₁|: over so many layers ‖dL/dz‖² changes by a factor of e. */
  readonly gradient: number;
  /** −1/ln χ(c*): over so many layers what distinguishes two inputs is lost, or their common origin is. */
  readonly correlation: number;
  /** −1/ln of the variance map's slope at q*: over so many layers the variance settles. */
  readonly variance: number;
}

/**
 * @param q the fixed variance, 0 for a network whose signal vanishes; where it grows without bound it never settles, and φ acts as
 * a homogeneous function, under which correlations approach their limit more slowly than any exponential
 */
export function depthScales(curve: Curve, variances: Variances, q: number): DepthScales {
  const chi1 = gradientFactor(curve, variances.weight, q);
  if (q === Number.POSITIVE_INFINITY) return { gradient: layersOf(chi1), correlation: q, variance: q };
  const c = q > 0 ? fixedCorrelation(curve, variances, q) : 1;
  const chi = c === 1 ? chi1 : correlationSlope(curve, variances.weight, q, c);
  return {
    gradient: layersOf(chi1),
    correlation: layersOf(chi),
    variance: layersOf(varianceSlope(curve, variances.weight, q)),
  };
}

function layersOf(factor: number): number {
  return Math.abs(factor - 1) < 1e-14 ? Number.POSITIVE_INFINITY : 1 / Math.abs(Math.log(Math.abs(factor)));
}
