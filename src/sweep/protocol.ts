/** The worker's protocol: two closed unions of plain data. */
import type { Baseline } from '../data/dataset.ts';
import type { AdapterReport, EngineChoice, GpuCheck } from '../engine/report.ts';
import type { MetricsBlock, TestBlock } from '../metrics/block.ts';
import type { Experiment } from '../model/schema.ts';
import type { PlanSummary } from '../plan/summary.ts';

export type ToWorker =
  /**
   * Trains these experiments from iteration 0, side by side: as replicas of one plan where they share it (`planKey`).
   * Answered by `engine`, `loaded`, or `failed`; or by `engine refused`, where only the engine is another and cannot be opened.
   */
  | {
      readonly type: 'load';
      readonly experiments: readonly Experiment[];
      readonly engine: EngineChoice;
      readonly run: boolean;
      /** Who keeps the runs; absent where nobody does. */
      readonly session?: Session | undefined;
    }
  /**
   * Changes learning rate, clip, weight decay, momentum and the like from the next iteration on; answered by `retuned`.
   * `text` says so in words.
   */
  | { readonly type: 'retune'; readonly experiments: readonly Experiment[]; readonly text: string }
  | { readonly type: 'start' }
  | { readonly type: 'pause' }
  /** Trains one iteration and pauses. */
  | { readonly type: 'step' }
  /** Pauses and goes back one iteration; answered by `back` or `no way back`. */
  | { readonly type: 'back' }
  /** In mid-run as well. */
  | { readonly type: 'speed'; readonly speed: Speed }
  /** The page may be about to go: keeps what is trained as soon as possible. */
  | { readonly type: 'keep' };

/** Iterations per second, or as many as the machine trains. */
export type Speed = number | 'full';

/** A tab, and whether it takes up what it trained before where that is the same as what is loaded. */
export interface Session {
  /** As `session` said it the last time; absent in a tab that has had none. */
  readonly id?: string | undefined;
  readonly resume: boolean;
}

export type FromWorker =
  | { readonly type: 'engine'; readonly report: AdapterReport }
  /** It could not be opened: the runs go on with the one that they have, which `engine` names. */
  | {
      readonly type: 'engine refused';
      readonly engine: EngineChoice;
      readonly message: string;
      readonly checks: readonly GpuCheck[];
    }
  /** What to say about each run's plan, and known results of its task; runs that share a plan have the same. */
  | {
      readonly type: 'loaded';
      readonly summaries: readonly PlanSummary[];
      readonly baselines: readonly (readonly Baseline[])[];
    }
  | { readonly type: 'metrics'; readonly block: MetricsBlock }
  /** `runs` are those that were evaluated. */
  | { readonly type: 'test'; readonly block: TestBlock; readonly runs: readonly number[] }
  | { readonly type: 'retuned'; readonly iteration: number; readonly text: string }
  /** The runs have gone back: they have trained so many iterations, with these settings. What was told of later ones is void. */
  | { readonly type: 'back'; readonly iteration: number; readonly experiments: readonly Experiment[] }
  /** Why it was not possible to go back. */
  | { readonly type: 'no way back'; readonly message: string }
  /** The tab's session; it keeps what is trained from here on. */
  | { readonly type: 'session'; readonly id: string }
  /** After `loaded` and everything that was told before the reload: the runs are where they were, and pause. */
  | { readonly type: 'resumed'; readonly iteration: number; readonly trainedBy: AdapterReport['engine']; readonly keptAt: number }
  /** What is trained is not kept any more. */
  | { readonly type: 'not kept'; readonly message: string }
  /** `iterationsPerSecond` is 0 unless running. */
  | { readonly type: 'state'; readonly state: RunState; readonly iterationsPerSecond: number }
  /** The device is lost: what happened and what is being done. Followed by `back` and `recovered`, or by `failed`. */
  | { readonly type: 'recovering'; readonly message: string }
  /** Training goes on at this iteration, on this engine. */
  | { readonly type: 'recovered'; readonly iteration: number; readonly engine: AdapterReport['engine'] }
  /** `checks` where no GPU engine could be opened. */
  | { readonly type: 'failed'; readonly message: string; readonly checks?: readonly GpuCheck[] };

export type RunState = 'loading' | 'running' | 'paused' | 'finished';
