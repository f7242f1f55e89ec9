/** Parallel coordinates as data: the axes, where each run lies on them, what a brush on one keeps. */
import { quantile } from '../../metrics/aggregate.ts';
import { formatCount } from '../../metrics/format.ts';
import { VERDICT_KINDS } from '../../metrics/verdict.ts';
import type { Table, Tick } from '../frame.ts';
import { linearTicks, logTicks } from '../ticks.ts';
import { axisName, scaleOf, valueWord } from './axis-values.ts';
import type { RunTable } from './map-data.ts';
import { type Outcome, type OutcomeId, outcomeOf } from './outcomes.ts';
import { countFinished, divergedColumn, placeColumn } from './run-columns.ts';
import { axisColumn, type Brush, type Selected } from './selection.ts';

/** Height of the runs that diverged, above the numbers, which lie from 0 to 1. */
export const BAND = 2;
/** Where zeros of a log scale make room for themselves, the numbers begin here. */
const ABOVE_ZERO = 0.08;

/** One axis of the plot. Heights go from 0 to 1; NaN is no value, BAND diverged. */
export interface Dimension {
  /** As in brushes: `axis:2`, or an outcome's id. */
  readonly column: string;
  readonly name: string;
  readonly scale: 'log' | 'linear' | 'words';
  readonly outcome: Outcome | undefined;
  /** By point, for finished runs and others. */
  readonly heights: Float32Array;
  readonly ticks: readonly Tick[];
  /** Of each value of an axis, of each verdict; undefined where there is a continuum. */
  readonly stops: readonly number[] | undefined;
  /** The position on the outcome's scale at a height. */
  position(height: number): number;
  height(position: number): number;
  /** What stands at a height, in words. */
  word(height: number): string;
}

/** Whether runs that diverged have a place above the numbers: on what every run has a number of. */
export function hasBand({ outcome, stops }: Dimension): boolean {
  return outcome !== undefined && !outcome.ofBroken && stops === undefined;
}

/** The axes of a sweep stay as they are. */
const KNOWN_AXES = new WeakMap<RunTable, readonly Dimension[]>();

/** All sweep axes with more than one value, then the outcomes that some run has. */
export function dimensionsOf(table: RunTable, outcomes: readonly OutcomeId[]): Dimension[] {
  let axes = KNOWN_AXES.get(table);
  if (!axes) {
    axes = table.axes.flatMap(({ values }, axis) => (values.length > 1 ? [axisDimension(table, axis)] : []));
    KNOWN_AXES.set(table, axes);
  }
  return [...axes, ...outcomes.flatMap((id) => outcomeDimension(table, outcomeOf(id)) ?? [])];
}

function axisDimension(table: RunTable, axis: number): Dimension {
  const shown = table.axes[axis];
  const { kind, position } = scaleOf(shown);
  const positions = shown.values.map((_, index) => position(index));
  const [low, high] = [Math.min(...positions), Math.max(...positions)];
  const height = (at: number) => (high > low ? (at - low) / (high - low) : 0.5);
  const stops = positions.map(height);
  const n = table.axes.length;
  const heights = new Float32Array(table.points.length);
  for (let p = 0; p < heights.length; p++) heights[p] = stops[table.coordinates[p * n + axis]];
  const nearest = (at: number) => nearestOf(stops, at);
  const few = kind === 'words' || shown.values.length <= 9;
  const ticks = few
    ? shown.values.map((value, index) => ({ at: stops[index], label: valueWord(value) }))
    : (kind === 'log' ? logTicks(low, high, 6) : linearTicks(low, high, 6, valueWord)).map(({ at, label }) => ({
        at: height(at),
        label,
      }));
  const name = axisName(
    shown.path,
    table.axes.map(({ path }) => path),
  );
  const word = (at: number) => valueWord(shown.values[nearest(at)]);
  return {
    column: axisColumn(axis),
    name,
    scale: kind,
    outcome: undefined,
    heights,
    ticks,
    stops,
    position: nearest,
    height,
    word,
  };
}

function outcomeDimension(table: RunTable, outcome: Outcome): Dimension | undefined {
  const places = placeColumn(table, outcome);
  const verdict = outcome.scale === 'verdict';
  let [low, high, zeros, some] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false, false];
  for (let p = 0; p < places.length; p++) {
    const place = places[p];
    if (Number.isNaN(place)) continue;
    some = true;
    if (place === Number.NEGATIVE_INFINITY) zeros = true;
    else if (place !== Number.POSITIVE_INFINITY) {
      if (place < low) low = place;
      if (place > high) high = place;
    }
  }
  if (!some) return undefined;
  if (verdict) [low, high] = [0, VERDICT_KINDS.length - 1];
  else if (outcome.scale === 'share') [low, high] = [0, 1];
  else if (low > high) [low, high] = [0, 1];
  else if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
  const floor = zeros ? ABOVE_ZERO : 0;
  const height = (at: number) =>
    at === Number.NEGATIVE_INFINITY
      ? 0
      : at === Number.POSITIVE_INFINITY
        ? BAND
        : floor + (1 - floor) * Math.min(1, Math.max(0, (at - low) / (high - low)));
  const heights = new Float32Array(places.length);
  for (let p = 0; p < places.length; p++) heights[p] = Number.isNaN(places[p]) ? Number.NaN : height(places[p]);
  const position = (at: number) =>
    at > 1 ? Number.POSITIVE_INFINITY : at < floor ? Number.NEGATIVE_INFINITY : low + ((at - floor) / (1 - floor)) * (high - low);
  const stops = verdict ? VERDICT_KINDS.map((_, code) => height(code)) : undefined;
  const ticks = verdict
    ? VERDICT_KINDS.map((label, code) => ({ at: height(code), label }))
    : outcomeTicks(outcome, low, high).map(({ at, label }) => ({ at: height(at), label }));
  const word = (at: number) => {
    if (at > 1) return 'diverged';
    if (stops) return VERDICT_KINDS[nearestOf(stops, at)];
    return position(at) === Number.NEGATIVE_INFINITY ? '0' : outcome.format(position(at));
  };
  return {
    column: outcome.id,
    name: outcome.short,
    scale: verdict ? 'words' : outcome.scale === 'log' ? 'log' : 'linear',
    outcome,
    heights,
    ticks: zeros ? [{ at: 0, label: '0' }, ...ticks] : ticks,
    stops,
    position,
    height,
    word,
  };
}

