/** Gauss–Legendre quadrature, and expectations over the standard normal distribution built on it. */

/** Nodes and weights of a rule: ∫ f ≈ Σ weights[i] f(nodes[i]). */
export interface Rule {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

const rules = new Map<number, Rule>();

/**
 * The n-point Gauss–Legendre rule on [−1, 1], exact for polynomials of degree 2n − 1. Kept once computed.
 * ref: Davis, Rabinowitz 1984, "Methods of Numerical Integration", section 2.7 (Newton's method from Tricomi's approximation)
 */
export function gaussLegendre(n: number): Rule {
  const known = rules.get(n);
  if (known) return known;
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < Math.ceil(n / 2); i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    // Newton doubles the digits of a start that has more than three.
    for (let k = 0; k < 6; k++) {
      const { value, slope } = legendre(n, x);
      x -= value / slope;
    }
    const { slope } = legendre(n, x);
    nodes[i] = -x;
    nodes[n - 1 - i] = x;
    weights[i] = 2 / ((1 - x * x) * slope * slope);
    weights[n - 1 - i] = weights[i];
  }
  const rule = { nodes, weights };
  rules.set(n, rule);
  return rule;
}

/** Pₙ(x) and its derivative by the three-term recurrence. */
function legendre(n: number, x: number): { value: number; slope: number } {
  let [before, value] = [1, x];
  for (let k = 2; k <= n; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  return { value, slope: (n * (x * value - before)) / (x * x - 1) };
}

/** A Gauss–Legendre rule moved to [from, to]. */
export function gaussLegendreOn(n: number, from: number, to: number): Rule {
  const { nodes, weights } = gaussLegendre(n);
  const [half, middle] = [(to - from) / 2, (to + from) / 2];
  return { nodes: nodes.map((x) => middle + half * x), weights: weights.map((w) => half * w) };
}

/** Beyond twelve standard deviations lies less than 1e-32 of a normal distribution. */
const REACH = 12;
const normalRules = new Map<number, Rule>();

/**
 * A rule for E[f(z)], z ~ N(0, 1): n Gauss–Legendre nodes on each side of 0, so that functions with a kink there (ReLU and its
 * kin) are integrated as accurately as smooth ones. Its weights sum to 1.
 */
export function normalRule(n: number): Rule {
  const known = normalRules.get(n);
  if (known) return known;
  const half = gaussLegendreOn(n, 0, REACH);
  const density = half.weights.map((w, i) => w * Math.exp(-0.5 * half.nodes[i] ** 2));
  const total = 2 * density.reduce((sum, w) => sum + w, 0);
  const weights = density.map((w) => w / total);
  const rule = {
    nodes: Float64Array.from([...half.nodes.map((x) => -x).reverse(), ...half.nodes]),
    weights: Float64Array.from([...weights.slice().reverse(), ...weights]),
  };
  normalRules.set(n, rule);
  return rule;
}

/** A function that changes within a fraction of this many standard deviations gets nodes of its own around 0. */
const NARROW = 2;

/**
 * E[f(z)], z ~ N(0, 1); f may have a kink or a step at 0.
 *
 * @param width of the region around 0 in which f changes, as 8/√q for tanh(√q z); beyond it f is smooth on the scale of 1
 * @param nodes on each side of 0, in each of the regions
 */
export function normalMean(f: (z: number) => number, width = REACH, nodes = 96): number {
  if (width > NARROW) return weightedSum(f, normalRule(nodes));
  const pieces = [gaussLegendreOn(nodes, 0, width), gaussLegendreOn(nodes, width, REACH)];
  let [sum, total] = [0, 0];
  for (const piece of pieces) {
    for (let i = 0; i < nodes; i++) {
      const z = piece.nodes[i];
      const weight = piece.weights[i] * Math.exp(-0.5 * z * z);
      sum += weight * (f(z) + f(-z));
      total += 2 * weight;
    }
  }
  return sum / total;
}

function weightedSum(f: (z: number) => number, { nodes, weights }: Rule): number {
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) sum += weights[i] * f(nodes[i]);
  return sum;
}
