/** Summaries of repeated timings. A quiet machine shows in the minimum, a busy one in the spread. */

export interface Timing {
  readonly median: number;
  readonly min: number;
  /** Distance between the quartiles, divided by the median. */
  readonly spread: number;
  readonly samples: number;
}

/** The q-quantile, 0…1, interpolated between the sorted values at either side. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

/** @throws RangeError when there is nothing to summarise */
export function timingOf(values: readonly number[]): Timing {
  if (values.length === 0) throw new RangeError('no timings');
  const median = quantile(values, 0.5);
  return {
    median,
    min: Math.min(...values),
    spread: (quantile(values, 0.75) - quantile(values, 0.25)) / median,
    samples: values.length,
  };
}

/** y = intercept + slope x. */
export interface Line {
  readonly slope: number;
  readonly intercept: number;
  /** Share of the variance of y that the line explains, R². */
  readonly r2: number;
}

/** Least squares. */
export function lineThrough(xs: readonly number[], ys: readonly number[]): Line {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const product = (a: readonly number[], ma: number, b: readonly number[], mb: number) =>
    a.reduce((sum, value, k) => sum + (value - ma) * (b[k] - mb), 0);
  const [xx, xy, yy] = [product(xs, mx, xs, mx), product(xs, mx, ys, my), product(ys, my, ys, my)];
  return { slope: xy / xx, intercept: my - (mx * xy) / xx, r2: xy ** 2 / (xx * yy) };
}
