/** Keeps the Lab's runs as they stand. */
import { layerWords } from '../../metrics/layer-series.ts';
import { encodeTrace } from '../../metrics/trace-codec.ts';
import { judge } from '../../metrics/verdict.ts';
import { runId } from '../../model/experiment.ts';
import { openSweepDatabase } from '../../sweep/store-indexeddb.ts';
import { openLabStore } from '../../sweep/store-lab.ts';
import type { Deleted } from '../history.ts';
import type { LabState } from '../state.ts';
import { type KeptRun, openRunStore, type RunStore } from './run-store.ts';

/** Iterations kept of a trace: its extremes and the last of equal stretches where it is longer. */
const MOST_POINTS = 20_000;
/** Numbers kept of its layers: the first record, the last, and as many between as fit. */
const MOST_NUMBERS = 2 ** 18;

let opened: Promise<RunStore> | undefined;

/** The page's own store, opened once; a failure is tried again the next time. */
export function runStore(): Promise<RunStore> {
  opened ??= openRunStore().then(async (store) => {
    await store.purge();
    return store;
  });
  opened.catch(() => {
    opened = undefined;
  });
  return opened;
}

/** Puts away what this browser keeps, or brings it back, and tells the lists of it. */
export async function putAway({ what, id }: Deleted, gone: boolean): Promise<void> {
  if (what === 'run') {
    await (await runStore()).setDeleted(id, gone);
    window.dispatchEvent(new Event('kept-runs'));
    return;
  }
  if (what === 'lab') await within(openLabStore(), (store) => store.setDeleted(id, gone));
  else await within(openSweepDatabase(), (database) => database.setDeleted(id, gone));
  window.dispatchEvent(new Event('kept-others'));
}

/** Does something with a database that nobody here holds open. */
export async function within<D extends { close(): void }, T>(opening: Promise<D>, work: (database: D) => Promise<T>): Promise<T> {
  const database = await opening;
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

/**
 * Keeps every run that has trained an iteration. The same experiment trains to the same bits and takes the place of what was kept of it;
 * one that was changed in mid-run is kept for itself.
 *
 * @throws StoreError where the browser keeps nothing
 */
export async function keepRuns(
  { experiments, titles, traces, marks, summaries, report }: LabState,
  byHand: boolean,
): Promise<number> {
  const store = await runStore();
  const keptAt = Date.now();
  let kept = 0;
  for (const [r, trace] of (traces ?? []).entries()) {
    if (trace.length === 0) continue;
    const experiment = experiments[r];
    const { kind, title } = judge(trace, experiment);
    const layers = Math.max(2, Math.floor(MOST_NUMBERS / Math.max(1, layerWords(trace.shape))));
    const bytes = encodeTrace(trace, { points: Math.min(trace.length, MOST_POINTS), layers });
    const id = `${runId(experiment)}${marks.length > 0 ? `-${keptAt.toString(36)}-${r}` : ''}`;
    const run: KeptRun = {
      id,
      name: titles[r],
      keptAt,
      experiment,
      changes: marks.map(({ iteration, text }) => `${iteration}: ${text}`),
      iterations: trace.scalars.iteration.at(trace.length - 1) + 1,
      summary: summaries?.[r],
      trainedBy: report?.engine,
      verdict: { kind, title },
      bytes: bytes.length,
      byHand,
    };
    await store.keep(run, bytes);
    kept++;
  }
  return kept;
}
