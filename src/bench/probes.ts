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
  /** The same with a histogram of each weight's gradient. */
  readonly histograms: Timing;
  /** With the global norms alone. */
  readonly off: Timing;
  /** on / off, of medians and of minima. */
  readonly ratio: number;
  readonly ratioOfMin: number;
  /** histograms / on, likewise. */
  readonly histogramRatio: number;
  readonly histogramRatioOfMin: number;
}

/** Longer than any measurement: no layer is recorded after the first iteration. */
const NEVER = 1_000_000;

export async function measureProbes(engine: Engine, depth: number, replicas: number, seconds: number): Promise<ProbeCost> {
  const experiment = experimentOf(depth);
  const measured = { ...experiment.probes, layers: 'all', layersEvery: 1 } as const;
  const variants = [
    measured,
    { ...measured, histograms: true },
    { ...experiment.probes, layers: 'gradients', layersEvery: NEVER } as const,
  ];
  const dataset = await datasetOf(experiment);
  const trainers = [];
  for (const probes of variants) {
    const { trainer } = await loadExperiment(engine, { ...experiment, probes }, dataset, replicas);
    trainers.push(trainer);
  }
  const sides = trainers.map(oursOf);
  await measureInTurns(sides, seconds);
  for (const trainer of trainers) trainer.destroy();
  const [on, histograms, off] = sides.map(({ ms }) => timingOf(ms));
  return {
    depth,
    replicas,
    on,
    histograms,
    off,
    ratio: on.median / off.median,
    ratioOfMin: on.min / off.min,
    histogramRatio: histograms.median / on.median,
    histogramRatioOfMin: histograms.min / on.min,
  };
}