function outcomeTicks({ scale }: Outcome, low: number, high: number): Tick[] {
  if (scale === 'log') return logTicks(low, high, 5);
  return linearTicks(low, high, 5, scale === 'share' ? (x) => `${Math.round(100 * x)} %` : formatCount);
}

function nearestOf(stops: readonly number[], at: number): number {
  return stops.reduce((best, stop, k) => (Math.abs(stop - at) < Math.abs(stops[best] - at) ? k : best), 0);
}

/** The brush between two heights of an axis; above 1 it takes in the runs that diverged. */
export function brushBetween({ column, stops, position }: Dimension, a: number, b: number): Brush {
  const [from, to] = [Math.min(a, b), Math.max(a, b)];
  if (!stops) return { column, from: from <= 0 ? Number.NEGATIVE_INFINITY : position(from), to: position(to) };
  const within = stops.flatMap((stop, k) => (stop >= from - 1e-6 && stop <= to + 1e-6 ? [k] : []));
  return { column, among: within.length > 0 ? within : [nearestOf(stops, (from + to) / 2)] };
}

/** Lower and upper height of each part of a brush. */
export function heightsOf({ stops, height }: Dimension, brush: Brush): (readonly [number, number])[] {
  if (!('among' in brush)) return [[height(brush.from), height(brush.to)]];
  if (!stops) return [];
  const order = stops.map((stop, k) => ({ stop, k })).sort((x, y) => x.stop - y.stop);
  const parts: [number, number][] = [];
  let open = false;
  for (const { stop, k } of order) {
    const own = brush.among.includes(k);
    const last = parts.at(-1);
    if (own && open && last) last[1] = stop;
    else if (own) parts.push([stop, stop]);
    open = own;
  }
  return parts;
}

/** Where runs lie on a colour scale, 0 to 1, by point; ends are the 2nd and 98th percentile. */
export function coloursOf(table: RunTable, outcome: Outcome): Float32Array {
  const places = placeColumn(table, outcome);
  const all = new Float64Array(places.length);
  let count = 0;
  for (let p = 0; p < places.length; p++) if (Number.isFinite(places[p])) all[count++] = places[p];
  const finite = all.subarray(0, count).sort();
  const shares = new Float32Array(places.length).fill(0.5);
  if (count === 0) return shares;
  const ends = [finite[Math.floor(0.02 * (finite.length - 1))], finite[Math.ceil(0.98 * (finite.length - 1))]];
  const span = Math.max(1e-9, ends[1] - ends[0]);
  for (let p = 0; p < places.length; p++)
    if (!Number.isNaN(places[p])) shares[p] = Math.min(1, Math.max(0, (places[p] - ends[0]) / span));
  return shares;
}

/** A sentence or two for those who do not see the lines. */
export function summarizeParallel(table: RunTable, dimensions: readonly Dimension[], selected: Selected | undefined): string {
  const diverged = divergedColumn(table);
  let broken = 0;
  for (let p = 0; p < diverged.length; p++) if (diverged[p] === 1) broken++;
  const names = dimensions.map(({ name }) => name).join(', ');
  const chosen = selected ? ` ${formatCount(selected.finished)} of them are selected.` : '';
  return `A line for each of ${formatCount(countFinished(table))} finished runs across ${names}; ${formatCount(broken)} diverged and lie in a band above the numbers.${chosen}`;
}

/** A row for each axis: how its runs are spread, and how the selected ones are. */
export function parallelTable(table: RunTable, dimensions: readonly Dimension[], selected: Selected | undefined): Table {
  const columns = ['axis', 'scale', 'least', 'median', 'most', 'diverged', 'without a value'];
  const rows = dimensions.flatMap((dimension) => {
    const all = spread(table, dimension, undefined);
    return selected
      ? [
          [dimension.name, ...all],
          [`${dimension.name}, selected`, ...spread(table, dimension, selected.mask)],
        ]
      : [[dimension.name, ...all]];
  });
  return { columns, rows };
}

function spread({ records }: RunTable, { heights, scale, word }: Dimension, mask: Uint8Array | undefined): string[] {
  const finished = heights.filter((_, p) => records[p] !== undefined && mask?.[p] !== 0);
  const numbers = finished.filter((height) => height <= 1).sort();
  const broken = finished.reduce((sum, height) => sum + Number(height > 1), 0);
  const at = (share: number) =>
    numbers.length > 0
      ? word(scale === 'words' ? numbers[Math.floor(share * (numbers.length - 1))] : quantile([...numbers], share))
      : '–';
  return [scale, at(0), at(0.5), at(1), formatCount(broken), formatCount(finished.length - numbers.length - broken)];
}
