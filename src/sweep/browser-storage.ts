/** The browser's storage for the page: databases that tell in words what goes wrong with them. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { StoreError } from './store.ts';

/** What the errors of a store say behind their cause: what it means here, and what to do. */
export interface StorageWords {
  /** The browser has no storage, or does not open it. */
  readonly none: string;
  readonly full: string;
  readonly failed: string;
}

/** @throws StoreError where the browser does not let the page store anything */
export async function openStorage<S extends DBSchema>(
  name: string,
  version: number,
  upgrade: (created: IDBPDatabase<S>) => void,
  words: StorageWords,
): Promise<IDBPDatabase<S>> {
  if (typeof indexedDB === 'undefined') throw new StoreError(`This browser has no IndexedDB; ${words.none}.`);
  const open = () =>
    openDB<S>(name, version, {
      upgrade,
      // A newer version of the page in another tab waits for this one.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
  return inWords(open, { ...words, failed: words.none });
}

/** @throws StoreError, as which it tells whatever the storage throws */
export async function inWords<T>(work: () => Promise<T>, { full, failed }: StorageWords): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const isFull = (error as DOMException).name === 'QuotaExceededError';
    const why = isFull ? `is full; ${full}` : `failed (${wordsOf(error)}); ${failed}`;
    throw new StoreError(`The browser’s storage for this page ${why}.`, { cause: error });
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.message || error.name : String(error);
}
