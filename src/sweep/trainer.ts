/**
 * Networks training side by side as the replicas of one plan: a slot each, deepest first, which takes one experiment after
 * another. Uploads data, weights and settings, enqueues blocks of iterations, decodes metrics.
 */

import type { Dataset, Split } from '../data/dataset.ts';
import type { Engine, Session } from '../engine/engine.ts';
import { clearState, tensorOf, writeReplica } from '../engine/tensor-io.ts';
import { type LayerBlock, type MetricsBlock, SCALARS, type TestBlock } from '../metrics/block.ts';
import { parametersOf } from '../model/network.ts';
import type { Experiment } from '../model/schema.ts';
import { SPLITS, type SplitName } from '../plan/draw.ts';
import { hyperWords } from '../plan/hyper.ts';
import type { MeasuredGroup } from '../plan/plan.ts';
import { CONTROL_WORDS, HYPER_WORDS, STATUS, STATUS_WORDS } from '../plan/records.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { cohortPlan, type SlotRequest, testExamples } from './cohort-plan.ts';
import { type InitialValues, initialValuesFor } from './initial-values.ts';
import { depthOf } from './plan-key.ts';
import { joined, ringRanges } from './ring.ts';
import { readSpectra } from './spectra.ts';
import { stateRanges, writeState } from './training-state.ts';

const ACTIVE = SCALARS.indexOf('active');

/** What training goes on from: plain data, in the layout of the plan. */
export interface Checkpoint {
  readonly ticks: number;
  readonly experiments: readonly (Experiment | undefined)[];
  readonly starts: readonly number[];
  /** Of `stateRanges`. */
  readonly words: readonly Uint32Array[];
}

export class Trainer {
  /** Iterations enqueued so far. */
  #ticks = 0;
  readonly #experiments: (Experiment | undefined)[];
  /** Tick at which each slot's experiment started. */
  readonly #starts: number[];
  /** Slots without a run. */
  readonly #idle: Set<number>;
  /** Slots that the device takes for due in an evaluation. */
  #evaluated: ReadonlySet<number> = new Set();

