/** Runs that start together and are looked at beside each other, whether or not they share a plan. */
import type { Baseline, Dataset } from '../data/dataset.ts';
import type { Engine } from '../engine/engine.ts';
import { fnv1a64 } from '../math/fnv.ts';
import { type LayerBlock, type MetricsBlock, SCALARS, type TestBlock } from '../metrics/block.ts';
import { canonicalJson } from '../model/experiment.ts';
import { lengthOf } from '../model/network.ts';
import type { Experiment, Task } from '../model/schema.ts';
import type { PlanSummary } from '../plan/summary.ts';
import type { Training } from './loop.ts';
import { sharingPlans } from './plan-key.ts';
import { type Checkpoint, Trainer } from './trainer.ts';
import { stateLayout } from './training-state.ts';

/** A trainer and the run that each of its slots trains. */
interface Part {
  readonly trainer: Trainer;
  readonly runs: readonly number[];
}

/**
 * Trains each plan's runs as its replicas (`planKey`) and joins what the plans measure, so that a run's place in a block is its
 * place among the experiments. All runs are at the same iteration but for those that have reached their last.
 */
export class SideBySide implements Training {
  private constructor(readonly parts: readonly Part[]) {}

  /** @throws LimitError when a plan does not fit the engine; nothing stays loaded then */
  static async create(
    engine: Engine,
    experiments: readonly Experiment[],
    datasetOf: (task: Task) => Promise<Dataset>,
  ): Promise<SideBySide> {
    const parts: Part[] = [];
    try {
      for (const runs of sharingPlans(experiments)) {
        const own = runs.map((run) => experiments[run]);
        parts.push({ trainer: await Trainer.create(engine, own, await datasetOf(own[0].task)), runs });
      }
      return new SideBySide(parts);
    } catch (error) {
      for (const { trainer } of parts) trainer.destroy();
      throw error;
    }
  }

  get experiments(): readonly (Experiment | undefined)[] {
    return this.#byRun(({ experiments }, slot) => experiments[slot]);
  }

  /** What to say about each run's plan; runs that share one have the same. */
  get summaries(): readonly PlanSummary[] {
    return this.#byRun(({ summary }) => summary);
  }

  /** Known results of each run's task, where its examples are sequences. */
  get baselines(): readonly (readonly Baseline[])[] {
    return this.#byRun(({ dataset, experiments }, slot) => {
      const task = experiments[slot]?.task;
      return (task && dataset.sequence?.baselines(lengthOf(task))) ?? [];
    });
  }

  /** Iterations enqueued since the start. */
  get iteration(): number {
    return Math.max(...this.parts.map(({ trainer }) => trainer.iteration));
  }

  get remaining(): number {
    return Math.max(...this.parts.map(({ trainer }) => trainer.remaining));
  }

  get longestBlock(): number {
    return Math.min(...this.parts.map(({ trainer }) => trainer.longestBlock));
  }

  /** As `Trainer.advance`. A plan whose runs have reached their last iteration rests; their records are inactive. */
  async advance(count: number): Promise<MetricsBlock> {
    const [{ trainer: only }] = this.parts;
    if (this.parts.length === 1) return only.advance(count);
    const advancing = this.parts.map(({ trainer }) => {
      const own = Math.min(count, trainer.remaining);
      return own > 0 ? trainer.advance(own) : undefined;
    });
    return joinMetrics(this.parts, await Promise.all(advancing), count);
  }

  /** As `Trainer.evaluate`. */
  async evaluate(runs: readonly number[] = this.#byRun((_, __, run) => run)): Promise<TestBlock> {
    const [{ trainer: only }] = this.parts;
    if (this.parts.length === 1) return only.evaluate(runs);
    const evaluating = this.parts.map(({ trainer, runs: own }) => {
      const slots = [...own.keys()].filter((slot) => runs.includes(own[slot]));
      return slots.length > 0 ? trainer.evaluate(slots) : undefined;
    });
    const blocks = await Promise.all(evaluating);
    const of = <T>(value: (block: TestBlock, slot: number) => T, none: T) =>
      this.#byRun((trainer, slot) => {
        const block = blocks[this.parts.findIndex((part) => part.trainer === trainer)];
        return block ? value(block, slot) : none;
      });
    return {
      iterations: of(({ iterations }, slot) => iterations[slot], 0),
      loss: Float32Array.from(of(({ loss }, slot) => loss[slot], Number.NaN)),
      accuracy: Float32Array.from(of(({ accuracy }, slot) => accuracy[slot], Number.NaN)),
      spectra: of(({ spectra }, slot) => spectra[slot], []),
    };
  }

  /** As `Trainer.retune`, for all runs. */
  retune(experiments: readonly Experiment[]): void {
    for (const { trainer, runs } of this.parts) trainer.retune(runs.map((run) => experiments[run]));
  }

  /** The training state of each plan's runs, as it is after everything enqueued so far. */
  checkpoint(): Promise<Checkpoint[]> {
    return Promise.all(this.parts.map(({ trainer }) => trainer.checkpoint()));
  }

  /** Goes on from checkpoints of the same experiments. */
  restore(checkpoints: readonly Checkpoint[]): void {
    for (const [p, { trainer }] of this.parts.entries()) trainer.restore(checkpoints[p]);
  }

  /** What the words of a checkpoint mean, as a hash: equal text, equal layout. */
  get layout(): string {
    return fnv1a64(canonicalJson(this.parts.map(({ trainer, runs }) => ({ runs, state: stateLayout(trainer.session.plan) }))));
  }

  destroy(): void {
    for (const { trainer } of this.parts) trainer.destroy();
  }

  /** One value a run, in the order of the experiments. */
  #byRun<T>(value: (trainer: Trainer, slot: number, run: number) => T): T[] {
    const values: T[] = [];
    for (const { trainer, runs } of this.parts) for (const [slot, run] of runs.entries()) values[run] = value(trainer, slot, run);
    return values;
  }
}

/** @param blocks one a part, of at most `iterations`; what is missing is inactive, all zeros */
function joinMetrics(parts: readonly Part[], blocks: readonly (MetricsBlock | undefined)[], iterations: number): MetricsBlock {
  const replicas = parts.reduce((sum, { runs }) => sum + runs.length, 0);
  const width = SCALARS.length;
  const scalars = new Float32Array(iterations * replicas * width);
  const layers: (readonly LayerBlock[])[] = Array.from({ length: replicas }, () => []);
  for (const [p, { runs }] of parts.entries()) {
    const block = blocks[p];
    if (!block) continue;
    for (const [slot, run] of runs.entries()) {
      layers[run] = block.layers[slot];
      for (let k = 0; k < block.iterations; k++) {
        const from = (k * block.replicas + slot) * width;
        scalars.set(block.scalars.subarray(from, from + width), (k * replicas + run) * width);
      }
    }
  }
  return { replicas, iterations, scalars, layers };
}
