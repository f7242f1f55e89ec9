/** The worker that owns the engine: takes the page's wishes one after another and streams metrics back. */
import type { Dataset } from '../data/dataset.ts';
import { loadDataset } from '../data/load.ts';
import { readAssetByFetch } from '../data/read-asset-browser.ts';
import type { Engine } from '../engine/engine.ts';
import { NoGpuError } from '../engine/gpu/context.ts';
import { openEngine } from '../engine/open.ts';
import type { EngineChoice } from '../engine/report.ts';
import { canonicalJson } from '../model/experiment.ts';
import type { Experiment, Task } from '../model/schema.ts';
import { Loop } from './loop.ts';
import { isRetune } from './plan-key.ts';
import type { FromWorker, RunState, ToWorker } from './protocol.ts';
import { SideBySide } from './side-by-side.ts';

function post(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

class Worker {
  #engine: Engine | undefined;
  #choice: EngineChoice | undefined;
  /** Data sets of the latest load, by task. */
  #datasets: Map<string, Dataset> = new Map();
  #trains: { readonly runs: SideBySide; readonly loop: Loop } | undefined;
  /** The run under way; resolves when it has paused or finished. */
  #running: Promise<void> = Promise.resolve();
  #releaseLock: (() => void) | undefined;

  async handle(message: ToWorker): Promise<void> {
    switch (message.type) {
      case 'load':
        await this.#load(message.experiments, message.engine);
        if (message.run) this.#start();
        break;
      case 'retune':
        this.#retune(message.experiments);
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
    }
  }

  async #load(experiments: readonly Experiment[], choice: EngineChoice): Promise<void> {
    await this.#pause();
    this.#state('loading');
    this.#trains?.runs.destroy();
    this.#trains = undefined;
    if (!this.#engine || choice !== this.#choice) {
      this.#engine?.destroy();
      this.#engine = undefined;
      this.#engine = await openEngine(choice, navigator.gpu as GPU | undefined, 'use');
      this.#choice = choice;
    }
    post({ type: 'engine', report: this.#engine.report });
    this.#keepDatasets(experiments);
    const runs = await SideBySide.create(this.#engine, experiments, (task) => this.#data(task));
    post({ type: 'loaded', summaries: runs.summaries, baselines: runs.baselines });
    const loop = new Loop(runs, {
      block: (block) => {
        post({ type: 'metrics', block }, [block.scalars.buffer as ArrayBuffer]);
        this.#state('running');
      },
      test: (block, tested) => post({ type: 'test', block, runs: tested }),
    });
    this.#trains = { runs, loop };
    this.#state('paused');
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

  #retune(experiments: readonly Experiment[]): void {
    const runs = this.#trains?.runs;
    if (!runs) return;
    const training = runs.experiments;
    const fits = (experiment: Experiment, run: number) => {
      const present = training[run];
      return present !== undefined && isRetune(present, experiment);
    };
    if (!experiments.every(fits)) {
      throw new Error('This change needs a new start: it is more than learning rate, clip, decay, momentum and the like.');
    }
    runs.retune(experiments);
    post({ type: 'retuned', iteration: runs.iteration });
  }

  /** Starts training without waiting for its end. */
  #start(limit?: number): void {
    const loop = this.#trains?.loop;
    if (!loop) return;
    this.#holdLock();
    this.#state('running');
    this.#running = loop
      .run(limit)
      .then((finished) => this.#state(finished ? 'finished' : 'paused'))
      .catch(report)
      .finally(() => this.#releaseLock?.());
  }

  async #pause(): Promise<void> {
    this.#trains?.loop.pause();
    await this.#running;
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
    post({ type: 'state', state, iterationsPerSecond: state === 'running' ? (this.#trains?.loop.rate ?? 0) : 0 });
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
