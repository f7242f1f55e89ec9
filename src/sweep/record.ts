/** What is kept of a finished run of a sweep; plain data, the same in the store, the worker's messages and the reports. */
import type { RunResult } from '../metrics/result.ts';

/** The engine that trained a run. */
export interface RunEngine {
  readonly engine: 'gpu' | 'cpu';
  /** The adapter's description; empty for the CPU engine. */
  readonly adapter: string;
}

export interface RunRecord {
  /** Run id: the hash of the experiment (`runId`). */
  readonly id: string;
  readonly result: RunResult;
  readonly engine: RunEngine;
  /** Iterations per second of this run while it trained beside its neighbours; the only field that a repetition changes. */
  readonly iterationsPerSecond: number;
}
