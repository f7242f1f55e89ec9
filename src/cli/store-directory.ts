/** A sweep's results in a folder: sweep.json, the manifest, and the segments of every process that wrote (store-segments.ts). */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { AppendQueue, type Entry } from '../sweep/append-queue.ts';
import { parseSweep, sweepId } from '../sweep/axes.ts';
import { type RunRecord, recordFromJson } from '../sweep/record.ts';
import { type Manifest, StoreError, type SweepStore } from '../sweep/store.ts';
import { reasonOf } from './files.ts';
import { takeLock } from './store-lock.ts';
import {
  listSegments,
  type Place,
  readSegment,
  readTrace,
  SegmentWriter,
  tracesFile,
  type WriteBytes,
  writeBytes,
} from './store-segments.ts';

const MANIFEST = 'sweep.json';

/** What a sweep is called in errors. */
export function nameOf({ sweepId: id, sweep }: Manifest): string {
  return `"${sweep.title ?? 'a sweep without title'}" (${id})`;
}

/**
 * Opens a folder of results to read.
 *
 * @throws StoreError where it holds none, or cannot be read
 */
export async function openDirectory(folder: string): Promise<DirectoryStore> {
  const manifest = readManifest(folder);
  if (!manifest)
    throw new StoreError(`${folder} holds no sweep (there is no ${MANIFEST}); name a folder that sweep --out wrote.`);
  return DirectoryStore.open(folder, manifest, undefined);
}

/**
 * Opens a folder of results to add runs; makes it where it is missing.
 *
 * @throws StoreError where it holds another sweep or anything else, where another process writes to it, or it cannot be written to;
 *   nothing in it has changed then
 */
export async function openDirectoryToWrite(
  folder: string,
  manifest: Manifest,
  write: WriteBytes = writeBytes,
): Promise<DirectoryStore> {
  checkOwner(folder, manifest);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw cannotWrite(folder, error);
  }
  const release = takeLock(folder);
  try {
    // Again: another process may have begun its sweep in the meantime.
    checkOwner(folder, manifest);
    if (!existsSync(join(folder, MANIFEST))) writeManifest(folder, manifest);
    return await DirectoryStore.open(folder, manifest, { write, release });
  } catch (error) {
    release();
    throw error;
  }
}

/** Undefined where the folder, or the file in it, does not exist. */
function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, MANIFEST);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StoreError(`${folder} cannot be read (${reasonOf(error)}); name another folder.`);
  }
  const found = manifestIn(text);
  if (!found) throw new StoreError(`${file} is not what sweep --out writes there; name another folder.`);
  if (found.version !== 1) throw new StoreError(`${file} was written by another version of Nablascope; name another folder.`);
  const sweep = parseSweep(found.sweep, file);
  const id = sweepId(sweep);
  if (id !== found.sweepId) {
    throw new StoreError(
      `${file} was changed: its sweep is ${id}, and the results are of ${found.sweepId}; undo the change, or name another folder.`,
    );
  }
  return { version: 1, sweepId: id, sweep };
}

