/**
 * How far a real matrix stretches: its eigenvalues, the largest modulus of them, and its largest singular value. Matrices are
 * row-major and computed with in double precision.
 */
import { balanced, isolate, reduceToHessenberg, scaledToOne, timesPowerOfTwo } from './hessenberg.ts';
import { reflectColumns, reflector, reflectRows } from './householder.ts';

/** QR steps for each of at least ten eigenvalues, that all may take together; two or three each are usual. ref: LAPACK, dlahqr */
const STEPS = 30;
/** After so many the shifts are others, which breaks cycles such as that of a cyclic permutation. */
const UNUSUAL = 10;
/** N = 2^20: six digits where eigenvectors are well conditioned, and more squarings would only amplify rounding where they are not. */
const SQUARINGS = 20;

/** Real and imaginary parts, in no order; those of a complex pair are next to each other. */
export interface Eigenvalues {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

function assertSize(matrix: ArrayLike<number>, rows: number, columns: number): void {
  if (matrix.length === rows * columns) return;
  throw new RangeError(`a ${rows} × ${columns} matrix has ${rows * columns} elements, not ${matrix.length}`);
}

function allFinite(matrix: ArrayLike<number>): boolean {
  for (let i = 0; i < matrix.length; i++) if (!Number.isFinite(matrix[i])) return false;
  return true;
}

/** Eigenvalues that stand alone, and what is left, balanced; undefined if an element is not finite. */
function prepare(matrix: ArrayLike<number>, n: number) {
  assertSize(matrix, n, n);
  if (!allFinite(matrix)) return undefined;
  const { found, rest } = isolate(matrix, n);
  return { found, rest, core: balanced(matrix, n, rest) };
}

/**
 * All eigenvalues, by the QR algorithm with Francis's double shift on the balanced Hessenberg form: about 10 n³ operations.
 * ref: Francis 1962, "The QR transformation, part 2"; Martin, Peters, Wilkinson 1970, "The QR algorithm for real Hessenberg matrices"
 *
 * @param matrix (n, n)
 * @param steps QR steps times max(n, 10) that all eigenvalues may take together
 * @returns undefined if an element is not finite or they take more steps
 * @throws RangeError if the matrix does not have n² elements
 */
export function eigenvalues(matrix: ArrayLike<number>, n: number, steps = STEPS): Eigenvalues | undefined {
  const split = prepare(matrix, n);
  if (split === undefined) return undefined;
  const { found, rest, core } = split;
  const [h, m] = [core.values, rest.length];
  reduceToHessenberg(h, m);
  const [real, imaginary] = [new Float64Array(n), new Float64Array(n)];
  real.set(found, m);
  let left = steps * Math.max(m, 10);
  for (let [high, step] = [m - 1, 0]; high >= 0; ) {
    const low = activeFrom(h, m, high);
    if (high - low > 1) {
      if (left-- === 0) return undefined;
      const block = { h, n: m, low, high };
      francisStep(block, shiftsOf(block, step));
      step++;
      continue;
    }
    const values = low === high ? [[h[high * m + high], 0]] : pairOf(h, m, low);
    values.forEach(([re, im], k) => {
      real[low + k] = timesPowerOfTwo(re, core.exponent);
      imaginary[low + k] = timesPowerOfTwo(im, core.exponent);
    });
    [high, step] = [low - 1, 0];
  }
  return { real, imaginary };
}

/** Rows and columns low … high of a Hessenberg matrix of n. */
interface Block {
  readonly h: Float64Array;
  readonly n: number;
  readonly low: number;
  readonly high: number;
}

/** The first row of the block that ends at row `high` and has no negligible element below its diagonal. */
function activeFrom(h: Float64Array, n: number, high: number): number {
  for (let l = high; l > 0; l--) {
    // The matrix is scaled to 1, which stands for its norm where the diagonal is 0.
    const around = Math.abs(h[(l - 1) * n + l - 1]) + Math.abs(h[l * n + l]) || 1;
    if (Math.abs(h[l * n + l - 1]) <= Number.EPSILON * around) return l;
  }
  return 0;
}

/** Both shifts of a step as x, y, w: they are the eigenvalues of a 2 × 2 matrix with diagonal x, y and product w beside it. */
type Shifts = readonly [number, number, number];

/** The lower right corner, or, every tenth step, what only its size is taken from. ref: LAPACK, dlahqr */
function shiftsOf({ h, n, low, high }: Block, step: number): Shifts {
  const at = (i: number, j: number) => h[i * n + j];
  if (step % UNUSUAL !== UNUSUAL - 1) return [at(high, high), at(high - 1, high - 1), at(high, high - 1) * at(high - 1, high)];
  // From the lower and the upper end in turns.
  const isLower = step % (2 * UNUSUAL) === UNUSUAL - 1;
  const i = isLower ? high : low + 2;
  const size = Math.abs(at(i, i - 1)) + Math.abs(at(i - 1, i - 2));
  const x = 0.75 * size + (isLower ? at(high, high) : at(low, low));
  return [x, x, -0.4375 * size * size];
}

/** Eigenvalues of the 2 × 2 block at row k: each a pair of real and imaginary part. */
function pairOf(h: Float64Array, n: number, k: number): [number, number][] {
  const [a, b, c, d] = [h[k * n + k], h[k * n + k + 1], h[(k + 1) * n + k], h[(k + 1) * n + k + 1]];
  const half = (a - d) / 2;
  const square = half * half + b * c;
  const root = Math.sqrt(Math.abs(square));
  if (square < 0) {
    return [
      [d + half, root],
      [d + half, -root],
    ];
  }
  // The one further from d first: no digits cancel, and their distances from d have the product −b c.
  const far = half + (half < 0 ? -root : root);
  return [
    [d + far, 0],
    [far === 0 ? d : d - (b * c) / far, 0],
  ];
}

/** One double step: Qᵀ H Q with both shifts, the bulge that it makes below the diagonal chased down to the end. */
function francisStep(block: Block, shifts: Shifts): void {
  const { h, n, low, high } = block;
  const { start, column } = startOf(block, shifts);
  for (let k = start; k < high; k++) {
    const [size, row] = [Math.min(3, high - k + 1), k * n];
    if (k > start) for (let i = 0; i < 3; i++) column[i] = i < size ? h[row + i * n + k - 1] : 0;
    const sum = Math.abs(column[0]) + Math.abs(column[1]) + Math.abs(column[2]);
    if (sum === 0) continue;
    const [p, q, r] = [column[0] / sum, column[1] / sum, column[2] / sum];
    const length = p < 0 ? -Math.sqrt(p * p + q * q + r * r) : Math.sqrt(p * p + q * q + r * r);
    if (k > start) {
      h[row + k - 1] = -length * sum;
      for (let i = 1; i < size; i++) h[row + i * n + k - 1] = 0;
    } else if (k > low) h[row + k - 1] = -h[row + k - 1];
    const reflection = { b: q / (p + length), c: r / (p + length), x: (p + length) / length, y: q / length, z: r / length };
    if (size === 3) reflectThree(block, k, reflection);
    else reflectTwo(block, k, reflection);
  }
}

/**
 * Row at which a step can start, because the elements in front of it are small enough together, and the first column there of
 * (H − s₁)(H − s₂), up to a factor.
 */
function startOf({ h, n, low, high }: Block, [x, y, w]: Shifts): { readonly start: number; readonly column: Float64Array } {
  const column = new Float64Array(3);
  for (let m = high - 2; ; m--) {
    const [z, next] = [h[m * n + m], h[(m + 1) * n + m + 1]];
    const [fromX, fromY] = [x - z, y - z];
    column[0] = (fromX * fromY - w) / h[(m + 1) * n + m] + h[m * n + m + 1];
    column[1] = next - z - fromX - fromY;
    column[2] = h[(m + 2) * n + m + 1];
    if (m === low) return { start: m, column };
    const lost = Math.abs(h[m * n + m - 1]) * (Math.abs(column[1]) + Math.abs(column[2]));
    const kept = Math.abs(column[0]) * (Math.abs(h[(m - 1) * n + m - 1]) + Math.abs(z) + Math.abs(next));
    if (lost <= Number.EPSILON * kept) return { start: m, column };
  }
}

/** I − (1, b, c)ᵀ (x, y, z). */
interface Reflection {
  readonly b: number;
  readonly c: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Rows and columns k, k + 1 and k + 2. */
function reflectThree({ h, n, low, high }: Block, k: number, { b, c, x, y, z }: Reflection): void {
  const row = k * n;
  for (let j = k; j <= high; j++) {
    const product = h[row + j] + b * h[row + n + j] + c * h[row + 2 * n + j];
    h[row + j] -= product * x;
    h[row + n + j] -= product * y;
    h[row + 2 * n + j] -= product * z;
  }
  const last = Math.min(high, k + 3) * n + k;
  for (let at = low * n + k; at <= last; at += n) {
    const product = x * h[at] + y * h[at + 1] + z * h[at + 2];
    h[at] -= product;
    h[at + 1] -= product * b;
    h[at + 2] -= product * c;
  }
}

/** The last two rows and columns, k and k + 1. */
function reflectTwo({ h, n, low, high }: Block, k: number, { b, x, y }: Reflection): void {
  const row = k * n;
  for (let j = k; j <= high; j++) {
    const product = h[row + j] + b * h[row + n + j];
    h[row + j] -= product * x;
    h[row + n + j] -= product * y;
  }
  for (let at = low * n + k; at <= high * n + k; at += n) {
    const product = x * h[at] + y * h[at + 1];
    h[at] -= product;
    h[at + 1] -= product * b;
  }
}

/**
 * ρ(A), the largest modulus of an eigenvalue: by `eigenvalues`, and should these take too many steps, by `gelfandRadius`.
 *
 * @param matrix (n, n)
 * @param steps as of `eigenvalues`, after which Gelfand's formula is used
 * @returns NaN if an element is not finite; 0 for n = 0
 * @throws RangeError if the matrix does not have n² elements
 */
export function spectralRadius(matrix: ArrayLike<number>, n: number, steps = STEPS): number {
  const all = eigenvalues(matrix, n, steps);
  if (all === undefined) return gelfandRadius(matrix, n);
  return all.real.reduce((largest, re, i) => Math.max(largest, Math.hypot(re, all.imaginary[i])), 0);
}

/**
 * ‖A^N‖^(1/N), N = 2^squarings, in the Frobenius norm: at least ρ(A) and at most ρ(A) (√n κ)^(1/N) up to rounding, with the condition
 * κ of the eigenvectors. An eigenvalue in a Jordan block of size m adds a factor N^((m−1)/N), and rounding, which each squaring
 * amplifies there, a relative error of the order of (ε N)^(1/m). 2 n³ operations a squaring.
 * ref: Gelfand 1941, "Normierte Ringe", Satz 8′
 *
 * @param matrix (n, n)
 * @returns NaN if an element is not finite
 * @throws RangeError if the matrix does not have n² elements
 */
export function gelfandRadius(matrix: ArrayLike<number>, n: number, squarings = SQUARINGS): number {
  const split = prepare(matrix, n);
  if (split === undefined) return Number.NaN;
  const { found, rest, core } = split;
  const m = rest.length;
  let power = core.values;
  // log2 of what A^(2^k) is more than `power`, over 2^k.
  let log2Scale = core.exponent;
  let norm = frobenius(power);
  for (let k = 1; k <= squarings && norm > 0; k++) {
    power = squared(power, m, 1 / norm);
    log2Scale += Math.log2(norm) / 2 ** (k - 1);
    norm = frobenius(power);
  }
  const radius = norm === 0 ? 0 : 2 ** (log2Scale + Math.log2(norm) / 2 ** squarings);
  return found.reduce((largest, value) => Math.max(largest, Math.abs(value)), radius);
}

function frobenius(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
}

/** (s A)². */
function squared(a: Float64Array, n: number, s: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const x = s * s * a[i * n + k];
      for (let j = 0; j < n; j++) out[i * n + j] += x * a[k * n + j];
    }
  }
  return out;
}

