/**
 * `bench sweep`: 64 networks as one cohort beside the same networks one after another, a ragged cohort beside a cohort for each
 * depth, and where asked peers; set-up, initial weights, training and evaluation told apart.
 */
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import { loadDataset } from '../data/load.ts';
import { readAssetFromFolder } from '../data/read-asset-node.ts';
import type { Engine } from '../engine/engine.ts';
import type { Experiment } from '../model/schema.ts';
import type { SlotRequest } from '../sweep/cohort-plan.ts';
import { Loop } from '../sweep/loop.ts';
import { Trainer } from '../sweep/trainer.ts';
import { type EngineName, nameOf, openMeasured } from './open.ts';
import { Peer } from './peer.ts';
import { ROOT } from './root.ts';
import { quantile, timingOf } from './statistics.ts';
import { type Product, ProductSweep } from './sweep-product.ts';
import { RAGGED, raggedExperiments, SWEEP, sweepExperiments } from './sweep-workload.ts';
import { measureTorch, type Torch } from './torch.ts';
import { startOfExperiment } from './workload.ts';

/** Networks that stand for all where they train one after another. */
const SUBSET = 8;

export interface SweepOptions {
  readonly engine: EngineName;
  readonly peers: boolean;
  readonly rounds: number;
}

/** Milliseconds, medians over the rounds; of `networks` networks, scaled from `measured` of them. */
export interface SideResult {
  readonly name: string;
  readonly networks: number;
  readonly measured: number;
  readonly iterations: number;
  /** Once: plan, buffers, pipelines, data. */
  readonly setUpMs: number;
  readonly weightsMs: number;
  readonly trainMs: number;
  /** Of `trainMs`. */
  readonly spread: number;
  readonly evaluateMs: number;
  /** Networks times iterations, by second of training. */
  readonly rate: number;
}

export interface SweepReport {
  readonly adapter: string;
  readonly rounds: number;
  readonly cohort: SideResult;
  readonly alone: SideResult;
  readonly ragged: SideResult;
  readonly perDepth: SideResult;
  readonly product: Product;
  readonly tfjs?: { readonly version: string; readonly side: SideResult };
  /** A sentence where PyTorch is missing. */
  readonly torch?: Torch | string;
}

/** Networks in cohorts, and how often each cohort's slots are filled anew. */
interface Side {
  readonly name: string;
  readonly networks: number;
  readonly iterations: number;
  readonly cohorts: readonly { readonly slots: readonly SlotRequest[]; readonly passes: readonly (readonly Experiment[])[] }[];
}

/** A side with its plans loaded. */
class OpenSide {
  readonly #ms = { weights: [] as number[], train: [] as number[], evaluate: [] as number[] };

  private constructor(
    readonly side: Side,
    readonly trainers: readonly Trainer[],
    readonly setUpMs: number,
  ) {}

  static async open(engine: Engine, side: Side, dataset: Dataset): Promise<OpenSide> {
    const start = performance.now();
    const trainers: Trainer[] = [];
    for (const { slots } of side.cohorts) {
      const trainer = await Trainer.open(engine, slots, dataset);
      // The first answer says that everything lies on the device.
      await trainer.checkpoint();
      trainers.push(trainer);
    }
    return new OpenSide(side, trainers, performance.now() - start);
  }

  async round(): Promise<void> {
    const sum = { weights: 0, train: 0, evaluate: 0 };
    for (const [k, { passes }] of this.side.cohorts.entries()) {
      const trainer = this.trainers[k];
      const loop = new Loop(trainer, { block: () => undefined, test: () => undefined });
      for (const experiments of passes) {
        const start = performance.now();
        for (const [slot, experiment] of experiments.entries()) trainer.load(slot, experiment);
        await trainer.session.read([{ buffer: 0, offset: 0, words: 1 }]);
        const loaded = performance.now();
        await loop.run(this.side.iterations);
        const trained = performance.now();
        await trainer.evaluate();
        sum.weights += loaded - start;
        sum.train += trained - loaded;
        sum.evaluate += performance.now() - trained;
      }
    }
    for (const phase of ['weights', 'train', 'evaluate'] as const) this.#ms[phase].push(sum[phase]);
  }

