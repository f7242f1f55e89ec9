/** The protocol of the worker that says what plans would need: plain data. */
import type { AdapterReport } from '../engine/report.ts';
import type { Experiment } from '../model/schema.ts';

/** What the plans of experiments that train side by side would need. */
export interface PlanEstimate {
  /** Trainable parameters of each run. */
  readonly parameters: readonly number[];
  /** Plans that the runs need. */
  readonly plans: number;
  /** Device memory of all plans. */
  readonly bytes: number;
  /** Of one iteration of all plans. */
  readonly dispatches: number;
  readonly flop: number;
}

/** The report says which engine is meant, and so which limits hold. */
export interface ToEstimateWorker {
  readonly experiments: readonly Experiment[];
  readonly report: AdapterReport;
}

/** Answers, one for each question: `refused` where the plans do not fit, in words. */
export type FromEstimateWorker =
  | { readonly type: 'estimated'; readonly estimate: PlanEstimate }
  | { readonly type: 'refused'; readonly message: string }
  /** Anything else that went wrong: nothing is known of the plans. */
  | { readonly type: 'failed'; readonly message: string };
