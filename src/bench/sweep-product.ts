/** The sweep as the command `sweep` trains it: calibrated slots on a device, a thread for every core on the CPU engine. */
import { NODE_PLATFORM } from '../cli/sweep-lanes.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Engine } from '../engine/engine.ts';
import type { Experiment } from '../model/schema.ts';
import { cohortsOf } from '../sweep/cohorts.ts';
import { EngineLane, type Lane } from '../sweep/lane.ts';
import { openLanes } from '../sweep/lanes.ts';
import { Scheduler } from '../sweep/scheduler.ts';
import type { EngineName } from './open.ts';
import { quantile } from './statistics.ts';
import { SWEEP } from './sweep-workload.ts';

export interface Product {
  readonly lanes: number;
  readonly slots: number;
  /** The first time, with threads to start or pipelines to compile. */
  readonly firstMs: number;
  /** Median of the others: calibration, weights, training, evaluation, traces; nothing is written to disk. */
  readonly ms: number;
  /** Processor time of all threads, likewise: what a busy machine does not change. */
  readonly cpuMs: number;
}

export class ProductSweep {
  readonly #ms: number[] = [];
  readonly #cpuMs: number[] = [];
  #slots = 0;

  private constructor(
    readonly lanes: readonly Lane[],
    readonly isOwner: boolean,
    readonly experiments: readonly Experiment[],
    readonly dataset: Dataset,
    readonly openMs: number,
  ) {}

  static async open(
    name: EngineName,
    engine: Engine,
    experiments: readonly Experiment[],
    dataset: Dataset,
  ): Promise<ProductSweep> {
    const datasets = async () => dataset;
    const short = experiments.map((experiment) => ({ ...experiment, iterations: SWEEP.iterations }));
    if (name === 'gpu') return new ProductSweep([new EngineLane(engine, datasets)], false, short, dataset, 0);
    const start = performance.now();
    const [cohort] = await cohortsOf(runsOf(short), datasets);
    const { lanes } = await openLanes('cpu', cohort, datasets, NODE_PLATFORM);
    return new ProductSweep(lanes, true, short, dataset, performance.now() - start);
  }

  async round(): Promise<void> {
    const start = performance.now();
    const cpu = process.cpuUsage();
    const scheduler = new Scheduler(
      {
        runs: runsOf(this.experiments),
        store: { append: async () => undefined },
        datasets: async () => this.dataset,
        lanes: this.lanes,
      },
      {
        planned: ([{ slots }]) => {
          this.#slots = slots;
        },
      },
    );
    await scheduler.run();
    this.#ms.push(performance.now() - start);
    const { user, system } = process.cpuUsage(cpu);
    this.#cpuMs.push((user + system) / 1000);
  }

  get result(): Product {
    const median = ([first, ...others]: readonly number[]) => quantile(others.length > 0 ? others : [first], 0.5);
    return {
      lanes: this.lanes.length,
      slots: this.#slots,
      firstMs: this.openMs + this.#ms[0],
      ms: median(this.#ms),
      cpuMs: median(this.#cpuMs),
    };
  }

  close(): void {
    if (this.isOwner) for (const lane of this.lanes) lane.destroy();
  }
}

const runsOf = (experiments: readonly Experiment[]) => experiments.map((experiment, k) => ({ id: String(k), experiment }));
