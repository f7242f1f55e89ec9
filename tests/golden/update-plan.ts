/** A plan without a network: given gradients are measured, clipped and applied. What the optimizer and clip traces run on. */
import type { Engine, Session } from '../../src/engine/engine.ts';
import { readTensor, writeReplica } from '../../src/engine/tensor-io.ts';
import type { Network } from '../../src/model/network.ts';
import type { Experiment, NumberRange, OptimizerName } from '../../src/model/schema.ts';
import { Builder } from '../../src/plan/builder.ts';
import { type ClipStep, clipStepOf, clipSteps } from '../../src/plan/clip.ts';
import { hyperWords } from '../../src/plan/hyper.ts';
import { measureSteps, sumSquaresSteps, type Tables } from '../../src/plan/measure.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { CONTROL, CONTROL_WORDS, HYPER_WORDS, SHAPE_WORDS, STATUS_WORDS } from '../../src/plan/records.ts';

const EMPTY: Network = {
  ops: [],
  head: 0,
  input: 'x',
  inputs: 1,
  output: 'x',
  outputs: 1,
  loss: 'mse',
  gradientLayers: [],
  weightLayers: [],
};

/** @param sizes elements of each parameter, `p0`, `p1`… */
function updatePlan(
  optimizer: OptimizerName,
  range: NumberRange,
  clipKinds: readonly ClipStep[],
  replicas: number,
  sizes: readonly number[],
): Plan {
  const group = { network: EMPTY, first: 0, count: replicas, parameters: [], renamed: new Map() };
  const builder = new Builder(
    { deepest: EMPTY, replicas, groups: [group], ops: [] },
    1,
    range === 'extended' ? 'every_tensor' : 'none',
  );
  const { memory } = builder;
  const parameters = sizes.map((_, k) => `p${k}`);
  sizes.forEach((size, k) => {
    memory.parameter('param', `p${k}`, replicas, [1, size], true);
    memory.parameter('grad', `grad.p${k}`, replicas, [1, size], true);
  });
  memory.tensor('rows', { name: 'rows', replicas, rows: 1, columns: 2, replicaStride: 8 });
  memory.tensor('hyper', { name: 'hyper', replicas, rows: 1, columns: HYPER_WORDS });
  memory.tensor('status', { name: 'status', type: 'u32', replicas, rows: 1, columns: STATUS_WORDS });
  memory.tensor('shapes', { name: 'shapes', type: 'u32', replicas, rows: 1, columns: SHAPE_WORDS });
  memory.tensor('control', { name: 'control', type: 'u32', replicas, rows: 1, columns: CONTROL_WORDS });
  const gradients = parameters.map((name) => `grad.${name}`);
  const squares = sumSquaresSteps(builder, gradients);
  const G = parameters.length;
  const shapes = Array.from({ length: replicas }, (_, r) => [0, 0, G, r * G, r * 2 * G, 0, 0, 0]);
  const contents: Tables = new Map([['shapes', Uint32Array.from(shapes.flat())]]);
  const measured = { group, z: [], d: [], gradients, parameters, units: [], gates: 0, isAll: false, hasHistograms: false };
  const { reduce, clip, update } = measureSteps(builder, [measured], parameters, optimizer, contents);
  const clipping = clipSteps(builder, [measured], parameters, clipKinds, contents);
  const iteration = [...squares, ...reduce, ...clip, ...clipping, ...update];
  return {
    summary: {
      replicas,
      parameters: sizes.reduce((sum, size) => sum + size, 0),
      bytes: 0,
      dispatchesPerIteration: iteration.length,
      flopPerIteration: 0,
      gradientLayers: [],
      unitLayers: [],
      recurrentLayers: [],
      isAll: false,
      hasHistograms: false,
      isHalf: false,
      weightLayers: [],
      measured: gradients,
    },
    replicas,
    groups: [],
    batchSize: 1,
    loss: 'mse',
    buffers: memory.buffers(),
    tensors: memory.tensors,
    contents,
    iteration,
    evaluation: [],
    ring: 1,
    layerSlots: 1,
    layerWords: 0,
    layersEvery: 1,
  };
}

/** What clipping decided for a replica. */
export interface Decision {
  readonly log2Norm: number;
  readonly coefficient: number;
}

/** Replicas that are updated together, each with its own settings. */
export class Updates {
  private constructor(
    readonly session: Session,
    readonly sizes: readonly number[],
    readonly replicas: number,
  ) {}

  /** @param experiments one optimizer and one kind of clipping, one range, one replica each; only these are looked at */
  static async open(engine: Engine, experiments: readonly Experiment[], sizes: readonly number[]): Promise<Updates> {
    const plan = updatePlan(
      experiments[0].optimizer.name,
      experiments[0].range,
      experiments.flatMap(({ clip }) => clipStepOf(clip) ?? []),
      experiments.length,
      sizes,
    );
    const session = await engine.load(plan);
    experiments.forEach((experiment, r) => {
      writeReplica(session, 'hyper', r, hyperWords(experiment));
    });
    return new Updates(session, sizes, experiments.length);
  }

  /** Tensor k of replica r. */
  write(name: string, r: number, values: readonly number[]): void {
    writeReplica(this.session, name, r, Float32Array.from(values));
  }

  /** Update number `step`, counted from 0, which bias correction and momentum need to know. */
  async run(step: number): Promise<void> {
    const status = new Uint32Array(STATUS_WORDS);
    status.set([step, step]);
    for (let r = 0; r < this.replicas; r++) writeReplica(this.session, 'status', r, status);
    await this.session.run('iteration', 1);
  }

  /** Values of parameter k, by replica. */
  async read(k: number): Promise<Float32Array[]> {
    return this.#split(await readTensor(this.session, `p${k}`, this.replicas), this.sizes[k]);
  }

  async decisions(): Promise<Decision[]> {
    const records = this.#split(await readTensor(this.session, 'control', this.replicas), CONTROL_WORDS);
    return records.map((record) => ({ log2Norm: record[CONTROL.log2_norm], coefficient: record[CONTROL.coefficient] }));
  }

  destroy(): void {
    this.session.destroy();
  }

  #split(values: Float32Array, size: number): Float32Array[] {
    return Array.from({ length: this.replicas }, (_, r) => values.slice(r * size, (r + 1) * size));
  }
}