  get result(): SideResult {
    const { name, networks, iterations, cohorts } = this.side;
    const measured = cohorts.reduce((sum, { passes }) => sum + passes.reduce((n, pass) => n + pass.length, 0), 0);
    return resultOf({ name, networks, measured, iterations, setUpMs: this.setUpMs }, this.#ms);
  }

  destroy(): void {
    for (const trainer of this.trainers) trainer.destroy();
  }
}

function resultOf(
  side: Pick<SideResult, 'name' | 'networks' | 'measured' | 'iterations' | 'setUpMs'>,
  ms: { readonly weights: readonly number[]; readonly train: readonly number[]; readonly evaluate: readonly number[] },
): SideResult {
  const scale = side.networks / side.measured;
  const train = timingOf(ms.train);
  return {
    ...side,
    weightsMs: scale * quantile(ms.weights, 0.5),
    trainMs: scale * train.median,
    spread: train.spread,
    evaluateMs: scale * quantile(ms.evaluate, 0.5),
    rate: (1000 * side.measured * side.iterations) / train.median,
  };
}

/**
 * @throws NoGpuError without an adapter
 * @throws PeerError when TensorFlow.js cannot run, or runs on another adapter
 */
export async function measureSweep({ engine: name, peers, rounds }: SweepOptions): Promise<SweepReport> {
  const engine = await openMeasured(name);
  const adapter = nameOf(engine.report);
  const experiments = sweepExperiments();
  const dataset = await loadDataset(experiments[0].task, readAssetFromFolder(join(ROOT, 'src/data/assets')));
  const sides: OpenSide[] = [];
  const product = await ProductSweep.open(name, engine, experiments, dataset);
  let tfjs: TfjsSide | undefined;
  try {
    if (peers && name === 'gpu') tfjs = await TfjsSide.open(adapter, experiments, dataset, engine);
    for (const side of sidesOf(experiments)) sides.push(await OpenSide.open(engine, side, dataset));
    for (let round = 0; round < rounds; round++) {
      for (const side of sides) await side.round();
      await product.round();
      await tfjs?.round(round);
    }
    const [cohort, alone, ragged, perDepth] = sides.map(({ result }) => result);
    const base = { adapter, rounds, cohort, alone, ragged, perDepth, product: product.result };
    if (tfjs) return { ...base, tfjs: tfjs.result };
    if (!peers) return base;
    return { ...base, torch: measureTorch(await startsOf(engine, experiments, dataset), rounds) };
  } finally {
    tfjs?.peer.close();
    product.close();
    for (const side of sides) side.destroy();
    engine.destroy();
  }
}

function sidesOf(experiments: readonly Experiment[]): Side[] {
  const ragged = raggedExperiments();
  const all = ragged.flat();
  const [first] = experiments;
  const { iterations } = SWEEP;
  // Spread over all configurations.
  const subset = Array.from({ length: SUBSET }, (_, k) => experiments[Math.floor((k * experiments.length) / SUBSET) + k]);
  const requests = ragged.map((group) => ({ experiment: group[0], slots: group.length }));
  return [
    {
      name: 'one cohort',
      networks: experiments.length,
      iterations,
      cohorts: [{ slots: [{ experiment: first, slots: experiments.length }], passes: [experiments] }],
    },
    {
      name: 'one after another',
      networks: experiments.length,
      iterations,
      cohorts: [{ slots: [{ experiment: first, slots: 1 }], passes: subset.map((experiment) => [experiment]) }],
    },
    {
      name: 'one ragged cohort',
      networks: all.length,
      iterations: RAGGED.iterations,
      cohorts: [{ slots: requests, passes: [all] }],
    },
    {
      name: 'a cohort for each depth',
      networks: all.length,
      iterations: RAGGED.iterations,
      cohorts: ragged.map((group, k) => ({ slots: [requests[k]], passes: [group] })),
    },
  ];
}

/** What the networks of each seed start from, on the batch of their iteration 0. */
async function startsOf(engine: Engine, experiments: readonly Experiment[], dataset: Dataset) {
  const starts = [];
  for (let seed = 0; seed < SWEEP.seeds; seed++) {
    const experiment = experiments.find((candidate) => candidate.seed === seed) ?? experiments[0];
    starts.push(await startOfExperiment(engine, experiment, dataset));
  }
  return starts;
}

/** TensorFlow.js, one network a round. */
class TfjsSide {
  readonly #train: number[] = [];
  readonly #weights: number[] = [];

  private constructor(
    readonly peer: Peer,
    readonly experiments: readonly Experiment[],
    readonly starts: Awaited<ReturnType<typeof startsOf>>,
    readonly setUpMs: number,
  ) {}

  static async open(adapter: string, experiments: readonly Experiment[], dataset: Dataset, engine: Engine): Promise<TfjsSide> {
    const peer = await Peer.open(adapter);
    const starts = await startsOf(engine, experiments, dataset);
    const start = performance.now();
    await peer.load(starts[0].start, { learningRate: experiments[0].optimizer.learningRate });
    await peer.block(1);
    return new TfjsSide(peer, experiments, starts, performance.now() - start);
  }

  async round(round: number): Promise<void> {
    const experiment = this.experiments[(round * (SWEEP.learningRates + 5)) % this.experiments.length];
    const start = performance.now();
    await this.peer.load(this.starts[experiment.seed].start, { learningRate: experiment.optimizer.learningRate });
    this.#weights.push(performance.now() - start);
    let ms = 0;
    // All numbers of a block reach the host together; all twenty iterations at once would hold twenty networks' gradients.
    for (let done = 0; done < SWEEP.iterations; done += 5) ms += (await this.peer.block(5)).ms;
    this.#train.push(ms);
  }

  get result(): NonNullable<SweepReport['tfjs']> {
    const side = {
      name: 'one after another',
      networks: this.experiments.length,
      measured: 1,
      iterations: SWEEP.iterations,
      setUpMs: this.setUpMs,
    };
    return {
      version: this.peer.opened.version,
      side: resultOf(side, { weights: this.#weights, train: this.#train, evaluate: [0] }),
    };
  }
}
