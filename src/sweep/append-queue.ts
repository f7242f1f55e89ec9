/** Runs on their way into a store: each once, and what comes while a write is under way waits for one common write. */
import type { RunRecord } from './record.ts';

/** What a store keeps of a run. */
export interface Entry {
  readonly record: RunRecord;
  readonly trace: Uint8Array;
}

interface Waiting extends Entry {
  resolve(): void;
  reject(error: unknown): void;
}

export class AppendQueue {
  readonly #waiting: Waiting[] = [];
  /** Runs that are being written, by id. */
  readonly #pending = new Map<string, Promise<void>>();
  #flushing: Promise<void> | undefined;

  /** @param write keeps all of a batch; where it fails, none of the batch counts as kept */
  constructor(readonly write: (batch: readonly Entry[]) => Promise<void>) {}

  /** Resolves when the run has been written; a run that waits already is not written twice. */
  add(record: RunRecord, trace: Uint8Array): Promise<void> {
    const known = this.#pending.get(record.id);
    if (known) return known;
    const kept = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ record, trace, resolve, reject });
    });
    this.#pending.set(record.id, kept);
    this.#flushing ??= this.#flush();
    return kept;
  }

  /** Resolves when nothing waits. */
  async settled(): Promise<void> {
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    // Runs that finish together are kept together.
    await Promise.resolve();
    for (let batch = this.#waiting.splice(0); batch.length > 0; batch = this.#waiting.splice(0)) {
      try {
        await this.write(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      for (const { record } of batch) this.#pending.delete(record.id);
    }
    // In the same turn as the last look at what waits: a run that comes after it must start anew.
    this.#flushing = undefined;
  }
}
