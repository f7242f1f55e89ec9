/** What is done to a real matrix before its eigenvalues are sought: none of it changes them. Row-major, double precision. */
import { reflectColumns, reflector, reflectRows } from './householder.ts';

/** A matrix whose largest element lies in [1, 2), times 2^exponent. */
export interface Scaled {
  readonly values: Float64Array;
  readonly exponent: number;
}

/** x 2^exponent, also where 2^exponent itself is no double. */
export function timesPowerOfTwo(x: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return x * 2 ** half * 2 ** (exponent - half);
}

/** Of the largest element; 0 for a matrix of zeros. */
function exponentOf(matrix: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < matrix.length; i++) largest = Math.max(largest, Math.abs(matrix[i]));
  return largest === 0 ? 0 : Math.floor(Math.log2(largest));
}

/** A finite matrix divided by a power of two, so that squares of what matters in it neither overflow nor vanish. */
export function scaledToOne(matrix: ArrayLike<number>): Scaled {
  const exponent = exponentOf(matrix);
  return { values: Float64Array.from(matrix, (x) => timesPowerOfTwo(x, -exponent)), exponent };
}

/**
 * Rows or columns that have nothing beside the diagonal hold their eigenvalue there. They are taken out, again and again, so that a
 * triangular matrix, in whatever order, loses no digit: rounding would scatter the eigenvalue of an n × n Jordan block by ε^(1/n).
 * ref: Parlett, Reinsch 1969, "Balancing a matrix for calculation of eigenvalues and eigenvectors", section 3
 *
 * @returns the eigenvalues found, and the indices of the rows and columns that are left
 */
export function isolate(matrix: ArrayLike<number>, n: number): { readonly found: number[]; readonly rest: number[] } {
  const found: number[] = [];
  let rest = Array.from({ length: n }, (_, i) => i);
  for (;;) {
    const alone = rest.find(
      (i) => rest.every((j) => j === i || matrix[i * n + j] === 0) || rest.every((j) => j === i || matrix[j * n + i] === 0),
    );
    if (alone === undefined) return { found, rest };
    found.push(matrix[alone * n + alone]);
    rest = rest.filter((i) => i !== alone);
  }
}

/** Above this, sums over a row could overflow. */
const LARGE = 1000;
/** A change of scale that saves less than a twentieth is not made. */
const WORTH = 0.95;

/**
 * D⁻¹ A D with powers of two in D that bring the sums of each row and its column together, which takes away the rounding errors of
 * badly scaled matrices. In place; no row and no column may be 0 beside the diagonal.
 * ref: Parlett, Reinsch 1969, algorithm BALANCE
 */
export function balance(a: Float64Array, n: number): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < n; i++) {
      let [column, row] = [0, 0];
      for (let j = 0; j < n; j++) {
        if (j === i) continue;
        column += Math.abs(a[j * n + i]);
        row += Math.abs(a[i * n + j]);
      }
      // Denormal elements can round to 0 when they are scaled.
      if (column === 0 || row === 0) continue;
      // 4^exponent brings column 4^e and row to within a factor of 2 of each other.
      const exponent = Math.round(Math.min(Math.max((Math.log2(row) - Math.log2(column)) / 2, -LARGE), LARGE));
      const factor = 2 ** exponent;
      if (exponent === 0 || column * factor + row / factor >= WORTH * (column + row)) continue;
      changed = true;
      for (let j = 0; j < n; j++) {
        if (j === i) continue;
        a[j * n + i] *= factor;
        a[i * n + j] /= factor;
      }
    }
  }
}

/** A balanced, scaled copy of the rows and columns `rest` of a finite matrix. */
export function balanced(matrix: ArrayLike<number>, n: number, rest: readonly number[]): Scaled {
  const m = rest.length;
  const part = Float64Array.from({ length: m * m }, (_, k) => matrix[rest[Math.floor(k / m)] * n + rest[k % m]]);
  // As little as possible before balancing: what is tiny may count after it.
  const before = Math.max(0, exponentOf(part) - LARGE);
  const values = part.map((x) => x * 2 ** -before);
  balance(values, m);
  const { values: scaled, exponent } = scaledToOne(values);
  return { values: scaled, exponent: exponent + before };
}

/**
 * Qᵀ A Q that is 0 below the diagonal's neighbour, in place, in 10/3 n³ operations.
 * ref: Golub, Van Loan 2013, algorithm 7.4.2
 */
export function reduceToHessenberg(a: Float64Array, n: number): void {
  const v = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    for (let i = k + 1; i < n; i++) v[i] = a[i * n + k];
    const image = reflector(v, k + 1);
    reflectRows(a, n, v, k + 1, k + 1);
    reflectColumns(a, n, v, k + 1, 0);
    a[(k + 1) * n + k] = image;
    for (let i = k + 2; i < n; i++) a[i * n + k] = 0;
  }
}
