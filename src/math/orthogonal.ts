/**
 * Random matrices with orthonormal columns, uniform over all of them (Haar): what the QR decomposition of a matrix of normal numbers
 * gives if R's diagonal is positive. Not the matrix is reduced but its reflections drawn: the part of a column that a Householder
 * step sees is again normal, so that half of the work of QR falls away.
 * ref: Stewart 1980, "The efficient generation of random orthogonal matrices", section 3; Mezzadri 2007 (the signs).
 */

/** Columns that a reflection is applied to in one pass over its vector. */
const COLUMNS = 4;

/**
 * `n` orthonormal columns of `m` numbers, m ≥ n, one after another. About (4 n² (m − n/3)) floating-point operations in double
 * precision, and 8 m n bytes besides the result.
 *
 * @param normal m n numbers from N(0, 1)
 */
export function orthonormalColumns(normal: ArrayLike<number>, m: number, n: number): Float64Array {
  if (m < n) throw new RangeError(`${n} columns of ${m} numbers cannot be orthonormal`);
  const { vectors, signs } = reflections(normal, m, n);
  const q = new Float64Array(m * n);
  for (let c = 0; c < n; c += COLUMNS) {
    const block = Array.from({ length: COLUMNS }, (_, k) => {
      const column = c + k < n ? q.subarray((c + k) * m, (c + k + 1) * m) : new Float64Array(m);
      if (c + k < n) column[c + k] = signs[c + k];
      return column;
    });
    // Later reflections leave these unit vectors as they are.
    for (let k = Math.min(c + COLUMNS, n) - 1; k >= 0; k--) reflect(vectors, k * m, k, m, block);
  }
  return q;
}

/** Vectors v of the reflections I − v vᵀ, row k from element k on; and the signs of R's diagonal. */
function reflections(normal: ArrayLike<number>, m: number, n: number): { vectors: Float64Array; signs: Float64Array } {
  const vectors = new Float64Array(m * n);
  const signs = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const row = k * m;
    let squares = 0;
    for (let i = k; i < m; i++) {
      const x = normal[row + i];
      vectors[row + i] = x;
      squares += x * x;
    }
    const first = vectors[row + k];
    // x is mapped to −sign(x₀) ‖x‖ e₀, away from cancellation.
    const length = Math.sqrt(squares);
    signs[k] = first < 0 ? 1 : -1;
    vectors[row + k] = first - signs[k] * length;
    // ‖v‖² = 2 ‖x‖ (‖x‖ + |x₀|), scaled to 2; a vector of zeros is no direction and reflects nothing.
    const scale = length === 0 ? 0 : 1 / Math.sqrt(length * (length + Math.abs(first)));
    for (let i = k; i < m; i++) vectors[row + i] *= scale;
  }
  return { vectors, signs };
}

/** Applies I − v vᵀ to four columns, v being zero before element `start`. */
function reflect(v: Float64Array, row: number, start: number, m: number, [a, b, c, d]: readonly Float64Array[]): void {
  let [p, q, r, s] = [0, 0, 0, 0];
  for (let i = start; i < m; i++) {
    const x = v[row + i];
    p += x * a[i];
    q += x * b[i];
    r += x * c[i];
    s += x * d[i];
  }
  for (let i = start; i < m; i++) {
    const x = v[row + i];
    a[i] -= x * p;
    b[i] -= x * q;
    c[i] -= x * r;
    d[i] -= x * s;
  }
}
