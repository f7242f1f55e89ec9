/** Sweeps' results in the browser: one IndexedDB database, in which records open without their traces. */
import type { DBSchema, IDBPDatabase } from 'idb';
import { AppendQueue, type Entry } from './append-queue.ts';
import { inWords, openStorage, type StorageWords } from './browser-storage.ts';
import { type RunRecord, recordFromJson, recordToJson } from './record.ts';
import { type Manifest, StoreError, type SweepStore } from './store.ts';
import type { StoredSweep } from './sweep-protocol.ts';

/** `sweep id/run id`: all of a sweep's runs are a range of keys. */
type Key = `${string}/${string}`;

interface StoredManifest extends Manifest {
  readonly runs: number;
  /** When the latest run was kept, in milliseconds since 1970. */
  readonly keptAt?: number | undefined;
  /** Of records and traces; unknown of a sweep that was begun before this was counted. */
  readonly bytes?: number | undefined;
  /** Deleted by a person, who may still undo it. */
  readonly deleted?: boolean;
}

interface Schema extends DBSchema {
  manifests: { key: string; value: StoredManifest };
  /**
   * By the first of the runs that were kept together: their records as JSON, a line each. Fifty thousand rows or objects would take
   * seconds to read.
   */
  records: { key: Key; value: string };
  /** By run: an id is kept where it has a trace. */
  traces: { key: Key; value: Uint8Array };
}

const VERSION = 1;
/** Rows of records that are read at a time. */
const SLICE = 1000;
/** Slices asked for before they are needed. */
const AHEAD = 4;

const WORDS: StorageWords = {
  none: 'results cannot be kept here',
  full: 'what was kept is whole. Delete a stored sweep or free disk space',
  failed: 'load the page again',
};
const guard = <T>(work: () => Promise<T>): Promise<T> => inWords(work, WORDS);

const keyOf = (sweepId: string, id: string): Key => `${sweepId}/${id}`;
/** Every run of a sweep: ids are hexadecimal digits, and all of those come before g. */
const keysOf = (sweepId: string) => IDBKeyRange.bound(keyOf(sweepId, ''), keyOf(sweepId, 'g'));

/**
 * @param name of the database; tests have their own
 * @throws StoreError where the browser does not let the page store anything
 */
export async function openSweepDatabase(name = 'nablascope-sweeps'): Promise<SweepDatabase> {
  const upgrade = (created: IDBPDatabase<Schema>) => {
    created.createObjectStore('manifests', { keyPath: 'sweepId' });
    created.createObjectStore('records');
    created.createObjectStore('traces');
  };
  return new SweepDatabase(await openStorage(name, VERSION, upgrade, WORDS));
}

export class SweepDatabase {
  readonly #database: IDBPDatabase<Schema>;

  constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
  }

  /**
   * Opens a sweep to add runs; begins it where it is not there yet.
   *
   * @param runs how many the sweep has, for the list of sweeps
   * @throws StoreError where the storage is full
   */
  async open(manifest: Manifest, runs: number): Promise<SweepStore> {
    const found = await guard(() => this.#database.get('manifests', manifest.sweepId));
    // What was deleted does not come back by being begun again.
    if (found?.deleted) await this.deleteSweep(manifest.sweepId);
    const { keptAt, bytes } = found && !found.deleted ? found : { keptAt: undefined, bytes: 0 };
    await guard(() => this.#database.put('manifests', { ...manifest, runs, keptAt, bytes }));
    return IndexedDbStore.open(this.#database, manifest);
  }

  /** A sweep that is there; undefined for any other. */
  async find(sweepId: string): Promise<SweepStore | undefined> {
    const manifest = await this.#manifest(sweepId);
    return manifest && IndexedDbStore.open(this.#database, manifest);
  }

  /** As `find`, without the ids of its runs, which take a while to read: to show records and traces. */
  async look(sweepId: string): Promise<Omit<SweepStore, 'ids' | 'append'> | undefined> {
    const manifest = await this.#manifest(sweepId);
    return manifest && new IndexedDbStore(this.#database, manifest, new Set());
  }

  async #manifest(sweepId: string): Promise<Manifest | undefined> {
    const found = await guard(() => this.#database.get('manifests', sweepId));
    if (!found || found.deleted) return undefined;
    const { runs: _runs, keptAt: _keptAt, bytes: _bytes, ...manifest } = found;
    return manifest;
  }

  /** The sweeps, those to which a run was added last first. */
  async listSweeps(): Promise<StoredSweep[]> {
    return guard(async () => {
      const manifests = await this.#database.getAll('manifests');
      return Promise.all(
        manifests
          .filter(({ deleted }) => !deleted)
          .sort((a, b) => (b.keptAt ?? 0) - (a.keptAt ?? 0))
          .map(async ({ sweepId, sweep, runs, keptAt, bytes }) => ({
            sweepId,
            title: sweep.title ?? '',
            runs,
            finished: await this.#database.count('traces', keysOf(sweepId)),
            keptAt,
            bytes,
          })),
      );
    });
  }

  /** Puts a sweep out of sight, or back into it; one that is not there is left alone. */
  async setDeleted(sweepId: string, deleted: boolean): Promise<void> {
    await guard(async () => {
      const transaction = this.#database.transaction('manifests', 'readwrite');
      const found = await transaction.store.get(sweepId);
      if (found) await transaction.store.put({ ...found, deleted });
      await transaction.done;
    });
  }

  /** Deletes for good what is out of sight. */
  async purge(): Promise<void> {
    const manifests = await guard(() => this.#database.getAll('manifests'));
    for (const { sweepId, deleted } of manifests) if (deleted) await this.deleteSweep(sweepId);
  }

  /** Deletes a sweep and all its runs, or nothing. */
  async deleteSweep(sweepId: string): Promise<void> {
    await guard(async () => {
      const transaction = this.#database.transaction(['manifests', 'records', 'traces'], 'readwrite');
      await Promise.all([
        transaction.objectStore('manifests').delete(sweepId),
        transaction.objectStore('records').delete(keysOf(sweepId)),
        transaction.objectStore('traces').delete(keysOf(sweepId)),
        transaction.done,
      ]);
    });
  }

  close(): void {
    this.#database.close();
  }
}

class IndexedDbStore implements SweepStore {
  readonly #database: IDBPDatabase<Schema>;
  readonly #queue = new AppendQueue(async (batch) => {
    await guard(() => this.#write(batch));
    for (const { record } of batch) this.ids.add(record.id);
  });

  constructor(
    database: IDBPDatabase<Schema>,
    readonly manifest: Manifest,
    readonly ids: Set<string>,
  ) {
    this.#database = database;
  }

  static async open(database: IDBPDatabase<Schema>, manifest: Manifest): Promise<IndexedDbStore> {
    const keys = await guard(() => database.getAllKeys('traces', keysOf(manifest.sweepId)));
    return new IndexedDbStore(database, manifest, new Set(keys.map((key) => key.slice(key.indexOf('/') + 1))));
  }

  append(record: RunRecord, trace: Uint8Array): Promise<void> {
    return this.ids.has(record.id) ? Promise.resolve() : this.#queue.add(record, trace);
  }

  /** Records and traces together, or none of them. */
  async #write(batch: readonly Entry[]): Promise<void> {
    const { sweepId } = this.manifest;
    // Relaxed: kept when the operating system has it, which survives the page and the browser. A loss of power costs the last runs,
    // and those are trained again; waiting for the disk would cost more on each.
    const transaction = this.#database.transaction(['manifests', 'records', 'traces'], 'readwrite', { durability: 'relaxed' });
    const [records, traces] = [transaction.objectStore('records'), transaction.objectStore('traces')];
    const manifests = transaction.objectStore('manifests');
    const write = async () => {
      const kept = await manifests.get(sweepId);
      if (!kept || kept.deleted) {
        throw new StoreError('This sweep was deleted; what it trains is not kept any more.');
      }
      const lines = await Promise.all(
        batch.map(async ({ record, trace }) => {
          const key = keyOf(sweepId, record.id);
          // Another tab may have trained it.
          if ((await traces.getKey(key)) !== undefined) return [];
          // A view would take its whole buffer along.
          await traces.put(trace.byteLength === trace.buffer.byteLength ? trace : trace.slice(), key);
          const text = recordToJson(record);
          return [{ key, text, bytes: trace.byteLength + text.length }];
        }),
      );
      const [first, ...rest] = lines.flat();
      if (!first) return;
      await records.put([first, ...rest].map(({ text }) => text).join('\n'), first.key);
      const bytes = kept.bytes === undefined ? undefined : rest.reduce((sum, own) => sum + own.bytes, kept.bytes + first.bytes);
      await manifests.put({ ...kept, keptAt: Date.now(), bytes });
    };
    // Both are awaited, so that neither's failure goes unheard; a full storage fails the transaction after its last request.
    const [written, done] = await Promise.allSettled([
      write().catch((error) => {
        abort(transaction);
        throw error;
      }),
      transaction.done,
    ]);
    const failed = [written, done].find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
    if (failed) throw failed.reason;
  }

  async *records(): AsyncGenerator<RunRecord> {
    const range = keysOf(this.manifest.sweepId);
    const keys = await guard(() => this.#database.getAllKeys('records', range));
    const read = (at: number) => {
      if (at >= keys.length) return undefined;
      const slice = IDBKeyRange.bound(keys[at], keys[Math.min(at + SLICE, keys.length) - 1]);
      const rows = guard(() => this.#database.getAll('records', slice));
      // Awaited when its turn comes.
      rows.catch(() => undefined);
      return rows;
    };
    // The browser reads some slices ahead while records are taken apart here.
    const ahead = Array.from({ length: AHEAD }, (_, k) => read(k * SLICE));
    for (let at = 0; at < keys.length; at += SLICE) {
      const rows = (await ahead.shift()) ?? [];
      ahead.push(read(at + AHEAD * SLICE));
      for (const row of rows) for (const line of row.split('\n')) yield recordFromJson(line);
    }
  }

  trace(id: string): Promise<Uint8Array | undefined> {
    return guard(() => this.#database.get('traces', keyOf(this.manifest.sweepId, id)));
  }

  async close(): Promise<void> {
    await this.#queue.settled();
  }
}

function abort(transaction: { abort(): void }): void {
  try {
    transaction.abort();
  } catch (error) {
    // A request that failed has aborted it already.
    if ((error as DOMException).name !== 'InvalidStateError') throw error;
  }
}
