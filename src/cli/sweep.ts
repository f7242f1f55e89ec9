/** `sweep`: every point of an experiment’s axes, kept in a folder as they finish. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ENGINE_CHOICES, type EngineChoice } from '../engine/report.ts';
import { formatRuns } from '../metrics/format.ts';
import { expand, type Point, parseSweep, type Sweep, sweepId } from '../sweep/axes.ts';
import type { Calibration } from '../sweep/calibrate.ts';
import { type CohortRuns, cohortsOf } from '../sweep/cohorts.ts';
import { cachedDatasets } from '../sweep/datasets.ts';
import { type Lanes, openLanes } from '../sweep/lanes.ts';
import { checkFits, estimateOf, Scheduler, type SchedulerOptions } from '../sweep/scheduler.ts';
import type { CohortEstimate } from '../sweep/sweep-protocol.ts';
import { type Arguments, OPTIONS, readChoice } from './arguments.ts';
import { readDocument } from './document.ts';
import { engineDocument, engineLine } from './engine-line.ts';
import { EXIT, UsageError } from './errors.ts';
import { readAsset } from './files.ts';
import { onInterrupt } from './interrupt.ts';
import { toJson } from './json.ts';
import type { Command } from './main.ts';
import { formatSeconds } from './progress.ts';
import { applySettings, readSetting } from './set-field.ts';
import { type DirectoryStore, openDirectory, openDirectoryToWrite } from './store-directory.ts';
import { NODE_PLATFORM } from './sweep-lanes.ts';
import { cohortLine, SweepSession } from './sweep-session.ts';
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
    estimate: { help: 'Says how the runs are grouped and about how long they take, and ends.' },
    resume: { help: 'Goes on with the results that DIR holds already.' },
    json: OPTIONS.json,
  },
  notes:
    'A sweep is {"title", "experiment", "axes": [{"path": "optimizer.learningRate", "values": [0.01, 0.1]}]}.\nCtrl+C keeps what has finished; --resume goes on. On a terminal Ctrl+Z pauses and fg goes on.\nExample: sweep depth-learning-rate --out results --set iterations=50',
  run,
};

async function run(args: Arguments): Promise<number> {
  const name = onePositional('sweep', args, 'a sweep file or the name of a committed sweep');
  const out = args.value('out');
  const isEstimate = args.flag('estimate');
  if (out === undefined && !isEstimate) throw new UsageError('sweep needs --out DIR, the folder for its results.');
  const shard = readShard(args.value('shard'));
  const base = parseSweep(sweepOf(readDocument(name, 'sweep')), name);
  const changed = applySettings(base.experiment, args.values('set').map(readSetting), `${name}, experiment`);
  const document: Sweep = { ...base, experiment: changed };
  const expansion = expand(document, `${name}, experiment`);
  const runs = expansion.points.filter(({ id }) => shard.has(id));
  const choice = await engineOf(readChoice('sweep', args, 'engine', ENGINE_CHOICES, 'auto'), out);
  const datasets = cachedDatasets(readAsset);
  const cohorts = await cohortsOf(runs, datasets);
  const largest = [...cohorts].sort((a, b) => b.flop - a.flop)[0];
  if (!largest) throw new UsageError(`sweep --shard ${args.value('shard')}: no run falls into this part; use fewer parts.`);
  // Before the folder is opened: this process may hand all the work over to another one.
  const lanes = await openLanes(choice, largest, datasets, NODE_PLATFORM);
  try {
    await checkFits(cohorts, datasets, lanes.limits);
    if (out === undefined || isEstimate) return await printEstimate(cohorts, lanes, args.flag('json'));
    const store = await openDirectoryToWrite(out, { version: 1, sweepId: sweepId(document), sweep: document });
    try {
      if (store.ids.size > 0 && !args.flag('resume')) {
        const kept = `${out} holds ${store.ids.size} finished runs of this sweep`;
        throw new UsageError(`${kept}; add --resume to go on, or name another folder.`);
      }
      const waiting = runs.filter(({ id }) => !store.ids.has(id));
      const session = new SweepSession({ document, expansion, report: lanes.report, store, isJson: args.flag('json') });
      session.announce(runs.length, runs.length - waiting.length);
      const estimates = await estimateCohorts(await cohortsOf(waiting, datasets), lanes);
      session.describe(estimates.map(({ estimate }) => estimate));
      return await train(session, { runs: waiting, store, datasets, lanes: lanes.lanes, estimates, out, all: runs });
    } finally {
      await store.close();
    }
  } finally {
    lanes.destroy();
  }
}

interface Training extends Pick<SchedulerOptions, 'runs' | 'datasets' | 'lanes'> {
  readonly store: DirectoryStore;
  readonly estimates: readonly MeasuredCohort[];
  readonly out: string;
  /** Runs of this shard, those kept before included. */
  readonly all: readonly Point[];
}

async function train(session: SweepSession, { runs, store, datasets, lanes, estimates, out, all }: Training): Promise<number> {
  const { traces = {}, stop } = session.options.document;
  const calibrations = new Map(estimates.flatMap(({ key, calibration }) => (calibration ? [[key, calibration]] : [])));
  const seconds = stop?.seconds;
  const options = { runs, store, datasets, lanes, traces, calibrations, ...(seconds === undefined ? {} : { seconds }) };
  const scheduler = new Scheduler(options, session);
  const release = onInterrupt(() => scheduler.stop());
  const start = performance.now();
  const outcome = await scheduler.run().finally(() => {
    release();
    session.close();
  });
  return session.conclude(
    outcome,
    all.map(({ id }) => id),
    performance.now() - start,
    out,
  );
}

/** What trained the kept runs goes on: the numbers of two engines differ in their last digits. */
async function engineOf(choice: EngineChoice, out: string | undefined): Promise<EngineChoice> {
  if (choice !== 'auto' || out === undefined || !existsSync(join(out, 'sweep.json'))) return choice;
  const store = await openDirectory(out);
  try {
    for await (const { engine } of store.records()) return engine.engine;
    return choice;
  } finally {
    await store.close();
  }
}

interface MeasuredCohort {
  readonly key: string;
  readonly estimate: CohortEstimate;
  readonly calibration: Calibration | undefined;
}

async function estimateCohorts(cohorts: readonly CohortRuns[], lanes: Lanes): Promise<MeasuredCohort[]> {
  const measured: MeasuredCohort[] = [];
  for (const cohort of cohorts) {
    const calibration = await lanes.calibrate(cohort);
    const slots = calibration?.slots ?? [];
    const seconds = calibration && cohort.flop / calibration.flopPerSecond;
    measured.push({ key: cohort.key, estimate: estimateOf(cohort, slots, calibration?.bytes ?? 0, seconds), calibration });
  }
  return measured;
}

async function printEstimate(cohorts: readonly CohortRuns[], lanes: Lanes, isJson: boolean): Promise<number> {
  const estimates = (await estimateCohorts(cohorts, lanes)).map(({ estimate }) => estimate);
  const runs = estimates.reduce((sum, estimate) => sum + estimate.runs, 0);
  const seconds = estimates.reduce((sum, estimate) => sum + (estimate.seconds ?? Number.NaN), 0);
  const document = { runs, seconds, engine: engineDocument(lanes.report), cohorts: estimates };
  const time = Number.isNaN(seconds) ? '' : `, about ${formatSeconds(seconds)}`;
  const text = [`${formatRuns(runs)} on ${engineLine(lanes.report)}${time}`, ...estimates.map(cohortLine)].join('\n');
  process.stdout.write(isJson ? toJson(document) : `${text}\n`);
  return EXIT.done;
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
