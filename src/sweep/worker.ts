/** The worker that owns the engine: takes the page's wishes one after another and streams metrics back. */
import type { Dataset } from '../data/dataset.ts';
import { loadDataset } from '../data/load.ts';
import { readAssetByFetch } from '../data/read-asset-browser.ts';
import { DeviceLostError, type Engine } from '../engine/engine.ts';
import { NoGpuError } from '../engine/gpu/context.ts';
import { openEngine } from '../engine/open.ts';
import type { EngineChoice } from '../engine/report.ts';
import { canonicalJson } from '../model/experiment.ts';
import type { Experiment, Task } from '../model/schema.ts';
import { Keeper } from './keeper.ts';
import { LabRecovery } from './lab-recovery.ts';
import { LabRuns } from './lab-runs.ts';
import { takeSession } from './lab-sessions.ts';
import { isRetune } from './plan-key.ts';
import type { FromWorker, RunState, Session, Speed, ToWorker } from './protocol.ts';
import { type LabStore, openLabStore } from './store-lab.ts';

/** Bytes set aside for going back on a machine of 8 GiB or more, or of unknown size; less on a smaller one. */
const MOST_FOR_GOING_BACK = 256 * 2 ** 20;

function memoryForGoingBack(): number {
  const { deviceMemory = 8 } = navigator as { readonly deviceMemory?: number };
  return Math.min(1, deviceMemory / 8) * MOST_FOR_GOING_BACK;
}

const openHere = (choice: EngineChoice): Promise<Engine> => openEngine(choice, navigator.gpu as GPU | undefined, 'use');

function post(message: FromWorker): void {
  self.postMessage(message);
}

/** Runs that cannot be kept are trained all the same. */
function unkept(error: unknown): undefined {
  post({ type: 'not kept', message: error instanceof Error ? error.message : String(error) });
}

class Worker {
  #engine: Engine | undefined;
  #choice: EngineChoice | undefined;
  /** Data sets of the latest load, by task. */
  #datasets: Map<string, Dataset> = new Map();
  #lab: LabRuns | undefined;
  #speed: Speed = 'full';
  #session: string | undefined;
  #store: Promise<LabStore | undefined> | undefined;
  /** The run under way; resolves when it has paused or finished. */
  #running: Promise<void> = Promise.resolve();
  #releaseLock: (() => void) | undefined;
  #isPausing = false;
  readonly #recovery = new LabRecovery(openHere);

