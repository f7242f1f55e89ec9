/** The worker's protocol: two closed unions of plain data. */
import type { Baseline } from '../data/dataset.ts';
import type { AdapterReport, EngineChoice, GpuCheck } from '../engine/report.ts';
import type { MetricsBlock, TestBlock } from '../metrics/block.ts';
import type { Experiment } from '../model/schema.ts';
import type { PlanSummary } from '../plan/summary.ts';

export type ToWorker =
  /**
   * Trains these experiments from iteration 0, side by side: as replicas of one plan where they share it (`planKey`).
   * Answered by `engine`, `loaded`, or `failed`.
   */
  | { readonly type: 'load'; readonly experiments: readonly Experiment[]; readonly engine: EngineChoice; readonly run: boolean }
  /** Changes learning rate, clip, weight decay, momentum and the like from the next iteration on; answered by `retuned`. */
  | { readonly type: 'retune'; readonly experiments: readonly Experiment[] }
  | { readonly type: 'start' }
  | { readonly type: 'pause' }
  /** Trains one iteration and pauses. */
  | { readonly type: 'step' };

export type FromWorker =
  | { readonly type: 'engine'; readonly report: AdapterReport }
  /** What to say about each run's plan, and known results of its task; runs that share a plan have the same. */
  | {
      readonly type: 'loaded';
      readonly summaries: readonly PlanSummary[];
      readonly baselines: readonly (readonly Baseline[])[];
    }
  | { readonly type: 'metrics'; readonly block: MetricsBlock }
  /** `runs` are those that were evaluated. */
  | { readonly type: 'test'; readonly block: TestBlock; readonly runs: readonly number[] }
  | { readonly type: 'retuned'; readonly iteration: number }
  /** `iterationsPerSecond` is 0 unless running. */
  | { readonly type: 'state'; readonly state: RunState; readonly iterationsPerSecond: number }
  /** `checks` where no GPU engine could be opened. */
  | { readonly type: 'failed'; readonly message: string; readonly checks?: readonly GpuCheck[] };

export type RunState = 'loading' | 'running' | 'paused' | 'finished';
