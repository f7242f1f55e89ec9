/** The training loop: keeps the device busy with blocks of suitable length, and stops where it is told. */
import type { MetricsBlock, TestBlock } from '../metrics/block.ts';
import { RING, type Trainer } from './trainer.ts';

/** A block's aim: long enough that its overhead does not count, short enough to stay answerable and far from watchdogs. */
const BLOCK_MS = 70;
/** Blocks enqueued before the first of them has been read. */
const IN_FLIGHT = 2;

/**
 * Lets pending messages such as `pause` through, also where no device is waited for. A message channel and not a timer,
 * since nested timers are held to 4 ms and hidden tabs throttle them further.
 */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

export interface LoopListener {
  block(block: MetricsBlock): void;
  test(block: TestBlock): void;
}

/** Runs a trainer until its last iteration, or until `pause`. One `run` at a time. */
export class Loop {
  #paused = false;
  #iterationMs = 20;

  constructor(
    readonly trainer: Trainer,
    readonly listener: LoopListener,
    /** Milliseconds of a monotonic clock. */
    readonly now: () => number = () => performance.now(),
  ) {}

  /** Iterations per second of the latest blocks. */
  get rate(): number {
    return 1000 / this.#iterationMs;
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
    const { testEvery } = trainer.experiments[0].probes;
    const end = trainer.iteration + Math.min(limit, trainer.remaining);
    const flying: Promise<void>[] = [];
    const fly = (work: Promise<void>) => {
      // It is awaited below; until then a failure, of a lost device say, must not count as unhandled.
      work.catch(() => undefined);
      flying.push(work);
    };
    let last = this.now();
    while (trainer.iteration < end && !this.#paused) {
      const toTest = testEvery > 0 ? testEvery - (trainer.iteration % testEvery) : Number.POSITIVE_INFINITY;
      const count = Math.min(this.#blockLength(), end - trainer.iteration, toTest);
      const arrival = trainer.advance(count).then((block) => {
        const now = this.now();
        this.#iterationMs = 0.5 * this.#iterationMs + (0.5 * (now - last)) / count;
        last = now;
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

  #blockLength(): number {
    return Math.max(1, Math.min(RING, Math.floor(BLOCK_MS / this.#iterationMs)));
  }
}
