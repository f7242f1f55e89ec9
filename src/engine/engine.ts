/** What runs plans. The WebGPU engine records a plan's steps into command buffers; the CPU engine calls their twins. */
import type { Limits } from '../plan/limits.ts';
import type { Plan, Range } from '../plan/plan.ts';
import type { AdapterReport } from './report.ts';

export interface Engine {
  readonly report: AdapterReport;
  readonly limits: Limits;
  /**
   * Allocates a plan's buffers, zeroed but for `plan.contents`, and compiles its kernels.
   *
   * @throws LimitError when memory does not suffice
   * @throws ShaderError when a kernel does not compile
   */
  load(plan: Plan): Promise<Session>;
  destroy(): void;
}

/**
 * A plan loaded on a device. Calls take effect in the order in which they are made, so a caller may enqueue further
 * work before a read has arrived.
 */
export interface Session {
  readonly plan: Plan;
  /** Overwrites the start of a range with words (float32 values or integers). */
  write(range: Range, data: Float32Array | Uint32Array): void;
  /**
   * Says which replicas take no part in anything enqueued from now on: steps that work on no other are left out. None at first.
   */
  setIdle(replicas: ReadonlySet<number>): void;
  /**
   * Enqueues the plan's training iteration, or its evaluation of one test batch, `times` times.
   *
   * @returns when the device has finished them
   */
  run(steps: 'iteration' | 'evaluation', times: number): Promise<void>;
  /** Copies ranges as they are after everything enqueued before. */
  read(ranges: readonly Range[]): Promise<Uint32Array[]>;
  destroy(): void;
}

/** The device is gone (crash, reset, driver update); `reason` is WebGPU's. */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';

  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(`The GPU device was lost (${reason})${message ? `: ${message}` : ''}. Start again, or use the CPU engine.`);
  }
}

/** A kernel does not compile on this device. */
export class ShaderError extends Error {
  override readonly name = 'ShaderError';

  constructor(
    readonly file: string,
    readonly line: number,
    problem: string,
  ) {
    super(`${file}:${line}: ${problem}`);
  }
}
