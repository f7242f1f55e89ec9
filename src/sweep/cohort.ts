/** Trains experiments of one shape as replicas, as many together as the engine holds. */
import type { Dataset } from '../data/dataset.ts';
import type { Engine } from '../engine/engine.ts';
import { Trace } from '../metrics/trace.ts';
import { LimitError } from '../model/errors.ts';
import { canonicalJson } from '../model/experiment.ts';
import type { Experiment } from '../model/schema.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { Loop } from './loop.ts';
import { planKey } from './plan-key.ts';
import { Trainer } from './trainer.ts';

/** What a cohort's training reports while it goes on. */
export interface CohortProgress {
  /** Replicas trained together. */
  readonly replicas: number;
  /** Iterations recorded, the same for every replica that still trains. */
  readonly iteration: number;
  readonly iterationsPerSecond: number;
  readonly traces: readonly Trace[];
}

export interface TrainedCohort {
  readonly experiments: readonly Experiment[];
  /** One per experiment, in order. */
  readonly traces: readonly Trace[];
  readonly summary: PlanSummary;
  /** Training and evaluation, without loading and compiling. */
  readonly durationMs: number;
}

/** Groups what can train together for the same number of iterations; groups and members keep their order. */
export function groupByPlan<T extends { readonly experiment: Experiment }>(runs: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const run of runs) {
    const key = canonicalJson({ plan: planKey(run.experiment), iterations: run.experiment.iterations });
    const group = groups.get(key);
    if (group) group.push(run);
    else groups.set(key, [run]);
  }
  return [...groups.values()];
}

/**
 * Trains experiments that share a plan, `most` at a time, or fewer where the engine's memory asks for it, in order.
 *
 * @throws LimitError when even one does not fit
 */
export async function* trainGroup(
  engine: Engine,
  experiments: readonly Experiment[],
  dataset: Dataset,
  most: number,
  progress: (state: CohortProgress) => void,
): AsyncGenerator<TrainedCohort, void, void> {
  let size = most;
  for (let at = 0; at < experiments.length; ) {
    const part = experiments.slice(at, at + size);
    const trainer = await createTrainer(engine, part, dataset);
    if (trainer === undefined) {
      size = Math.ceil(part.length / 2);
      continue;
    }
    yield await trainCohort(trainer, progress);
    at += part.length;
  }
}

/** Undefined where several do not fit and fewer may. */
async function createTrainer(engine: Engine, experiments: readonly Experiment[], dataset: Dataset): Promise<Trainer | undefined> {
  try {
    return await Trainer.create(engine, experiments, dataset);
  } catch (error) {
    if (error instanceof LimitError && experiments.length > 1) return undefined;
    throw error;
  }
}

async function trainCohort(trainer: Trainer, progress: (state: CohortProgress) => void): Promise<TrainedCohort> {
  const { experiments, summary } = trainer;
  const traces = experiments.map(() => new Trace(summary.measured, summary.gradientLayers.length));
  let iteration = 0;
  const loop = new Loop(trainer, {
    block(block) {
      traces.forEach((trace, r) => {
        trace.append(block, r);
      });
      iteration += block.iterations;
      progress({ replicas: experiments.length, iteration, iterationsPerSecond: loop.rate, traces });
    },
    test(block) {
      traces.forEach((trace, r) => {
        trace.appendTest(block, r);
      });
    },
  });
  try {
    const start = performance.now();
    await loop.run();
    return { experiments, traces, summary, durationMs: performance.now() - start };
  } finally {
    trainer.destroy();
  }
}
