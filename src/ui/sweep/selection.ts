/** Runs picked out by brushes: of each brushed column those that lie within, and of all columns together those within all. */
import { axisName, type ShownAxis, valueWord } from './axis-values.ts';
import type { MapQuery, RunTable } from './map-data.ts';
import { OUTCOMES, type Outcome } from './outcomes.ts';
import { placeColumn } from './run-columns.ts';
import type { Cursor } from './state.ts';

/**
 * What is kept of one column, `axis:2` or an outcome's id. Of axes the values' indices, of verdicts their codes; of other outcomes
 * the positions of `placeColumn` from `from` to `to`, both included: with `to` = +∞ also runs that diverged.
 */
export type Brush =
  | { readonly column: string; readonly among: readonly number[] }
  | { readonly column: string; readonly from: number; readonly to: number };

/** No two brushes of one column; none at all selects nothing. */
export type Selection = readonly Brush[];

/** The runs that a selection picks out. */
export interface Selected {
  /** 1 by point. */
  readonly mask: Uint8Array;
  readonly count: number;
  /** Of these, the finished ones. */
  readonly finished: number;
}

export const axisColumn = (axis: number): string => `axis:${axis}`;

/** The axis of a column; undefined for an outcome's. */
export function axisOf(column: string): number | undefined {
  return column.startsWith('axis:') ? Number(column.slice(5)) : undefined;
}

export function outcomeOfColumn(column: string): Outcome | undefined {
  return OUTCOMES.find(({ id }) => id === column);
}

/** Brushes take the place of those of their columns. */
export function withBrushes(selection: Selection, brushes: readonly Brush[]): Selection {
  const columns = new Set(brushes.map(({ column }) => column));
  return [...selection.filter(({ column }) => !columns.has(column)), ...brushes];
}

export function withoutBrush(selection: Selection, column: string): Selection {
  return selection.filter((brush) => brush.column !== column);
}

/** Undefined where nothing is selected. Unfinished runs lie on the axes, but have no outcome. */
export function selectRuns(table: RunTable, selection: Selection): Selected | undefined {
  if (selection.length === 0) return undefined;
  const mask = new Uint8Array(table.points.length).fill(1);
  for (const brush of selection) {
    const within = testOf(table, brush);
    for (let p = 0; p < mask.length; p++) if (mask[p] === 1 && !within(p)) mask[p] = 0;
  }
  let [count, finished] = [0, 0];
  for (let p = 0; p < mask.length; p++) {
    count += mask[p];
    if (mask[p] === 1 && table.records[p]) finished++;
  }
  return { mask, count, finished };
}

function testOf(table: RunTable, brush: Brush): (point: number) => boolean {
  const axis = axisOf(brush.column);
  const outcome = outcomeOfColumn(brush.column);
  const n = table.axes.length;
  if (axis !== undefined && 'among' in brush) {
    const kept = new Uint8Array(table.axes[axis]?.values.length ?? 0);
    for (const index of brush.among) kept[index] = 1;
    return (p) => kept[table.coordinates[p * n + axis]] === 1;
  }
  if (!outcome) return () => false;
  const places = placeColumn(table, outcome);
  if ('among' in brush) return (p) => brush.among.includes(places[p]);
  return (p) => places[p] >= brush.from && places[p] <= brush.to;
}

const between = (a: number, b: number): number[] => Array.from({ length: Math.abs(a - b) + 1 }, (_, k) => Math.min(a, b) + k);

/** The brushes of a rectangle of cells: on the map's axes, its panel's value, and where the map holds an axis, there. */
export function rectangleBrushes({ x, y, facet, fixed }: MapQuery, from: Cursor, to: Cursor): Brush[] {
  const brush = (axis: number | undefined, among: readonly number[]): Brush[] =>
    axis === undefined ? [] : [{ column: axisColumn(axis), among }];
  return [
    ...brush(x, between(from.x, to.x)),
    ...brush(y, between(from.y, to.y)),
    ...brush(facet, [from.panel]),
    ...[...fixed].flatMap(([axis, index]) => brush(axis, [index])),
  ];
}

