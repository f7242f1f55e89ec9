/** What `export` writes: the columns of its tables, and a run's or a trace's rows. */

import { histogramRows, histogramsOf } from '../metrics/histogram.ts';
import type { LayerSeries } from '../metrics/layer-series.ts';
import type { Extent, GrowthAt, RunResult } from '../metrics/result.ts';
import type { LayerRecord, Trace } from '../metrics/trace.ts';
import { canonicalJson } from '../model/experiment.ts';
import type { Point } from '../sweep/axes.ts';
import type { RunRecord } from '../sweep/record.ts';
import type { ResolvedAxis } from '../sweep/sweep-protocol.ts';

/** `json`: an object, which CSV and Parquet hold as its JSON text. */
export type ColumnType = 'string' | 'boolean' | 'int' | 'float' | 'double' | 'json';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** Null where a column does not apply; NaN and ±Infinity as such. */
export type Cell = string | number | boolean | null;

interface RunColumn extends Column {
  of(record: RunRecord, point: Point): unknown;
}

const result = (name: string, type: ColumnType, of: (result: RunResult) => Cell): RunColumn => ({
  name,
  type,
  of: (record) => of(record.result),
});

function extent(name: string, of: (result: RunResult) => Extent): RunColumn[] {
  return (['first', 'max', 'last'] as const).map((at) => result(`${at}${name}`, 'double', (run) => of(run)[at]));
}

function growth(name: string, of: (result: RunResult) => GrowthAt | null): RunColumn[] {
  return [
    result(`${name}GrowthFactor`, 'double', (run) => of(run)?.factor ?? null),
    result(`${name}GrowthStandardError`, 'double', (run) => of(run)?.standardError ?? null),
    result(`${name}GrowthIteration`, 'int', (run) => of(run)?.iteration ?? null),
  ];
}

/** Every field of a result; the order is part of the format. */
const RESULT_COLUMNS: readonly RunColumn[] = [
  result('ended', 'string', ({ ended }) => ended),
  result('iterations', 'int', ({ iterations }) => iterations),
  result('verdict', 'string', ({ verdict }) => verdict.kind),
  result('verdictTitle', 'string', ({ verdict }) => verdict.title),
  result('verdictIteration', 'int', ({ verdict }) => verdict.iteration ?? null),
  result('verdictEvidence', 'string', ({ verdict }) => verdict.evidence.join(' ')),
  result('loss', 'double', ({ loss }) => loss),
  result('bestLoss', 'double', ({ bestLoss }) => bestLoss),
  result('accuracy', 'double', ({ accuracy }) => accuracy),
  result('bestAccuracy', 'double', ({ bestAccuracy }) => bestAccuracy),
  result('testLoss', 'double', ({ testLoss }) => testLoss),
  result('bestTestLoss', 'double', ({ bestTestLoss }) => bestTestLoss),
  result('testAccuracy', 'double', ({ testAccuracy }) => testAccuracy),
  result('bestTestAccuracy', 'double', ({ bestTestAccuracy }) => bestTestAccuracy),
  ...extent('Log2GradientNorm', ({ log2GradientNorm }) => log2GradientNorm),
  ...extent('GradientNorm', ({ gradientNorm }) => gradientNorm),
  result('clipShare', 'double', ({ clipShare }) => clipShare),
  result('firstNonFiniteIteration', 'int', ({ firstNonFinite }) => firstNonFinite?.iteration ?? null),
  result('firstNonFiniteTensor', 'string', ({ firstNonFinite }) => firstNonFinite?.tensor ?? null),
  ...growth('first', (run) => run.growth.first),
  ...growth('latest', (run) => run.growth.latest),
  { name: 'engine', type: 'string', of: ({ engine }) => engine.engine },
  { name: 'adapter', type: 'string', of: ({ engine }) => engine.adapter },
];

/**
 * The columns of the table of runs.
 *
 * @param timing whether the one column that a repetition changes is among them
 */
export function runColumns(axes: readonly ResolvedAxis[], timing: boolean): RunColumn[] {
  const own: readonly RunColumn[] = [
    ...RESULT_COLUMNS,
    ...(timing
      ? [{ name: 'iterationsPerSecond', type: 'double', of: (record: RunRecord) => record.iterationsPerSecond } as const]
      : []),
  ];
  const names = new Set(['runId', ...own.map(({ name }) => name)]);
  return [
    { name: 'runId', type: 'string', of: ({ id }) => id },
    ...axes.map(({ path, values }, k) => ({
      // `iterations` asked for is not `iterations` trained.
      name: names.has(path) ? `experiment.${path}` : path,
      type: typeOf(values),
      of: (_: RunRecord, point: Point) => point.values[k],
    })),
    ...own,
  ];
}

