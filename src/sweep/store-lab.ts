/**
 * Where the Lab keeps what it trains, so that a reload goes on where it was: one row, one training state and a log a tab.
 *
 * A tab's session is the key. The row (`KeptLab`) says what is trained, how far it is, when it was kept and how many bytes that takes;
 * `listLabs` reads rows alone. The log holds what the worker has told the page since iteration 0 (`LabEvent`), in order; told again
 * it makes the same traces. State and log are written together, so they always belong to the same iteration.
 */
import type { DBSchema, IDBPDatabase } from 'idb';
import type { AdapterReport, EngineChoice } from '../engine/report.ts';
import type { Experiment } from '../model/schema.ts';
import { inWords, openStorage, type StorageWords } from './browser-storage.ts';
import type { FromWorker } from './protocol.ts';
import type { Checkpoint } from './trainer.ts';

/** What the worker tells of training, which is kept. */
export type LabEvent = Extract<FromWorker, { type: 'metrics' | 'test' | 'retuned' | 'back' }>;

/** A change of settings in mid-run. */
export interface Retune {
  /** The first that it applies to. */
  readonly iteration: number;
  readonly experiments: readonly Experiment[];
}

/** What is kept of a tab's runs, without state and log. */
export interface KeptLab {
  /** Of the tab's session. */
  readonly id: string;
  /** Of `SideBySide`: the state fits plans of the same layout. */
  readonly layout: string;
  /** The engine that was asked for, and the one that trained. */
  readonly engine: EngineChoice;
  readonly trainedBy: AdapterReport['engine'];
  /** As they were at iteration 0, and as they are now. */
  readonly start: readonly Experiment[];
  readonly experiments: readonly Experiment[];
  readonly retunes: readonly Retune[];
  /** Iterations trained. */
  readonly iteration: number;
  /** Milliseconds since 1970. */
  readonly keptAt: number;
  /** Of state and log together. */
  readonly bytes: number;
  /** When it was put away; such a row is as good as gone, and can come back. */
  readonly deletedAt?: number | undefined;
}

export interface LabStore {
  /** Kept runs of all tabs, the latest first. */
  listLabs(): Promise<KeptLab[]>;
  /** Row and training state of a session, one checkpoint a plan. */
  find(id: string): Promise<{ readonly lab: KeptLab; readonly state: readonly Checkpoint[] } | undefined>;
  /** The log of a session, in parts. */
  events(id: string): AsyncIterable<readonly LabEvent[]>;
  /**
   * Keeps a state and what was told since the last one.
   *
   * @param isNew whether a log begins with these events; what the session had before goes
   * @throws StoreError where the storage is full; what was kept before stays
   */
  keep(lab: KeptLab, state: readonly Checkpoint[], events: readonly LabEvent[], isNew: boolean): Promise<void>;
  /** Puts a session's runs away, or brings them back; they go for good an hour later, when others are kept. */
  setDeleted(id: string, gone: boolean, now?: number): Promise<void>;
  deleteLab(id: string): Promise<void>;
  close(): void;
}

interface Schema extends DBSchema {
  labs: { key: string; value: KeptLab };
  states: { key: string; value: readonly Checkpoint[] };
  /** By session and a running number. */
  logs: { key: [string, number]; value: readonly LabEvent[] };
}

/** Raise it when a kept state or log would be read differently; what older pages kept goes then. */
const VERSION = 1;
/** Sessions kept: those of tabs that were closed go, the oldest first. */
const MOST_LABS = 8;
/** How long a deletion can be undone. */
const UNDO_MS = 3_600_000;

const STORES = ['labs', 'states', 'logs'] as const;
const GOES_ON = 'a reload goes on from what was kept before, or starts over';
const WORDS: StorageWords = {
  none: 'a reload starts over',
  full: `${GOES_ON}. Delete stored sweeps or free disk space`,
  failed: GOES_ON,
};
const guard = <T>(work: () => Promise<T>): Promise<T> => inWords(work, WORDS);
const logOf = (id: string) => IDBKeyRange.bound([id], [id, Number.POSITIVE_INFINITY]);

