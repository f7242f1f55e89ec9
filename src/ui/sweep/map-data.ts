/** Runs on their axes: which run lies where, maps over two axes, groups along one. */
import { quantile } from '../../metrics/aggregate.ts';
import { VERDICT_KINDS, type VerdictKind } from '../../metrics/verdict.ts';
import { canonicalJson } from '../../model/experiment.ts';
import type { RunRecord } from '../../sweep/record.ts';
import type { RunPoint } from '../../sweep/sweep-protocol.ts';
import { type ShownAxis, scaleOf } from './axis-values.ts';
import type { Outcome } from './outcomes.ts';
import { divergedColumn, type NumberColumn, outcomeColumn, readColumns } from './run-columns.ts';

/** The points of a sweep as indices of their values, (points, axes), and their records as they come. */
export interface RunTable {
  readonly axes: readonly ShownAxis[];
  readonly points: readonly RunPoint[];
  readonly coordinates: Uint32Array;
  /** By point; undefined until the run has finished. Grows in place: whoever shows it counts revisions. */
  readonly records: (RunRecord | undefined)[];
  readonly pointOf: ReadonlyMap<string, number>;
  /** Points in the order in which their records came; a record that came again stands here again. */
  readonly arrived: number[];
  /** What has been read of the records (run-columns.ts). */
  readonly columns: Map<string, NumberColumn>;
}

/** @param scattered the points are a random sample: of an axis with many values neighbours are put together */
export function runTable(axes: readonly ShownAxis[], points: readonly RunPoint[], scattered = false): RunTable {
  const bins = axes.map((axis) => (scattered ? binAxis(axis) : { axis, binOf: (index: number) => index }));
  const indices = axes.map(({ values }, a) => new Map(values.map((value, i) => [canonicalJson(value), bins[a].binOf(i)])));
  const coordinates = new Uint32Array(points.length * axes.length);
  // Numbers, words and objects that were met before need no canonical text: there are few of them, and many points.
  const known = axes.map(() => new Map<unknown, number>());
  const indexOf = (a: number, value: unknown): number => {
    const index = known[a].get(value) ?? indices[a].get(canonicalJson(value)) ?? 0;
    known[a].set(value, index);
    return index;
  };
  points.forEach(({ values }, p) => {
    for (let a = 0; a < axes.length; a++) coordinates[p * axes.length + a] = indexOf(a, values[a]);
  });
  const pointOf = new Map(points.map(({ id }, p) => [id, p]));
  return {
    axes: bins.map(({ axis }) => axis),
    points,
    coordinates,
    records: new Array(points.length).fill(undefined),
    pointOf,
    arrived: [],
    columns: new Map(),
  };
}

/** Values of a sampled axis from which on neighbours share a place, and how many places there are then. */
const MOST_SAMPLED = 24;
const BINS = 16;

/** Equal parts of an axis' scale in the place of its many sampled values, each called by its middle. */
function binAxis(axis: ShownAxis): { readonly axis: ShownAxis; readonly binOf: (index: number) => number } {
  const { kind, position } = scaleOf(axis);
  const n = axis.values.length;
  if (n <= MOST_SAMPLED || kind === 'words') return { axis, binOf: (index) => index };
  const [from, to] = [position(0), position(n - 1)];
  const width = (to - from) / BINS;
  const middle = (bin: number) => from + (bin + 0.5) * width;
  const values = Array.from({ length: BINS }, (_, bin) => (kind === 'log' ? 10 ** middle(bin) : middle(bin)));
  return {
    axis: { ...axis, values: values.map((x) => Number(x.toPrecision(3))) },
    binOf: (index) => Math.min(BINS - 1, Math.floor((position(index) - from) / width)),
  };
}

/** Adds records; those of other sweeps are left out. Returns how many were new. */
export function addRecords(table: RunTable, records: readonly RunRecord[]): number {
  let added = 0;
  for (const record of records) {
    const point = table.pointOf.get(record.id);
    if (point === undefined) continue;
    if (!table.records[point]) added++;
    table.records[point] = record;
    table.arrived.push(point);
  }
  readColumns(table);
  return added;
}