function manifestIn(text: string): { version: unknown; sweepId: unknown; sweep: unknown } | undefined {
  try {
    const document: unknown = JSON.parse(text);
    const isManifest = typeof document === 'object' && document !== null && 'sweepId' in document;
    return isManifest ? (document as ReturnType<typeof manifestIn>) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws StoreError unless the folder holds this sweep, or nothing, or does not exist */
function checkOwner(folder: string, manifest: Manifest): void {
  const found = readManifest(folder);
  if (found && found.sweepId !== manifest.sweepId) {
    throw new StoreError(
      `${folder} holds the results of ${nameOf(found)}, another sweep than ${nameOf(manifest)}; name another folder.`,
    );
  }
  if (found || !existsSync(folder)) return;
  let files: string[];
  try {
    files = readdirSync(folder).filter((file) => !file.startsWith('.'));
  } catch (error) {
    throw new StoreError(`${folder} cannot be used (${reasonOf(error)}); name another folder.`);
  }
  if (files.length > 0) {
    const shown = files.slice(0, 3).join(', ') + (files.length > 3 ? ' and more' : '');
    throw new StoreError(`${folder} holds other files (${shown}) and no sweep; name an empty or a new folder.`);
  }
}

/** Whole or not at all. */
function writeManifest(folder: string, manifest: Manifest): void {
  const temporary = join(folder, `.${MANIFEST}.${process.pid}`);
  try {
    writeFileSync(temporary, `${JSON.stringify(manifest, undefined, 2)}\n`, { flush: true });
    renameSync(temporary, join(folder, MANIFEST));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw cannotWrite(folder, error);
  }
}

function cannotWrite(folder: string, error: unknown): StoreError {
  const text = `${folder} cannot be written to (${reasonOf(error)}); what it holds is whole. Free space or name another folder.`;
  return new StoreError(text, { cause: error });
}

export class DirectoryStore implements SweepStore {
  readonly #places = new Map<string, Place>();
  readonly #handles = new Map<number, Promise<FileHandle>>();
  readonly #queue = new AppendQueue((batch) => this.#write(batch));
  readonly ids = new Set<string>();
  #writer: SegmentWriter | undefined;
  /** Lines that were torn or had changed: runs that count as never trained. */
  readonly dropped: number;

  private constructor(
    readonly folder: string,
    readonly manifest: Manifest,
    readonly access: { readonly write: WriteBytes; readonly release: () => void } | undefined,
    places: Iterable<readonly [string, Place]>,
    dropped: number,
  ) {
    for (const [id, place] of places) if (!this.#places.has(id)) this.#keep(id, place);
    this.dropped = dropped;
  }

  /** `openDirectory` and `openDirectoryToWrite` check what is there first. */
  static async open(folder: string, manifest: Manifest, access: DirectoryStore['access']): Promise<DirectoryStore> {
    const found: [string, Place][] = [];
    const count = { dropped: 0 };
    try {
      for (const segment of await listSegments(folder)) {
        for await (const { id, place } of readSegment(folder, segment, count)) found.push([id, place]);
      }
    } catch (error) {
      throw new StoreError(`${folder} cannot be read (${reasonOf(error)}).`, { cause: error });
    }
    return new DirectoryStore(folder, manifest, access, found, count.dropped);
  }

  #keep(id: string, place: Place): void {
    this.#places.set(id, place);
    this.ids.add(id);
  }

  append(record: RunRecord, trace: Uint8Array): Promise<void> {
    return this.ids.has(record.id) ? Promise.resolve() : this.#queue.add(record, trace);
  }

  async #write(batch: readonly Entry[]): Promise<void> {
    try {
      if (!this.access) throw new Error(`${this.folder} was opened to read`);
      this.#writer ??= await SegmentWriter.create(this.folder, this.access.write);
      const places = await this.#writer.append(batch);
      for (const [k, { record }] of batch.entries()) this.#keep(record.id, places[k]);
    } catch (error) {
      // A torn line may end this segment: whatever follows goes into a new one.
      await this.#writer?.close();
      this.#writer = undefined;
      throw cannotWrite(this.folder, error);
    }
  }

  async *records(): AsyncGenerator<RunRecord> {
    const count = { dropped: 0 };
    for (const segment of new Set([...this.#places.values()].map((place) => place.segment))) {
      for await (const { id, place, record } of readSegment(this.folder, segment, count)) {
        const kept = this.#places.get(id);
        if (kept?.segment === segment && kept.offset === place.offset) yield recordFromJson(record());
      }
    }
  }

  /** @throws StoreError where the bytes have changed since they were written */
  async trace(id: string): Promise<Uint8Array | undefined> {
    const place = this.#places.get(id);
    if (!place) return undefined;
    const file = join(this.folder, tracesFile(place.segment));
    const handle = this.#handles.get(place.segment) ?? open(file, 'r');
    this.#handles.set(place.segment, handle);
    const bytes = await readTrace(await handle, place);
    if (!bytes) throw new StoreError(`${file}: the trace of run ${id} has changed since it was written; train the run again.`);
    return bytes;
  }

  async close(): Promise<void> {
    await this.#queue.settled();
    await this.#writer?.close();
    this.#writer = undefined;
    for (const handle of this.#handles.values()) await (await handle).close();
    this.#handles.clear();
    this.access?.release();
  }
}
