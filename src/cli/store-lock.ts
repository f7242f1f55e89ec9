/** One live process at a time writes into a results folder. */
import { linkSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '../sweep/store.ts';
import { reasonOf } from './files.ts';

export const LOCK = '.sweep.lock';

interface Owner {
  readonly pid: number;
  readonly host: string;
}

/** Folders that this process holds: another process with its id, before a restart of the machine, left a lock that is stale. */
const held = new Set<string>();

/**
 * Takes the lock of a folder: a file that only one process can create. A lock of a process that is dead, or of another machine
 * (which this one cannot ask), is taken over; should that machine still write, no harm is done, as every process writes files of its
 * own.
 *
 * @returns what gives the lock back; the end of the process does, too
 * @throws StoreError where a live process of this machine holds it, or the folder cannot be written to
 */
export function takeLock(folder: string): () => void {
  const path = realpathSync(folder);
  const file = join(path, LOCK);
  const text = JSON.stringify({ pid: process.pid, host: hostname() } satisfies Owner);
  // Twice: a second process may take over the same stale lock first, and is then alive.
  for (let attempt = 0; attempt < 2; attempt++) {
    if (create(folder, file, text)) {
      held.add(path);
      const release = () => {
        process.off('exit', release);
        if (held.delete(path) && readLock(file) === text) rmSync(file, { force: true });
      };
      process.on('exit', release);
      return release;
    }
    const found = readLock(file);
    if (found === undefined) continue;
    const owner = ownerIn(found);
    if (owner && isAlive(owner, held.has(path))) {
      throw new StoreError(
        `${folder} is being written to by process ${owner.pid}; wait until it has finished, or name another folder.`,
      );
    }
    removeStale(file, found);
  }
  throw new StoreError(`${folder} is being taken by other processes at this moment; try again.`);
}

function create(folder: string, file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new StoreError(`${folder} cannot be written to (${reasonOf(error)}); free space or name another folder.`);
  }
}

function readLock(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined for a lock whose process died while it wrote it. */
function ownerIn(text: string): Owner | undefined {
  try {
    const { pid, host } = JSON.parse(text) as Partial<Owner>;
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, host }: Owner, isHeld: boolean): boolean {
  if (host !== hostname()) return false;
  if (pid === process.pid) return isHeld;
  try {
    // Signal 0 reaches nobody and only asks.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Moves a stale lock away, and puts it back where it has become another process's in the meantime. */
function removeStale(file: string, stale: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (readLock(aside) !== stale) linkSync(aside, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process was faster: it removed the lock, or has created its own.
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}
