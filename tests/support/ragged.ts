/** Networks of different depth in one plan: each has the bits that it has alone. */
import { expect } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { SCALARS } from '../../src/metrics/block.ts';
import { BRANCHES, type Experiment, type ExperimentInput, type Loss, RESIDUAL_FORMS } from '../../src/model/schema.ts';
import { Trainer } from '../../src/sweep/trainer.ts';
import { smallExperiment } from './plans.ts';

type Model = NonNullable<ExperimentInput['model']>;

export interface RaggedCase {
  readonly name: string;
  readonly loss: Loss;
  /** The network of a depth. */
  readonly model: (depth: number) => Model;
  readonly rest: ExperimentInput;
}

export const RAGGED_CASES: readonly RaggedCase[] = [
  {
    name: 'mlp',
    loss: 'cross_entropy',
    model: (depth) => ({ kind: 'mlp', depth, width: 6, activation: 'relu' }),
    rest: { optimizer: { name: 'sgd', momentum: 0.9 }, clip: { rule: 'torch_norm', max: 0.5 } },
  },
  {
    // Hidden and output layers of one shape: nothing but its place tells them apart.
    name: 'mlp as wide as its output, without activation',
    loss: 'mse',
    model: (depth) => ({ kind: 'mlp', depth, width: 3, activation: 'linear' }),
    rest: { optimizer: { name: 'adam' } },
  },
  {
    name: 'mlp with batch norm',
    loss: 'cross_entropy',
    model: (depth) => ({ kind: 'mlp', depth, width: 5, norm: 'batch', activation: 'tanh' }),
    rest: { optimizer: { name: 'rmsprop', momentum: 0.5 } },
  },
  {
    name: 'mlp with layer norm, wide enough for long sums',
    loss: 'mse',
    model: (depth) => ({ kind: 'mlp', depth, width: 132, norm: 'layer', activation: 'gelu' }),
    rest: {},
  },
  {
    name: 'mlp with RMS norm behind the activation',
    loss: 'mse',
    model: (depth) => ({ kind: 'mlp', depth, width: 6, norm: 'rms', normPlacement: 'after', activation: 'tanh' }),
    rest: { optimizer: { name: 'sgd', momentum: 0.5 } },
  },
  {
    name: 'exploding mlp with biases, extended range',
    loss: 'mse',
    model: (depth) => ({
      kind: 'mlp',
      depth,
      width: 6,
      activation: 'silu',
      init: { scheme: 'scaled_normal', weightVariance: 1e12, biasVariance: 1 },
    }),
    rest: { optimizer: { name: 'sgd' }, clip: { rule: 'torch_norm', max: 0.5 }, range: 'extended' },
  },
  {
    name: 'residual mlp, extended range',
    loss: 'cross_entropy',
    model: (blocks) => ({ kind: 'residual_mlp', blocks, width: 5, inner: 7, norm: 'batch' }),
    rest: { optimizer: { name: 'adamw' }, range: 'extended' },
  },
  {
    name: 'mlp with layer norm in float16',
    loss: 'mse',
    model: (depth) => ({ kind: 'mlp', depth, width: 6, activation: 'tanh', norm: 'layer' }),
    rest: { optimizer: { name: 'adam' }, clip: { rule: 'torch_norm_per_tensor', max: 0.5 }, precision: { name: 'float16' } },
  },
  {
    name: 'residual mlp with a factor on the branch, in float16',
    loss: 'mse',
    model: (blocks) => ({ kind: 'residual_mlp', form: 'plain', blocks, width: 5, inner: 7, branchScale: 0.5 }),
    rest: { optimizer: { name: 'sgd' }, precision: { name: 'float16', lossScale: 256, lossScaleGrowth: 0 } },
  },
  {
    name: 'residual mlp',
    loss: 'mse',
    model: (blocks) => ({ kind: 'residual_mlp', blocks, width: 5, inner: 7 }),
    rest: { optimizer: { name: 'adamw' } },
  },
  ...([{ rule: 'torch_norm_per_tensor', max: 0.1 }, { rule: 'adaptive' }] as const).map(
    (clip): RaggedCase => ({
      name: `mlp, clipping ${clip.rule}`,
      loss: 'cross_entropy',
      model: (depth) => ({ kind: 'mlp', depth, width: 6, norm: 'layer', activation: 'relu' }),
      rest: { optimizer: { name: 'sgd', learningRate: 0.5 }, clip },
    }),
  ),
  ...RESIDUAL_FORMS.flatMap((form, k) =>
    BRANCHES.map((branch): RaggedCase => {
      const norm = (['layer', 'batch', 'rms'] as const)[k];
      const scale = branch === 'one_layer' ? { branchScaleByDepth: true } : {};
      return {
        name: `residual mlp, ${form}, ${branch}`,
        loss: 'mse',
        model: (blocks) => ({ kind: 'residual_mlp', blocks, width: 6, form, norm, branch, activation: 'tanh', ...scale }),
        rest: { optimizer: { name: 'sgd', momentum: 0.5 } },
      };
    }),
  ),
];

