/** One outcome along one axis: medians and quartiles over the runs at each value, a line per value of a second axis. */
import { quantile } from '../../metrics/aggregate.ts';
import { formatCount } from '../../metrics/format.ts';
import type { Frame, Sample, SeriesStyle, Table, Tick } from '../frame.ts';
import { linearTicks, logTicks } from '../ticks.ts';
import { axisName, scaleOf, valueCell, valueWord } from './axis-values.ts';
import type { Fixed, RunTable } from './map-data.ts';
import type { Outcome } from './outcomes.ts';
import { outcomeColumn } from './run-columns.ts';
import type { MapView } from './state.ts';

/** More lines than there are colours and dashes cannot be told apart. */
export const MOST_LINES = 7;
/** With more values the dots of a line touch. */
const MOST_DOTS = 40;
const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [10, 3, 2, 3], [4, 4], [12, 4], [1, 4]];

/** A point of a line: the runs at one value of the axis. */
export interface SlicePoint {
  readonly runs: number;
  readonly finished: number;
  /** Of the finite outcomes; NaN where there is none. */
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface SliceLine {
  readonly label: string;
  /** By value of the axis. */
  readonly points: readonly SlicePoint[];
}

export interface Slice {
  readonly axis: number;
  readonly outcome: Outcome;
  readonly lines: readonly SliceLine[];
  /** Values of the second axis that are left out, evenly. */
  readonly left: number;
}

export function sliceRuns(table: RunTable, { sliceX, sliceLines, fixed }: MapView, outcome: Outcome): Slice {
  const held: Fixed = new Map(
    fixed.flatMap((index, axis): [number, number][] =>
      index === undefined || axis === sliceX || axis === sliceLines ? [] : [[axis, index]],
    ),
  );
  const all = sliceLines === undefined ? [undefined] : table.axes[sliceLines].values.map((_, index) => index);
  const shown = evenly(all, MOST_LINES);
  const groups = groupsOf(table, sliceX, sliceLines, shown, outcome, held);
  const lines = shown.map((line, k) => ({
    label: line === undefined || sliceLines === undefined ? 'all' : valueWord(table.axes[sliceLines].values[line]),
    points: groups[k].map(pointOf),
  }));
  return { axis: sliceX, outcome, lines, left: all.length - shown.length };
}

function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, k) => items[Math.round((k * (items.length - 1)) / (most - 1))]);
}

interface Group {
  runs: number;
  finished: number;
  /** Finite outcomes. */
  readonly values: number[];
}

/** The runs by line and by value of the axis: all of them are gone through once. */
function groupsOf(
  table: RunTable,
  x: number,
  lines: number | undefined,
  shown: readonly (number | undefined)[],
  outcome: Outcome,
  held: Fixed,
): Group[][] {
  const { axes, points, coordinates, records } = table;
  const ofPoint = outcomeColumn(table, outcome);
  const groups = shown.map(() => axes[x].values.map((): Group => ({ runs: 0, finished: 0, values: [] })));
  const lineAt = new Map(shown.map((index, k) => [index, k]));
  const fixed = [...held];
  const isHeld = (at: number) => {
    for (const [axis, index] of fixed) if (coordinates[at + axis] !== index) return false;
    return true;
  };
  for (let p = 0; p < points.length; p++) {
    const at = p * axes.length;
    const line = lineAt.get(lines === undefined ? undefined : coordinates[at + lines]);
    if (line === undefined || !isHeld(at)) continue;
    const group = groups[line][coordinates[at + x]];
    group.runs++;
    if (!records[p]) continue;
    group.finished++;
    if (Number.isFinite(ofPoint[p])) group.values.push(ofPoint[p]);
  }
  return groups;
}

