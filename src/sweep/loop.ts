/** The loop of a few runs that start and train together: keeps the device busy with blocks, and stops where it is told. */
import type { MetricsBlock, TestBlock } from '../metrics/block.ts';
import type { Experiment } from '../model/schema.ts';
import { IN_FLIGHT, nextTask, Pace } from './pace.ts';
import type { Speed } from './protocol.ts';
import { Tempo } from './tempo.ts';

/** What trains runs that start together: a `Trainer`, or several behind one face. */
export interface Training {
  /** By run. */
  readonly experiments: readonly (Experiment | undefined)[];
  /** Iterations enqueued since the start. */
  readonly iteration: number;
  /** Iterations until every run has reached its last. */
  readonly remaining: number;
  /** Iterations that one block may have. */
  readonly longestBlock: number;
  advance(count: number): Promise<MetricsBlock>;
  evaluate(runs?: readonly number[]): Promise<TestBlock>;
}

export interface LoopListener {
  block(block: MetricsBlock): void;
  /** @param runs those that were evaluated */
  test(block: TestBlock, runs: readonly number[]): void;
  /**
   * Called before each block. What it returns is waited for with nothing in flight, so that what has been heard and the training
   * state belong together.
   */
  rest?(): (() => Promise<void>) | undefined;
}

/** Trains until its last iteration, or until `pause`. One `run` at a time. */
export class Loop {
  #paused = false;
  readonly #pace: Pace;
  readonly #tempo: Tempo;
  /** Ends the wait for the next iteration in slow motion. */
  #wake: () => void = () => undefined;

  constructor(
    readonly training: Training,
    readonly listener: LoopListener,
    /** Milliseconds of a monotonic clock. */
    now: () => number = () => performance.now(),
  ) {
    this.#pace = new Pace(now);
    this.#tempo = new Tempo(now);
  }

  /** Iterations per second of the latest blocks. */
  get rate(): number {
    const { speed } = this;
    return Math.min(1000 / this.#pace.iterationMs, speed === 'full' ? Number.POSITIVE_INFINITY : speed);
  }

  get speed(): Speed {
    return this.#tempo.speed;
  }

  /** Takes effect at once. */
  set speed(speed: Speed) {
    this.#tempo.speed = speed;
    this.#wake();
  }

  pause(): void {
    this.#paused = true;
    this.#wake();
  }

  /**
   * Trains until the last iteration, a pause, or `limit` further iterations. Evaluates each run at its experiment's cadence and
   * after its last iteration.
   *
   * @returns whether every run has reached its last iteration
   */
  async run(limit = Number.POSITIVE_INFINITY): Promise<boolean> {
    this.#paused = false;
    const { training, listener } = this;
    const end = training.iteration + Math.min(limit, training.remaining);
    const flying: Promise<void>[] = [];
    const fly = (work: Promise<void>) => {
      // It is awaited below; until then a failure, of a lost device say, must not count as unhandled.
      work.catch(() => undefined);
      flying.push(work);
    };
    const landed = async () => {
      while (flying.length > 0) await flying.shift();
    };
    this.#pace.restart();
    this.#tempo.restart();
    let rested: number | undefined;
    while (training.iteration < end && !this.#paused) {
      // Once between two blocks: however often it would like to, training goes on.
      const rest = rested === training.iteration ? undefined : listener.rest?.();
      const { due: onTime } = this.#tempo;
      if (rest || onTime === 0) {
        rested = training.iteration;
        await landed();
        await (rest ? rest() : this.#nextDue());
        this.#pace.restart();
        continue;
      }
      const longest = Math.min(this.#pace.blockLength, training.longestBlock, onTime);
      const count = Math.min(longest, end - training.iteration, this.#toNextTest());
      this.#tempo.trained(count);
      const arrival = training.advance(count).then((block) => {
        this.#pace.arrived(count);
        listener.block(block);
      });
      fly(arrival);
      const due = this.#due();
      if (due.length > 0 && training.remaining > 0) fly(this.#test(due));
      while (flying.length >= IN_FLIGHT) await flying.shift();
      await nextTask();
    }
    await landed();
    const finished = training.remaining <= 0;
    if (finished) await this.#test(this.#due());
    return finished;
  }

  /** Resolves when the next iteration is due in slow motion, or when there is another reason to look. */
  #nextDue(): Promise<void> {
    if (this.#paused) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#tempo.waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Iterations until the first evaluation of a run. */
  #toNextTest(): number {
    const { experiments, iteration } = this.training;
    const waits = experiments.map((experiment) => {
      if (!experiment || experiment.iterations <= iteration) return Number.POSITIVE_INFINITY;
      const { testEvery } = experiment.probes;
      const next = testEvery > 0 ? testEvery - (iteration % testEvery) : Number.POSITIVE_INFINITY;
      return Math.min(next, experiment.iterations - iteration);
    });
    return Math.min(...waits);
  }

  /** Runs to evaluate at this iteration. */
  #due(): number[] {
    const { experiments, iteration } = this.training;
    return experiments.flatMap((experiment, run) => {
      if (!experiment || experiment.iterations < iteration) return [];
      const { testEvery } = experiment.probes;
      return experiment.iterations === iteration || (testEvery > 0 && iteration % testEvery === 0) ? [run] : [];
    });
  }

  async #test(runs: readonly number[]): Promise<void> {
    this.listener.test(await this.training.evaluate(runs), runs);
  }
}
