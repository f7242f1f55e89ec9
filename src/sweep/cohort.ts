/** Runs of one cohort in the slots of one plan: a run that ends leaves its slot to the next one that waits. */
import type { Dataset } from '../data/dataset.ts';
import type { Engine } from '../engine/engine.ts';
import type { MetricsBlock, TestBlock } from '../metrics/block.ts';
import { Trace, type TraceMark } from '../metrics/trace.ts';
import type { Experiment } from '../model/schema.ts';
import type { PlanSummary } from '../plan/summary.ts';
import type { SlotRequest } from './cohort-plan.ts';
import { IN_FLIGHT, nextTask, Pace } from './pace.ts';
import { costOf, depthOf } from './plan-key.ts';
import { type Checkpoint, Trainer } from './trainer.ts';

/** A run that waits or trains. */
export interface Run {
  readonly id: string;
  readonly experiment: Experiment;
}

export interface FinishedRun extends Run {
  readonly trace: Trace;
  /** Of this run while it trained beside its neighbours. */
  readonly iterationsPerSecond: number;
}

export interface CohortListener {
  /** The next run of this depth that waits. */
  next(depth: number): Run | undefined;
  finished(run: FinishedRun): void;
  /** A block has arrived: so many iterations and floating-point operations of all runs together. */
  advanced?(iterations: number, flop: number): void;
}

/** A run in its slot. */
interface Occupant {
  readonly run: Run;
  readonly trace: Trace;
  readonly startMs: number;
  /** Floating-point operations of one iteration. */
  readonly flop: number;
  /** Its last iteration has been seen; what remains is its evaluation. */
  ended: boolean;
}

/** Where the slots stood when their state was read back. */
interface SavedCohort {
  readonly state: Checkpoint;
  readonly occupants: readonly (Occupant | undefined)[];
  readonly marks: readonly (TraceMark | undefined)[];
}

/** Between two read-backs of the training state, from which a lost device's runs go on. */
const CHECKPOINT_MS = 20_000;

export class Cohort {
  #trainer: Trainer | undefined;
  #occupants: (Occupant | undefined)[] = [];
  /** Runs whose last evaluation is under way; their slots may be taken already. */
  readonly #finishing = new Set<Occupant>();
  /** Runs that must start again. */
  readonly #again: Run[] = [];
  #saved: SavedCohort | undefined;
  #stopping = false;
  readonly #pace: Pace;

  /**
   * @param slots share a cohort (`cohortKey`); deepest first
   * @param now milliseconds of a monotonic clock
   */
  constructor(
    readonly slots: readonly SlotRequest[],
    readonly dataset: Dataset,
    readonly listener: CohortListener,
    readonly now: () => number = () => performance.now(),
  ) {
    this.#pace = new Pace(now);
  }

  /** Of the plan under way. */
  get summary(): PlanSummary | undefined {
    return this.#trainer?.summary;
  }

  /** Runs in slots, with their traces so far. */
  get training(): readonly { readonly run: Run; readonly trace: Trace }[] {
    return this.#occupants.filter((occupant) => occupant !== undefined);
  }

  /** Makes `run` return once everything enqueued has arrived. */
  pause(): void {
    this.#stopping = true;
  }

