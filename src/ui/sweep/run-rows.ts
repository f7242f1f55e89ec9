/** The table of runs: its columns, their order, and which runs pass the filter. */
import { formatCount } from '../../metrics/format.ts';
import type { RunRecord } from '../../sweep/record.ts';
import { axisName, valueWord } from './axis-values.ts';
import type { RunTable } from './map-data.ts';
import { OUTCOMES } from './outcomes.ts';
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
    ...OUTCOMES.map(
      ({ id, short, value, format, scale }): Column => ({
        id,
        label: short,
        key: (p) =>
          records[p]
            ? scale === 'verdict'
              ? (records[p] as RunRecord).result.verdict.kind
              : value(records[p] as RunRecord)
            : undefined,
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
      }),
    ),
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

/** The points that pass the filter, in the order asked for; equal ones stay in the order of the sweep. */
export function rowsOf(table: RunTable, columns: readonly Column[], { sort, descending, text, verdict }: TableView): Uint32Array {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const passes = (p: number) => {
    const record = table.records[p];
    if (verdict !== '' && record?.result.verdict.kind !== verdict) return false;
    if (words.length === 0) return true;
    const own =
      `${table.points[p].id} ${table.points[p].values.map(valueWord).join(' ')} ${record?.result.verdict.title ?? ''}`.toLowerCase();
    return words.every((word) => own.includes(word));
  };
  const kept: number[] = [];
  for (let p = 0; p < table.points.length; p++) if (passes(p)) kept.push(p);
  const column = columns.find(({ id }) => id === sort) ?? columns[0];
  const keys = new Map(kept.map((p) => [p, column.key(p)]));
  const direction = descending ? -1 : 1;
  kept.sort((a, b) => compare(keys.get(a), keys.get(b), direction) || a - b);
  return Uint32Array.from(kept);
}

function compare(a: number | string | undefined, b: number | string | undefined, direction: number): number {
  const [noA, noB] = [a === undefined || Number.isNaN(a), b === undefined || Number.isNaN(b)];
  if (noA || noB) return Number(noA) - Number(noB);
  if (typeof a === 'number' && typeof b === 'number') return direction * (a < b ? -1 : Number(a > b));
  return direction * (String(a) < String(b) ? -1 : Number(String(a) > String(b)));
}

/** First and one past the last row in view, with a margin. */
export function windowOf(scrollTop: number, height: number, rowHeight: number, rows: number): readonly [number, number] {
  const margin = 8;
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - margin);
  return [Math.min(first, Math.max(0, rows - 1)), Math.min(rows, Math.ceil((scrollTop + height) / rowHeight) + margin)];
}