/** Values of the axes at which a map is cut; axes that are not named are aggregated over. */
export type Fixed = ReadonlyMap<number, number>;

export interface MapQuery {
  /** Axes by index; without `y` the map has one row, without `facet` one panel. */
  readonly x: number;
  readonly y: number | undefined;
  readonly facet: number | undefined;
  readonly fixed: Fixed;
  readonly outcome: Outcome;
}

export const CELL = {
  /** No run of the sweep lies here. */
  absent: 0,
  /** Runs lie here and none has finished. */
  pending: 1,
  /** The outcome has a value. */
  value: 2,
  /** Finished without a value, since most of its runs are not finite. */
  broken: 3,
  /** Finished, finite, and the outcome does not apply: no clip rule, no accuracy, never non-finite. */
  none: 4,
} as const;

/** Cells in the order (panel, y, x). */
export interface RunMap {
  readonly columns: number;
  readonly rows: number;
  readonly panels: number;
  readonly kind: Uint8Array;
  /** Median of the runs' outcomes; of verdicts the most frequent. */
  readonly value: Float64Array;
  readonly runs: Uint32Array;
  readonly finished: Uint32Array;
  /** Finished runs that are not finite or ran away. */
  readonly broken: Uint32Array;
  /** Range of the finite values; `low > high` where there is none. */
  readonly low: number;
  readonly high: number;
}

/** The points that a query shows, each with its cell. */
export function mapRuns(table: RunTable, query: MapQuery): RunMap {
  const { axes, points, coordinates } = table;
  const n = axes.length;
  const diverged = divergedColumn(table);
  const columns = axes[query.x].values.length;
  const rows = query.y === undefined ? 1 : axes[query.y].values.length;
  const panels = query.facet === undefined ? 1 : axes[query.facet].values.length;
  const cells = columns * rows * panels;
  const [runs, finished, broken] = [new Uint32Array(cells), new Uint32Array(cells), new Uint32Array(cells)];
  const shown = new Int32Array(points.length).fill(-1);
  for (let p = 0; p < points.length; p++) {
    const cell = cellOf(coordinates, p * n, query, columns, rows);
    if (cell < 0) continue;
    shown[p] = cell;
    runs[cell]++;
    if (Number.isNaN(diverged[p])) continue;
    finished[cell]++;
    broken[cell] += diverged[p];
  }
  const values = groupByCell(outcomeColumn(table, query.outcome), shown, finished);
  const kind = new Uint8Array(cells);
  const value = new Float64Array(cells).fill(Number.NaN);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let cell = 0; cell < cells; cell++) {
    kind[cell] = runs[cell] === 0 ? CELL.absent : finished[cell] === 0 ? CELL.pending : CELL.value;
    if (kind[cell] !== CELL.value) continue;
    const own = values(cell);
    const all = query.outcome.ofBroken ? own.length : finished[cell];
    const middle = query.outcome.scale === 'verdict' ? mostFrequent(own) : medianOf(own, all);
    value[cell] = middle;
    if (Number.isNaN(middle)) kind[cell] = 2 * broken[cell] >= finished[cell] && broken[cell] > 0 ? CELL.broken : CELL.none;
    else if (Number.isFinite(middle)) {
      low = Math.min(low, middle);
      high = Math.max(high, middle);
    }
  }
  return { columns, rows, panels, kind, value, runs, finished, broken, low, high };
}

/** The points in one cell of a map, in the order of the sweep. */
export function pointsOfCell(table: RunTable, query: MapQuery, cell: number): number[] {
  const columns = table.axes[query.x].values.length;
  const rows = query.y === undefined ? 1 : table.axes[query.y].values.length;
  const found: number[] = [];
  for (let p = 0; p < table.points.length; p++)
    if (cellOf(table.coordinates, p * table.axes.length, query, columns, rows) === cell) found.push(p);
  return found;
}