  private constructor(
    readonly session: Session,
    readonly dataset: Dataset,
    readonly initial: InitialValues,
  ) {
    this.#experiments = new Array(session.plan.replicas).fill(undefined);
    this.#starts = new Array(session.plan.replicas).fill(0);
    this.#idle = new Set(this.#starts.keys());
    session.setIdle(this.#idle);
  }

  /**
   * Slots without experiments yet.
   *
   * @throws LimitError when the plan does not fit the engine
   */
  static async open(
    engine: Engine,
    requests: readonly SlotRequest[],
    dataset: Dataset,
    experiments?: readonly Experiment[],
  ): Promise<Trainer> {
    const session = await engine.load(cohortPlan(requests, dataset, engine.limits, experiments));
    const trainer = new Trainer(session, dataset, initialValuesFor(engine));
    for (const split of SPLITS) trainer.#uploadSplit(split, dataset[split]);
    return trainer;
  }

  /** As many slots as experiments, each loaded with its own. They share a plan (`shapeKey`); deepest first. */
  static async create(engine: Engine, experiments: readonly Experiment[], dataset: Dataset): Promise<Trainer> {
    const requests: { experiment: Experiment; slots: number }[] = [];
    for (const experiment of experiments) {
      const last = requests.at(-1);
      if (last && depthOf(last.experiment) === depthOf(experiment)) last.slots += 1;
      else requests.push({ experiment, slots: 1 });
    }
    const trainer = await Trainer.open(engine, requests, dataset, experiments);
    for (const [slot, experiment] of experiments.entries()) trainer.load(slot, experiment);
    return trainer;
  }

  /** What each slot trains; undefined for one that has had none yet. */
  get experiments(): readonly (Experiment | undefined)[] {
    return this.#experiments;
  }

  get summary(): PlanSummary {
    return this.session.plan.summary;
  }

  /** The group of a slot: its network and the names of what is measured. */
  group(slot: number): MeasuredGroup {
    const group = this.session.plan.groups.find(({ first, count }) => slot < first + count);
    if (!group) throw new RangeError(`there is no slot ${slot}`);
    return group;
  }

  /** Iterations that one block may have. */
  get longestBlock(): number {
    return this.session.plan.ring;
  }

  /** Iterations enqueued since the start. */
  get iteration(): number {
    return this.#ticks;
  }

  /** Iterations enqueued of a slot's experiment. */
  iterationOf(slot: number): number {
    return Math.min(this.#ticks - this.#starts[slot], this.#experiments[slot]?.iterations ?? 0);
  }

  /** Iterations until every slot has reached its last. */
  get remaining(): number {
    return Math.max(
      0,
      ...this.#experiments.map((experiment, slot) => (experiment ? experiment.iterations - this.iterationOf(slot) : 0)),
    );
  }

  /**
   * Puts an experiment into a slot: it starts from its own initial weights with the next enqueued iteration. What the slot
   * held before is overwritten.
   */
  load(slot: number, experiment: Experiment): void {
    const { session } = this;
    const { network } = this.group(slot);
    const values = this.initial.of(network, experiment);
    parametersOf(network).forEach(({ name }, index) => {
      writeReplica(session, name, slot, values[index]);
    });
    for (const op of network.ops) if (op.op === 'batch_norm') this.#startRunningStatistics(op.name, op.features, slot);
    clearState(session, slot);
    const status = new Uint32Array(STATUS_WORDS);
    status[STATUS.ticks] = this.#ticks;
    writeReplica(session, 'status', slot, status);
    writeReplica(session, 'control', slot, new Uint32Array(CONTROL_WORDS));
    writeReplica(session, 'hyper', slot, hyperWords(experiment));
    this.#experiments[slot] = experiment;
    this.#starts[slot] = this.#ticks;
    if (this.#idle.delete(slot)) session.setIdle(this.#idle);
  }

  /** Replaces the slots' settings from the next enqueued iteration on; they must be `isRetune` of the present ones. */
  retune(experiments: readonly Experiment[]): void {
    for (const [slot, experiment] of experiments.entries()) {
      this.#experiments[slot] = experiment;
      writeReplica(this.session, 'hyper', slot, hyperWords(experiment));
    }
  }

  /**
   * Enqueues `count` iterations, at most `longestBlock`, and returns their metrics when they have been computed. Further calls may be
   * made before it resolves; blocks resolve in order.
   */
  async advance(count: number): Promise<MetricsBlock> {
    const { session, longestBlock } = this;
    if (count < 1 || count > longestBlock) throw new RangeError(`a block of ${count} iterations; valid is 1 to ${longestBlock}`);
    const start = this.#ticks;
    this.#ticks += count;
    const done = session.run('iteration', count);
    const { replicas, ring, layersEvery, layerSlots, layerWords } = session.plan;
    const record = Math.floor(start / layersEvery);
    const records = Math.floor((start + count - 1) / layersEvery) - record + 1;
    const rings = [
      ringRanges(tensorOf(session, 'ring'), { slots: ring, words: replicas * SCALARS.length }, start, count),
      ringRanges(tensorOf(session, 'layers'), { slots: layerSlots, words: layerWords }, record, records),
    ];
    const [, words] = await Promise.all([done, session.read(rings.flat())]);
    const scalars = joined(words.slice(0, rings[0].length));
    return this.#decode(start, count, new Float32Array(scalars.buffer), joined(words.slice(rings[0].length)));
  }

  /** Evaluates slots on the held-out split, after everything enqueued so far; by default all. Others have NaN. */
  async evaluate(slots: readonly number[] = this.#experiments.map((_, slot) => slot)): Promise<TestBlock> {
    const { session, dataset } = this;
    const { plan } = session;
    const due = new Set(slots);
    const iterations = Array.from({ length: plan.replicas }, (_, slot) => this.iterationOf(slot));
    const status = tensorOf(session, 'status');
    for (let slot = 0; slot < plan.replicas; slot++) {
      if (!due.has(slot) && !this.#evaluated.has(slot)) continue;
      // test_batch, present (which the evaluation itself decides) and evaluate
      const words = Uint32Array.of(0, 0, Number(due.has(slot)));
      session.write({ ...status, offset: status.offset + slot * STATUS_WORDS + STATUS.test_batch, words: words.length }, words);
    }
    this.#evaluated = due;
    const examples = iterations.map((_, slot) => testExamples(dataset, this.group(slot).network));
    const most = Math.max(0, ...[...due].map((slot) => examples[slot]));
    const done = session.run('evaluation', Math.ceil(most / plan.batchSize));
    const [, [words], spectra] = await Promise.all([
      done,
      session.read([tensorOf(session, 'evaluation')]),
      readSpectra(session, due),
    ]);
    const sums = new Float32Array(words.buffer, words.byteOffset, words.length);
    const classes = dataset.kind === 'classification';
    const mean = (slot: number, word: number) => (due.has(slot) ? sums[4 * slot + word] / examples[slot] : Number.NaN);
    return {
      iterations,
      loss: Float32Array.from(iterations, (_, slot) => mean(slot, 0)),
      accuracy: Float32Array.from(iterations, (_, slot) => (classes ? mean(slot, 1) : Number.NaN)),
      spectra,
    };
  }

  /** Empties a slot: it costs nothing from the next enqueued iteration on. */
  idle(slot: number): void {
    writeReplica(this.session, 'hyper', slot, new Float32Array(HYPER_WORDS));
    this.#experiments[slot] = undefined;
    this.#idle.add(slot);
    this.session.setIdle(this.#idle);
  }

  /** The training state of all slots, as it is after everything enqueued so far. */
  async checkpoint(): Promise<Checkpoint> {
    const { session } = this;
    const [ticks, experiments, starts] = [this.#ticks, [...this.#experiments], [...this.#starts]];
    const ranges = stateRanges(session.plan);
    return { ticks, experiments, starts, words: await session.read(ranges) };
  }

  /** Goes on from a checkpoint of the same plan, whichever engine made it. */
  restore({ ticks, experiments, starts, words }: Checkpoint): void {
    writeState(this.session, words);
    this.#ticks = ticks;
    // The records that came back may say of any slot that it is due.
    this.#evaluated = new Set(starts.keys());
    for (const [slot, experiment] of experiments.entries()) {
      this.#experiments[slot] = experiment;
      this.#starts[slot] = starts[slot];
      if (!experiment) continue;
      writeReplica(this.session, 'hyper', slot, hyperWords(experiment));
      this.#idle.delete(slot);
    }
    this.session.setIdle(this.#idle);
  }

  destroy(): void {
    this.session.destroy();
  }

  #uploadSplit(split: SplitName, { n, x, labels, targets, codes, lengths }: Split): void {
    const { session, dataset } = this;
    if (codes) writeReplica(session, `${split}.codes`, 0, codes);
    if (lengths) writeReplica(session, `${split}.lengths`, 0, lengths);
    if (dataset.sequence && dataset.sequence.kind !== 'frames') return;
    writeReplica(session, `${split}.x`, 0, x);
    writeReplica(session, `${split}.label`, 0, labels ?? new Uint32Array(n));
    if (session.plan.loss === 'mse' && !dataset.sequence)
      writeReplica(session, `${split}.target`, 0, targets ?? oneHot(labels ?? new Uint32Array(n), dataset.outputs));
  }

  /** torch: running mean 0 and running variance 1 before the first batch. */
  #startRunningStatistics(name: string, features: number, r: number): void {
    const values = new Float32Array(2 * features);
    values.fill(1, features);
    writeReplica(this.session, `${name}.running`, r, values);
  }

  /** @param layers the records from that of iteration `start` on */
  #decode(start: number, count: number, scalars: Float32Array, layers: Uint32Array): MetricsBlock {
    const { replicas } = this.session.plan;
    const records = Array.from({ length: replicas }, (_, r) => this.#layerRecords(r, start, scalars, layers));
    if (this.dataset.kind === 'regression') {
      const accuracy = SCALARS.indexOf('accuracy');
      for (let at = accuracy; at < scalars.length; at += SCALARS.length) scalars[at] = Number.NaN;
    }
    return { replicas, iterations: count, scalars, layers: records };
  }

  /** A replica's records in a block: where it was active and at the cadence of its own iterations. */
  #layerRecords(r: number, start: number, scalars: Float32Array, layers: Uint32Array): LayerBlock[] {
    const { replicas, layersEvery, layerWords } = this.session.plan;
    const { first, layerRecord } = this.group(r);
    const records: LayerBlock[] = [];
    for (let at = r * SCALARS.length, k = 0; at < scalars.length; at += replicas * SCALARS.length, k++) {
      const iteration = scalars[at];
      if (iteration % layersEvery !== 0 || scalars[at + ACTIVE] === 0) continue;
      const slot = Math.floor((start + k) / layersEvery) - Math.floor(start / layersEvery);
      const from = slot * layerWords + layerRecord.first + (r - first) * layerRecord.words;
      records.push({ iteration, words: new Float32Array(layers.slice(from, from + layerRecord.words).buffer) });
    }
    return records;
  }
}

function oneHot(labels: Uint32Array, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, n) => {
    rows[n * classes + label] = 1;
  });
  return rows;
}
