/** Scaling of raw inputs by statistics of the training split. */
import type { Normalisation } from '../model/schema.ts';

/** y = (x − centre) / scale for one column; scale 0 stands for y = 0. */
interface Scaling {
  readonly centre: number;
  readonly scale: number;
}

/**
 * Both splits scaled by the training split's statistics: computed in float64, rounded to float32 once, at the end.
 * A column that is constant over the training split becomes 0 in both splits, except with `none`.
 *
 * @param train (n, columns) row-major, n ≥ 1
 * @param test (m, columns) row-major; after `minmax` it may leave 0…1
 * @param columns features with statistics of their own; 1 for pictures, whose pixels share theirs
 */
export function normalise(
  rule: Normalisation,
  train: ArrayLike<number>,
  test: ArrayLike<number>,
  columns: number,
): { train: Float32Array; test: Float32Array } {
  if (rule === 'none') return { train: Float32Array.from(train), test: Float32Array.from(test) };
  const y = { train: new Float32Array(train.length), test: new Float32Array(test.length) };
  for (let c = 0; c < columns; c++) {
    const range = rangeOf(train, c, columns);
    // Rounding can put a constant column's mean beside the constant; only the range shows that it is constant.
    const scaling = rule === 'minmax' || range.scale === 0 ? range : momentsOf(train, c, columns);
    apply(scaling, train, c, columns, y.train);
    apply(scaling, test, c, columns, y.test);
  }
  return y;
}

/** Mean and population standard deviation of column `c`, in two passes. */
function momentsOf(x: ArrayLike<number>, c: number, columns: number): Scaling {
  const n = x.length / columns;
  let sum = 0;
  for (let i = c; i < x.length; i += columns) sum += x[i];
  const mean = sum / n;
  let squares = 0;
  for (let i = c; i < x.length; i += columns) squares += (x[i] - mean) ** 2;
  return { centre: mean, scale: Math.sqrt(squares / n) };
}

/** Minimum and range of column `c`. */
function rangeOf(x: ArrayLike<number>, c: number, columns: number): Scaling {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = c; i < x.length; i += columns) {
    if (x[i] < low) low = x[i];
    if (x[i] > high) high = x[i];
  }
  return { centre: low, scale: high - low };
}

/** Writes column `c` of `y`. */
function apply({ centre, scale }: Scaling, x: ArrayLike<number>, c: number, columns: number, y: Float32Array): void {
  for (let i = c; i < x.length; i += columns) y[i] = scale === 0 ? 0 : (x[i] - centre) / scale;
}
