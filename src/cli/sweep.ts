/** `sweep`: every point of an experiment’s axes, kept in a folder as they finish. */
import type { AdapterReport } from '../engine/report.ts';
import { ENGINE_CHOICES } from '../engine/report.ts';
import { formatBytes, formatNumber } from '../metrics/format.ts';
import { type Expansion, expand, parseSweep, type Sweep, sweepId } from '../sweep/axes.ts';
import { cohortsOf } from '../sweep/cohorts.ts';
import { cachedDatasets } from '../sweep/datasets.ts';
import { openLanes } from '../sweep/lanes.ts';
import type { RunRecord } from '../sweep/record.ts';
import { checkFits, type Outcome, Scheduler } from '../sweep/scheduler.ts';
import type { CohortEstimate, SweepProgress } from '../sweep/sweep-protocol.ts';
import { type Arguments, OPTIONS, readChoice } from './arguments.ts';
import { readDocument } from './document.ts';
import { engineLine } from './engine-line.ts';
import { EXIT, UsageError } from './errors.ts';
import { readAsset } from './files.ts';
import { onInterrupt } from './interrupt.ts';
import { toJson } from './json.ts';
import type { Command } from './main.ts';
import { formatSeconds, Progress } from './progress.ts';
import { applySettings, readSetting } from './set-field.ts';
import { type DirectoryStore, openDirectoryToWrite } from './store-directory.ts';
import { NODE_PLATFORM } from './sweep-lanes.ts';
import { sweepDocument, sweepTable } from './sweep-report.ts';
import { onePositional } from './train.ts';

export const sweep: Command = {
  name: 'sweep',
  usage: 'SWEEP.json|NAME --out DIR [options]',
  summary: 'Trains every point of an experiment’s axes and keeps what finishes.',
  options: {
    out: { value: 'DIR', help: 'Where the results go, run by run; read them with export, report and merge.' },
    set: OPTIONS.set,
    engine: {
      value: ENGINE_CHOICES.join('|'),
      help: 'auto (default): whichever a short calibration finds faster; gpu: any adapter; cpu: all cores.',
    },
    shard: { value: 'i/n', help: 'Trains the i-th of n parts only, i from 0 to n-1; join them with merge.' },
    resume: { help: 'Goes on with the results that DIR holds already.' },
    json: OPTIONS.json,
  },
  notes:
    'A sweep is {"title", "experiment", "axes": [{"path": "optimizer.learningRate", "values": [0.01, 0.1]}]}.\nCtrl+C keeps what has finished; --resume goes on.\nExample: sweep depth-learning-rate --out results --set iterations=50',
  run,
};

async function run(args: Arguments): Promise<number> {
  const choice = readChoice('sweep', args, 'engine', ENGINE_CHOICES, 'auto');
  const name = onePositional('sweep', args, 'a sweep file or the name of a committed sweep');
  const out = args.value('out');
  if (out === undefined) throw new UsageError('sweep needs --out DIR, the folder for its results.');
  const shard = readShard(args.value('shard'));
  const base = parseSweep(sweepOf(readDocument(name, 'sweep')), name);
  const changed = applySettings(base.experiment, args.values('set').map(readSetting), `${name}, experiment`);
  const document: Sweep = { ...base, experiment: changed };
  const expansion = expand(document, `${name}, experiment`);
  const runs = expansion.points.filter(({ id }) => shard.has(id));
  const datasets = cachedDatasets(readAsset);
  const cohorts = await cohortsOf(runs, datasets);
  const largest = [...cohorts].sort((a, b) => b.flop - a.flop)[0];
  if (!largest) throw new UsageError(`sweep --shard ${args.value('shard')}: no run falls into this part; use fewer parts.`);
  // Before the folder is opened: this process may hand all the work over to another one.
  const lanes = await openLanes(choice, largest, datasets, NODE_PLATFORM);
  const { report } = lanes;
  try {
    await checkFits(cohorts, datasets, lanes.limits);
    const store = await openDirectoryToWrite(out, { version: 1, sweepId: sweepId(document), sweep: document });
    try {
      const kept = runs.filter(({ id }) => store.ids.has(id)).length;
      if (store.ids.size > 0 && !args.flag('resume')) {
        throw new UsageError(
          `${out} holds ${store.ids.size} finished runs of this sweep; add --resume to go on, or name another folder.`,
        );
      }
      const session = new Session({ document, expansion, report, store, isJson: args.flag('json') });
      session.announce(runs.length, kept);
      const waiting = runs.filter(({ id }) => !store.ids.has(id));
      const seconds = document.stop?.seconds;
      const scheduler = new Scheduler(
        {
          runs: waiting,
          store,
          datasets,
          lanes: lanes.lanes,
          traces: document.traces ?? {},
          ...(seconds === undefined ? {} : { seconds }),
        },
        session,
      );
      const release = onInterrupt(() => scheduler.stop());
      const start = performance.now();
      const outcome = await scheduler.run().finally(() => {
        release();
        session.close();
      });
      return await session.conclude(
        outcome,
        runs.map(({ id }) => id),
        performance.now() - start,
        out,
      );
    } finally {
      await store.close();
    }
  } finally {
    lanes.destroy();
  }
}

