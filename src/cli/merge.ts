/** `merge`: the results of one sweep's shards into one folder. */
import { resolve } from 'node:path';
import { fnv1a64 } from '../math/fnv.ts';
import { formatCount, formatRuns } from '../metrics/format.ts';
import { expand } from '../sweep/axes.ts';
import { type RunRecord, recordToJson } from '../sweep/record.ts';
import { StoreError } from '../sweep/store.ts';
import { type Arguments, OPTIONS } from './arguments.ts';
import { EXIT, UsageError } from './errors.ts';
import { toJson } from './json.ts';
import type { Command } from './main.ts';
import { type DirectoryStore, nameOf, openDirectory, openDirectoryToWrite } from './store-directory.ts';

export const merge: Command = {
  name: 'merge',
  usage: 'DIR... --out DIR [--json]',
  summary: 'Joins the results of one sweep from several folders.',
  options: {
    out: { value: 'DIR', help: 'Where the joined results go; may hold some of them already.' },
    json: OPTIONS.json,
  },
  notes:
    'A run that lies in several folders is kept once, the first one’s. What is in --out stays, so that a merge that was\ninterrupted is simply run again.\nExample: merge shard1 shard2 --out all',
  run,
};

async function run(args: Arguments): Promise<number> {
  const folders = args.positionals;
  const out = args.value('out');
  if (folders.length === 0) throw new UsageError('merge needs at least one folder that sweep --out wrote.');
  if (out === undefined) throw new UsageError('merge needs --out DIR, the folder for the joined results.');
  const report = await mergeFolders(folders, out);
  process.stdout.write(args.flag('json') ? toJson(report) : describe(report, out));
  return EXIT.done;
}

export interface MergeReport {
  /** Runs found in the folders, a run in two folders twice. */
  readonly found: number;
  readonly added: number;
  /** Runs that were met again, in `--out` or in an earlier folder. */
  readonly duplicates: number;
  /** Ids of duplicates whose numbers differ from those kept. */
  readonly conflicts: readonly string[];
  /** Runs of the sweep. */
  readonly runs: number;
  /** Runs that no folder has. */
  readonly missing: number;
  /** Records that were torn or had changed. */
  readonly damaged: number;
}

/** Records and traces in flight at most: enough for common writes, few enough for the memory. */
const IN_FLIGHT = 64;

/** @throws StoreError where a folder holds no sweep or another one, or `out` cannot be written to */
export async function mergeFolders(folders: readonly string[], out: string): Promise<MergeReport> {
  if (folders.some((folder) => resolve(folder) === resolve(out))) {
    throw new UsageError(
      `merge --out ${out}: it is one of the folders to read; name another folder, or leave it out of the list.`,
    );
  }
  const sources: DirectoryStore[] = [];
  try {
    for (const folder of folders) sources.push(await openDirectory(folder));
    const [{ manifest }] = sources;
    for (const { folder, manifest: other } of sources) {
      if (other.sweepId !== manifest.sweepId) {
        throw new StoreError(
          `${folder} holds ${nameOf(other)}, and ${folders[0]} holds ${nameOf(manifest)}; merge results of one sweep only.`,
        );
      }
    }
    const { points } = expand(manifest.sweep, folders[0]);
    const target = await openDirectoryToWrite(out, manifest);
    try {
      const copied = await copyRuns(sources, target);
      const damaged = sources.reduce((sum, { dropped }) => sum + dropped, copied.damaged);
      const missing = points.filter(({ id }) => !target.ids.has(id)).length;
      return { ...copied, damaged, runs: points.length, missing };
    } finally {
      await target.close();
    }
  } finally {
    for (const source of sources) await source.close();
  }
}

async function copyRuns(
  sources: readonly DirectoryStore[],
  target: DirectoryStore,
): Promise<Omit<MergeReport, 'runs' | 'missing'>> {
  /** What the kept runs' numbers are, by id. */
  const kept = new Map<string, string>();
  for await (const record of target.records()) kept.set(record.id, numbersOf(record));
  const conflicts = new Set<string>();
  let [found, added, damaged] = [0, 0, 0];
  let writes: Promise<void>[] = [];
  for (const source of sources) {
    for await (const record of source.records()) {
      found++;
      const numbers = kept.get(record.id);
      if (numbers !== undefined) {
        if (numbers !== numbersOf(record)) conflicts.add(record.id);
        continue;
      }
      const trace = await wholeTrace(source, record.id);
      if (!trace) {
        damaged++;
        continue;
      }
      kept.set(record.id, numbersOf(record));
      added++;
      writes.push(target.append(record, trace));
      if (writes.length < IN_FLIGHT) continue;
      await Promise.all(writes);
      writes = [];
    }
  }
  await Promise.all(writes);
  return { found, added, duplicates: found - added - damaged, conflicts: [...conflicts], damaged };
}

/** Undefined for a trace that has changed: the run counts as missing. */
async function wholeTrace(source: DirectoryStore, id: string): Promise<Uint8Array | undefined> {
  try {
    return await source.trace(id);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** What must not depend on how a sweep was cut, without engine and speed. */
function numbersOf({ id, result }: RunRecord): string {
  return fnv1a64(recordToJson({ id, result, engine: { engine: 'cpu', adapter: '' }, iterationsPerSecond: 0 }));
}

const SHOWN = 5;

function describe({ found, added, duplicates, conflicts, runs, missing, damaged }: MergeReport, out: string): string {
  const lines = [
    `${formatRuns(found)} found, ${formatCount(added)} added to ${out}, ${formatCount(duplicates)} there already.`,
    missing === 0
      ? `No run of the sweep is missing: ${formatRuns(runs)}.`
      : `Missing: ${formatCount(missing)} of the sweep’s ${formatRuns(runs)}.`,
  ];
  if (damaged > 0) lines.push(`Torn or changed, and left out: ${formatRuns(damaged)}; train them again.`);
  if (conflicts.length > 0) {
    const shown = conflicts.slice(0, SHOWN).join(', ') + (conflicts.length > SHOWN ? ', …' : '');
    lines.push(`Different numbers in two folders, the first kept: ${formatRuns(conflicts.length)}, ${shown}.`);
  }
  return `${lines.join('\n')}\n`;
}
