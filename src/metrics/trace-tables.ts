/** Tables for other programs: what their columns are, and the rows of a trace. */
import { histogramRows, histogramsOf } from './histogram.ts';
import type { LayerSeries } from './layer-series.ts';
import type { LayerRecord, Trace } from './trace.ts';

/** `json`: an object, which CSV and Parquet hold as its JSON text. */
export type ColumnType = 'string' | 'boolean' | 'int' | 'float' | 'double' | 'json';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** Null where a column does not apply; NaN and ±Infinity as such. */
export type Cell = string | number | boolean | null;

/** The tables of a trace, by what their files are called. */
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

/** A run's rows in each of them. */
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
