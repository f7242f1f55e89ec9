/** A replica's numbers do not depend on its neighbours: the same experiment alone and among others. */
import { expect } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { SCALARS } from '../../src/metrics/block.ts';
import type { ExperimentInput, Loss } from '../../src/model/schema.ts';
import { Trainer } from '../../src/sweep/trainer.ts';
import { smallExperiment } from './plans.ts';

export const NEIGHBOUR_CASES: readonly { name: string; loss: Loss; experiment: ExperimentInput }[] = [
  {
    name: 'mlp',
    loss: 'mse',
    experiment: {
      model: { kind: 'mlp', depth: 3, width: 9, activation: 'tanh' },
      optimizer: { name: 'sgd', momentum: 0.9 },
      clip: { rule: 'torch_norm', max: 0.5 },
    },
  },
  {
    name: 'exploding mlp in the extended range',
    loss: 'mse',
    experiment: {
      model: {
        kind: 'mlp',
        depth: 6,
        width: 6,
        activation: 'leaky_relu',
        init: { scheme: 'scaled_normal', weightVariance: 1e12 },
      },
      optimizer: { name: 'sgd' },
      clip: { rule: 'torch_norm', max: 0.5 },
      range: 'extended',
    },
  },
  {
    name: 'mlp with batch norm',
    loss: 'cross_entropy',
    experiment: { model: { kind: 'mlp', depth: 2, width: 6, norm: 'batch' }, optimizer: { name: 'adam' } },
  },
  {
    name: 'residual mlp',
    loss: 'mse',
    experiment: { model: { kind: 'residual_mlp', blocks: 2, width: 5, inner: 7 }, optimizer: { name: 'rmsprop' } },
  },
];

const ITERATIONS = 12;

/** Bits of one replica's scalars, layer norms and test results over some iterations. */
async function traceOf(engine: Engine, loss: Loss, experiments: readonly ExperimentInput[], r: number): Promise<number[]> {
  const parsed = experiments.map((input) => smallExperiment(loss, input));
  const trainer = await Trainer.create(
    engine,
    parsed.map(({ experiment }) => experiment),
    parsed[0].dataset,
  );
  const block = await trainer.advance(ITERATIONS);
  const { loss: testLoss } = await trainer.evaluate();
  trainer.destroy();
  const width = SCALARS.length;
  const scalars = Array.from({ length: ITERATIONS }, (_, k) => {
    const from = (k * block.replicas + r) * width;
    return [...block.scalars.slice(from, from + width)];
  });
  const layers = block.layers[r].map(({ words }) => [...words]);
  return [...scalars.flat(), ...layers.flat(), testLoss[r]];
}

/**
 * Compares bit by bit. The neighbours have other seeds, rates and clip rules, and one of them diverges at once.
 *
 * @param places in which the experiment stands among four replicas
 */
export async function expectIndependence(
  engine: Engine,
  loss: Loss,
  experiment: ExperimentInput,
  places: readonly number[],
): Promise<void> {
  const base = { ...experiment, seed: 5 };
  const optimizer = { ...experiment.optimizer, learningRate: 0.02 } as NonNullable<ExperimentInput['optimizer']>;
  const neighbours: ExperimentInput[] = [
    { ...base, seed: 1, optimizer, clip: { rule: 'value', max: 0.1 } },
    { ...base, seed: 2, model: { ...experiment.model, init: { gain: 1e30 } } as NonNullable<ExperimentInput['model']> },
    { ...base, seed: 3, iterations: 3, nonFinite: 'stop' },
  ];
  const alone = await traceOf(engine, loss, [base], 0);
  expect(alone.length).toBeGreaterThan(ITERATIONS * SCALARS.length);
  for (const r of places) {
    const all = [...neighbours.slice(0, r), base, ...neighbours.slice(r)];
    expect(await traceOf(engine, loss, all, r), `as replica ${r}`).toEqual(alone);
  }
}

/** The control: another seed gives another trace. */
export async function expectOtherSeedDiffers(engine: Engine, loss: Loss, experiment: ExperimentInput): Promise<void> {
  const [one, two] = [
    await traceOf(engine, loss, [{ ...experiment, seed: 5 }], 0),
    await traceOf(engine, loss, [{ ...experiment, seed: 6 }], 0),
  ];
  expect(two).not.toEqual(one);
}