/** One type for all values of an axis. */
function typeOf(values: readonly unknown[]): ColumnType {
  for (const [name, type] of [
    ['number', 'double'],
    ['string', 'string'],
    ['boolean', 'boolean'],
  ] as const) {
    if (values.every((value) => typeof value === name)) return type;
  }
  return 'json';
}

/** A table's row; a `json` column holds text. */
export function rowOf(columns: readonly RunColumn[], record: RunRecord, point: Point): Cell[] {
  return columns.map(({ type, of }) => {
    const value = of(record, point);
    return type === 'json' ? canonicalJson(value ?? null) : (value as Cell);
  });
}

/** The tables of `--traces`, by what their files are called. */
export const TRACE_TABLES = {
  traces: [
    { name: 'runId', type: 'string' },
    { name: 'iteration', type: 'int' },
    { name: 'loss', type: 'float' },
    { name: 'accuracy', type: 'float' },
    { name: 'log2GradientNorm', type: 'float' },
    { name: 'clipCoefficient', type: 'float' },
    { name: 'log2WeightNorm', type: 'float' },
    { name: 'log2UpdateNorm', type: 'float' },
    { name: 'nonFinite', type: 'float' },
    { name: 'learningRate', type: 'float' },
    { name: 'log2LossScale', type: 'float' },
  ],
  tests: [
    { name: 'runId', type: 'string' },
    { name: 'iteration', type: 'int' },
    { name: 'loss', type: 'float' },
    { name: 'accuracy', type: 'float' },
  ],
  layers: [
    { name: 'runId', type: 'string' },
    { name: 'iteration', type: 'int' },
    { name: 'layer', type: 'int' },
    { name: 'log2Dz', type: 'float' },
    { name: 'overflowDz', type: 'float' },
  ],
  weights: [
    { name: 'runId', type: 'string' },
    { name: 'iteration', type: 'int' },
    { name: 'weight', type: 'int' },
    { name: 'log2Dw', type: 'float' },
    { name: 'log2Weight', type: 'float' },
    { name: 'log2Update', type: 'float' },
  ],
  units: [
    { name: 'runId', type: 'string' },
    { name: 'iteration', type: 'int' },
    { name: 'layer', type: 'int' },
    { name: 'log2Rms', type: 'float' },
    { name: 'blocked', type: 'float' },
    { name: 'overflowH', type: 'float' },
  ],
  histograms: [
    { name: 'runId', type: 'string' },
    { name: 'iteration', type: 'int' },
    { name: 'weight', type: 'int' },
    { name: 'kind', type: 'string' },
    { name: 'log2From', type: 'int' },
    { name: 'count', type: 'int' },
  ],
} as const satisfies Readonly<Record<string, readonly Column[]>>;
export type TraceTable = keyof typeof TRACE_TABLES;

/** A run's rows in each table of `--traces`. */
export function* traceRows(id: string, trace: Trace, table: TraceTable, hasAccuracy: boolean): Generator<Cell[]> {
  const share = (accuracy: number) => (hasAccuracy ? accuracy : null);
  switch (table) {
    case 'traces': {
      const s = trace.scalars;
      for (let i = 0; i < trace.length; i++) {
        const norms = [
          s.log2GradientNorm,
          s.clipCoefficient,
          s.log2WeightNorm,
          s.log2UpdateNorm,
          s.nonFinite,
          s.learningRate,
          s.log2LossScale,
        ];
        yield [id, s.iteration.at(i), s.loss.at(i), share(s.accuracy.at(i)), ...norms.map((series) => series.at(i))];
      }
      break;
    }
    case 'tests':
      for (const { iteration, loss, accuracy } of trace.tests) yield [id, iteration, loss, share(accuracy)];
      break;
    case 'layers':
    case 'weights':
    case 'units':
      for (const record of trace.layers) yield* layerRows(id, record, LAYER_TABLES[table]);
      break;
    case 'histograms':
      for (const { iteration, histogram } of trace.layers) {
        for (const [weight, own] of histogramsOf(histogram).entries()) {
          for (const row of histogramRows(own)) yield [id, iteration, weight, ...row];
        }
      }
      break;
    default:
      table satisfies never;
  }
}

/** The series of each table of layers. */
const LAYER_TABLES = {
  layers: ['log2Dz', 'overflowDz'],
  weights: ['log2Dw', 'log2Weight', 'log2Update'],
  units: ['log2Rms', 'blocked', 'overflowH'],
} as const satisfies Partial<Record<TraceTable, readonly LayerSeries[]>>;

/** A row for each layer of the first series; null for what is not measured. */
function* layerRows(id: string, record: LayerRecord, series: readonly LayerSeries[]): Generator<Cell[]> {
  for (let l = 0; l < record[series[0]].length; l++) {
    yield [id, record.iteration, l, ...series.map((name) => (l < record[name].length ? record[name][l] : null))];
  }
}
