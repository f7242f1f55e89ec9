/** `bench depth`: what a layer costs in networks of 100 layers and of 10,000. */
import type { Engine } from '../engine/engine.ts';
import { parseExperiment } from '../model/experiment.ts';
import type { Experiment } from '../model/schema.ts';
import { measureInTurns, oursOf } from './measure.ts';
import { type Timing, timingOf } from './statistics.ts';
import { datasetOf, experimentOf, loadExperiment } from './workload.ts';

export interface DepthCost {
  readonly depth: number;
  /** Milliseconds per iteration. */
  readonly iteration: Timing;
  /** Microseconds per iteration and layer, of the median and of the minimum. */
  readonly layerUs: number;
  readonly layerUsOfMin: number;
  /** layerUs, divided by that of the first depth; the same of the minima. */
  readonly ratio: number;
  readonly ratioOfMin: number;
  readonly bytes: number;
  readonly dispatches: number;
  /** From an empty engine to the end of iteration 0. */
  readonly compileMs: number;
}

export interface DepthOptions {
  readonly depths: readonly number[];
  readonly width: number;
  readonly batch: number;
  readonly seconds: number;
}

function deepExperiment(depth: number, { width, batch }: DepthOptions): Experiment {
  const experiment = experimentOf(depth);
  return parseExperiment({ ...experiment, model: { ...experiment.model, width }, batchSize: batch });
}

/** All depths in turns, so that each sees the same machine. */
export async function measureDepths(engine: Engine, options: DepthOptions): Promise<DepthCost[]> {
  const loaded = [];
  for (const depth of options.depths) {
    const experiment = deepExperiment(depth, options);
    loaded.push(await loadExperiment(engine, experiment, await datasetOf(experiment)));
  }
  const sides = loaded.map(({ trainer }) => oursOf(trainer));
  await measureInTurns(sides, options.seconds);
  const costs = loaded.map(({ trainer: { summary }, compileMs }, k) => {
    const iteration = timingOf(sides[k].ms);
    const layers = summary.weightLayers.length;
    return {
      depth: options.depths[k],
      iteration,
      layerUs: (1000 * iteration.median) / layers,
      layerUsOfMin: (1000 * iteration.min) / layers,
      bytes: summary.bytes,
      dispatches: summary.dispatchesPerIteration,
      compileMs,
    };
  });
  for (const { trainer } of loaded) trainer.destroy();
  return costs.map((cost) => ({
    ...cost,
    ratio: cost.layerUs / costs[0].layerUs,
    ratioOfMin: cost.layerUsOfMin / costs[0].layerUsOfMin,
  }));
}
