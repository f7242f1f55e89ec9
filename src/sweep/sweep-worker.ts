/** The worker that runs sweeps: counts and calibrates them, trains them lane by lane, and keeps results in IndexedDB. */
import { readAssetByFetch } from '../data/read-asset-browser.ts';
import { openEngine } from '../engine/open.ts';
import type { EngineChoice } from '../engine/report.ts';
import { ConfigError } from '../model/errors.ts';
import { type Expansion, expand, parseSweep, resolveAxes, type Sweep, sweepId } from './axes.ts';
import { cohortPlan } from './cohort-plan.ts';
import { type CohortRuns, cohortsOf } from './cohorts.ts';
import { cachedDatasets } from './datasets.ts';
import type { FromLane, Thread } from './lane-thread.ts';
import { type Lanes, openLanes, type Platform } from './lanes.ts';
import type { RunRecord } from './record.ts';
import { checkFits, estimateOf, Scheduler } from './scheduler.ts';
import type { SweepStore } from './store.ts';
import { openSweepDatabase, type SweepDatabase } from './store-indexeddb.ts';
import type { CohortEstimate, FromSweepWorker, SweepState, ToSweepWorker } from './sweep-protocol.ts';

/** Finished runs are handed to the page together, this long after the first of them. */
const RECORDS_MS = 250;
/** Kept runs handed to the page at once when a sweep is opened: more would keep it from anything else for longer than a frame or two. */
const SHOWN_AT_ONCE = 2_500;

const PLATFORM: Platform = {
  openEngine: (choice) => openEngine(choice, navigator.gpu as GPU | undefined, 'use'),
  openThread,
  cores: navigator.hardwareConcurrency,
};

function openThread(): Thread {
  const worker = new Worker(new URL('./lane-worker.ts', import.meta.url), { type: 'module' });
  return {
    post: (message) => worker.postMessage(message),
    listen: (receive) => {
      worker.addEventListener('message', ({ data }: MessageEvent<FromLane>) => receive(data));
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        receive({ type: 'failed', message: `A worker of the CPU engine has stopped: ${event.message}` });
      });
    },
    terminate: () => worker.terminate(),
  };
}

