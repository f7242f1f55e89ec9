/**
 * Runs of the Lab that this browser keeps, with their curves, in IndexedDB. A row (`KeptRun`) is a run without its trace, so that the
 * list opens without them. What is deleted is only marked at first, so that it can be undone; an hour later it goes for good, when the
 * page opens the next time.
 */
import type { DBSchema, IDBPDatabase } from 'idb';
import type { AdapterReport } from '../../engine/report.ts';
import type { Trace } from '../../metrics/trace.ts';
import { decodeTrace } from '../../metrics/trace-codec.ts';
import type { Verdict } from '../../metrics/verdict.ts';
import type { Experiment } from '../../model/schema.ts';
import type { PlanSummary } from '../../plan/summary.ts';
import { inWords, openStorage, type StorageWords } from '../../sweep/browser-storage.ts';

export interface KeptRun {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly keptAt: number;
  readonly experiment: Experiment;
  /** Changes in mid-run, in words; such a run is not its experiment alone. */
  readonly changes: readonly string[];
  readonly iterations: number;
  /** Of its plan and of the engine; older pages kept none. */
  readonly summary?: PlanSummary | undefined;
  readonly trainedBy?: AdapterReport['engine'] | undefined;
  readonly verdict: Pick<Verdict, 'kind' | 'title'>;
  /** Of the trace. */
  readonly bytes: number;
  /** Whether a person asked for it; others make room when there are too many. */
  readonly byHand: boolean;
  readonly deletedAt?: number | undefined;
}

interface Schema extends DBSchema {
  runs: { key: string; value: KeptRun };
  traces: { key: string; value: Uint8Array };
}

const VERSION = 1;
/** Runs kept without being asked to; the oldest go. */
const MOST_KEPT = 200;
const UNDO_MS = 3_600_000;

const WORDS: StorageWords = {
  none: 'runs cannot be kept here',
  full: 'runs are not kept. Delete kept runs or stored sweeps, or free disk space',
  failed: 'runs are not kept',
};
const guard = <T>(work: () => Promise<T>): Promise<T> => inWords(work, WORDS);

/** @throws StoreError where the browser does not let the page store anything */
export async function openRunStore(name = 'nablascope-runs'): Promise<RunStore> {
  const upgrade = (created: IDBPDatabase<Schema>) => {
    created.createObjectStore('runs', { keyPath: 'id' });
    created.createObjectStore('traces');
  };
  return new RunStore(await openStorage(name, VERSION, upgrade, WORDS));
}

export class RunStore {
  constructor(readonly database: IDBPDatabase<Schema>) {}

  /** The latest first. */
  async list(): Promise<KeptRun[]> {
    const runs = await guard(() => this.database.getAll('runs'));
    return runs.filter(({ deletedAt }) => deletedAt === undefined).sort((a, b) => b.keptAt - a.keptAt);
  }

  /** The curves of a run; undefined where it is not there any more. */
  async trace(id: string): Promise<Trace | undefined> {
    const bytes = await guard(() => this.database.get('traces', id));
    return bytes && decodeTrace(bytes);
  }

  /** Keeps a run in place of the one with its id, whose name it takes over. */
  async keep(run: KeptRun, trace: Uint8Array): Promise<void> {
    await guard(async () => {
      const transaction = this.database.transaction(['runs', 'traces'], 'readwrite', { durability: 'relaxed' });
      const runs = transaction.objectStore('runs');
      const before = await runs.get(run.id);
      const isNamed = before?.byHand && !run.byHand && before.deletedAt === undefined;
      const row = isNamed ? { ...run, name: before.name, byHand: true } : run;
      await Promise.all([runs.put(row), transaction.objectStore('traces').put(trace, run.id), transaction.done]);
    });
    const old = (await this.list()).filter(({ byHand }) => !byHand).slice(MOST_KEPT);
    await this.#remove(old.map(({ id }) => id));
  }

  async rename(id: string, name: string): Promise<void> {
    // A name given by hand is a wish to keep it.
    await this.#change(id, { name, byHand: true });
  }

  /** Puts a run away, or brings it back. */
  async setDeleted(id: string, gone: boolean, now = Date.now()): Promise<void> {
    await this.#change(id, { deletedAt: gone ? now : undefined });
  }

  /** Deletes for good what was put away long ago. */
  async purge(now = Date.now()): Promise<void> {
    const runs = await guard(() => this.database.getAll('runs'));
    await this.#remove(runs.filter(({ deletedAt }) => deletedAt !== undefined && now - deletedAt > UNDO_MS).map(({ id }) => id));
  }

  close(): void {
    this.database.close();
  }

  #change(id: string, change: Partial<KeptRun>): Promise<void> {
    return guard(async () => {
      const transaction = this.database.transaction('runs', 'readwrite');
      const row = await transaction.store.get(id);
      if (row) await transaction.store.put({ ...row, ...change });
      await transaction.done;
    });
  }

  async #remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await guard(async () => {
      const transaction = this.database.transaction(['runs', 'traces'], 'readwrite');
      for (const id of ids) {
        transaction.objectStore('runs').delete(id);
        transaction.objectStore('traces').delete(id);
      }
      await transaction.done;
    });
  }
}
