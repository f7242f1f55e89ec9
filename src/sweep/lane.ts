/** A lane trains jobs one after another; a GPU is one lane, the CPU engine has one for every core. */
import { DeviceLostError, type Engine } from '../engine/engine.ts';
import { type AdapterReport, nameOfAdapter } from '../engine/report.ts';
import { resultOf } from '../metrics/result.ts';
import { encodeTrace, type TraceLimits } from '../metrics/trace-codec.ts';
import { Cohort, type FinishedRun, type Run } from './cohort.ts';
import type { SlotRequest } from './cohort-plan.ts';
import type { Datasets } from './cohorts.ts';
import { depthOf } from './plan-key.ts';
import type { RunEngine, RunRecord } from './record.ts';

/** Runs of one cohort and the slots they train in; plain data. */
export interface Job {
  readonly runs: readonly Run[];
  /** Deepest first; every depth of the runs has one. */
  readonly slots: readonly SlotRequest[];
  readonly traces: TraceLimits;
}

export interface LaneListener {
  finished(record: RunRecord, trace: Uint8Array): void;
  /** Iterations and floating-point operations of all runs since the last call. */
  advanced(iterations: number, flop: number): void;
  /** Runs in slots. */
  training(count: number): void;
  /** The device was lost and this is what is being done. */
  recovering(message: string): void;
  /** Training goes on after a loss. */
  recovered(): void;
}

export interface Lane {
  readonly report: AdapterReport;
  /** @returns ids of the runs that were not finished because of `stop` */
  train(job: Job, listener: LaneListener): Promise<readonly string[]>;
  /** Makes `train` return soon; what has not finished is trained again. */
  stop(): void;
  /** Holds training where it is. */
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** How a lost device is replaced. */
export interface Recovery {
  /** Opens the engine anew; `lost` counts the losses so far. Its failure counts as one more. */
  reopen(lost: number): Promise<Engine>;
  /** Before an attempt: what is about to be done, and how long to wait first. */
  plan(lost: number, sinceLastMs: number): { readonly message: string; readonly waitMs: number };
}

/** Attempts after which not even the last resort has helped. */
const MOST_LOSSES = 8;

const NEVER: Recovery = {
  reopen: () => Promise.reject(new Error('this engine has no device to lose')),
  plan: () => ({ message: '', waitMs: 0 }),
};

export class EngineLane implements Lane {
  #engine: Engine;
  #cohort: Cohort | undefined;
  #stopped = false;
  /** Ends the wait for a device. */
  #wake: (() => void) | undefined;
  #resume: (() => void) | undefined;
  #paused: Promise<void> | undefined;
  #lost = 0;
  #lastLoss = Number.NEGATIVE_INFINITY;

  constructor(
    engine: Engine,
    readonly datasets: Datasets,
    readonly recovery: Recovery = NEVER,
    readonly now: () => number = () => performance.now(),
  ) {
    this.#engine = engine;
  }

  get report(): AdapterReport {
    return this.#engine.report;
  }

  get engine(): Engine {
    return this.#engine;
  }

  stop(): void {
    this.#stopped = true;
    this.#cohort?.pause();
    this.#wake?.();
    this.resume();
  }

  pause(): void {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
    this.#cohort?.pause();
  }

  resume(): void {
    this.#resume?.();
    this.#paused = undefined;
    this.#resume = undefined;
  }

  async train({ runs, slots, traces }: Job, listener: LaneListener): Promise<readonly string[]> {
    this.#stopped = false;
    const waiting = new Map<number, Run[]>();
    for (const run of runs) {
      const depth = depthOf(run.experiment);
      const list = waiting.get(depth);
      if (list) list.push(run);
      else waiting.set(depth, [run]);
    }
    for (const list of waiting.values()) list.reverse();
    const left = new Set(runs.map(({ id }) => id));
    const cohort = new Cohort(
      slots,
      await this.datasets(runs[0].experiment.task),
      {
        next: (depth) => waiting.get(depth)?.pop(),
        finished: (run) => {
          left.delete(run.id);
          listener.finished(recordOf(run, this.report), encodeTrace(run.trace, traces));
          listener.training(cohort.training.length);
        },
        advanced: (iterations, flop) => {
          listener.advanced(iterations, flop);
          listener.training(cohort.training.length);
        },
      },
      this.now,
    );
    this.#cohort = cohort;
    try {
      await this.#trainToEnd(cohort, listener);
      return [...left];
    } finally {
      this.#cohort = undefined;
      cohort.destroy();
    }
  }

  destroy(): void {
    this.#engine.destroy();
  }

  /** Does something with the engine, again with another one where the device is lost on the way. */
  async attempt<T>(work: (engine: Engine) => Promise<T>, listener: Pick<LaneListener, 'recovering' | 'recovered'>): Promise<T> {
    for (;;) {
      try {
        return await work(this.#engine);
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        await this.#recover(error, listener);
      }
    }
  }

  /** Until all is done or `stop`; through pauses and losses of the device. */
  async #trainToEnd(cohort: Cohort, listener: LaneListener): Promise<void> {
    await this.attempt(async (engine) => {
      await cohort.open(engine);
      while (!this.#stopped) {
        await this.#paused;
        if (await cohort.run()) return;
      }
    }, listener);
  }

  async #recover(error: DeviceLostError, listener: Pick<LaneListener, 'recovering' | 'recovered'>): Promise<void> {
    this.#engine.destroy();
    for (let problem: Error = error; ; ) {
      this.#lost += 1;
      const { message, waitMs } = this.recovery.plan(this.#lost, this.now() - this.#lastLoss);
      this.#lastLoss = this.now();
      listener.recovering(`${problem.message} ${message}`);
      if (waitMs > 0) await this.#wait(waitMs);
      try {
        this.#engine = await this.recovery.reopen(this.#lost);
        listener.recovered();
        return;
      } catch (failure) {
        // No adapter yet, or none any more. Who has stopped does not wait for the next attempt.
        if (this.#stopped || this.#lost >= MOST_LOSSES) throw failure;
        problem = failure as Error;
      }
    }
  }

  /** Until the time is over, or `stop`. */
  async #wait(ms: number): Promise<void> {
    if (this.#stopped) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.#wake = undefined;
  }
}

function recordOf({ id, experiment, trace, iterationsPerSecond }: FinishedRun, report: AdapterReport): RunRecord {
  return { id, result: resultOf(trace, experiment), engine: runEngine(report), iterationsPerSecond };
}

/** What a record says of its engine. */
export function runEngine({ engine, adapter }: AdapterReport): RunEngine {
  return { engine, adapter: engine === 'gpu' && adapter ? nameOfAdapter(adapter) : '' };
}
