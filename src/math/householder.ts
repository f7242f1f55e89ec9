/**
 * Householder reflections I − v vᵀ, ‖v‖² = 2, of row-major matrices in double precision.
 * ref: Golub, Van Loan 2013, "Matrix Computations", section 5.1
 */

/**
 * Turns `v` from index `start` on, in place, into the vector of the reflection that maps it to a multiple of the unit vector
 * `start`. A vector of zeros, or one whose squares underflow, becomes 0, which reflects nothing.
 *
 * @returns the multiple
 */
export function reflector(v: Float64Array, start: number): number {
  let squares = 0;
  for (let i = start; i < v.length; i++) squares += v[i] * v[i];
  const length = Math.sqrt(squares);
  const first = v[start];
  // To −sign(v₀) ‖v‖, away from cancellation.
  const image = first < 0 ? length : -length;
  v[start] = first - image;
  const scale = length === 0 ? 0 : 1 / Math.sqrt(length * (length + Math.abs(first)));
  for (let i = start; i < v.length; i++) v[i] *= scale;
  return image;
}

/** A ← (I − v vᵀ) A for rows `start` and below, columns `first` and beyond; v has an element for each row. */
export function reflectRows(a: Float64Array, columns: number, v: Float64Array, start: number, first: number): void {
  const products = new Float64Array(columns);
  // Row by row, both times: a column's elements lie far apart.
  for (let i = start; i < v.length; i++) {
    const [x, row] = [v[i], i * columns];
    for (let j = first; j < columns; j++) products[j] += x * a[row + j];
  }
  for (let i = start; i < v.length; i++) {
    const [x, row] = [v[i], i * columns];
    for (let j = first; j < columns; j++) a[row + j] -= x * products[j];
  }
}

/** A ← A (I − v vᵀ) for columns `start` and beyond, rows `first` and below; v has an element for each column. */
export function reflectColumns(a: Float64Array, rows: number, v: Float64Array, start: number, first: number): void {
  const columns = v.length;
  for (let i = first; i < rows; i++) {
    const row = i * columns;
    let product = 0;
    for (let j = start; j < columns; j++) product += a[row + j] * v[j];
    for (let j = start; j < columns; j++) a[row + j] -= product * v[j];
  }
}
