/** From selected runs to a finer sweep: narrower axes with more values between the outermost that are selected. */
import { axisName, scaleOf, valueWord } from './axis-values.ts';
import { axesOf, type Json, type Scale, samplingOf, withAxis } from './document.ts';
import type { RunTable } from './map-data.ts';
import type { Selected } from './selection.ts';
import { FIELD_DOCS } from './suggest.ts';

/** Steps in the place of one. */
export const FACTORS = [2, 4, 8] as const;
export type Factor = (typeof FACTORS)[number];

/** What becomes of one axis. */
export interface RefinedAxis {
  readonly path: string;
  readonly name: string;
  readonly before: string;
  readonly after: string;
  /** Values there will be; of a random sample undefined, as its axes are not crossed. */
  readonly count: number | undefined;
  readonly changed: boolean;
}

export interface Proposal {
  readonly document: Json;
  readonly axes: readonly RefinedAxis[];
  /** At most so many: constraints may exclude some. */
  readonly runs: number;
}

/** Undefined where the selection is empty, or leaves every axis as it is. */
export function proposeFiner(document: Json, table: RunTable, selected: Selected, factor: Factor): Proposal | undefined {
  if (selected.count === 0) return undefined;
  const sample = samplingOf(document);
  let next = document;
  const drafts = axesOf(document);
  const axes = table.axes.map(({ path, values, isLog }, axis): RefinedAxis => {
    const kept = selectedValues(table, axis, selected.mask);
    const all = new Set(table.points.map((point) => point.values[axis])).size;
    const draft = drafts[axis];
    const name = axisName(
      path,
      table.axes.map((other) => other.path),
    );
    const same = {
      path,
      name,
      before: extent(values),
      after: extent(values),
      count: sample ? undefined : values.length,
      changed: false,
    };
    // An axis of which every value is selected stays: the rectangle does not cut it.
    if (kept.length === all || !draft) return same;
    const scale = scaleOf({ path, values, isLog });
    const numbers = kept.filter((value) => typeof value === 'number');
    const isNumeric = scale.kind !== 'words' && numbers.length === kept.length && path !== 'seed';
    const range = isNumeric
      ? finerRange(path, scale.kind === 'log', values as number[], numbers, sample ? 0 : factor)
      : undefined;
    next = withAxis(next, axis, range ? { path, values: [], range } : { path, values: kept, range: undefined });
    const count = range ? valuesOf(range) : kept.length;
    return {
      ...same,
      after: range ? `${valueWord(range.from)} … ${valueWord(range.to)}` : extent(kept),
      count: sample ? undefined : count,
      changed: true,
    };
  });
  if (!axes.some(({ changed }) => changed)) return undefined;
  const seeds = axes.find(({ path }) => path === 'seed');
  const product = axes.reduce((runs, { count = 1 }) => runs * count, 1);
  const drawn = Number(sample?.count) * (seeds ? table.axes[axes.indexOf(seeds)].values.length : 1);
  const title = typeof document.title === 'string' ? document.title.replace(/, finer$/, '') : 'Sweep';
  return { document: { ...next, title: `${title}, finer` }, axes, runs: sample ? drawn : product };
}

/** The distinct values of selected runs on one axis, in the order in which the sweep first has them. */
function selectedValues({ points }: RunTable, axis: number, mask: Uint8Array): unknown[] {
  const found = new Set<unknown>();
  for (let p = 0; p < mask.length; p++) if (mask[p] === 1) found.add(points[p].values[axis]);
  return [...found];
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly scale: Scale;
}

/**
 * The range around the selected numbers, undefined where there is nothing between them. One value alone reaches half way to its
 * neighbours; several keep their own places, so that the finer sweep holds them again.
 *
 * @param factor steps in the place of one; 0 for a random sample, of which only the ends count
 */
function finerRange(
  path: string,
  isLog: boolean,
  values: readonly number[],
  kept: readonly number[],
  factor: number,
): Range | undefined {
  const whole = FIELD_DOCS.get(path)?.valid.includes('whole number') ?? false;
  const sorted = [...values].sort((a, b) => a - b);
  let [from, to] = [Math.min(...kept), Math.max(...kept)];
  let steps = sorted.filter((x) => x > from && x <= to).length * factor;
  if (from === to) {
    const at = sorted.indexOf(from);
    const middle = (a: number, b: number) => (isLog ? Math.sqrt(a * b) : (a + b) / 2);
    [from, to] = [middle(sorted[at - 1] ?? from, from), middle(to, sorted[at + 1] ?? to)];
    steps = factor;
  }
  if (whole) {
    [from, to] = [Math.ceil(from - 1e-9), Math.floor(to + 1e-9)];
    steps = Math.min(steps, to - from);
  } else [from, to] = [Number(from.toPrecision(12)), Number(to.toPrecision(12))];
  if (from >= to) return undefined;
  const scale: Scale = whole ? (isLog ? 'integer_log' : 'integer') : isLog ? 'log' : 'linear';
  return { from, to, count: Math.max(2, steps + 1), scale };
}

/** Values of a range; those of `integer_log` that round to the same number are one. */
function valuesOf({ from, to, count, scale }: Range): number {
  if (scale !== 'integer_log') return count;
  return new Set(Array.from({ length: count }, (_, k) => Math.round(from * (to / from) ** (k / (count - 1))))).size;
}

function extent(values: readonly unknown[]): string {
  if (values.length <= 4) return values.map(valueWord).join(', ');
  return `${valueWord(values[0])} … ${valueWord(values[values.length - 1])}`;
}
