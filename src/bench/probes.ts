/** `bench probes`: what it costs to measure every layer in every iteration. */
import type { Engine } from '../engine/engine.ts';
import { measureInTurns, oursOf } from './measure.ts';
import { type Timing, timingOf } from './statistics.ts';
import { datasetOf, experimentOf, loadExperiment } from './workload.ts';

export interface ProbeCost {
  readonly depth: number;
  readonly replicas: number;
  /** Milliseconds per iteration with everything measured of every layer in every iteration. */
  readonly on: Timing;
  /** With the global norms alone. */
  readonly off: Timing;
  /** on / off, of medians and of minima. */
  readonly ratio: number;
  readonly ratioOfMin: number;
}

/** Longer than any measurement: no layer is recorded after the first iteration. */
const NEVER = 1_000_000;

export async function measureProbes(engine: Engine, depth: number, replicas: number, seconds: number): Promise<ProbeCost> {
  const experiment = experimentOf(depth);
  const [on, off] = [
    { ...experiment.probes, layers: 'all', layersEvery: 1 } as const,
    { ...experiment.probes, layers: 'gradients', layersEvery: NEVER } as const,
  ];
  const dataset = await datasetOf(experiment);
  const trainers = [];
  for (const probes of [on, off]) {
    const { trainer } = await loadExperiment(engine, { ...experiment, probes }, dataset, replicas);
    trainers.push(trainer);
  }
  const sides = trainers.map(oursOf);
  await measureInTurns(sides, seconds);
  for (const trainer of trainers) trainer.destroy();
  const [with_, without] = sides.map(({ ms }) => timingOf(ms));
  return {
    depth,
    replicas,
    on: with_,
    off: without,
    ratio: with_.median / without.median,
    ratioOfMin: with_.min / without.min,
  };
}
