/** The protocol of the worker that runs sweeps (sweep-worker.ts): two closed unions of plain data. */
import type { AdapterReport, EngineChoice } from '../engine/report.ts';
import type { RunRecord } from './record.ts';

/** An axis with its values written out; for a random sample the values that were drawn, in ascending order. */
export interface ResolvedAxis {
  readonly path: string;
  readonly values: readonly unknown[];
}

/** One run of a sweep: where it lies on each axis. */
export interface RunPoint {
  readonly id: string;
  /** One value per axis, in the order of the axes. */
  readonly values: readonly unknown[];
}

/** Runs that train as replicas of one plan, before they are trained. */
export interface CohortEstimate {
  /** What the runs share, in words: `mlp, width 64, relu, batch 64, digits8, sgd`. */
  readonly label: string;
  readonly runs: number;
  /** Replicas trained at a time. */
  readonly slots: number;
  /** Smallest and largest depth. */
  readonly depths: readonly [number, number];
  /** What `depths` are. */
  readonly extent: 'depth' | 'length';
  /** Device memory, all slots. */
  readonly bytes: number;
  /** From the calibration; undefined before it. */
  readonly seconds?: number;
}

/** What a sweep will cost. */
export interface SweepEstimate {
  readonly sweepId: string;
  readonly runs: number;
  /** Points left out because an earlier one is the same run, or because a constraint excludes them. */
  readonly duplicates: number;
  readonly excluded: number;
  /** Runs that the store keeps already. */
  readonly finished: number;
  readonly cohorts: readonly CohortEstimate[];
  /** Largest device memory needed at a time. */
  readonly bytes: number;
  /** Predicted time of what is left; undefined before the calibration. */
  readonly seconds?: number;
}

export interface SweepProgress {
  readonly runs: number;
  readonly finished: number;
  readonly diverged: number;
  /** Runs training at this moment. */
  readonly training: number;
  readonly runsPerMinute: number;
  /** Iterations per second, all runs together. */
  readonly iterationsPerSecond: number;
  readonly elapsedSeconds: number;
  /** Undefined until there is something to judge by. */
  readonly secondsLeft?: number;
}

/** A stored sweep, for the list of sweeps. */
export interface StoredSweep {
  readonly sweepId: string;
  readonly title: string;
  readonly runs: number;
  readonly finished: number;
  /** When the latest run was kept, in milliseconds since 1970, and what all of them take; where they are known. */
  readonly keptAt?: number | undefined;
  readonly bytes?: number | undefined;
}

export type SweepState = 'idle' | 'calibrating' | 'running' | 'paused' | 'recovering' | 'finished' | 'cancelled';

export type ToSweepWorker =
  /** Answered by `sweeps`. */
  | { readonly type: 'list' }
  /** Checks a sweep and counts it, without touching a device; answered by `estimated` or `refused`. */
  | { readonly type: 'estimate'; readonly sweep: unknown }
  /** Calibrates on the device; answered by `estimated` (with seconds), `refused` or `failed`. */
  | { readonly type: 'calibrate'; readonly sweep: unknown; readonly engine: EngineChoice }
  /** Trains what the store does not keep yet; answered by `opened`, then `engine`, `state`, `progress` and `records`. */
  | { readonly type: 'start'; readonly sweep: unknown; readonly engine: EngineChoice }
  /** Shows a stored sweep without training; answered by `opened`. */
  | { readonly type: 'open'; readonly sweepId: string }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** Stops; what has finished stays in the store. */
  | { readonly type: 'cancel' }
  /** Answered by `trace`. */
  | { readonly type: 'trace'; readonly sweepId: string; readonly id: string }
  /** Puts a stored sweep out of sight; it is deleted for good when the next worker opens the store. Answered by `sweeps`. */
  | { readonly type: 'delete'; readonly sweepId: string }
  /** Undoes `delete`; answered by `sweeps`. */
  | { readonly type: 'restore'; readonly sweepId: string };

export type FromSweepWorker =
  | { readonly type: 'sweeps'; readonly sweeps: readonly StoredSweep[] }
  | { readonly type: 'estimated'; readonly estimate: SweepEstimate }
  /** What is wrong with the sweep, one sentence a field. */
  | { readonly type: 'refused'; readonly problems: readonly { readonly path: string; readonly problem: string }[] }
  | {
      readonly type: 'opened';
      readonly sweepId: string;
      /** The sweep document. */
      readonly sweep: unknown;
      readonly axes: readonly ResolvedAxis[];
      readonly points: readonly RunPoint[];
      /** What the store keeps already, or the first part of it: the rest follows as `records`. */
      readonly records: readonly RunRecord[];
    }
  | { readonly type: 'engine'; readonly report: AdapterReport; readonly why: string }
  | { readonly type: 'state'; readonly state: SweepState; readonly message?: string }
  /** At most a few times a second. */
  | { readonly type: 'progress'; readonly progress: SweepProgress }
  /** Runs finished since the last message. */
  | { readonly type: 'records'; readonly records: readonly RunRecord[] }
  /** `trace` is what `encodeTrace` made; undefined where the store keeps none. */
  | { readonly type: 'trace'; readonly sweepId: string; readonly id: string; readonly trace: Uint8Array | undefined }
  | { readonly type: 'failed'; readonly message: string };
