/** How long blocks of iterations should be, and how the loops let other messages through. */
import { RING } from './cohort-plan.ts';

/** A block's aim: long enough that its overhead does not count, short enough to stay answerable and far from watchdogs. */
const BLOCK_MS = 70;
/** Blocks enqueued before the first of them has been read. */
export const IN_FLIGHT = 2;

/** Measures iterations as their blocks arrive and says how many the next block should have. */
export class Pace {
  /** Before the first block has arrived any number is too many, so that block has one. */
  #iterationMs = Number.POSITIVE_INFINITY;
  #last: number;

  /** @param now milliseconds of a monotonic clock */
  constructor(readonly now: () => number) {
    this.#last = now();
  }

  /** Starts anew after a rest. */
  restart(): void {
    this.#last = this.now();
  }

  /** A block of so many iterations has arrived. */
  arrived(count: number): void {
    const now = this.now();
    const latest = (now - this.#last) / count;
    this.#iterationMs = Number.isFinite(this.#iterationMs) ? (this.#iterationMs + latest) / 2 : latest;
    this.#last = now;
  }

  /** Milliseconds per iteration of the latest blocks; Infinity before the first. */
  get iterationMs(): number {
    return this.#iterationMs;
  }

  get blockLength(): number {
    return Math.max(1, Math.min(RING, Math.floor(BLOCK_MS / this.#iterationMs)));
  }
}

/**
 * Lets pending messages such as `pause` through, also where no device is waited for. A message channel and not a timer,
 * since nested timers are held to 4 ms and hidden tabs throttle them further.
 */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