const ITERATIONS = 9;
const DEPTHS = [7, 4, 4, 2, 1, 1];

/** Bits of every replica's scalars, layer norms and test results. */
async function tracesOf(engine: Engine, loss: Loss, inputs: readonly ExperimentInput[]): Promise<number[][]> {
  const parsed = inputs.map((input) => smallExperiment(loss, input));
  const experiments: Experiment[] = parsed.map(({ experiment }) => experiment);
  const trainer = await Trainer.create(engine, experiments, parsed[0].dataset);
  const block = await trainer.advance(ITERATIONS);
  const { loss: testLoss } = await trainer.evaluate();
  trainer.destroy();
  const width = SCALARS.length;
  return experiments.map((_, r) => {
    const scalars = Array.from({ length: ITERATIONS }, (_, k) => {
      const from = (k * block.replicas + r) * width;
      return [...block.scalars.slice(from, from + width)];
    });
    return [...scalars.flat(), ...block.layers[r].flatMap(({ words }) => [...words]), testLoss[r]];
  });
}

/** Compares bit by bit; every network has its own seed, and the seed that is its depth makes it known among them. */
export async function expectRagged(engine: Engine, { loss, model, rest }: RaggedCase): Promise<void> {
  const inputs = DEPTHS.map((depth, k): ExperimentInput => {
    return { ...rest, model: model(depth), seed: k + 1, probes: { layersEvery: 2, testEvery: 0, histograms: true } };
  });
  const together = await tracesOf(engine, loss, inputs);
  for (const [k, input] of inputs.entries()) {
    const [alone] = await tracesOf(engine, loss, [input]);
    expect(alone.length).toBeGreaterThan(ITERATIONS * SCALARS.length);
    expect(together[k], `depth ${DEPTHS[k]}, replica ${k}`).toEqual(alone);
  }
  // The control: neighbours of one depth differ, so equal bits are no accident.
  expect(together[1]).not.toEqual(together[2]);
}

/** Words of everything that a slot's network computes and owns, but for the float16 copies of its weights, which are made of all at once. */
async function wordsOfSlot(trainer: Trainer, slot: number): Promise<Map<string, number[]>> {
  const { session } = trainer;
  const own = [...session.plan.tensors.values()].filter(({ type, replicas, name }) => {
    return type === 'f32' && replicas > slot && !['hyper', 'evaluation'].includes(name) && !name.startsWith('half.');
  });
  const words = await session.read(own);
  return new Map(
    own.map(({ name, replicaStride }, k) => [name, [...words[k].slice(slot * replicaStride, (slot + 1) * replicaStride)]]),
  );
}

/** A slot without a run keeps every bit of its tensors while its neighbours train, and a run loaded into it starts afresh. */
export async function expectIdleSlot(engine: Engine, { loss, model, rest }: RaggedCase): Promise<void> {
  const parsed = [3, 3, 2].map((depth, k) => smallExperiment(loss, { ...rest, model: model(depth), seed: k + 1, iterations: 6 }));
  const experiments = parsed.map(({ experiment }) => experiment);
  const trainer = await Trainer.create(engine, experiments, parsed[0].dataset);
  const first = await trainer.advance(6);
  trainer.idle(1);
  trainer.load(0, experiments[0]);
  const before = await wordsOfSlot(trainer, 1);
  await trainer.advance(3);
  await trainer.evaluate([0, 2]);
  const after = await wordsOfSlot(trainer, 1);
  for (const [name, words] of before) expect(after.get(name), name).toEqual(words);
  // It trained before, and its neighbour trains.
  const other = await wordsOfSlot(trainer, 0);
  expect(other.get('x')).not.toEqual(before.get('x'));
  trainer.load(1, experiments[1]);
  const again = await trainer.advance(6);
  trainer.destroy();
  const lossesOf = (block: typeof first, slot: number) =>
    Array.from({ length: 6 }, (_, k) => block.scalars[(k * block.replicas + slot) * SCALARS.length + SCALARS.indexOf('loss')]);
  expect(lossesOf(again, 1)).toEqual(lossesOf(first, 1));
}