  /**
   * Opens the plan on an engine. After the loss of a device it is called again with another engine: runs go on from the last
   * checkpoint, or start again where there is none.
   *
   * @throws LimitError when the plan does not fit
   */
  async open(engine: Engine): Promise<void> {
    const trainer = await Trainer.open(engine, this.slots, this.dataset);
    const before = this.#occupants;
    this.#trainer = trainer;
    this.#occupants = new Array(trainer.session.plan.replicas).fill(undefined);
    const saved = this.#saved;
    if (saved) trainer.restore(saved.state);
    before.forEach((occupant, slot) => {
      if (!occupant) return;
      const mark = saved?.occupants[slot] === occupant ? saved.marks[slot] : undefined;
      if (mark) {
        occupant.trace.rewind(mark);
        this.#occupants[slot] = { ...occupant, ended: occupant.trace.ended !== 'training' };
      } else {
        this.#load(trainer, slot, occupant.run);
      }
    });
    for (const [slot, occupant] of this.#occupants.entries()) if (!occupant) trainer.idle(slot);
    // Runs that waited for their evaluation only have lost their weights.
    for (const { run } of this.#finishing) this.#again.push(run);
    this.#finishing.clear();
    const marks = this.#occupants.map((occupant, slot) =>
      before[slot] && !occupant?.trace.length ? undefined : saved?.marks[slot],
    );
    this.#saved = saved && { state: saved.state, occupants: this.#occupants.slice(), marks };
  }

  /**
   * Trains until no run waits and none trains, or until `pause`.
   *
   * @returns whether all is done
   * @throws DeviceLostError when the device was lost; `open` with another engine and call again
   */
  async run(): Promise<boolean> {
    const trainer = this.#trainer;
    if (!trainer) throw new Error('a cohort must be opened before it runs');
    this.#stopping = false;
    let done = false;
    const flying: Promise<void>[] = [];
    const fly = (work: Promise<void>) => {
      // It is awaited below; until then a failure, of a lost device say, must not count as unhandled.
      work.catch(() => undefined);
      flying.push(work);
    };
    this.#pace.restart();
    let savedAt = this.now();
    while (!this.#stopping) {
      this.#settle(trainer, fly);
      this.#fill(trainer);
      if (this.#occupants.every((occupant) => !occupant)) {
        // What still flies are evaluations; none of them frees a slot.
        done = true;
        break;
      }
      const due = this.#dueForTest(trainer);
      if (due.length > 0) fly(this.#test(trainer, due));
      const count = this.#blockLength(trainer);
      if (count > 0) fly(this.#advance(trainer, count));
      if (this.now() - savedAt > CHECKPOINT_MS) {
        savedAt = this.now();
        fly(this.#save(trainer));
      }
      while (flying.length >= IN_FLIGHT || (count === 0 && flying.length > 0)) await flying.shift();
      await nextTask();
    }
    await Promise.all(flying);
    return done;
  }

  destroy(): void {
    this.#trainer?.destroy();
    this.#trainer = undefined;
  }

  /** Evaluates the runs whose end has been seen and frees their slots: whatever is enqueued next comes after the evaluation. */
  #settle(trainer: Trainer, fly: (work: Promise<void>) => void): void {
    const ended = this.#occupants.flatMap((occupant, slot) => (occupant?.ended ? [{ occupant, slot }] : []));
    if (ended.length === 0) return;
    for (const { occupant, slot } of ended) {
      this.#finishing.add(occupant);
      this.#occupants[slot] = undefined;
    }
    const evaluation = trainer.evaluate(ended.map(({ slot }) => slot));
    const report = (block: TestBlock) => {
      for (const { occupant, slot } of ended) {
        const { run, trace, startMs } = occupant;
        // A rule may have ended it before the end of the block.
        trace.appendTest(block, slot, trace.length);
        this.#finishing.delete(occupant);
        const seconds = Math.max(this.now() - startMs, 1e-3) / 1000;
        this.listener.finished({ ...run, trace, iterationsPerSecond: trace.length / seconds });
      }
    };
    fly(this.#inOrder(evaluation, report));
  }

  /** Puts waiting runs into free slots. */
  #fill(trainer: Trainer): void {
    for (const [slot, occupant] of this.#occupants.entries()) {
      if (occupant) continue;
      const depth = this.#depthOfSlot(slot);
      const again = this.#again.findIndex(({ experiment }) => depthOf(experiment) === depth);
      const run = again >= 0 ? this.#again.splice(again, 1)[0] : this.listener.next(depth);
      if (run) this.#load(trainer, slot, run);
      else if (trainer.experiments[slot]) trainer.idle(slot);
    }
  }

  #load(trainer: Trainer, slot: number, run: Run): void {
    const { measured, layerShape } = trainer.group(slot);
    trainer.load(slot, run.experiment);
    const trace = new Trace(measured, layerShape);
    this.#occupants[slot] = { run, trace, startMs: this.now(), flop: costOf(run.experiment, this.dataset), ended: false };
  }

  #depthOfSlot(slot: number): number {
    let end = 0;
    for (const { experiment, slots } of this.slots) {
      end += slots;
      if (slot < end) return depthOf(experiment);
    }
    throw new RangeError(`there is no slot ${slot}`);
  }

  /** Slots whose run has just been given the iterations after which it is tested. */
  #dueForTest(trainer: Trainer): number[] {
    const { testEvery } = this.slots[0].experiment.probes;
    if (testEvery === 0) return [];
    return this.#occupants.flatMap((occupant, slot) => {
      const iteration = trainer.iterationOf(slot);
      const inside = occupant && iteration > 0 && iteration < occupant.run.experiment.iterations;
      return inside && iteration % testEvery === 0 ? [slot] : [];
    });
  }

  #test(trainer: Trainer, slots: readonly number[]): Promise<void> {
    const occupants = [...this.#occupants];
    return this.#inOrder(trainer.evaluate(slots), (block) => {
      for (const slot of slots) {
        const occupant = occupants[slot];
        // One that a rule ended before stays as it was then; its last evaluation says so.
        if (occupant && occupant.trace.length >= block.iterations[slot]) occupant.trace.appendTest(block, slot);
      }
    });
  }

  /** Iterations until the next test or the last iteration of all, at most what the pace says; 0 where none is left to enqueue. */
  #blockLength(trainer: Trainer): number {
    const { testEvery } = this.slots[0].experiment.probes;
    let longest = 0;
    let toTest = Number.POSITIVE_INFINITY;
    for (const [slot, occupant] of this.#occupants.entries()) {
      if (!occupant || occupant.ended) continue;
      const iteration = trainer.iterationOf(slot);
      const left = occupant.run.experiment.iterations - iteration;
      longest = Math.max(longest, left);
      if (testEvery > 0 && left > 0) toTest = Math.min(toTest, testEvery - (iteration % testEvery));
    }
    return Math.min(this.#pace.blockLength, trainer.longestBlock, longest, toTest);
  }

  #advance(trainer: Trainer, count: number): Promise<void> {
    const occupants = [...this.#occupants];
    return this.#inOrder(trainer.advance(count), (block) => {
      this.#pace.arrived(count);
      this.#append(block, occupants);
    });
  }

  #append(block: MetricsBlock, occupants: readonly (Occupant | undefined)[]): void {
    let iterations = 0;
    let flop = 0;
    for (const [slot, occupant] of occupants.entries()) {
      if (!occupant || occupant.ended) continue;
      const before = occupant.trace.length;
      occupant.trace.append(block, slot);
      const trained = occupant.trace.length - before;
      iterations += trained;
      flop += trained * occupant.flop;
      occupant.ended = occupant.trace.ended !== 'training';
    }
    this.listener.advanced?.(iterations, flop);
  }

  /** Reads the training state back; the marks are those of what has arrived when the state has. */
  #save(trainer: Trainer): Promise<void> {
    const occupants = [...this.#occupants];
    return this.#inOrder(trainer.checkpoint(), (state) => {
      this.#saved = { state, occupants, marks: occupants.map((occupant) => occupant?.trace.mark()) };
    });
  }

  /** What the device computes in order is taken in order, however many steps of its promise that takes. */
  #inOrder<T>(work: Promise<T>, take: (value: T) => void): Promise<void> {
    const taken = Promise.all([work, this.#taken]).then(([value]) => take(value));
    this.#taken = taken.catch(() => undefined);
    return taken;
  }
  #taken: Promise<void> = Promise.resolve();
}

/**
 * Trains one run alone.
 *
 * @param progress called with the iterations recorded so far
 */
export async function trainOne(
  engine: Engine,
  run: Run,
  dataset: Dataset,
  progress: (iteration: number) => void,
): Promise<{ trace: Trace; summary: PlanSummary; durationMs: number }> {
  const waiting = [run];
  let trained: FinishedRun | undefined;
  let iterations = 0;
  const cohort = new Cohort([{ experiment: run.experiment, slots: 1 }], dataset, {
    next: () => waiting.pop(),
    finished: (finished) => {
      trained = finished;
    },
    advanced: (count) => {
      iterations += count;
      progress(iterations);
    },
  });
  await cohort.open(engine);
  try {
    const { summary } = cohort;
    const start = performance.now();
    await cohort.run();
    if (!trained || !summary) throw new Error('a cohort of one run trained nothing');
    return { trace: trained.trace, summary, durationMs: performance.now() - start };
  } finally {
    cohort.destroy();
  }
}
