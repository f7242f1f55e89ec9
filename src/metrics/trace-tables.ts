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
    { name: 'firstNonFinite', type: 'string' },
    { name: 'ended', type: 'string' },
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
  steps: [
    { name: 'runId', type: 'string' },
    { name: 'iteration', type: 'int' },
    { name: 'layer', type: 'int' },
    { name: 'step', type: 'int' },
    { name: 'log2Dh', type: 'float' },
    { name: 'log2Dc', type: 'float' },
  ],
  gates: [
    { name: 'runId', type: 'string' },
    { name: 'iteration', type: 'int' },
    { name: 'layer', type: 'int' },
    { name: 'gate', type: 'string' },
    { name: 'step', type: 'int' },
    { name: 'gateMean', type: 'float' },
    { name: 'gateSaturated', type: 'float' },
  ],
  spectra: [
    { name: 'runId', type: 'string' },
    { name: 'iteration', type: 'int' },
    { name: 'matrix', type: 'string' },
    { name: 'spectralRadius', type: 'float' },
    { name: 'largestSingularValue', type: 'float' },
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

/** A run whose curves are written. */
export interface TracedRun {
  /** Stands in the column `runId`. */
  readonly id: string;
  readonly trace: Trace;
  readonly hasAccuracy: boolean;
  /** Of each recurrent layer the names of its gates, in the order of the records; empty for other networks. */
  readonly gates: readonly (readonly string[])[];
}

/** A run's rows in each of them. */
export function* traceRows({ id, trace, hasAccuracy, gates }: TracedRun, table: TraceTable): Generator<Cell[]> {
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
        const isEnd = i === trace.length - 1 && trace.ended !== 'training';
        yield [
          id,
          s.iteration.at(i),
          s.loss.at(i),
          share(s.accuracy.at(i)),
          ...norms.map((series) => series.at(i)),
          tensorOf(trace, s.firstNonFinite.at(i)),
          isEnd ? trace.ended : null,
        ];
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
    case 'steps':
      for (const record of trace.layers) yield* stepRows(id, record, gates.length);
      break;
    case 'gates':
      for (const record of trace.layers) yield* gateRows(id, record, gates);
      break;
    case 'spectra':
      for (const { iteration, spectra } of trace.tests) {
        // As a sweep's folder keeps them: the page has them in double precision.
        for (const { matrix, radius, sigma } of spectra) yield [id, iteration, matrix, Math.fround(radius), Math.fround(sigma)];
      }
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

/** Name of a tensor that the series `firstNonFinite` names; its number where the trace came without the names. */
function tensorOf({ measured, scalars, firstNonFinite: first }: Trace, code: number): string | null {
  if (code === 0) return null;
  const at = first ? scalars.iteration.view().indexOf(first.iteration) : -1;
  const isFirst = first && at >= 0 && scalars.firstNonFinite.at(at) === code;
  return measured[code - 1] ?? (isFirst ? first.tensor : `tensor ${code}`);
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

/** A row for each step of each recurrent layer. */
function* stepRows(id: string, { iteration, log2Dh, log2Dc }: LayerRecord, layers: number): Generator<Cell[]> {
  const steps = log2Dh.length / layers;
  for (let i = 0; i < log2Dh.length; i++) {
    yield [id, iteration, Math.floor(i / steps), i % steps, log2Dh[i], i < log2Dc.length ? log2Dc[i] : null];
  }
}

/** A row for each step of each gate of each recurrent layer. */
function* gateRows(
  id: string,
  { iteration, gateMean, gateSaturated }: LayerRecord,
  gates: readonly (readonly string[])[],
): Generator<Cell[]> {
  const rows = gates.flatMap((names, layer) => names.map((gate) => ({ layer, gate })));
  const steps = gateMean.length / rows.length;
  for (let i = 0; i < gateMean.length; i++) {
    const { layer, gate } = rows[Math.floor(i / steps)];
    yield [id, iteration, layer, gate, i % steps, gateMean[i], gateSaturated[i]];
  }
}
