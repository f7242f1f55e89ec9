/** The Lab's runs: training them, going back, changing them in mid-run, and keeping all of it for the next time. */
import type { Dataset } from '../data/dataset.ts';
import type { Engine } from '../engine/engine.ts';
import type { EngineChoice } from '../engine/report.ts';
import type { Experiment, Task } from '../model/schema.ts';
import { History, stopsBetween } from './history.ts';
import { bytesOf, type Keeper } from './keeper.ts';
import { Loop, type Training } from './loop.ts';
import { SideBySide } from './side-by-side.ts';
import type { KeptLab, LabEvent, Retune } from './store-lab.ts';
import type { Checkpoint } from './trainer.ts';

/** A state for going back is taken so often, and seldom enough that taking them costs no more than this share of the time. */
const STATE_EVERY_MS = 500;
const STATE_SHARE = 0.05;
/** After a pause or a change it is kept this much later, unless another one follows. */
const KEEP_AFTER_MS = 300;

export interface LabOptions {
  /** Bytes set aside for going back. */
  readonly budget: number;
  /** The engine that was asked for. */
  readonly choice: EngineChoice;
  /** Who hears of training. */
  readonly tell: (event: LabEvent) => void;
  /** Whose session keeps the runs, and by what; absent where they are not kept. */
  readonly session?: { readonly id: string; readonly keeper: Keeper } | undefined;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** `run`, `back` and `keep` one after another; the rest at any time. */
export class LabRuns {
  readonly loop: Loop;
  /** Trains without a word: what was told already. */
  readonly #replay: Loop;
  readonly #history: History<readonly Checkpoint[]>;
  readonly #now: () => number;
  #retunes: Retune[] = [];
  #nextStateMs = 0;
  #keepSoon: ReturnType<typeof setTimeout> | undefined;
  #training = false;
  /** A state that is being read while nothing trains. */
  #reading: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly runs: SideBySide,
    readonly start: readonly Experiment[],
    readonly engine: Engine,
    readonly options: LabOptions,
  ) {
    this.#now = options.now ?? (() => performance.now());
    this.#history = new History(options.budget);
    this.loop = new Loop(
      runs,
      {
        block: (block) => this.#tell({ type: 'metrics', block }),
        test: (block, tested) => this.#tell({ type: 'test', block, runs: tested }),
        rest: () => this.#rest(),
      },
      this.#now,
    );
    this.#replay = new Loop(withoutTests(runs), { block: () => undefined, test: () => undefined }, this.#now);
  }

  /** @throws LimitError when a plan does not fit the engine; nothing stays loaded then */
  static async create(
    engine: Engine,
    experiments: readonly Experiment[],
    datasetOf: (task: Task) => Promise<Dataset>,
    options: LabOptions,
  ): Promise<LabRuns> {
    return new LabRuns(await SideBySide.create(engine, experiments, datasetOf), experiments, engine, options);
  }

  /**
   * Puts runs that have just been created where kept ones were.
   *
   * @param lab of the same `start`
   * @returns whether it was possible: a state of another layout is not
   */
  async resume(lab: KeptLab, state: readonly Checkpoint[]): Promise<boolean> {
    if (lab.layout !== this.runs.layout) return false;
    await this.#takeState();
    this.runs.restore(state);
    // A change may have come after the state.
    this.runs.retune(lab.experiments);
    this.#retunes = [...lab.retunes];
    this.#history.add({ iteration: lab.iteration, bytes: bytesOf(state), state });
    this.options.session?.keeper.goOn(lab, state);
    return true;
  }

