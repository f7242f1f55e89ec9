/** Decimation that keeps extremes: what a plot of many thousand iterations may leave out, and what it may not. */

/** A series by index; values beyond its length are absent, NaN and ±Infinity are findings. */
export type Column = ArrayLike<number>;

/** First index of ascending `xs` whose value is at least `x`; `xs.length` where none is. */
export function lowerBound(xs: Column, x: number): number {
  return firstIndex(xs.length, (i) => xs[i] >= x);
}

/** First index below `length` for which `reached` holds, given that it holds for all after it; `length` where for none. */
export function firstIndex(length: number, reached: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (reached(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Indices at which ascending `xs` crosses each ascending value: bucket p is `[result[p], result[p + 1])`. */
export function bucketEdges(xs: Column, values: readonly number[]): number[] {
  return values.map((x) => lowerBound(xs, x));
}

/**
 * Ascending indices to draw, common to all columns: per bucket and column the minimum, the maximum and the last finite value
 * and the start of the first run of non-finite values. Between two finite values that are not neighbours in the data stands
 * at least one of the non-finite values that part them, so a line drawn through the result never bridges a NaN.
 *
 * @param edges ascending bucket borders, see `bucketEdges`
 */
export function decimate(columns: readonly Column[], edges: readonly number[]): number[] {
  const kept: number[] = [];
  const most = 4 * columns.length;
  for (let p = 0; p + 1 < edges.length; p++) {
    const from = edges[p];
    const to = edges[p + 1];
    if (to - from <= most) {
      for (let i = from; i < to; i++) kept.push(i);
      continue;
    }
    const chosen = new Set<number>();
    for (const column of columns) for (const i of landmarks(column, from, to)) chosen.add(i);
    kept.push(...[...chosen].sort((a, b) => a - b));
  }
  return part(columns, kept);
}

/** Indices in `[from, to)` of one column's minimum, maximum, last finite value and first start of a non-finite run. */
function landmarks(column: Column, from: number, to: number): number[] {
  let least = -1;
  let greatest = -1;
  let last = -1;
  let broken = -1;
  const end = Math.min(to, column.length);
  for (let i = from; i < end; i++) {
    const value = column[i];
    if (Number.isFinite(value)) {
      if (least < 0 || value < column[least]) least = i;
      if (greatest < 0 || value > column[greatest]) greatest = i;
      last = i;
    } else if (broken < 0 && startsRun(column, i)) {
      broken = i;
    }
  }
  return [least, greatest, last, broken].filter((i) => i >= 0);
}

/** Whether a run of non-finite values begins at `i`. */
export function startsRun(column: Column, i: number): boolean {
  return i < column.length && !Number.isFinite(column[i]) && (i === 0 || Number.isFinite(column[i - 1]));
}

/** Adds to ascending indices what keeps any two finite values apart that have a non-finite one between them. */
function part(columns: readonly Column[], kept: readonly number[]): number[] {
  let indices = [...kept];
  for (;;) {
    const missing = new Set<number>();
    for (const column of columns) {
      for (let k = 1; k < indices.length; k++) {
        const left = indices[k - 1];
        const right = indices[k];
        if (right - left < 2 || !Number.isFinite(column[left]) || !Number.isFinite(column[right])) continue;
        for (let i = left + 1; i < right; i++) {
          if (Number.isFinite(column[i])) continue;
          missing.add(i);
          break;
        }
      }
    }
    if (missing.size === 0) return indices;
    indices = [...new Set([...indices, ...missing])].sort((a, b) => a - b);
  }
}