function post(message: FromSweepWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

/** A sweep and its points. */
interface Expanded {
  readonly sweep: Sweep;
  readonly id: string;
  readonly expansion: Expansion;
}

/** A sweep that has been read and counted. */
interface Counted extends Expanded {
  readonly cohorts: readonly CohortRuns[];
}

/** @throws ConfigError for a sweep that is not valid */
function expanded(document: unknown): Expanded {
  const sweep = parseSweep(document, 'sweep');
  return { sweep, id: sweepId(sweep), expansion: expand(sweep, 'experiment') };
}

class SweepWorker {
  readonly #datasets = cachedDatasets(readAssetByFetch);
  #database: Promise<SweepDatabase> | undefined;
  #lanes: { readonly choice: EngineChoice; readonly lanes: Lanes } | undefined;
  #scheduler: Scheduler | undefined;
  /** The sweep under way; resolves when it has ended. */
  #running: Promise<void> = Promise.resolve();
  #records: RunRecord[] = [];

  async handle(message: ToSweepWorker): Promise<void> {
    switch (message.type) {
      case 'list':
        return this.#list();
      case 'estimate':
        return this.#estimate(await this.#count(message.sweep));
      case 'calibrate':
        return this.#calibrate(await this.#count(message.sweep), message.engine);
      case 'start':
        return this.#start(expanded(message.sweep), message.engine);
      case 'open': {
        const store = await (await this.#open()).look(message.sweepId);
        if (!store) throw new Error('That sweep is no longer kept here.');
        return this.#show(expanded(store.manifest.sweep), store);
      }
      case 'pause':
        this.#scheduler?.pause();
        return this.#scheduler && this.#state('paused');
      case 'resume':
        this.#scheduler?.resume();
        return this.#scheduler && this.#state('running');
      case 'cancel':
        this.#scheduler?.stop();
        return this.#running;
      case 'trace': {
        const store = await (await this.#open()).look(message.sweepId);
        const trace = await store?.trace(message.id);
        return post(
          { type: 'trace', sweepId: message.sweepId, id: message.id, trace },
          trace ? [trace.buffer as ArrayBuffer] : [],
        );
      }
      case 'delete':
      case 'restore':
        await (await this.#open()).setDeleted(message.sweepId, message.type === 'delete');
        return this.#list();
    }
  }

  #open(): Promise<SweepDatabase> {
    this.#database ??= openSweepDatabase().then(async (database) => {
      await database.purge();
      return database;
    });
    return this.#database;
  }

  async #list(): Promise<void> {
    post({ type: 'sweeps', sweeps: await (await this.#open()).listSweeps() });
  }

  /** @throws ConfigError for a sweep that is not valid */
  async #count(document: unknown): Promise<Counted> {
    const read = expanded(document);
    return { ...read, cohorts: await cohortsOf(read.expansion.points, this.#datasets) };
  }

  async #estimate(counted: Counted): Promise<void> {
    const cohorts = await Promise.all(
      counted.cohorts.map(async (cohort) => {
        const slots = cohort.depths.map(({ runs }) => ({ experiment: runs[0].experiment, slots: 1 }));
        return estimateOf(cohort, slots, await this.#bytesOf(cohort));
      }),
    );
    await this.#post(counted, cohorts);
  }

  /** Memory of one network of each depth. */
  async #bytesOf({ depths, task }: CohortRuns): Promise<number> {
    const slots = depths.map(({ runs }) => ({ experiment: runs[0].experiment, slots: 1 }));
    const unlimited = { bufferBytes: 2 ** 53, bindingBytes: 2 ** 53, totalBytes: 2 ** 40 };
    return cohortPlan(slots, await this.#datasets(task), unlimited).summary.bytes;
  }

  async #calibrate(counted: Counted, choice: EngineChoice): Promise<void> {
    if (this.#scheduler) throw new Error('A sweep is under way; pause or cancel it before another is calibrated.');
    this.#state('calibrating');
    try {
      const lanes = await this.#lanesFor(choice, counted);
      await checkFits(counted.cohorts, this.#datasets, lanes.limits);
      const cohorts: CohortEstimate[] = [];
      for (const cohort of counted.cohorts) {
        const measured = await lanes.calibrate(cohort);
        const slots = measured?.slots ?? cohort.depths.map(({ runs }) => ({ experiment: runs[0].experiment, slots: 1 }));
        const seconds = measured && cohort.flop / measured.flopPerSecond;
        cohorts.push(estimateOf(cohort, slots, measured?.bytes ?? (await this.#bytesOf(cohort)), seconds));
      }
      post({ type: 'engine', report: lanes.report, why: lanes.report.why });
      await this.#post(counted, cohorts);
    } finally {
      this.#state('idle');
    }
  }

  async #post({ id, expansion }: Counted, cohorts: readonly CohortEstimate[]): Promise<void> {
    const store = await (await this.#open()).find(id);
    const runs = expansion.points.length;
    const finished = expansion.points.filter((point) => store?.ids.has(point.id)).length;
    const known = cohorts.every(({ seconds }) => seconds !== undefined);
    const seconds = cohorts.reduce((sum, cohort) => sum + (cohort.seconds ?? 0), 0) * (1 - finished / runs);
    post({
      type: 'estimated',
      estimate: {
        sweepId: id,
        runs,
        duplicates: expansion.duplicates.length,
        excluded: expansion.excluded,
        finished,
        cohorts,
        bytes: Math.max(...cohorts.map(({ bytes }) => bytes)),
        ...(known ? { seconds } : {}),
      },
    });
  }

  async #lanesFor(choice: EngineChoice, { cohorts }: Counted): Promise<Lanes> {
    if (this.#lanes?.choice !== choice) {
      this.#lanes?.lanes.destroy();
      this.#lanes = undefined;
      const [largest] = [...cohorts].sort((a, b) => b.flop - a.flop);
      this.#lanes = { choice, lanes: await openLanes(choice, largest, this.#datasets, PLATFORM) };
    }
    return this.#lanes.lanes;
  }

  /** The sweep at once, then what the store keeps of it, part by part: the page draws while the rest is read. */
  async #show({ sweep, id, expansion }: Expanded, store: Pick<SweepStore, 'records'>): Promise<void> {
    const points = expansion.points.map((point) => ({ id: point.id, values: point.values }));
    post({ type: 'opened', sweepId: id, sweep, axes: resolveAxes(sweep), points, records: [] });
    let records: RunRecord[] = [];
    for await (const record of store.records()) {
      if (records.push(record) < SHOWN_AT_ONCE) continue;
      post({ type: 'records', records });
      records = [];
    }
    if (records.length > 0) post({ type: 'records', records });
  }

  /** Starts training without waiting for its end. */
  async #start(read: Expanded, choice: EngineChoice): Promise<void> {
    this.#scheduler?.stop();
    await this.#running;
    const { sweep, id, expansion } = read;
    const store = await (await this.#open()).open({ version: 1, sweepId: id, sweep }, expansion.points.length);
    await this.#show(read, store);
    this.#state('calibrating');
    const cohorts = await cohortsOf(expansion.points, this.#datasets);
    const lanes = await this.#lanesFor(choice, { ...read, cohorts });
    await checkFits(cohorts, this.#datasets, lanes.limits);
    post({ type: 'engine', report: lanes.report, why: lanes.report.why });
    const runs = expansion.points.filter((point) => !store.ids.has(point.id));
    const seconds = sweep.stop?.seconds;
    const scheduler = new Scheduler(
      {
        runs,
        store,
        datasets: this.#datasets,
        lanes: lanes.lanes,
        traces: sweep.traces ?? {},
        ...(seconds === undefined ? {} : { seconds }),
      },
      {
        finished: (record) => this.#finished(record),
        progress: (progress) => post({ type: 'progress', progress }),
        recovering: (message) => this.#state('recovering', message),
        recovered: () =>
          this.#state(
            'running',
            'The GPU device was lost; training went on from the last checkpoint, and nothing finished is lost.',
          ),
      },
    );
    this.#scheduler = scheduler;
    this.#state('running');
    this.#running = this.#train(scheduler);
  }

  async #train(scheduler: Scheduler): Promise<void> {
    const release = holdLock();
    try {
      const outcome = await scheduler.run();
      this.#flush();
      const left = outcome === 'out of time' ? 'The time of the sweep is over; start again to go on.' : undefined;
      this.#state(outcome === 'finished' ? 'finished' : 'cancelled', left);
    } catch (error) {
      this.#flush();
      this.#state('cancelled');
      report(error);
      // A device that is gone for good is not taken again.
      this.#lanes?.lanes.destroy();
      this.#lanes = undefined;
    } finally {
      release();
      if (this.#scheduler === scheduler) this.#scheduler = undefined;
    }
  }

  #finished(record: RunRecord): void {
    if (this.#records.push(record) === 1) setTimeout(() => this.#flush(), RECORDS_MS);
  }

  #flush(): void {
    if (this.#records.length > 0) post({ type: 'records', records: this.#records });
    this.#records = [];
  }

  #state(state: SweepState, message?: string): void {
    post({ type: 'state', state, ...(message ? { message } : {}) });
  }
}

/** Chrome's Energy Saver freezes busy hidden tabs unless they hold a Web Lock. Returns what releases it. */
function holdLock(): () => void {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  navigator.locks?.request('nablascope-sweep', { mode: 'shared' }, () => held).catch(report);
  return release;
}

function report(error: unknown): void {
  if (error instanceof ConfigError) post({ type: 'refused', problems: error.problems });
  else post({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
}

const worker = new SweepWorker();
let queue: Promise<void> = Promise.resolve();
self.addEventListener('message', ({ data }: MessageEvent<ToSweepWorker>) => {
  // Pause and the like must not wait behind a calibration; everything else keeps its order.
  if (data.type === 'pause' || data.type === 'resume' || data.type === 'cancel') worker.handle(data).catch(report);
  else queue = queue.then(() => worker.handle(data)).catch(report);
});
