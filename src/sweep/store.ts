/**
 * Where a sweep's finished runs are kept: append-only and idempotent by run id. A directory in Node (cli/store-directory.ts),
 * IndexedDB in the page (sweep/store-indexeddb.ts).
 */
import type { Sweep } from './axes.ts';
import type { RunRecord } from './record.ts';

/** What a store belongs to. */
export interface Manifest {
  /** Format version of the store. */
  readonly version: 1;
  /** `sweepId` of the sweep: the same for every shard of it, and however long a session may last. */
  readonly sweepId: string;
  /** The sweep as given, `--set` applied. */
  readonly sweep: Sweep;
}

export interface SweepStore {
  readonly manifest: Manifest;
  /** Ids of the runs that are kept whole. */
  readonly ids: ReadonlySet<string>;
  /**
   * Keeps a finished run; resolves when it would survive the process. A run whose id is kept already is ignored.
   *
   * @param trace what `encodeTrace` made
   * @throws StoreError when the disk is full or the quota exceeded; what was kept before stays readable
   */
  append(record: RunRecord, trace: Uint8Array): Promise<void>;
  /** Every kept record once, in no particular order, without its trace. */
  records(): AsyncIterable<RunRecord>;
  /** The encoded trace of a run; undefined for an id that is not kept. */
  trace(id: string): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** A store cannot be opened, read or written; the message says which, why, and what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