/**
 * σ_max(A) = ‖A‖₂, by bidiagonalisation and bisection: 4 r c² − 4/3 c³ operations for c ≤ r rows and columns, and the number of
 * digits does not depend on the gap to the second one, as it would with a power iteration.
 * ref: Golub, Kahan 1965, "Calculating the singular values and pseudo-inverse of a matrix", sections 2 and 3
 *
 * @param matrix (rows, columns)
 * @returns NaN if an element is not finite; Infinity where it exceeds the largest double; 0 for a matrix without elements
 * @throws RangeError if the matrix does not have rows × columns elements
 */
export function largestSingularValue(matrix: ArrayLike<number>, rows: number, columns: number): number {
  assertSize(matrix, rows, columns);
  if (!allFinite(matrix)) return Number.NaN;
  const scaled = scaledToOne(matrix);
  const tall = rows >= columns;
  const [r, c] = tall ? [rows, columns] : [columns, rows];
  const a = tall ? scaled.values : Float64Array.from(scaled.values, (_, k) => scaled.values[(k % c) * r + Math.floor(k / c)]);
  // Diagonal and its neighbour in turns.
  const band = new Float64Array(Math.max(0, 2 * c - 1));
  const [down, across] = [new Float64Array(r), new Float64Array(c)];
  for (let k = 0; k < c; k++) {
    for (let i = k; i < r; i++) down[i] = a[i * c + k];
    band[2 * k] = reflector(down, k);
    reflectRows(a, c, down, k, k + 1);
    if (k === c - 1) break;
    for (let j = k + 1; j < c; j++) across[j] = a[k * c + j];
    band[2 * k + 1] = reflector(across, k + 1);
    reflectColumns(a, r, across, k + 1, k + 1);
  }
  return timesPowerOfTwo(largestOfBand(band), scaled.exponent);
}

/**
 * The largest eigenvalue of the symmetric tridiagonal matrix with this beside its zero diagonal: the largest singular value of the
 * bidiagonal matrix with these elements, to the last digits.
 */
function largestOfBand(band: Float64Array): number {
  // No element exceeds it, and it does not exceed a row's sum.
  let low = band.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
  let high = 2 * low;
  while (high - low > 2 * Number.EPSILON * high) {
    const middle = (low + high) / 2;
    // Sturm: T − x is negative definite if all pivots are negative.
    let pivot = -middle;
    for (let i = 0; i < band.length && pivot < 0; i++) pivot = -middle - (band[i] * band[i]) / pivot;
    if (pivot < 0) high = middle;
    else low = middle;
  }
  return high;
}
