/** Trains a sweep's runs: cohort by cohort on a GPU, in parallel jobs on the cores of a processor. Keeps what finishes. */
import type { TraceLimits } from '../metrics/trace-codec.ts';
import { LimitError } from '../model/errors.ts';
import type { Limits } from '../plan/limits.ts';
import { type Calibration, calibrate } from './calibrate.ts';
import type { Run } from './cohort.ts';
import { cohortPlan, type SlotRequest } from './cohort-plan.ts';
import { type CohortRuns, cohortsOf, type Datasets } from './cohorts.ts';
import { EngineLane, type Job, type Lane } from './lane.ts';
import { depthOf } from './plan-key.ts';
import type { RunRecord } from './record.ts';
import type { SweepStore } from './store.ts';
import type { CohortEstimate, SweepProgress } from './sweep-protocol.ts';

export interface SchedulerOptions {
  /** What is to be trained; the store keeps none of them. */
  readonly runs: readonly Run[];
  readonly store: Pick<SweepStore, 'append'>;
  readonly datasets: Datasets;
  /** One lane that owns a device, or one for every core. */
  readonly lanes: readonly Lane[];
  readonly traces?: TraceLimits;
  /** What has been measured before, by `CohortRuns.key`: how many slots train fastest. */
  readonly calibrations?: ReadonlyMap<string, Calibration>;
  /** No run goes on after so many seconds of training, pauses left out. */
  readonly seconds?: number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

export interface SchedulerListener {
  /** How the runs are grouped, when the calibration has told how they train fastest. */
  planned?(cohorts: readonly CohortEstimate[]): void;
  /** Kept in the store by now. */
  finished?(record: RunRecord): void;
  progress?(progress: SweepProgress): void;
  recovering?(message: string): void;
  recovered?(): void;
}

/** Why training ended. */
export type Outcome = 'finished' | 'stopped' | 'out of time';

/** A job of the processor's lanes takes about this share of what a lane has to do in all. */
const JOBS_PER_LANE = 8;
/** Replicas of small networks share a pass on the processor, too, until an iteration of all has so many operations. */
const CPU_FLOP = 4e6;
const MOST_CPU_SLOTS = 64;
const PROGRESS_MS = 250;

export class Scheduler {
  readonly #now: () => number;
  #stopping = false;
  #outOfTime = false;
  #failure: unknown;
  readonly #appends = new Set<Promise<void>>();
  /** Sum of the times not paused. */
  #elapsedMs = 0;
  #since: number | undefined;
  readonly #training = new Map<Lane, number>();
  readonly #done = { runs: 0, diverged: 0, iterations: 0, flop: 0 };
  #totalFlop = 0;
  #lastProgress = Number.NEGATIVE_INFINITY;