/** How many of the marked runs lie in each cell of a map. */
export function countMarked(table: RunTable, query: MapQuery, map: RunMap, mask: Uint8Array): Uint32Array {
  const counts = new Uint32Array(map.kind.length);
  for (let p = 0; p < mask.length; p++) {
    if (mask[p] === 0) continue;
    const cell = cellOf(table.coordinates, p * table.axes.length, query, map.columns, map.rows);
    if (cell >= 0) counts[cell]++;
  }
  return counts;
}

function cellOf(coordinates: Uint32Array, at: number, { x, y, facet, fixed }: MapQuery, columns: number, rows: number): number {
  for (const [axis, index] of fixed) if (coordinates[at + axis] !== index) return -1;
  const panel = facet === undefined ? 0 : coordinates[at + facet];
  const row = y === undefined ? 0 : coordinates[at + y];
  return (panel * rows + row) * columns + coordinates[at + x];
}

/** The outcomes of each cell's finished runs, ascending, those without one left out. */
function groupByCell(ofPoint: Float64Array, shown: Int32Array, finished: Uint32Array): (cell: number) => Float64Array {
  const start = new Uint32Array(finished.length + 1);
  for (let cell = 0; cell < finished.length; cell++) start[cell + 1] = start[cell] + finished[cell];
  const filled = new Uint32Array(finished.length);
  const values = new Float64Array(start[finished.length]);
  for (let p = 0; p < shown.length; p++) {
    const cell = shown[p];
    const value = ofPoint[p];
    if (cell >= 0 && !Number.isNaN(value)) values[start[cell] + filled[cell]++] = value;
  }
  return (cell) => values.subarray(start[cell], start[cell] + filled[cell]).sort();
}

/** Median of the values there are; NaN where at least half of the runs have none. */
function medianOf(ascending: Float64Array, runs: number): number {
  const fewHave = ascending.length * 2 <= runs && ascending.length < runs;
  if (ascending.length === 0 || fewHave) return Number.NaN;
  // Of zeros on a log scale there is nothing between.
  return ascending[0] === Number.NEGATIVE_INFINITY ? ascending[ascending.length >> 1] : quantile([...ascending], 0.5);
}

/** Worst first: the order in which ties between verdicts are decided, so that no failure hides behind a success. */
const WORST_FIRST: readonly VerdictKind[] = ['diverged', 'exploding', 'vanishing', 'stuck', 'starting', 'healthy'];

function mostFrequent(codes: Float64Array): number {
  const counts = VERDICT_KINDS.map((_, code) => codes.filter((value) => value === code).length);
  const most = Math.max(...counts);
  const kind = WORST_FIRST.find((candidate) => counts[VERDICT_KINDS.indexOf(candidate)] === most);
  return kind === undefined ? Number.NaN : VERDICT_KINDS.indexOf(kind);
}

/**
 * Ends of a colour scale. A few values far outside the rest would leave all others in one colour: where the whole range is more
 * than three times that of the middle 96 %, the scale ends there, and `clampedLow` / `clampedHigh` say so.
 */
export interface Domain {
  readonly low: number;
  readonly high: number;
  readonly clampedLow: boolean;
  readonly clampedHigh: boolean;
}

export function domainOf({ kind, value, low, high }: RunMap, { scale }: Outcome): Domain {
  if (scale === 'share') return { low: 0, high: 1, clampedLow: false, clampedHigh: false };
  if (low > high) return { low: 0, high: 1, clampedLow: false, clampedHigh: false };
  const values = value.filter((x, cell) => kind[cell] === CELL.value && Number.isFinite(x)).sort();
  if (values.length === 0) return { low: 0, high: 1, clampedLow: false, clampedHigh: false };
  const [p2, p98] = [quantile([...values], 0.02), quantile([...values], 0.98)];
  const clamps = p98 > p2 && high - low > 3 * (p98 - p2);
  const [from, to] = clamps ? [p2, p98] : [low, high];
  const flat = to - from < 1e-9;
  return { low: from - (flat ? 0.5 : 0), high: to + (flat ? 0.5 : 0), clampedLow: from > low, clampedHigh: to < high };
}

/** Share on the colour scale, 0 to 1. */
export function shareOf({ low, high }: Domain, value: number): number {
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}