/** A sweep, or the one that a folder of results keeps as sweep.json. */
function sweepOf(document: unknown): unknown {
  const isKept = typeof document === 'object' && document !== null && 'sweepId' in document && 'sweep' in document;
  return isKept ? document.sweep : document;
}

/** The runs of a part: by run id, so that it does not matter in which order a sweep lists them. */
function readShard(text: string | undefined): { has(id: string): boolean } {
  if (text === undefined) return { has: () => true };
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [part, parts] = match ? [Number(match[1]), Number(match[2])] : [0, 0];
  if (part >= parts) {
    throw new UsageError(`sweep: --shard "${text}" is not valid; valid is i/n with i from 0 to n-1, such as 0/4.`);
  }
  return { has: (id) => Number(BigInt(`0x${id}`) % BigInt(parts)) === part };
}

interface SessionOptions {
  readonly document: Sweep;
  readonly expansion: Expansion;
  readonly report: AdapterReport;
  readonly store: DirectoryStore;
  readonly isJson: boolean;
}

/** What one call of `sweep` says on stderr while it works, and on stdout at its end. */
class Session {
  readonly #line = new Progress();

  constructor(readonly options: SessionOptions) {}

  announce(runs: number, kept: number): void {
    const { expansion, report } = this.options;
    const left = [
      expansion.duplicates.length > 0 ? `${expansion.duplicates.length} points the same run as an earlier one` : '',
      expansion.excluded > 0 ? `${expansion.excluded} points excluded by constraints` : '',
      kept > 0 ? `${kept} finished before` : '',
    ].filter(Boolean);
    const rest = left.length > 0 ? ` (${left.join(', ')})` : '';
    this.#say(`${runs.toLocaleString('en')} runs on ${engineLine(report)}${rest}`);
  }

  planned(cohorts: readonly CohortEstimate[]): void {
    for (const { label, runs, slots, depths, bytes, seconds } of cohorts) {
      const range = depths[0] === depths[1] ? `depth ${depths[0]}` : `depths ${depths[0]} to ${depths[1]}`;
      const parts = [
        `${runs.toLocaleString('en')} runs`,
        `${slots} at a time`,
        ...(bytes > 0 ? [formatBytes(bytes)] : []),
        ...(seconds === undefined ? [] : [`about ${formatSeconds(seconds)}`]),
      ];
      this.#say(`  ${label}, ${range}: ${parts.join(', ')}`);
    }
  }

  progress({ runs, finished, diverged, runsPerMinute, secondsLeft }: SweepProgress): void {
    // Progress computes the time left from the share itself; the scheduler's knows what each run costs.
    this.#line.updateWith(secondsLeft, () => {
      return `${finished.toLocaleString('en')} of ${runs.toLocaleString('en')} runs · ${formatNumber(runsPerMinute)} runs/min · ${diverged} diverged`;
    });
  }

  recovering(message: string): void {
    this.#line.close();
    process.stderr.write(`${message}\n`);
  }

  close(): void {
    this.#line.close();
  }

  /** @returns the exit code */
  async conclude(outcome: Outcome, ids: readonly string[], durationMs: number, out: string): Promise<number> {
    const { document, expansion, report, store, isJson } = this.options;
    const missing = ids.filter((id) => !store.ids.has(id)).length;
    if (outcome !== 'finished') {
      const why = outcome === 'stopped' ? 'Interrupted' : 'The time is over';
      process.stderr.write(`${why}: ${ids.length - missing} of ${ids.length} runs are kept in ${out}; go on with --resume.\n`);
      return outcome === 'stopped' ? EXIT.interrupted : EXIT.done;
    }
    const wanted = new Set(ids);
    const records = new Map<string, RunRecord>();
    for await (const record of store.records()) if (wanted.has(record.id)) records.set(record.id, record);
    const runs = expansion.points.flatMap((point) => {
      const record = records.get(point.id);
      return record ? [{ point, record }] : [];
    });
    const finished = { sweep: document, runs, expansion, engine: report, durationMs };
    process.stdout.write(isJson ? toJson(sweepDocument(finished)) : sweepTable(finished, out));
    return EXIT.done;
  }

  #say(text: string): void {
    process.stderr.write(`${text}\n`);
  }
}
