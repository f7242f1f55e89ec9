/** Trains experiments as the replicas of one plan: uploads data, weights and settings, enqueues blocks of iterations, decodes metrics. */

import type { Dataset, Split } from '../data/dataset.ts';
import type { Engine, Session } from '../engine/engine.ts';
import { tensorOf, writeReplica } from '../engine/tensor-io.ts';
import { type LayerBlock, type MetricsBlock, SCALARS, type TestBlock } from '../metrics/block.ts';
import { initialValues } from '../model/initialise.ts';
import { networkOf, parametersOf } from '../model/network.ts';
import type { Experiment } from '../model/schema.ts';
import { buildPlan } from '../plan/build.ts';
import { hyperWords } from '../plan/hyper.ts';
import { STATUS, STATUS_WORDS } from '../plan/records.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { planKey } from './plan-key.ts';

/** Iterations the metrics ring holds: the longest block. */
export const RING = 256;

export class Trainer {
  /** Iterations enqueued so far. */
  #ticks = 0;
  #experiments: readonly Experiment[] = [];

  private constructor(
    readonly session: Session,
    readonly dataset: Dataset,
  ) {}

  /**
   * @param experiments share a plan (`planKey`)
   * @throws LimitError when the plan does not fit the engine
   */
  static async create(engine: Engine, experiments: readonly Experiment[], dataset: Dataset): Promise<Trainer> {
    const [first] = experiments;
    if (experiments.some((other) => planKey(other) !== planKey(first))) throw new Error('these experiments do not share a plan');
    const network = networkOf(first, dataset.inputs, dataset.outputs);
    const plan = buildPlan({
      network,
      replicas: experiments.length,
      batchSize: first.batchSize,
      optimizer: first.optimizer.name,
      source: { kind: 'drawn', train: dataset.train.n, test: dataset.test.n },
      layersEvery: first.probes.layersEvery,
      ring: RING,
      limits: engine.limits,
    });
    const trainer = new Trainer(await engine.load(plan), dataset);
    for (const split of ['train', 'test'] as const) trainer.#uploadSplit(split, dataset[split]);
    const parameters = parametersOf(network);
    experiments.forEach(({ model, seed }, r) => {
      parameters.forEach((parameter, index) => {
        writeReplica(trainer.session, parameter.name, r, initialValues(parameter, model.init, seed, index));
      });
      for (const op of network.ops) if (op.op === 'batch_norm') trainer.#startRunningStatistics(op.name, op.features, r);
    });
    trainer.retune(experiments);
    return trainer;
  }

  /** What the replicas train, as last given. */
  get experiments(): readonly Experiment[] {
    return this.#experiments;
  }

  get summary(): PlanSummary {
    return this.session.plan.summary;
  }

  /** Iterations enqueued since the start. */
  get iteration(): number {
    return this.#ticks;
  }

  /** Iterations until every replica has reached its last. */
  get remaining(): number {
    return Math.max(...this.#experiments.map(({ iterations }) => iterations)) - this.#ticks;
  }

  /** Replaces the replicas' settings from the next enqueued iteration on; they must be `isRetune` of the present ones. */
  retune(experiments: readonly Experiment[]): void {
    this.#experiments = experiments;
    for (const [r, experiment] of experiments.entries()) writeReplica(this.session, 'hyper', r, hyperWords(experiment));
  }

  /**
   * Enqueues `count` iterations, at most RING, and returns their metrics when they have been computed. Further calls may be
   * made before it resolves; blocks resolve in order.
   */
  async advance(count: number): Promise<MetricsBlock> {
    if (count < 1 || count > RING) throw new RangeError(`a block of ${count} iterations; valid is 1 to ${RING}`);
    const { session } = this;
    const start = this.#ticks;
    this.#ticks += count;
    const done = session.run('iteration', count);
    const read = session.read([tensorOf(session, 'ring'), tensorOf(session, 'layers')]);
    const [, [ring, layers]] = await Promise.all([done, read]);
    return this.#decode(start, count, ring, layers);
  }

  /** Evaluates every replica on the held-out split, after everything enqueued so far. */
  async evaluate(): Promise<TestBlock> {
    const { session, dataset } = this;
    const { plan } = session;
    const iteration = this.#ticks;
    const status = tensorOf(session, 'status');
    for (let r = 0; r < plan.replicas; r++) {
      const offset = status.offset + r * STATUS_WORDS + STATUS.test_batch;
      session.write({ ...status, offset, words: 1 }, new Uint32Array(1));
    }
    const done = session.run('evaluation', Math.ceil(dataset.test.n / plan.batchSize));
    const [, [words]] = await Promise.all([done, session.read([tensorOf(session, 'evaluation')])]);
    const sums = new Float32Array(words.buffer, words.byteOffset, words.length);
    const replicas = Array.from({ length: plan.replicas }, (_, r) => r);
    const classes = dataset.kind === 'classification';
    return {
      iteration,
      loss: Float32Array.from(replicas, (r) => sums[4 * r] / dataset.test.n),
      accuracy: Float32Array.from(replicas, (r) => (classes ? sums[4 * r + 1] / dataset.test.n : Number.NaN)),
    };
  }

  destroy(): void {
    this.session.destroy();
  }

  #uploadSplit(split: 'train' | 'test', { n, x, labels, targets }: Split): void {
    const { session, dataset } = this;
    writeReplica(session, `${split}.x`, 0, x);
    writeReplica(session, `${split}.label`, 0, labels ?? new Uint32Array(n));
    if (session.plan.loss === 'mse')
      writeReplica(session, `${split}.target`, 0, targets ?? oneHot(labels ?? new Uint32Array(n), dataset.outputs));
  }

  /** torch: running mean 0 and running variance 1 before the first batch. */
  #startRunningStatistics(name: string, features: number, r: number): void {
    const values = new Float32Array(2 * features);
    values.fill(1, features);
    writeReplica(this.session, `${name}.running`, r, values);
  }

  #decode(start: number, count: number, ring: Uint32Array, layers: Uint32Array): MetricsBlock {
    const { replicas, layersEvery, layerSlots, ring: slots } = this.session.plan;
    const width = replicas * SCALARS.length;
    const words = new Uint32Array(count * width);
    for (let k = 0; k < count; k++) {
      const from = ((start + k) % slots) * width;
      words.set(ring.subarray(from, from + width), k * width);
    }
    const perRecord = layers.length / layerSlots;
    const records: LayerBlock[] = [];
    for (let tick = Math.ceil(start / layersEvery) * layersEvery; tick < start + count; tick += layersEvery) {
      const from = ((tick / layersEvery) % layerSlots) * perRecord;
      records.push({ iteration: tick, log2: new Float32Array(layers.slice(from, from + perRecord).buffer) });
    }
    const scalars = new Float32Array(words.buffer);
    if (this.dataset.kind === 'regression') {
      const accuracy = SCALARS.indexOf('accuracy');
      for (let at = accuracy; at < scalars.length; at += SCALARS.length) scalars[at] = Number.NaN;
    }
    return { replicas, iterations: count, scalars, layers: records };
  }
}

function oneHot(labels: Uint32Array, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, n) => {
    rows[n * classes + label] = 1;
  });
  return rows;
}
