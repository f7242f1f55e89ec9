/** The sweeps that are measured: networks of the `step` workload in many configurations, trained for a few iterations. */
import type { Experiment } from '../model/schema.ts';
import { experimentOf } from './workload.ts';

export const SWEEP = { learningRates: 16, seeds: 4, depth: 32, iterations: 20 } as const;
/** Of the ragged cohort, deepest first, and networks of each. */
export const RAGGED = { depths: [64, 32, 16, 8, 4, 2], networks: 4, iterations: 20 } as const;

/** @param k learning rates are spaced evenly on a log scale over 1e-3 … 1 */
export function learningRate(k: number, count: number): number {
  return 1e-3 * 10 ** ((3 * k) / (count - 1));
}

/** Every learning rate with every seed; seeds vary slowest. */
export function sweepExperiments(): Experiment[] {
  const { learningRates, seeds, depth } = SWEEP;
  return Array.from({ length: learningRates * seeds }, (_, n) => {
    const k = n % learningRates;
    return variant(depth, learningRate(k, learningRates), Math.floor(n / learningRates));
  });
}

export function raggedExperiments(): Experiment[][] {
  const { depths, networks } = RAGGED;
  return depths.map((depth) => Array.from({ length: networks }, (_, n) => variant(depth, learningRate(n, networks), n)));
}

function variant(depth: number, rate: number, seed: number): Experiment {
  const base = experimentOf(depth);
  return { ...base, optimizer: { ...base.optimizer, learningRate: rate }, seed };
}
