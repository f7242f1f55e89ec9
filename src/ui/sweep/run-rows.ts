/** The table of runs: its columns, their order, and which runs pass the filter. */
import { formatCount } from '../../metrics/format.ts';
import type { RunRecord } from '../../sweep/record.ts';
import { axisName, valueWord } from './axis-values.ts';
import type { RunTable } from './map-data.ts';
import { OUTCOMES } from './outcomes.ts';
import { outcomeColumn } from './run-columns.ts';
import type { Selected } from './selection.ts';
import type { TableView } from './state.ts';

export interface Column {
  readonly id: string;
  readonly label: string;
  /** Text or number to sort by; undefined and NaN come last, whatever the direction. */
  readonly key: (point: number) => number | string | undefined;
  readonly text: (point: number) => string;
}

export function columnsOf(table: RunTable): Column[] {
  const { axes, points, records } = table;
  const paths = axes.map(({ path }) => path);
  const of = (point: number, read: (record: RunRecord) => string, otherwise = '') => {
    const record = records[point];
    return record ? read(record) : otherwise;
  };
  return [
    { id: 'run', label: 'run', key: (p) => p, text: (p) => points[p].id.slice(0, 6) },
    ...axes.map(
      ({ path }, axis): Column => ({
        id: `axis:${axis}`,
        label: axisName(path, paths),
        key: (p) => keyOf(points[p].values[axis]),
        text: (p) => valueWord(points[p].values[axis]),
      }),
    ),
    ...OUTCOMES.map((outcome): Column => {
      const { id, short, value, format, scale } = outcome;
      return {
        id,
        label: short,
        key: scale === 'verdict' ? (p) => records[p]?.result.verdict.kind : (p) => outcomeColumn(table, outcome)[p],
        text: (p) =>
          of(
            p,
            (record) => {
              const x = value(record);
              if (!Number.isNaN(x)) return format(x);
              return id === 'loss' || id === 'lastNorm' ? 'NaN' : '–';
            },
            id === 'verdict' ? 'not finished' : '',
          ),
      };
    }),
    {
      id: 'iterations',
      label: 'iterations',
      key: (p) => records[p]?.result.iterations,
      text: (p) => of(p, ({ result }) => formatCount(result.iterations)),
    },
  ];
}

function keyOf(value: unknown): number | string {
  return typeof value === 'number' ? value : valueWord(value);
}

/** The selected points that pass the filter, in the order asked for; equal ones stay in the order of the sweep. */
export function rowsOf(
  table: RunTable,
  columns: readonly Column[],
  { sort, descending, text, verdict }: TableView,
  selected?: Selected,
): Uint32Array {
  const tests = text
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => holds(table, word));
  const kept = new Uint32Array(table.points.length);
  let rows = 0;
  for (let p = 0; p < kept.length; p++) {
    if (selected && selected.mask[p] === 0) continue;
    if (verdict !== '' && table.records[p]?.result.verdict.kind !== verdict) continue;
    if (tests.every((test) => test(p))) kept[rows++] = p;
  }
  const column = columns.find(({ id }) => id === sort) ?? columns[0];
  return inOrder(kept.subarray(0, rows), column.key, descending);
}

/** Whether a run's id, one of its values or its verdict holds a word. Each value of an axis is read once. */
function holds({ points, records }: RunTable, word: string): (point: number) => boolean {
  const known = new Map<unknown, boolean>();
  const inValue = (value: unknown) => {
    let found = known.get(value);
    if (found === undefined) {
      found = valueWord(value).toLowerCase().includes(word);
      known.set(value, found);
    }
    return found;
  };
  return (p) =>
    points[p].values.some(inValue) ||
    points[p].id.includes(word) ||
    (records[p]?.result.verdict.title.toLowerCase().includes(word) ?? false);
}

/**
 * Sorts by ranks: keys alone are sorted natively, which takes a tenth of what comparing 50,000 points by a function does. Words get
 * numbers in their order; what has no key comes last, whatever the direction.
 */
function inOrder(points: Uint32Array, key: Column['key'], descending: boolean): Uint32Array {
  const found = Array.from(points, key);
  const words = [...new Set(found.filter((own) => typeof own === 'string'))].sort();
  const order = new Map<unknown, number>(words.map((word, k) => [word, k]));
  const sign = descending ? -1 : 1;
  // Numbers come before words.
  const most = found.reduce<number>((high, own) => (typeof own === 'number' && own > high ? own : high), 0);
  const keys = Float64Array.from(found, (own) =>
    // + 0 makes −0 the same as 0.
    own === undefined ? Number.NaN : sign * (typeof own === 'number' ? own : most + 1 + (order.get(own) ?? 0)) + 0,
  );
  // Native order puts NaN last.
  const sorted = keys.slice().sort();
  const next = new Map<number, number>();
  for (let k = 0; k < sorted.length; k++) if (k === 0 || !Object.is(sorted[k], sorted[k - 1])) next.set(sorted[k], k);
  const rows = new Uint32Array(points.length);
  points.forEach((point, k) => {
    const at = next.get(keys[k]) ?? 0;
    rows[at] = point;
    next.set(keys[k], at + 1);
  });
  return rows;
}

/** First and one past the last row in view, with a margin. */
export function windowOf(scrollTop: number, height: number, rowHeight: number, rows: number): readonly [number, number] {
  const margin = 8;
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - margin);
  return [Math.min(first, Math.max(0, rows - 1)), Math.min(rows, Math.ceil((scrollTop + height) / rowHeight) + margin)];
}
