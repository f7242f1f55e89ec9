/** Which points of a sweep are left out: bounds on products of powers of numeric fields. */

/** atLeast ≤ Π field^power ≤ atMost. */
export interface Constraint {
  /** Powers by dotted path of a numeric field: of an axis, or of what all runs share. */
  readonly of: Readonly<Record<string, number>>;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** 3 · 0.1 is 0.30000000000000004 and meets a bound of 0.3: products are compared with this relative tolerance. */
const TOLERANCE = 1e-9;

/**
 * Whether a point keeps a constraint.
 *
 * @param at the number at a path
 */
export function keeps({ of, atMost = Infinity, atLeast = -Infinity }: Constraint, at: (path: string) => number): boolean {
  const product = Object.entries(of).reduce((value, [path, power]) => value * at(path) ** power, 1);
  const slack = TOLERANCE * Math.abs(product);
  return product <= atMost + slack && product >= atLeast - slack;
}