function pointOf({ runs, finished, values }: Group): SlicePoint {
  const sorted = [...Float64Array.from(values).sort()];
  const at = (share: number) => (sorted.length > 0 ? quantile(sorted, share) : Number.NaN);
  return { runs, finished, median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** Undefined until there is a number to draw. */
export function sliceFrame({ axes }: RunTable, { axis, outcome, lines }: Slice): Frame | undefined {
  const scale = scaleOf(axes[axis]);
  const positions = axes[axis].values.map((_, index) => scale.position(index));
  const order = positions.map((_, index) => index).sort((a, b) => positions[a] - positions[b]);
  const xs = order.map((index) => positions[index]);
  const column = (points: readonly SlicePoint[], key: 'median' | 'low' | 'high'): Sample[] =>
    order.map((index) =>
      Number.isFinite(points[index][key]) ? points[index][key] : points[index].finished > 0 ? null : undefined,
    );
  const columns = lines.flatMap(({ points }) => [column(points, 'low'), column(points, 'high'), column(points, 'median')]);
  const values = columns.flat().filter((y) => typeof y === 'number');
  if (values.length === 0) return undefined;
  const [low, high] = outcome.scale === 'share' ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const margin = outcome.scale === 'share' ? 0.03 : Math.max(0.05 * (high - low), high === low ? 0.5 : 0);
  const yRange = [low - margin, high + margin] as const;
  const side = xs.length > 1 ? 0.04 * (xs[xs.length - 1] - xs[0]) : 0.5;
  const xRange = [xs[0] - side, xs[xs.length - 1] + 2 * side] as const;
  return {
    styles: lines.flatMap(({ label }, k) => stylesOf(label, k, lines.length > 1, xs.length <= MOST_DOTS)),
    bands: lines.map((_, k) => ({ low: 3 * k, high: 3 * k + 1 })),
    xs,
    columns,
    marks: brokenMarks(lines, order, xs),
    moments: [],
    levels: [],
    xRange,
    yRange,
    xTicks: xTicks(scale.kind, axes[axis].values, positions, xRange),
    yTicks:
      outcome.scale === 'log' ? logTicks(yRange[0], yRange[1], 5) : linearTicks(yRange[0], yRange[1], 5, tickLabel(outcome)),
  };
}

/** Values at which runs have finished and none has a number: a triangle at the upper edge. */
function brokenMarks(lines: Slice['lines'], order: readonly number[], xs: readonly number[]): Frame['marks'] {
  return lines.flatMap(({ points }, k) =>
    order.flatMap((index, i) => {
      const { finished, median } = points[index];
      return finished > 0 && Number.isNaN(median) ? [{ x: xs[i], series: 3 * k + 2, edge: 'top' as const, label: '' }] : [];
    }),
  );
}

function stylesOf(label: string, k: number, tagged: boolean, dots: boolean): SeriesStyle[] {
  const color = `--series-${(k % MOST_LINES) + 1}`;
  const edge = { color, width: 0, alpha: 0.16 };
  return [
    { ...edge, label: `${label}, lower quartile` },
    { ...edge, label: `${label}, upper quartile` },
    { label, color, width: 1.6, dash: DASHES[k % MOST_LINES], dots, ...(tagged && { tag: label }) },
  ];
}

function tickLabel(outcome: Outcome): (x: number) => string {
  return outcome.scale === 'share' ? (x) => `${Math.round(100 * x)} %` : formatCount;
}

function xTicks(
  kind: 'log' | 'linear' | 'words',
  values: readonly unknown[],
  positions: readonly number[],
  [low, high]: readonly [number, number],
): Tick[] {
  if (kind === 'words' || values.length <= 8) return values.map((value, i) => ({ at: positions[i], label: valueWord(value) }));
  return kind === 'log' ? logTicks(low, high, 7) : linearTicks(low, high, 7, valueWord);
}

export function sliceTable({ axes }: RunTable, { axis, outcome, lines }: Slice): Table {
  const text = ({ runs, finished, median, low, high }: SlicePoint) => {
    if (runs === 0) return 'no run';
    if (finished === 0) return 'not finished';
    if (Number.isNaN(median)) return outcome.ofBroken ? 'stayed finite' : 'no finite value';
    return low === high ? outcome.format(median) : `${outcome.format(median)} (${outcome.format(low)} … ${outcome.format(high)})`;
  };
  return {
    columns: [axisName(axes[axis].path), ...lines.map(({ label }) => label)],
    rows: axes[axis].values.map((value, i) => [valueWord(value), ...lines.map(({ points }) => text(points[i]))]),
  };
}

/** A row for each point of each line, number for number: of what lies on a log scale log10. */
export function sliceData({ axes }: RunTable, { axis, outcome, lines }: Slice): Table {
  const measured = `${outcome.scale === 'log' ? 'log10 ' : ''}${outcome.label.toLowerCase()}`;
  const rows = lines.flatMap(({ label, points }) =>
    points.map(({ runs, finished, median, low, high }, i) => {
      const numbers = [median, low, high].map((x) => (Number.isNaN(x) ? null : x));
      return [valueCell(axes[axis].values[i]), label, runs, finished, ...numbers];
    }),
  );
  return {
    columns: [axes[axis].path, 'line', 'runs', 'finished', `${measured}, median`, 'lower quartile', 'upper quartile'],
    rows,
  };
}

export function summarizeSlice({ axes }: RunTable, { axis, outcome, lines }: Slice): string {
  const words = lines.map(({ label, points }) => {
    const medians = points.map(({ median }) => median);
    const finite = medians.filter(Number.isFinite);
    const name = lines.length > 1 ? `${label}: ` : '';
    if (finite.length === 0) return `${name}no value.`;
    const least = Math.min(...finite);
    const most = Math.max(...finite);
    const at = (value: number) => valueWord(axes[axis].values[medians.indexOf(value)]);
    return `${name}lowest ${outcome.format(least)} at ${at(least)}, highest ${outcome.format(most)} at ${at(most)}.`;
  });
  return `${outcome.label} along ${axisName(axes[axis].path)}, medians. ${words.join(' ')}`;
}
