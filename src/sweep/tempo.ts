/** Slow motion: so many iterations per second, however unevenly timers fire. */
import type { Speed } from './protocol.ts';

/** What is behind by more than this is not caught up: after a freeze, or where the machine is slower than the tempo. */
const MOST_BEHIND_MS = 1000;

/**
 * Counts what is due by the clock and not by timers, so that a late timer of a hidden tab delays iterations but does not lose them.
 */
export class Tempo {
  #speed: Speed = 'full';
  /** When the first iteration was due, and how many have been trained since. */
  #since: number;
  #trained = 0;

  /** @param now milliseconds of a monotonic clock */
  constructor(readonly now: () => number) {
    this.#since = now();
  }

  get speed(): Speed {
    return this.#speed;
  }

  set speed(speed: Speed) {
    this.#speed = speed;
    this.restart();
  }

  /** An iteration is due now, and further ones from now on. */
  restart(): void {
    this.#since = this.now();
    this.#trained = 0;
  }

  /** Iterations that are due. */
  get due(): number {
    const { speed } = this;
    if (speed === 'full') return Number.POSITIVE_INFINITY;
    const behindMs = this.now() - this.#next(speed);
    if (behindMs > MOST_BEHIND_MS) this.#since += behindMs - MOST_BEHIND_MS;
    return Math.max(0, Math.floor((Math.min(behindMs, MOST_BEHIND_MS) * speed) / 1000 + 1));
  }

  /** Milliseconds until the next iteration is due. */
  get waitMs(): number {
    return this.speed === 'full' ? 0 : Math.max(0, this.#next(this.speed) - this.now());
  }

  trained(count: number): void {
    this.#trained += count;
  }

  /** When the next iteration is due. */
  #next(speed: number): number {
    return this.#since + (1000 * this.#trained) / speed;
  }
}