/** @throws StoreError where the browser does not let the page store anything */
export async function openLabStore(name = 'nablascope-lab'): Promise<LabStore> {
  const upgrade = (created: IDBPDatabase<Schema>) => {
    for (const store of created.objectStoreNames) created.deleteObjectStore(store);
    for (const store of STORES) created.createObjectStore(store);
  };
  return new IndexedDbLabStore(await openStorage(name, VERSION, upgrade, WORDS));
}

class IndexedDbLabStore implements LabStore {
  constructor(readonly database: IDBPDatabase<Schema>) {}

  async listLabs(): Promise<KeptLab[]> {
    const labs = await guard(() => this.database.getAll('labs'));
    return labs.filter(({ deletedAt }) => deletedAt === undefined).sort((a, b) => b.keptAt - a.keptAt);
  }

  find(id: string) {
    return guard(async () => {
      const transaction = this.database.transaction(['labs', 'states']);
      const [lab, state] = await Promise.all([
        transaction.objectStore('labs').get(id),
        transaction.objectStore('states').get(id),
      ]);
      return lab && state && lab.deletedAt === undefined ? { lab, state } : undefined;
    });
  }

  async *events(id: string): AsyncGenerator<readonly LabEvent[]> {
    for (const key of await guard(() => this.database.getAllKeys('logs', logOf(id)))) {
      yield (await guard(() => this.database.get('logs', key))) ?? [];
    }
  }

  async keep(lab: KeptLab, state: readonly Checkpoint[], events: readonly LabEvent[], isNew: boolean): Promise<void> {
    await guard(async () => {
      // Relaxed: kept when the operating system has it; a loss of power costs some seconds of training.
      const transaction = this.database.transaction(STORES, 'readwrite', { durability: 'relaxed' });
      const [labs, states, logs] = STORES.map((store) => transaction.objectStore(store));
      const write = async () => {
        if (isNew) await logs.delete(logOf(lab.id));
        const last = await logs.openKeyCursor(logOf(lab.id), 'prev');
        const next = last ? (last.key as [string, number])[1] + 1 : 0;
        await Promise.all([
          labs.put(lab, lab.id),
          states.put(state, lab.id),
          ...(events.length > 0 ? [logs.put(events, [lab.id, next])] : []),
        ]);
      };
      // Both are awaited, so that neither's failure goes unheard; a full storage fails the transaction after its last request.
      const outcomes = await Promise.allSettled([write(), transaction.done]);
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    });
    if (isNew) await this.#tidy();
  }

  setDeleted(id: string, gone: boolean, now = Date.now()): Promise<void> {
    return guard(async () => {
      const transaction = this.database.transaction('labs', 'readwrite');
      const lab = await transaction.store.get(id);
      if (lab) await transaction.store.put({ ...lab, deletedAt: gone ? now : undefined }, id);
      await transaction.done;
    });
  }

  async #tidy(now = Date.now()): Promise<void> {
    const old = (await this.listLabs()).slice(MOST_LABS);
    const gone = await guard(() => this.database.getAll('labs'));
    const forGood = gone.filter(({ deletedAt }) => deletedAt !== undefined && now - deletedAt > UNDO_MS);
    for (const { id } of [...old, ...forGood]) await this.deleteLab(id);
  }

  async deleteLab(id: string): Promise<void> {
    await guard(async () => {
      const transaction = this.database.transaction(STORES, 'readwrite');
      const [labs, states, logs] = STORES.map((store) => transaction.objectStore(store));
      await Promise.all([labs.delete(id), states.delete(id), logs.delete(logOf(id)), transaction.done]);
    });
  }

  close(): void {
    this.database.close();
  }
}