  async handle(message: ToWorker): Promise<void> {
    switch (message.type) {
      case 'load':
        if (!(await this.#load(message)) && message.run) this.#start();
        break;
      case 'retune':
        this.#retune(message.experiments, message.text);
        break;
      case 'start':
        await this.#pause();
        this.#start();
        break;
      case 'pause':
        await this.#pause();
        break;
      case 'step':
        await this.#pause();
        this.#start(1);
        break;
      case 'back':
        await this.#pause();
        await this.#back();
        break;
      case 'speed':
        this.#speed = message.speed;
        if (this.#lab) this.#lab.loop.speed = message.speed;
        break;
      case 'keep':
        await this.#lab?.keep();
        break;
    }
  }

  /** @returns whether runs of before a reload were taken up, which pause */
  async #load({ experiments, engine: choice, session }: Extract<ToWorker, { type: 'load' }>): Promise<boolean> {
    await this.#pause();
    this.#state('loading');
    const opening = session && this.#openStore(session);
    const engine = await this.#engineFor(experiments, choice);
    if (!engine) return false;
    this.#drop();
    post({ type: 'engine', report: engine.report });
    this.#keepDatasets(experiments);
    const store = await opening;
    const kept = store && session?.resume ? await this.#find(store, experiments, choice) : undefined;
    let lab = await this.#open(engine, kept?.lab.start ?? experiments, choice, store);
    const isResumed = kept !== undefined && (await lab.resume(kept.lab, kept.state));
    if (kept && !isResumed) {
      lab.destroy();
      lab = await this.#open(engine, experiments, choice, store);
    }
    lab.loop.speed = this.#speed;
    this.#lab = lab;
    post({ type: 'loaded', summaries: lab.runs.summaries, baselines: lab.runs.baselines });
    if (store && isResumed) {
      const { id, iteration, trainedBy, keptAt } = kept.lab;
      for await (const events of store.events(id)) for (const event of events) post(event);
      post({ type: 'resumed', iteration, trainedBy, keptAt });
    }
    this.#state(lab.runs.remaining <= 0 ? 'finished' : 'paused');
    return isResumed;
  }

  /** The engine that is asked for; undefined where it cannot be opened and these very runs go on with the one they have. */
  async #engineFor(experiments: readonly Experiment[], choice: EngineChoice): Promise<Engine | undefined> {
    const [engine, present, lab] = [this.#engine, this.#choice, this.#lab];
    if (engine && choice === present) return engine;
    try {
      const opened = await openHere(choice);
      this.#drop();
      engine?.destroy();
      [this.#engine, this.#choice] = [opened, choice];
      return opened;
    } catch (error) {
      const isSame = lab && canonicalJson(lab.runs.experiments) === canonicalJson(experiments);
      if (!(error instanceof NoGpuError) || !isSame || present === undefined) {
        this.#drop();
        throw error;
      }
      post({ type: 'engine refused', engine: present, message: error.message, checks: error.checks });
      this.#state(lab.runs.remaining <= 0 ? 'finished' : 'paused');
      return undefined;
    }
  }

  #drop(): void {
    this.#lab?.destroy();
    this.#lab = undefined;
  }

  /** What was kept of these runs before a reload. */
  async #find(store: LabStore, experiments: readonly Experiment[], choice: EngineChoice) {
    const kept = this.#session === undefined ? undefined : await store.find(this.#session).catch(unkept);
    // At iteration 0 there is nothing to go on with.
    if (!kept || kept.lab.iteration === 0) return undefined;
    const isSame = kept.lab.engine === choice && canonicalJson(kept.lab.experiments) === canonicalJson(experiments);
    return isSame ? kept : undefined;
  }

  #open(engine: Engine, experiments: readonly Experiment[], choice: EngineChoice, store: LabStore | undefined) {
    const id = this.#session;
    return LabRuns.create(engine, experiments, (task) => this.#data(task), {
      budget: memoryForGoingBack(),
      choice,
      tell: (event) => {
        post(event);
        if (event.type === 'metrics') this.#state('running');
      },
      session: store && id ? { id, keeper: new Keeper(store, unkept, () => performance.now()) } : undefined,
    });
  }

  /** Where the tab's runs are kept; training goes on without, and the page is told. */
  async #openStore(session: Session): Promise<LabStore | undefined> {
    this.#store ??= openLabStore().catch(unkept);
    const store = await this.#store;
    if (store && !this.#session) {
      this.#session = await takeSession(session, navigator.locks);
      post({ type: 'session', id: this.#session });
    }
    return store;
  }

  /** Keeps the data sets that are asked for again and lets the others go. */
  #keepDatasets(experiments: readonly Experiment[]): void {
    const wanted = new Set(experiments.map(({ task }) => dataKey(task)));
    this.#datasets = new Map([...this.#datasets].filter(([key]) => wanted.has(key)));
  }

  async #data(task: Task): Promise<Dataset> {
    const key = dataKey(task);
    const data = this.#datasets.get(key) ?? (await loadDataset(task, readAssetByFetch));
    this.#datasets.set(key, data);
    return data;
  }

  #retune(experiments: readonly Experiment[], text: string): void {
    if (!this.#lab) return;
    const training = this.#lab.runs.experiments;
    const fits = (experiment: Experiment, run: number) => {
      const present = training[run];
      return present !== undefined && isRetune(present, experiment);
    };
    if (!experiments.every(fits)) {
      throw new Error('This change needs a new start: it is more than learning rate, clip, decay, momentum and the like.');
    }
    this.#lab.retune(experiments, text);
  }

  async #back(): Promise<void> {
    const refused = await this.#lab?.back();
    if (refused !== undefined) post({ type: 'no way back', message: refused });
    else if (this.#lab) this.#state('paused');
  }

  /** Starts training without waiting for its end. */
  #start(limit?: number): void {
    const lab = this.#lab;
    if (!lab) return;
    this.#holdLock();
    this.#state('running');
    this.#running = this.#train(limit)
      .then((finished) => this.#state(finished ? 'finished' : 'paused'))
      .catch(report)
      .finally(() => this.#releaseLock?.());
  }

  /** As `LabRuns.run`, through losses of the device. */
  async #train(limit?: number): Promise<boolean> {
    while (this.#lab) {
      const lab = this.#lab;
      try {
        return await lab.run(limit);
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        await this.#recover(lab, error);
        if (this.#isPausing) return false;
        this.#state('running');
      }
    }
    return false;
  }

  /** Goes on where the latest state in memory is, on another engine. */
  async #recover(lab: LabRuns, loss: DeviceLostError): Promise<void> {
    this.#state('loading');
    this.#engine?.destroy();
    this.#engine = undefined;
    const engine = await this.#recovery.reopen(loss, (message) => post({ type: 'recovering', message }));
    this.#engine = engine;
    this.#lab = await LabRuns.goOn(lab, engine, (task) => this.#data(task));
    lab.destroy();
    post({ type: 'engine', report: engine.report });
    post({ type: 'recovered', iteration: this.#lab.runs.iteration, engine: engine.report.engine });
  }

  async #pause(): Promise<void> {
    this.#isPausing = true;
    this.#recovery.abort();
    this.#lab?.loop.pause();
    await this.#running;
    this.#isPausing = false;
  }

  /** Chrome's Energy Saver freezes busy hidden tabs unless they hold a Web Lock. */
  #holdLock(): void {
    this.#releaseLock?.();
    const held = new Promise<void>((resolve) => {
      this.#releaseLock = resolve;
    });
    navigator.locks?.request(`nablascope-run-${self.name}`, { mode: 'shared' }, () => held).catch(report);
  }

  #state(state: RunState): void {
    post({ type: 'state', state, iterationsPerSecond: state === 'running' ? (this.#lab?.loop.rate ?? 0) : 0 });
  }
}

/** What a data set depends on: the scale of the inputs is left to the device. */
function dataKey(task: Task): string {
  return canonicalJson({ ...task, inputScale: 1 });
}

function report(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  post({ type: 'failed', message, ...(error instanceof NoGpuError && { checks: error.checks }) });
}

const worker = new Worker();
let queue: Promise<void> = Promise.resolve();
self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  // One after another: a load must not overtake the pause before it.
  queue = queue.then(() => worker.handle(data)).catch(report);
});