  constructor(
    readonly options: SchedulerOptions,
    readonly listener: SchedulerListener,
  ) {
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Trains until all is done, `stop`, or the end of the time.
   *
   * @throws LimitError for a run that no plan of the engine can hold; StoreError when results can no longer be kept
   */
  async run(): Promise<Outcome> {
    const { runs, datasets } = this.options;
    const cohorts = await cohortsOf(runs, datasets);
    this.#totalFlop = cohorts.reduce((sum, { flop }) => sum + flop, 0);
    this.#since = this.#now();
    const [lane] = this.options.lanes;
    if (lane instanceof EngineLane && lane.report.engine === 'gpu') await this.#trainOnDevice(lane, cohorts);
    else await this.#trainOnCores(cohorts);
    await Promise.all(this.#appends);
    if (this.#failure) throw this.#failure;
    this.#report(true);
    if (this.#outOfTime) return 'out of time';
    return this.#stopping ? 'stopped' : 'finished';
  }

  pause(): void {
    for (const lane of this.options.lanes) lane.pause();
    if (this.#since !== undefined) this.#elapsedMs += this.#now() - this.#since;
    this.#since = undefined;
  }

  resume(): void {
    this.#since ??= this.#now();
    for (const lane of this.options.lanes) lane.resume();
  }

  /** Ends soon; runs under way are lost, finished ones are kept. */
  stop(): void {
    this.#stopping = true;
    for (const lane of this.options.lanes) lane.stop();
  }

  /** Of training, without pauses. */
  get #elapsedSeconds(): number {
    return (this.#elapsedMs + (this.#since === undefined ? 0 : this.#now() - this.#since)) / 1000;
  }

  /** Cohort after cohort; one whose shallowest networks do not fit beside the deepest is cut in two. */
  async #trainOnDevice(lane: EngineLane, cohorts: readonly CohortRuns[]): Promise<void> {
    for (const cohort of cohorts) {
      if (this.#stopping) return;
      const dataset = await this.options.datasets(cohort.task);
      const known = this.options.calibrations?.get(cohort.key);
      // A part of a cohort that did not fit has been measured as a whole at most.
      const calibration =
        known && covers(known, cohort)
          ? known
          : await lane.attempt(
              (engine) => calibrate(engine, cohort.depths, dataset, undefined, this.#now),
              this.#listenerOf(lane),
            );
      if (!calibration) {
        await this.#trainOnDevice(lane, await halves(cohort, this.options.datasets));
        continue;
      }
      const { slots, bytes, flopPerSecond } = calibration;
      this.listener.planned?.([estimateOf(cohort, slots, bytes, cohort.flop / flopPerSecond)]);
      const runs = cohort.depths.flatMap((group) => group.runs);
      await lane.train({ runs, slots, traces: this.options.traces ?? {} }, this.#listenerOf(lane));
    }
  }

  /** Jobs of one depth each, the costliest first, to whichever lane is free. */
  async #trainOnCores(cohorts: readonly CohortRuns[]): Promise<void> {
    const { lanes } = this.options;
    const aim = this.#totalFlop / (lanes.length * JOBS_PER_LANE);
    const jobs = cohorts.flatMap((cohort) => jobsOf(cohort, aim, this.options.traces ?? {})).sort((a, b) => b.flop - a.flop);
    this.listener.planned?.(cohorts.map((cohort) => estimateOf(cohort, cpuSlots(cohort), 0)));
    const work = async (lane: Lane) => {
      for (let job = takeJob(jobs, lanes.length); job && !this.#stopping; job = takeJob(jobs, lanes.length)) {
        await lane.train(job, this.#listenerOf(lane));
      }
    };
    await Promise.all(
      lanes.map((lane) =>
        work(lane).catch((error) => {
          this.#failure ??= error;
          this.stop();
        }),
      ),
    );
  }

  #listenerOf(lane: Lane) {
    return {
      finished: (record: RunRecord, trace: Uint8Array) => this.#keep(record, trace),
      advanced: (iterations: number, flop: number) => {
        this.#done.iterations += iterations;
        this.#done.flop += flop;
        if (this.#elapsedSeconds >= (this.options.seconds ?? Number.POSITIVE_INFINITY) && !this.#stopping) {
          this.#outOfTime = true;
          this.stop();
        }
        this.#report(false);
      },
      training: (count: number) => {
        this.#training.set(lane, count);
      },
      recovering: (message: string) => this.listener.recovering?.(message),
      recovered: () => this.listener.recovered?.(),
    };
  }

  #keep(record: RunRecord, trace: Uint8Array): void {
    const kept = this.options.store.append(record, trace).then(
      () => {
        this.#done.runs += 1;
        if (record.result.firstNonFinite) this.#done.diverged += 1;
        this.listener.finished?.(record);
        this.#report(false);
      },
      (error: unknown) => {
        this.#failure ??= error;
        this.stop();
      },
    );
    this.#appends.add(kept);
    kept.finally(() => this.#appends.delete(kept));
  }

  #report(always: boolean): void {
    const now = this.#now();
    if (!always && now - this.#lastProgress < PROGRESS_MS) return;
    this.#lastProgress = now;
    const elapsedSeconds = this.#elapsedSeconds;
    const { runs, diverged, iterations, flop } = this.#done;
    const share = this.#totalFlop > 0 ? flop / this.#totalFlop : 1;
    this.listener.progress?.({
      runs: this.options.runs.length,
      finished: runs,
      diverged,
      training: [...this.#training.values()].reduce((sum, count) => sum + count, 0),
      runsPerMinute: elapsedSeconds > 0 ? (60 * runs) / elapsedSeconds : 0,
      iterationsPerSecond: elapsedSeconds > 0 ? iterations / elapsedSeconds : 0,
      elapsedSeconds,
      ...(share > 0 && elapsedSeconds > 0 ? { secondsLeft: Math.max(0, elapsedSeconds * (1 / share - 1)) } : {}),
    });
  }
}

/** Whether the slots are those of the cohort's depths. */
function covers({ slots }: Calibration, { depths }: CohortRuns): boolean {
  return slots.length === depths.length && slots.every(({ experiment }, k) => depthOf(experiment) === depths[k].depth);
}

/** The deeper and the shallower half of a cohort. */
async function halves({ depths }: CohortRuns, datasets: Datasets): Promise<CohortRuns[]> {
  const middle = Math.ceil(depths.length / 2);
  const parts = [depths.slice(0, middle), depths.slice(middle)];
  const cut = await Promise.all(
    parts.map((part) =>
      cohortsOf(
        part.flatMap(({ runs }) => runs),
        datasets,
      ),
    ),
  );
  return cut.flat();
}

/**
 * Checks that every network fits the engine alone.
 *
 * @throws LimitError naming the first run that does not
 */
export async function checkFits(cohorts: readonly CohortRuns[], datasets: Datasets, limits: Limits): Promise<void> {
  for (const { depths, label, task, extent } of cohorts) {
    // The deepest needs most.
    const [{ runs, depth }] = depths;
    try {
      cohortPlan([{ experiment: runs[0].experiment, slots: 1 }], await datasets(task), limits);
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
      throw new LimitError(
        `The run ${runs[0].id} (${label}, ${extent} ${depth}), ${error.limit}`,
        error.needed,
        error.have,
        error.remedy,
      );
    }
  }
}

/** Slots of one depth on the processor. */
function slotsForCpu(flop: number, runs: number): number {
  return Math.max(1, Math.min(runs, MOST_CPU_SLOTS, Math.round(CPU_FLOP / flop)));
}

function cpuSlots({ depths }: CohortRuns) {
  return depths.map(({ runs, flop }) => ({ experiment: runs[0].experiment, slots: slotsForCpu(flop, runs.length) }));
}

export interface CostedJob extends Job {
  readonly flop: number;
}

/**
 * Takes the next job. Towards the end it is cut, and the rest put back, so that the lanes finish at about the same time: none
 * takes more than half of its share of what is left.
 */
export function takeJob(jobs: CostedJob[], lanes: number): CostedJob | undefined {
  const job = jobs.shift();
  if (!job || lanes === 1) return job;
  const left = jobs.reduce((sum, { flop }) => sum + flop, job.flop);
  const most = Math.max(1, Math.floor((job.runs.length * left) / (2 * lanes * job.flop)));
  if (most >= job.runs.length) return job;
  const [taken, rest] = [job.runs.slice(0, most), job.runs.slice(most)].map((runs): CostedJob => {
    const slots = job.slots.map((request) => ({ ...request, slots: Math.min(request.slots, runs.length) }));
    return { ...job, runs, slots, flop: (job.flop * runs.length) / job.runs.length };
  });
  jobs.unshift(rest);
  return taken;
}

/** @param aim floating-point operations of a job, about */
function jobsOf({ depths }: CohortRuns, aim: number, traces: TraceLimits): CostedJob[] {
  return depths.flatMap(({ runs, flop }) => {
    const jobs: CostedJob[] = [];
    for (let at = 0; at < runs.length; ) {
      const part: Run[] = [];
      let cost = 0;
      while (at < runs.length && (part.length === 0 || cost < aim)) {
        const run = runs[at++];
        part.push(run);
        cost += flop * run.experiment.iterations;
      }
      const slots = [{ experiment: part[0].experiment, slots: slotsForCpu(flop, part.length) }];
      jobs.push({ runs: part, slots, traces, flop: cost });
    }
    return jobs;
  });
}

/** A cohort in the words of the estimate. */
export function estimateOf(
  { label, runs, depths, extent }: CohortRuns,
  slots: readonly SlotRequest[],
  bytes: number,
  seconds?: number,
): CohortEstimate {
  return {
    label,
    runs,
    slots: slots.reduce((sum, request) => sum + request.slots, 0),
    depths: [depths[depths.length - 1].depth, depths[0].depth],
    extent,
    bytes,
    ...(seconds === undefined ? {} : { seconds }),
  };
}
