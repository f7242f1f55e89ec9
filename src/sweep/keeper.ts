/** Keeps the Lab's runs while they train: state and log, now and then and when it is asked to. */
import type { KeptLab, LabEvent, LabStore } from './store-lab.ts';
import type { Checkpoint } from './trainer.ts';

/** What a reload may cost at most where the state is small. */
const EVERY_MS = 2000;
/** Bytes of state a millisecond, on average: disks wear. */
const BYTES_PER_MS = 1000;

export class Keeper {
  /** Told since the last writing. */
  #events: LabEvent[] = [];
  /** Of the log in the store. */
  #logBytes = 0;
  #isNew = true;
  #last: number;
  #stateBytes = 0;
  #writing = false;
  #isBroken = false;
  #asked = false;

  /**
   * @param failed called once, when something could not be kept
   * @param now milliseconds of a monotonic clock
   */
  constructor(
    readonly store: LabStore,
    readonly failed: (error: unknown) => void,
    readonly now: () => number,
  ) {
    this.#last = now();
  }

  /** Goes on with a log that is kept already. */
  goOn({ bytes }: KeptLab, state: readonly Checkpoint[]): void {
    this.#isNew = false;
    this.#stateBytes = bytesOf(state);
    this.#logBytes = bytes - this.#stateBytes;
  }

  log(event: LabEvent): void {
    if (!this.#isBroken) this.#events.push(event);
  }

  /** Something has happened that shall not wait for its turn. */
  ask(): void {
    this.#asked = true;
  }

  get isWriting(): boolean {
    return this.#writing;
  }

  get isDue(): boolean {
    if (this.#writing || this.#isBroken) return false;
    const everyMs = Math.max(EVERY_MS, this.#stateBytes / BYTES_PER_MS);
    return this.#asked || this.now() - this.#last >= everyMs;
  }

  /**
   * Writes a state with everything that was told before; resolves when it is kept. One writing at a time. What is told meanwhile waits
   * for the next one. After a failure nothing more is kept, and what was kept before stays.
   */
  async write(lab: Omit<KeptLab, 'bytes'>, state: readonly Checkpoint[]): Promise<void> {
    if (this.#isBroken) return;
    const events = this.#events;
    this.#events = [];
    this.#asked = false;
    this.#writing = true;
    this.#stateBytes = bytesOf(state);
    this.#logBytes += bytesOf(events);
    try {
      await this.store.keep({ ...lab, bytes: this.#stateBytes + this.#logBytes }, state, events, this.#isNew);
      this.#isNew = false;
    } catch (error) {
      this.#isBroken = true;
      this.#events = [];
      this.failed(error);
    }
    this.#writing = false;
    this.#last = this.now();
  }
}

/** Bytes of the numbers in plain data; of what is not in arrays of numbers, a little. */
export function bytesOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce((sum: number, part) => sum + bytesOf(part), 0);
}
