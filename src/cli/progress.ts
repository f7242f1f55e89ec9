/** A line on stderr that is rewritten while work goes on; where stderr is no terminal, a line of its own every minute. */

const INTERVAL_MS = 200;
const LOG_INTERVAL_MS = 60_000;

export class Progress {
  readonly #start = performance.now();
  readonly #isShown = process.stderr.isTTY === true;
  #last: number;
  #isOpen = false;

  constructor() {
    this.#last = this.#isShown ? Number.NEGATIVE_INFINITY : this.#start;
  }

  /**
   * @param done share of the work that is done, 0…1
   * @param text what stands in front of the time left
   */
  update(done: number, text: () => string): void {
    const now = performance.now();
    if (now - this.#last < (this.#isShown ? INTERVAL_MS : LOG_INTERVAL_MS)) return;
    this.#last = now;
    this.#write(done > 0 ? ((now - this.#start) / 1000) * (1 / done - 1) : undefined, text());
  }

  /** As `update`, for work that knows its time left in seconds better than by its share. */
  updateWith(secondsLeft: number | undefined, text: () => string): void {
    const now = performance.now();
    if (now - this.#last < (this.#isShown ? INTERVAL_MS : LOG_INTERVAL_MS)) return;
    this.#last = now;
    this.#write(secondsLeft, text());
  }

  #write(secondsLeft: number | undefined, text: string): void {
    const line = `${text} · ${secondsLeft === undefined ? '…' : formatSeconds(secondsLeft)} left`;
    this.#isOpen = this.#isShown;
    process.stderr.write(this.#isShown ? `\r\x1b[2K${line}` : `${line}\n`);
  }

  /** Removes the line. */
  close(): void {
    if (this.#isOpen) process.stderr.write('\r\x1b[2K');
    this.#isOpen = false;
  }
}

/** `0:07`, `12:30`, `1:02:03`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
