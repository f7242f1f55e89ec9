/** Matrix products in double precision, for the twins of shaders/linear. Sums run in the order of k, from the start value. */

/** A (rows, columns) view into float32 numbers: element (i, j) at `base + i rowStride + j columnStride`. */
export interface MatrixView {
  readonly values: Float32Array;
  readonly base: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

const WIDTH = 4;
let left = new Float64Array(0);
let right = new Float64Array(0);
let result = new Float64Array(0);

/**
 * start[n] + Σ_k a[m,k] b[k,n] for m < M and n < N, as an (M2, N4) row-major array that the next call overwrites. Operands are
 * widened and packed first: conversions and strides in the innermost loop would cost more than the arithmetic.
 */
export function multiply(
  a: MatrixView,
  b: MatrixView,
  [M, K, N]: readonly [number, number, number],
  start?: ArrayLike<number>,
): Float64Array {
  const M2 = 2 * Math.ceil(M / 2);
  const N4 = WIDTH * Math.ceil(N / WIDTH);
  if (left.length < M2 * K) left = new Float64Array(M2 * K);
  if (right.length < K * N4) right = new Float64Array(K * N4);
  if (result.length < M2 * N4) result = new Float64Array(M2 * N4);
  packRows(a, M, K, left);
  packPanels(b, K, N, right);
  multiplyPacked(
    left,
    right,
    result,
    [M2, K, N4],
    Array.from({ length: N4 }, (_, n) => (start && n < N ? start[n] : 0)),
  );
  return result;
}

/** c = start + a b in tiles of 2×4, which fit the processor's registers. Arrays as parameters, so that the loop does not look them up. */
function multiplyPacked(
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  [M2, K, N4]: readonly [number, number, number],
  start: readonly number[],
): void {
  for (let n = 0; n < N4; n += WIDTH) {
    for (let m = 0; m < M2; m += 2) {
      let c00 = start[n];
      let c01 = start[n + 1];
      let c02 = start[n + 2];
      let c03 = start[n + 3];
      let c10 = c00;
      let c11 = c01;
      let c12 = c02;
      let c13 = c03;
      let at = m * K;
      let panel = n * K;
      for (let k = 0; k < K; k++) {
        const a0 = a[at];
        const a1 = a[at + K];
        const b0 = b[panel];
        const b1 = b[panel + 1];
        const b2 = b[panel + 2];
        const b3 = b[panel + 3];
        c00 += a0 * b0;
        c01 += a0 * b1;
        c02 += a0 * b2;
        c03 += a0 * b3;
        c10 += a1 * b0;
        c11 += a1 * b1;
        c12 += a1 * b2;
        c13 += a1 * b3;
        at += 1;
        panel += WIDTH;
      }
      const to = m * N4 + n;
      c[to] = c00;
      c[to + 1] = c01;
      c[to + 2] = c02;
      c[to + 3] = c03;
      c[to + N4] = c10;
      c[to + N4 + 1] = c11;
      c[to + N4 + 2] = c12;
      c[to + N4 + 3] = c13;
    }
  }
}

/** Rows one after another; a row beyond M keeps what it held, and nothing reads its result. */
function packRows({ values, base, rowStride, columnStride }: MatrixView, M: number, K: number, out: Float64Array): void {
  for (let m = 0; m < M; m++) {
    const from = base + m * rowStride;
    for (let k = 0; k < K; k++) out[m * K + k] = values[from + k * columnStride];
  }
}

/** Panels of 4 columns, each (K, 4); likewise for columns beyond N. */
function packPanels({ values, base, rowStride, columnStride }: MatrixView, K: number, N: number, out: Float64Array): void {
  for (let n = 0; n < N; n++) {
    const from = base + n * columnStride;
    const to = (n - (n % WIDTH)) * K + (n % WIDTH);
    for (let k = 0; k < K; k++) out[to + k * WIDTH] = values[from + k * rowStride];
  }
}
