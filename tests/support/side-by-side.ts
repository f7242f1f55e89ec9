/** Runs trained side by side, and all that their traces hold. */

import type { Dataset } from '../../src/data/dataset.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { shapeOf } from '../../src/metrics/layer-series.ts';
import { Trace } from '../../src/metrics/trace.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import type { Experiment, ExperimentInput, Task } from '../../src/model/schema.ts';
import { Loop } from '../../src/sweep/loop.ts';
import { SideBySide } from '../../src/sweep/side-by-side.ts';

export type DatasetOf = (task: Task) => Promise<Dataset>;

/** A small experiment of 12 iterations. */
export const small = (input: ExperimentInput): Experiment =>
  parseExperiment({ batchSize: 8, iterations: 12, probes: { layersEvery: 1, testEvery: 5 }, ...input });
export const mlp = (depth: number) => ({ kind: 'mlp', depth, width: 8 }) as const;

/** @param limits iterations after which it pauses and goes on */
export async function trainSideBySide(
  engine: Engine,
  datasetOf: DatasetOf,
  experiments: readonly Experiment[],
  limits: readonly number[] = [],
) {
  const runs = await SideBySide.create(engine, experiments, datasetOf);
  const traces = runs.summaries.map((summary) => new Trace(summary.measured, shapeOf(summary)));
  const loop = new Loop(runs, {
    block: (block) => traces.forEach((trace, r) => void trace.append(block, r)),
    test: (block, tested) => {
      for (const r of tested) traces[r].appendTest(block, r);
    },
  });
  for (const limit of limits) await loop.run(limit);
  const finished = await loop.run();
  const parts = runs.parts.length;
  runs.destroy();
  return { traces, finished, parts };
}

/** All that a trace holds, as plain data. */
export function recorded({ scalars, layers, tests, firstNonFinite, ended }: Trace) {
  const series = Object.entries(scalars).map(([name, values]) => [name, [...values.view()]]);
  return { series: Object.fromEntries(series), layers, tests, firstNonFinite, ended };
}
