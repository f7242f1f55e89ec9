/** The worker's protocol: two closed unions of plain data. */
import type { AdapterReport, EngineChoice } from '../engine/report.ts';
import type { MetricsBlock, TestBlock } from '../metrics/block.ts';
import type { Experiment } from '../model/schema.ts';
import type { PlanSummary } from '../plan/summary.ts';

export type ToWorker =
  /**
   * Trains these experiments from iteration 0 as replicas of one plan; they must share a plan (`planKey`).
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
  | { readonly type: 'loaded'; readonly summary: PlanSummary }
  | { readonly type: 'metrics'; readonly block: MetricsBlock }
  | { readonly type: 'test'; readonly block: TestBlock }
  | { readonly type: 'retuned'; readonly iteration: number }
  /** `iterationsPerSecond` is 0 unless running. */
  | { readonly type: 'state'; readonly state: RunState; readonly iterationsPerSecond: number }
  | { readonly type: 'failed'; readonly message: string };

export type RunState = 'loading' | 'running' | 'paused' | 'finished';
