/**
 * Numbers with a bound of what float32 may make of them: running error analysis (Higham 2002, section 3.3). A formula that is
 * written in these operations gives its value and, derived step by step, its tolerance.
 */
import { CURVES } from '../../src/model/activation.ts';
import { activationTolerance, COST, FLUSHED, gamma, sumTolerance, U } from './tolerance.ts';

export interface Bounded {
  readonly value: number;
  /** Absolute. */
  readonly error: number;
}

/** What is read from a tensor. */
export const exact = (value: number): Bounded => ({ value, error: 0 });

/** x y: the errors of both, and a rounding, or what is flushed. */
export function times(x: Bounded, y: Bounded): Bounded {
  const value = x.value * y.value;
  const error = Math.abs(x.value) * y.error + Math.abs(y.value) * x.error + x.error * y.error;
  return { value, error: error + U * (Math.abs(value) + error) + FLUSHED };
}

export const product = (first: Bounded, ...others: readonly Bounded[]): Bounded => others.reduce(times, first);

/** A sum of n terms in any order: their errors, and n - 1 roundings of what they sum to in magnitude. */
export function plus(...terms: readonly Bounded[]): Bounded {
  const value = terms.reduce((sum, x) => sum + x.value, 0);
  const error = terms.reduce((sum, x) => sum + x.error, 0);
  const magnitude = terms.reduce((sum, x) => sum + Math.abs(x.value) + x.error, 0);
  return { value, error: error + gamma(terms.length - 1) * magnitude + terms.length * FLUSHED };
}

/** x / n of an exact n. */
export function over({ value, error }: Bounded, n: number): Bounded {
  const quotient = Math.abs(value / n);
  return { value: value / n, error: error / n + COST.divide * U * (quotient + error / n) + FLUSHED };
}

/** 1 / √x of a positive x: half its relative error, that of the root and of the division. */
export function inverseRoot({ value, error }: Bounded): Bounded {
  const [least, root] = [1 / Math.sqrt(value + error), 1 / Math.sqrt(value - error)];
  return { value: 1 / Math.sqrt(value), error: root - least + (COST.sqrt + COST.divide) * U * root };
}

export const negative = ({ value, error }: Bounded): Bounded => ({ value: -value, error });

/** Σ_k a[k] b[k] and further numbers, in any order. */
export function dot(n: number, a: (k: number) => number, b: (k: number) => number, ...others: readonly number[]): Bounded {
  let [value, magnitude] = [0, 0];
  for (let k = 0; k < n; k++) {
    value += a(k) * b(k);
    magnitude += Math.abs(a(k) * b(k));
  }
  for (const x of others) {
    value += x;
    magnitude += Math.abs(x);
  }
  return { value, error: sumTolerance(n + others.length, magnitude) };
}

export type BoundedCurve = 'sigmoid' | 'tanh' | 'relu' | 'linear';

/** At most |φ″/φ′|: of s it is |1 - 2s|, of tanh 2 |tanh|. So within e of z, φ′ is below φ′(z) exp(that · e). */
const BEND = { sigmoid: 1, tanh: 2, relu: 0, linear: 0 } as const;

/** The largest of a curve's own errors that z and its neighbours within its error have. */
function own(curve: BoundedCurve, which: 'phi' | 'dphi', { value, error }: Bounded): number {
  return Math.max(...[value - error, value, value + error].map((z) => activationTolerance(curve, z)[which]));
}

/** φ(z): its own error, and that of z times the largest slope that it may meet; ReLU's and the identity's is 1 at most. */
export function curved(curve: BoundedCurve, z: Bounded): Bounded {
  const { phi, dphi } = CURVES[curve];
  const slope = BEND[curve] === 0 ? 1 : dphi(z.value) * Math.exp(BEND[curve] * z.error);
  return { value: phi(z.value), error: own(curve, 'phi', z) + slope * z.error };
}

/** φ′(z): its own error, and what z's changes in it. ReLU's z must be exact. */
export function sloped(curve: BoundedCurve, z: Bounded): Bounded {
  const value = CURVES[curve].dphi(z.value);
  return { value, error: own(curve, 'dphi', z) + value * Math.expm1(BEND[curve] * z.error) };
}

/** Tolerance of a result that the twin has rounded once. */
export function toleranceOf({ value, error }: Bounded): number {
  return error + U * (Math.abs(value) + error);
}
