/** Traces and records of runs that were never trained. */
import { ENDINGS, type Ending, type MetricsBlock, SCALARS, type ScalarName } from '../../src/metrics/block.ts';
import { layerShape } from '../../src/metrics/layer-series.ts';
import { resultOf } from '../../src/metrics/result.ts';
import { Trace } from '../../src/metrics/trace.ts';
import type { Experiment } from '../../src/model/schema.ts';
import type { Point } from '../../src/sweep/axes.ts';
import type { RunRecord } from '../../src/sweep/record.ts';

export type Row = Partial<Record<ScalarName, number>>;

export interface Synthetic {
  /** By default it has reached its last iteration. */
  readonly ended?: Ending;
  readonly iterations: number;
  /** Values of iteration `i`; the others are those of a run that is well. */
  readonly row?: (i: number) => Row;
  /** Layers with a ‖dL/dz‖, and as many weights. */
  readonly layers?: number;
  readonly log2Dz?: (layer: number, i: number) => number;
  readonly tests?: readonly { readonly iteration: number; readonly loss: number; readonly accuracy: number }[];
}

const MEASURED = ['z0', 'loss', 'dz0', 'w0'];

/** A trace made through the same door as the worker's. */
export function syntheticTrace({
  iterations,
  row = () => ({}),
  layers = 4,
  log2Dz = () => 0,
  tests = [],
  ended = 'iterations',
}: Synthetic): Trace {
  const trace = new Trace(MEASURED, layerShape(layers, layers, layers - 1));
  const usual: Row = { loss: 1, accuracy: 0.5, log2WeightNorm: 3, log2UpdateNorm: -5, clipCoefficient: 1, active: 1 };
  const scalars = Array.from({ length: iterations }, (_, i) => {
    const last = i === iterations - 1;
    const values = { ...usual, iteration: i, ...row(i), ended: last ? ENDINGS.indexOf(ended) : 0 };
    return SCALARS.map((name) => values[name] ?? 0);
  });
  const block: MetricsBlock = {
    replicas: 1,
    iterations,
    scalars: Float32Array.from(scalars.flat()),
    layers: [
      Array.from({ length: iterations }, (_, i) => ({
        iteration: i,
        words: Float32Array.from({ length: 6 * layers - 2 }, (_, l) => log2Dz(l, i)),
      })),
    ],
  };
  trace.append(block, 0);
  for (const { iteration, loss, accuracy } of tests) {
    trace.appendTest(
      { iterations: [iteration], loss: Float32Array.of(loss), accuracy: Float32Array.of(accuracy), spectra: [] },
      0,
    );
  }
  return trace;
}

/** A run of a sweep: its loss falls at a rate that depends on the seed, or overflows at `brokenAt`. */
export function syntheticRun(experiment: Experiment, brokenAt = Number.POSITIVE_INFINITY, iterations = 30): Trace {
  const speed = 10 + (experiment.seed % 7);
  return syntheticTrace({
    iterations,
    row: (i) => ({
      loss: i > brokenAt ? Number.NaN : i === brokenAt ? Number.POSITIVE_INFINITY : 0.1 + 2.2 * Math.exp(-i / speed),
      log2GradientNorm: i >= brokenAt ? Number.NaN : 2 - i / speed,
      firstNonFinite: i >= brokenAt ? 2 : 0,
    }),
    log2Dz: (l, i) => (i >= brokenAt ? Number.NaN : 0.1 * l),
    tests: [{ iteration: iterations, loss: 0.5, accuracy: 0.75 }],
  });
}

export function recordOf({ id, experiment }: Pick<Point, 'id' | 'experiment'>, trace: Trace, rate = 100): RunRecord {
  return { id, result: resultOf(trace, experiment), engine: { engine: 'cpu', adapter: '' }, iterationsPerSecond: rate };
}
