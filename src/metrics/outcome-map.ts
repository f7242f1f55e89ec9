/** Maps: an outcome over two axes of a sweep. */
import {
  type AxisValues,
  type Counts,
  countRuns,
  type Measured,
  type Outcome,
  type PlacedRun,
  type Summary,
  summarise,
} from './aggregate.ts';
import { VERDICT_KINDS, type VerdictKind } from './verdict.ts';

/** Columns or rows of a map. */
export interface MapAxis {
  readonly path: string;
  /** One per value, or, of an axis with many numbers, ranges of equal width that cover them. */
  readonly bins: readonly MapBin[];
}

export interface MapBin {
  /** The value; of a range its centre. */
  readonly value: unknown;
  /** Of a range: `from` included, `to` excluded but in the last. */
  readonly range?: { readonly from: number; readonly to: number };
}

export interface MapCell {
  readonly counts: Counts;
  /** Of a number: over the cell's finished runs. */
  readonly summary: Summary;
  /** Median of a number, index of the prevailing verdict; null where no run has finished, or none with a finite value. */
  readonly value: number | null;
}

export interface OutcomeMap {
  readonly x: MapAxis;
  readonly y: MapAxis;
  readonly outcome: Outcome;
  /** Row by row, (y.bins, x.bins). */
  readonly cells: readonly MapCell[];
}

export interface MapOptions {
  /** Paths of two axes. */
  readonly x: string;
  readonly y: string;
  readonly outcome: Outcome;
  /** Values of other axes by path, to look at these runs alone; the axes that are left out are aggregated over. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** Bins an axis has at most; an axis of words has one per value in any case. */
  readonly mostBins?: number;
}

/** A screen shows about as many cells side by side that a finger or an eye can tell apart. */
const MOST_BINS = 40;

/** @throws Error for a path that is no axis */
export function mapOf<R extends Measured>(
  axes: readonly AxisValues[],
  points: readonly PlacedRun[],
  records: Iterable<R>,
  { x, y, outcome, fixed = {}, mostBins = MOST_BINS }: MapOptions,
): OutcomeMap {
  const byId = new Map([...records].map((record) => [record.id, record]));
  const [across, down] = [x, y].map((path) => binAxis(axes, path, mostBins));
  const others = Object.entries(fixed).map(([path, value]) => [indexOf(axes, path), JSON.stringify(value)] as const);
  const cells = Array.from({ length: across.axis.bins.length * down.axis.bins.length }, () => ({ runs: 0, finished: [] as R[] }));
  for (const { id, values } of points) {
    if (others.some(([k, text]) => JSON.stringify(values[k]) !== text)) continue;
    const cell = cells[down.binOf(values) * across.axis.bins.length + across.binOf(values)];
    cell.runs++;
    const record = byId.get(id);
    if (record) cell.finished.push(record);
  }
  return {
    x: across.axis,
    y: down.axis,
    outcome,
    cells: cells.map(({ runs, finished }) => {
      const counts = countRuns(runs, finished);
      const summary = summarise(finished, outcome);
      return { counts, summary, value: outcome.kind === 'verdict' ? prevailing(counts) : summary.median };
    }),
  };
}

/** Of verdicts that are equally frequent the first one of these prevails, so that no failure hides behind a success. */
const GRAVITY: readonly VerdictKind[] = ['diverged', 'exploding', 'vanishing', 'stuck', 'starting', 'healthy'];

function prevailing({ finished, verdicts }: Counts): number | null {
  if (finished === 0) return null;
  const kind = GRAVITY.reduce((best, candidate) => (verdicts[candidate] > verdicts[best] ? candidate : best));
  return VERDICT_KINDS.indexOf(kind);
}

function indexOf(axes: readonly AxisValues[], path: string): number {
  const k = axes.findIndex((axis) => axis.path === path);
  if (k < 0) throw new Error(`no axis "${path}"`);
  return k;
}

interface Binned {
  readonly axis: MapAxis;
  binOf(values: readonly unknown[]): number;
}

function binAxis(axes: readonly AxisValues[], path: string, most: number): Binned {
  const k = indexOf(axes, path);
  const { values } = axes[k];
  if (values.length > most && values.every((value) => typeof value === 'number' && Number.isFinite(value))) {
    return binNumbers(path, k, values as readonly number[], most);
  }
  const places = new Map(values.map((value, place) => [JSON.stringify(value), place]));
  return {
    axis: { path, bins: values.map((value) => ({ value })) },
    binOf: (point) => places.get(JSON.stringify(point[k])) ?? 0,
  };
}

/** Ranges of equal width: of logarithms, where positive values span a factor of 100. */
function binNumbers(path: string, k: number, values: readonly number[], most: number): Binned {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const isLog = low > 0 && high / low >= 100;
  const [to, from] = isLog ? [Math.log, Math.exp] : [(x: number) => x, (x: number) => x];
  const start = to(low);
  const width = (to(high) - start) / most;
  const edge = (bin: number) => (bin === 0 ? low : bin === most ? high : from(start + bin * width));
  return {
    axis: {
      path,
      bins: Array.from({ length: most }, (_, bin) => ({
        value: from(start + (bin + 0.5) * width),
        range: { from: edge(bin), to: edge(bin + 1) },
      })),
    },
    binOf: (point) => Math.min(most - 1, Math.floor((to(point[k] as number) - start) / width)),
  };
}
