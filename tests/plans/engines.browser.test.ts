/** Whole plans, ten iterations and an evaluation, WebGPU against CPU, every tensor compared. */
import { describe, expect, test } from 'vitest';
import type { ExperimentInput, Loss } from '../../src/model/schema.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { Trainer } from '../../src/sweep/trainer.ts';
import { differentTensors } from '../support/compare-plans.ts';
import { smallExperiment } from '../support/plans.ts';
import { useEngines } from '../support/run-kernel.ts';
import { gamma } from '../support/tolerance.ts';

const engines = useEngines();

interface Case {
  readonly name: string;
  readonly loss: Loss;
  readonly experiment: ExperimentInput;
  /** What the replicas have of their own. */
  readonly replicas: readonly ExperimentInput[];
}

const sgd = { name: 'sgd', learningRate: 0.05 } as const;
// An epsilon of 0.1 keeps the adaptive steps smooth: with 1e-8 a gradient that is 0 but for rounding moves its weight by ±lr.
const smooth = { learningRate: 0.01, epsilon: 0.1 } as const;

const CASES: readonly Case[] = [
  {
    name: 'mlp, no norm, tanh, sgd, mse',
    loss: 'mse',
    experiment: { model: { kind: 'mlp', depth: 3, width: 9, activation: 'tanh' }, optimizer: sgd },
    replicas: [
      { optimizer: { ...sgd, momentum: 0.9, nesterov: true }, clip: { rule: 'torch_norm', max: 0.5 }, seed: 1 },
      {
        optimizer: { ...sgd, learningRate: 0.01, weightDecay: 0.1 },
        clip: { rule: 'tensorflow_global_norm', max: 0.2 },
        seed: 2,
      },
      { optimizer: { ...sgd, momentum: 0.5, dampening: 0.3 }, clip: { rule: 'value', max: 0.01 }, seed: 3 },
    ],
  },
  {
    name: 'mlp, batch norm, relu, adam, mse',
    loss: 'mse',
    experiment: {
      model: { kind: 'mlp', depth: 2, width: 13, activation: 'relu', norm: 'batch' },
      optimizer: { name: 'adam', ...smooth },
    },
    replicas: [{ seed: 4 }, { seed: 5, optimizer: { name: 'adam', ...smooth, weightDecay: 0.1 } }, { seed: 6, iterations: 4 }],
  },
  {
    name: 'mlp, layer norm, gelu, adamw, cross-entropy',
    loss: 'cross_entropy',
    experiment: {
      model: { kind: 'mlp', depth: 3, width: 10, activation: 'gelu', norm: 'layer' },
      optimizer: { name: 'adamw', ...smooth },
    },
    replicas: [{ seed: 7 }, { seed: 8, optimizer: { name: 'adamw', ...smooth, weightDecay: 0.2, beta1: 0.5 } }, { seed: 9 }],
  },
  {
    name: 'mlp, RMS norm behind the activation, gelu, sgd, mse',
    loss: 'mse',
    experiment: {
      model: { kind: 'mlp', depth: 3, width: 10, activation: 'gelu', norm: 'rms', normPlacement: 'after' },
      optimizer: sgd,
    },
    replicas: [
      { seed: 7, optimizer: { ...sgd, schedule: { name: 'step', every: 3, factor: 0.5, warmup: 2 } }, iterations: 10 },
      { seed: 8, optimizer: { ...sgd, schedule: { name: 'cosine' } }, iterations: 4 },
      { seed: 9, optimizer: { ...sgd, schedule: { name: 'one_cycle' } }, iterations: 10 },
    ],
  },
  ...(
    [
      { rule: 'torch_norm_per_tensor', max: 0.05 },
      { rule: 'adaptive', ratio: 0.02 },
    ] as const
  ).map(
    (clip): Case => ({
      name: `mlp, clipping ${clip.rule}, tanh, sgd, mse`,
      loss: 'mse',
      experiment: { model: { kind: 'mlp', depth: 3, width: 9, activation: 'tanh', norm: 'layer' }, optimizer: sgd },
      replicas: [
        { seed: 7, clip },
        { seed: 8, clip, iterations: 4 },
      ],
    }),
  ),
  ...(
    [
      { form: 'plain', branch: 'one_layer', branchScaleByDepth: true },
      { form: 'pre_norm', branch: 'one_layer', norm: 'batch', finalNorm: false },
      { form: 'post_norm', branch: 'two_layer', norm: 'rms', branchScale: 0.5 },
    ] as const
  ).map((more): Case => {
    const model = { kind: 'residual_mlp', blocks: 3, width: 10, activation: 'tanh', ...more } as const;
    return {
      name: `residual mlp, ${more.form}, ${more.branch}, tanh, sgd, mse`,
      loss: 'mse',
      experiment: { model, optimizer: sgd },
      replicas: [{ seed: 7 }, { seed: 8, iterations: 4 }],
    };
  }),
  {
    name: 'residual mlp, silu, rmsprop, mse',
    loss: 'mse',
    experiment: {
      model: { kind: 'residual_mlp', blocks: 2, width: 7, inner: 11, activation: 'silu' },
      optimizer: { name: 'rmsprop', ...smooth },
    },
    replicas: [
      { seed: 10, optimizer: { name: 'rmsprop', ...smooth, centered: true } },
      { seed: 11, optimizer: { name: 'rmsprop', ...smooth, momentum: 0.5, alpha: 0.9 } },
      { seed: 12, clip: { rule: 'torch_norm', max: 0.1 } },
    ],
  },
  {
    name: 'mlp, no norm, selu, sgd, cross-entropy, one replica',
    loss: 'cross_entropy',
    experiment: { model: { kind: 'mlp', depth: 1, width: 33, activation: 'selu', bias: false }, optimizer: sgd, batchSize: 1 },
    replicas: [{ seed: 13 }],
  },
  {
    name: 'residual mlp, no activation, sgd, cross-entropy',
    loss: 'cross_entropy',
    experiment: { model: { kind: 'residual_mlp', blocks: 1, width: 4, inner: 5, activation: 'linear' }, optimizer: sgd },
    replicas: [{ seed: 14 }, { seed: 15, nonFinite: 'skip' }, { seed: 16, nonFinite: 'stop' }],
  },
];