  /**
   * The same runs on another engine, where theirs is gone: from the latest state in memory, or from iteration 0 where there is none that
   * fits. Settings are those in force.
   *
   * @returns the runs, of which `back` was told, and which have to be let go by `destroy` like those of before
   */
  static async goOn(lost: LabRuns, engine: Engine, datasetOf: (task: Task) => Promise<Dataset>): Promise<LabRuns> {
    const lab = await LabRuns.create(engine, lost.start, datasetOf, lost.options);
    const latest = lab.runs.layout === lost.runs.layout ? lost.#history.before(Number.POSITIVE_INFINITY) : undefined;
    await lab.#takeState();
    if (latest) {
      lab.runs.restore(latest.state);
      lab.#history.add(latest);
    }
    const iteration = latest?.iteration ?? 0;
    lab.runs.retune(lost.#experiments);
    lab.#retunes = [
      ...lost.#retunes.filter((retune) => retune.iteration < iteration),
      { iteration, experiments: lost.#experiments },
    ];
    lab.#tell({ type: 'back', iteration, experiments: lost.#experiments });
    lab.loop.speed = lost.loop.speed;
    return lab;
  }

  /** As `Loop.run`. */
  async run(limit?: number): Promise<boolean> {
    clearTimeout(this.#keepSoon);
    this.#training = true;
    try {
      await this.#reading;
      return await this.loop.run(limit);
    } finally {
      this.#training = false;
      this.#keepLater();
    }
  }

  /**
   * Changes settings from the next iteration on.
   *
   * @param text the change in words, for whoever hears of it
   */
  retune(experiments: readonly Experiment[], text: string): void {
    const { iteration } = this.runs;
    this.runs.retune(experiments);
    this.#retunes.push({ iteration, experiments });
    this.#tell({ type: 'retuned', iteration, text });
    this.options.session?.keeper.ask();
    if (!this.#training) this.#keepLater();
  }

  /**
   * Goes back one iteration, bit by bit as it was: to the latest state kept before it, and from there forward again. Settings are
   * those of that iteration.
   *
   * @returns why it is not possible, if so
   */
  async back(): Promise<string | undefined> {
    const target = this.runs.iteration - 1;
    if (target < 0) return 'This is iteration 0: there is nothing before it.';
    const from = this.#history.before(target);
    if (!from) return this.#whyNotBack();
    clearTimeout(this.#keepSoon);
    await this.#reading;
    this.runs.restore(from.state);
    this.#history.cut(target);
    this.#retunes = this.#retunes.filter(({ iteration }) => iteration <= target);
    for (const stop of stopsBetween(from.iteration, target)) {
      await this.#replayTo(stop);
      if (stop < target) await this.#takeState();
    }
    this.#tell({ type: 'back', iteration: target, experiments: this.#experiments });
    this.options.session?.keeper.ask();
    this.#keepLater();
    return undefined;
  }

  /** Keeps state and log as soon as possible. */
  async keep(): Promise<void> {
    const keeper = this.options.session?.keeper;
    if (!keeper) return;
    if (this.#training) return keeper.ask();
    if (keeper.isWriting) return this.#keepLater();
    const reading = this.#takeState();
    this.#reading = reading;
    await this.#write(await reading);
  }

  destroy(): void {
    clearTimeout(this.#keepSoon);
    this.runs.destroy();
  }

  get #experiments(): Experiment[] {
    return this.runs.experiments.filter((experiment) => experiment !== undefined);
  }

  #tell(event: LabEvent): void {
    this.options.session?.keeper.log(event);
    this.options.tell(event);
  }

  #whyNotBack(): string {
    const { bytes, budget, iterations } = this.#history;
    const state = `Their training state takes ${megabytes(bytes)}, and ${megabytes(budget)} are set aside for going back`;
    if (2 * bytes > budget) return `Going back is not possible with these runs. ${state}.`;
    return `Iteration ${iterations[0] ?? this.runs.iteration} is the earliest that can be gone back to with these runs. ${state}.`;
  }

  /** What is to be done between two blocks, if anything. */
  #rest(): (() => Promise<void>) | undefined {
    const { iterations, room, spacing } = this.#history;
    const last = iterations.at(-1);
    const isStateDue =
      last === undefined ? room >= 2 : room >= 2 && this.runs.iteration - last >= spacing && this.#now() >= this.#nextStateMs;
    const isKeepDue = this.options.session?.keeper.isDue ?? false;
    if (!isStateDue && !isKeepDue) return undefined;
    return async () => {
      const state = await this.#takeState();
      // Not waited for: training goes on while the disk works.
      if (isKeepDue) void this.#write(state);
    };
  }

  /** Reads the training state, also for going back. */
  async #takeState(): Promise<readonly Checkpoint[]> {
    const startMs = this.#now();
    const { iteration } = this.runs;
    const state = await this.runs.checkpoint();
    this.#history.add({ iteration, bytes: bytesOf(state), state });
    const tookMs = this.#now() - startMs;
    this.#nextStateMs = startMs + Math.max(STATE_EVERY_MS, tookMs / STATE_SHARE);
    return state;
  }

  async #replayTo(end: number): Promise<void> {
    for (const { iteration, experiments } of this.#retunes) {
      if (iteration < this.runs.iteration || iteration > end) continue;
      await this.#replayFor(iteration - this.runs.iteration);
      this.runs.retune(experiments);
    }
    await this.#replayFor(end - this.runs.iteration);
  }

  async #replayFor(count: number): Promise<void> {
    if (count > 0) await this.#replay.run(count);
  }

  #keepLater(): void {
    clearTimeout(this.#keepSoon);
    if (this.options.session) this.#keepSoon = setTimeout(() => this.keep().catch(() => undefined), KEEP_AFTER_MS);
  }

  async #write(state: readonly Checkpoint[]): Promise<void> {
    const { session, choice } = this.options;
    await session?.keeper.write(
      {
        id: session.id,
        layout: this.runs.layout,
        engine: choice,
        trainedBy: this.engine.report.engine,
        start: this.start,
        experiments: this.#experiments,
        retunes: this.#retunes,
        iteration: this.runs.iteration,
        keptAt: Date.now(),
      },
      state,
    );
  }
}

/** The same training, of which nothing is evaluated on the way. */
function withoutTests(runs: SideBySide): Training {
  return {
    experiments: [],
    get iteration() {
      return runs.iteration;
    },
    get remaining() {
      return runs.remaining;
    },
    get longestBlock() {
      return runs.longestBlock;
    },
    advance: (count) => runs.advance(count),
    evaluate: (tested) => runs.evaluate(tested),
  };
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
