/** The worker that owns the engine: takes the page's wishes one after another and streams metrics back. */
import type { Dataset } from '../data/dataset.ts';
import { loadDataset } from '../data/load.ts';
import { readAssetByFetch } from '../data/read-asset-browser.ts';
import type { Engine } from '../engine/engine.ts';
import { openEngine } from '../engine/open.ts';
import type { EngineChoice } from '../engine/report.ts';
import { canonicalJson } from '../model/experiment.ts';
import type { Experiment, Task } from '../model/schema.ts';
import { Loop } from './loop.ts';
import { isRetune, planKey } from './plan-key.ts';
import type { FromWorker, RunState, ToWorker } from './protocol.ts';
import { Trainer } from './trainer.ts';

function post(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

class Worker {
  #engine: Engine | undefined;
  #choice: EngineChoice | undefined;
  #dataset: { readonly key: string; readonly data: Dataset } | undefined;
  #loop: Loop | undefined;
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
    this.#loop?.trainer.destroy();
    this.#loop = undefined;
    const [first] = experiments;
    if (experiments.some((other) => planKey(other) !== planKey(first))) {
      throw new Error(
        'These runs cannot train together: their networks, data, loss, optimizer, batch size, probes and the kind of clipping must be equal.',
      );
    }
    if (!this.#engine || choice !== this.#choice) {
      this.#engine?.destroy();
      this.#engine = undefined;
      this.#engine = await openEngine(choice, navigator.gpu as GPU | undefined, 'use');
      this.#choice = choice;
    }
    post({ type: 'engine', report: this.#engine.report });
    const trainer = await Trainer.create(this.#engine, experiments, await this.#data(first.task));
    post({ type: 'loaded', summary: trainer.summary });
    this.#loop = new Loop(trainer, {
      block: (block) => {
        post({ type: 'metrics', block }, [block.scalars.buffer as ArrayBuffer]);
        this.#state('running');
      },
      test: (block) => post({ type: 'test', block }),
    });
    this.#state('paused');
  }

  /** The task's data; kept until another task is asked for. */
  async #data(task: Task): Promise<Dataset> {
    const key = canonicalJson({ ...task, inputScale: 1 });
    if (this.#dataset?.key !== key) this.#dataset = { key, data: await loadDataset(task, readAssetByFetch) };
    return this.#dataset.data;
  }

  #retune(experiments: readonly Experiment[]): void {
    const trainer = this.#loop?.trainer;
    if (!trainer) return;
    const training = trainer.experiments;
    const fits = (experiment: Experiment, slot: number) => {
      const present = training[slot];
      return present !== undefined && isRetune(present, experiment);
    };
    if (!experiments.every(fits)) {
      throw new Error('This change needs a new start: it is more than learning rate, clip, decay, momentum and the like.');
    }
    trainer.retune(experiments);
    post({ type: 'retuned', iteration: trainer.iteration });
  }

  /** Starts training without waiting for its end. */
  #start(limit?: number): void {
    const loop = this.#loop;
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
    this.#loop?.pause();
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
    post({ type: 'state', state, iterationsPerSecond: state === 'running' ? (this.#loop?.rate ?? 0) : 0 });
  }
}

function report(error: unknown): void {
  post({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
}

const worker = new Worker();
let queue: Promise<void> = Promise.resolve();
self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  // One after another: a load must not overtake the pause before it.
  queue = queue.then(() => worker.handle(data)).catch(report);
});
