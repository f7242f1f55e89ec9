/** The values of an axis: written out, spaced over a range, or drawn at random. */
import { PURPOSE, uniform } from '../math/philox.ts';
import type { Axis, Range, Sweep } from './axes.ts';
import { SEED } from './sweep-schema.ts';

/**
 * Values are rounded to this many significant digits: 0.1 and not 0.09999999999999999, and the same on every machine, as the
 * last bit of a power may differ between JavaScript engines.
 */
const DIGITS = 12;

const round = (x: number) => Number(x.toPrecision(DIGITS));

/** The values of every axis, and which of them meet at a point. */
export interface Values {
  /** Per axis: the values of a grid, or by draw those of a random sample. */
  readonly lists: readonly (readonly unknown[])[];
  /** How many points there are. */
  readonly size: number;
  /** Per axis, the index into its list at point `n`. */
  indicesOf(n: number): number[];
}

export function chooseValues({ axes, sampling }: Pick<Sweep, 'axes' | 'sampling'>): Values {
  if (sampling?.kind !== 'random') {
    const lists = axes.map(gridValues);
    const size = lists.reduce((product, { length }) => product * length, 1);
    return { lists, size, indicesOf: (n) => digits(n, lists) };
  }
  const seeds = axes.findIndex(({ path }) => path === SEED);
  const lists = axes.map((axis, k) => (k === seeds ? gridValues(axis) : drawnValues(axis, k, sampling)));
  const repetitions = seeds < 0 ? 1 : lists[seeds].length;
  return {
    lists,
    size: sampling.count * repetitions,
    indicesOf: (n) => axes.map((_, k) => (k === seeds ? n % repetitions : Math.floor(n / repetitions))),
  };
}

/** `n` in the mixed radix of the lists' lengths, the last digit the lowest. */
function digits(n: number, lists: readonly { readonly length: number }[]): number[] {
  const indices = new Array<number>(lists.length);
  let rest = n;
  for (let k = lists.length - 1; k >= 0; k--) {
    indices[k] = rest % lists[k].length;
    rest = Math.floor(rest / lists[k].length);
  }
  return indices;
}

/** Drawn values once each: numbers ascending, others in the order of the axis's list. */
export function inOrder({ values }: Axis, drawn: readonly unknown[]): readonly unknown[] {
  const distinct = [...new Set(drawn)];
  if (distinct.every((value) => typeof value === 'number')) return distinct.sort((a, b) => a - b);
  return distinct.sort((a, b) => (values ?? []).indexOf(a) - (values ?? []).indexOf(b));
}

/** The values that an axis has in a grid, in the order given; those of a range ascend, and its ends are exact. */
function gridValues(axis: Axis): readonly unknown[] {
  return axis.range ? spaced(axis.range) : axis.values;
}

/** Ascending values over a range; integer scales round, and leave out what rounds to the same. */
function spaced({ from, to, count = 1, scale }: Range): number[] {
  const isLog = scale === 'log' || scale === 'integer_log';
  const isInteger = scale === 'integer' || scale === 'integer_log';
  const values = Array.from({ length: count }, (_, k) => {
    if (k === 0) return from;
    if (k === count - 1) return to;
    const share = k / (count - 1);
    const x = isLog ? from * (to / from) ** share : from + (to - from) * share;
    return isInteger ? Math.round(x) : round(x);
  });
  return [...new Set(values)];
}

/**
 * The values of an axis at the points of a random sample, by point: of a list each with the same probability, of a range
 * uniformly on its scale. Integer scales draw every integer from `from` to `to`: with equal probability, or, for integer_log, n in
 * proportion to log(n + 1) − log n.
 *
 * @param k position of the axis in the sweep: axes draw from streams of their own
 */
function drawnValues(
  axis: Axis,
  k: number,
  { count, seed }: { readonly count: number; readonly seed: number },
): readonly unknown[] {
  const { values, range } = axis;
  const draw = range ? (u: number) => within(range, u) : (u: number) => values[Math.floor(u * values.length)];
  return Array.from({ length: count }, (_, point) => draw(uniform(seed, PURPOSE.sample, k, point)));
}

/** @param u uniform in [0, 1) */
function within({ from, to, scale }: Range, u: number): number {
  switch (scale) {
    case 'linear':
      return round(from + (to - from) * u);
    case 'log':
      return round(from * (to / from) ** u);
    case 'integer':
      return from + Math.floor((to - from + 1) * u);
    case 'integer_log':
      // The smallest power may come out a hair below `from`, the largest as `to` + 1.
      return Math.min(to, Math.max(from, Math.floor(from * ((to + 1) / from) ** u)));
    default:
      return scale satisfies never;
  }
}