async function open({ loss, experiment, replicas }: Case) {
  const parsed = replicas.map((own) => smallExperiment(loss, { ...experiment, ...own }));
  const list = parsed.map((one) => one.experiment);
  const { gpu, cpu } = engines();
  return {
    gpu: await Trainer.create(gpu, list, parsed[0].dataset),
    cpu: await Trainer.create(cpu, list, parsed[0].dataset),
  };
}

/**
 * In one iteration a tensor's relative error, in the sense of its largest element, grows at most by γ_K per step of the plan, K
 * the longest reduction (33) and 40 for the built-in functions of the longest formula; the steps have a gain of about 1 in these
 * networks, which start at the edge of neither vanishing nor exploding. Parameters take lr times it over from one iteration to
 * the next, less than the whole of it: n iterations, n times the error of one.
 */
function growth(plan: Plan, iterations: number): number {
  return iterations * plan.iteration.length * gamma(33 + 40);
}

describe.each(CASES)('$name', (item) => {
  test('every tensor is the same on GPU and CPU after 1 and 10 iterations, and after an evaluation', async () => {
    const { gpu, cpu } = await open(item);
    const { plan } = gpu.session;
    await Promise.all([gpu.advance(1), cpu.advance(1)]);
    expect(await differentTensors(gpu.session, cpu.session, growth(plan, 1)), 'after 1 iteration').toEqual([]);
    await Promise.all([gpu.advance(9), cpu.advance(9)]);
    expect(await differentTensors(gpu.session, cpu.session, growth(plan, 10)), 'after 10 iterations').toEqual([]);
    await Promise.all([gpu.evaluate(), cpu.evaluate()]);
    expect(await differentTensors(gpu.session, cpu.session, growth(plan, 10)), 'after an evaluation').toEqual([]);
    gpu.destroy();
    cpu.destroy();
  });
});

test('control: a weight that is off by a hundredth is named, with the tensors that follow from it', async () => {
  const { gpu, cpu } = await open(CASES[0]);
  const tensor = gpu.session.plan.tensors.get('l1.weight');
  if (!tensor) throw new Error('no l1.weight');
  const [words] = await cpu.session.read([tensor]);
  const weights = new Float32Array(words.buffer, words.byteOffset, words.length);
  weights[3] += 0.01 * Math.max(...weights);
  gpu.session.write(tensor, weights);
  await Promise.all([gpu.advance(1), cpu.advance(1)]);
  const found = await differentTensors(gpu.session, cpu.session, growth(gpu.session.plan, 1));
  const named = found.map((line) => line.split(':')[0]);
  expect(named).toEqual(expect.arrayContaining(['l1.weight', 'z1', 'h1', 'dz0', 'grad.l2.weight', 'norms', 'ring']));
  expect(named).not.toContain('z0');
  gpu.destroy();
  cpu.destroy();
});