/** The runs of contiguous indices in ascending order, first and last of each. */
function stretches(among: readonly number[]): (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const index of [...among].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && index === last[1] + 1) last[1] = index;
    else found.push([index, index]);
  }
  return found;
}

/** What a brush keeps, in words: `depth 16 … 64`, `loss ≤ 0.1`, `loss: diverged`. */
export function brushWords({ axes }: Pick<RunTable, 'axes'>, brush: Brush): string {
  const axis = axisOf(brush.column);
  const outcome = outcomeOfColumn(brush.column);
  const paths = axes.map(({ path }) => path);
  const name = axis === undefined ? (outcome?.short ?? brush.column) : axisName(axes[axis].path, paths);
  if ('among' in brush) {
    const word = (index: number) => (axis === undefined ? (outcome?.format(index) ?? '') : valueWord(axes[axis].values[index]));
    const parts = stretches(brush.among).map(([a, b]) =>
      b - a > 1 ? `${word(a)} … ${word(b)}` : between(a, b).map(word).join(', '),
    );
    return `${name} ${parts.join(', ') || 'none'}`;
  }
  return `${name}${rangeWords(brush.from, brush.to, outcome?.format ?? String)}`;
}

/** The largest number stands for no bound: unlike +∞, it leaves out the runs that diverged. */
export const NO_UPPER = Number.MAX_VALUE;
export const NO_LOWER = Number.NEGATIVE_INFINITY;

function rangeWords(from: number, to: number, format: (x: number) => string): string {
  if (from === Number.POSITIVE_INFINITY) return ': diverged';
  const also = to === Number.POSITIVE_INFINITY ? ' or diverged' : '';
  if (to >= NO_UPPER) return from === NO_LOWER ? `: any number${also}` : ` ≥ ${format(from)}${also}`;
  return from === NO_LOWER ? ` ≤ ${format(to)}` : ` ${format(from)} … ${format(to)}`;
}

/** The brush of typed bounds; a sentence where they cannot be used. Empty texts are no bound. */
export function readBrush(column: string, axis: ShownAxis | undefined, from: string, to: string): Brush | string {
  const outcome = outcomeOfColumn(column);
  const percent = outcome?.scale === 'share';
  const bounds: number[] = [];
  for (const [name, text] of [
    ['From', from],
    ['To', to],
  ] as const) {
    const clean = text.trim().replaceAll('−', '-');
    const number = clean.endsWith('%') && percent ? Number(clean.slice(0, -1)) / 100 : Number(clean);
    if (clean === '') bounds.push(name === 'From' ? NO_LOWER : NO_UPPER);
    else if (!Number.isFinite(number))
      return `${name} is “${text.trim()}”; valid is a number${percent ? ' from 0 to 1 or per cent' : ''}, or nothing for no bound.`;
    else if (percent && (number < 0 || number > 1))
      return `${name} is ${text.trim()}; ${outcome.label.toLowerCase()} lies from 0 to 1, or from 0 to 100 %.`;
    else if (outcome?.scale === 'log' && number < 0)
      return `${name} is ${text.trim()}; ${outcome.label.toLowerCase()} is never below 0.`;
    else bounds.push(outcome?.scale === 'log' ? Math.log10(number) : number);
  }
  const [low, high] = bounds;
  if (low > high) return `From is ${from.trim()}, above To, ${to.trim()}; valid is a lower number first.`;
  if (!axis) return { column, from: low, to: high };
  const among = axis.values.flatMap((value, index) => (Number(value) >= low && Number(value) <= high ? [index] : []));
  return among.length > 0
    ? { column, among }
    : 'No value of the axis lies between these; valid are bounds with at least one between them.';
}
