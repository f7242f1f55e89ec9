/** The loop of a few runs that start and train together: keeps the device busy with blocks, and stops where it is told. */
import type { MetricsBlock, TestBlock } from '../metrics/block.ts';
import { IN_FLIGHT, nextTask, Pace } from './pace.ts';
import type { Trainer } from './trainer.ts';

export interface LoopListener {
  block(block: MetricsBlock): void;
  test(block: TestBlock): void;
}

/** Runs a trainer until its last iteration, or until `pause`. One `run` at a time. */
export class Loop {
  #paused = false;
  readonly #pace: Pace;

  constructor(
    readonly trainer: Trainer,
    readonly listener: LoopListener,
    /** Milliseconds of a monotonic clock. */
    now: () => number = () => performance.now(),
  ) {
    this.#pace = new Pace(now);
  }

  /** Iterations per second of the latest blocks. */
  get rate(): number {
    return 1000 / this.#pace.iterationMs;
  }

  pause(): void {
    this.#paused = true;
  }

  /**
   * Trains until the last iteration, a pause, or `limit` further iterations. Evaluates at the experiments' cadence and,
   * when the last iteration is reached, at the end.
   *
   * @returns whether the last iteration has been reached
   */
  async run(limit = Number.POSITIVE_INFINITY): Promise<boolean> {
    this.#paused = false;
    const { trainer, listener } = this;
    const testEvery = trainer.experiments[0]?.probes.testEvery ?? 0;
    const end = trainer.iteration + Math.min(limit, trainer.remaining);
    const flying: Promise<void>[] = [];
    const fly = (work: Promise<void>) => {
      // It is awaited below; until then a failure, of a lost device say, must not count as unhandled.
      work.catch(() => undefined);
      flying.push(work);
    };
    this.#pace.restart();
    while (trainer.iteration < end && !this.#paused) {
      const toTest = testEvery > 0 ? testEvery - (trainer.iteration % testEvery) : Number.POSITIVE_INFINITY;
      const count = Math.min(this.#pace.blockLength, end - trainer.iteration, toTest);
      const arrival = trainer.advance(count).then((block) => {
        this.#pace.arrived(count);
        listener.block(block);
      });
      fly(arrival);
      if (testEvery > 0 && trainer.iteration % testEvery === 0 && trainer.remaining > 0) fly(this.#test());
      while (flying.length >= IN_FLIGHT) await flying.shift();
      await nextTask();
    }
    await Promise.all(flying);
    const finished = trainer.remaining <= 0;
    if (finished) await this.#test();
    return finished;
  }

  async #test(): Promise<void> {
    this.listener.test(await this.trainer.evaluate());
  }
}
