/** Sequences of different lengths in one plan: each run has the bits that it has alone. */
import { expect } from 'vitest';
import { loadDataset } from '../../src/data/load.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { SCALARS } from '../../src/metrics/block.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import type { ExperimentInput } from '../../src/model/schema.ts';
import { Trainer } from '../../src/sweep/trainer.ts';

const ADAM = { name: 'adam', learningRate: 0.01 } as const;

export const LENGTH_CASES: readonly (ExperimentInput & { readonly title: string })[] = [
  { title: 'tanh RNN, adding, last', task: { name: 'adding' }, model: { kind: 'recurrent', cell: 'rnn', hidden: 6 } },
  {
    title: 'two GRU layers, copy memory, every step',
    task: { name: 'copy_memory' },
    model: { kind: 'recurrent', cell: 'gru', layers: 2, hidden: 5, readout: 'every' },
  },
  {
    title: 'LSTM, temporal order, mean, truncated',
    task: { name: 'temporal_order' },
    model: { kind: 'recurrent', cell: 'lstm', hidden: 5, readout: 'mean', truncation: 7 },
    clip: { rule: 'torch_norm', max: 0.5 },
  },
  {
    title: 'linear RNN that explodes, delayed parity, extended range',
    task: { name: 'delayed_parity', bits: 2 },
    model: { kind: 'recurrent', cell: 'rnn', activation: 'linear', hidden: 5, recurrentInit: { gain: 30 } },
    optimizer: { name: 'sgd', learningRate: 0.001 },
    clip: { rule: 'torch_norm', max: 1 },
    range: 'extended',
  },
];

const ITERATIONS = 5;
const LENGTHS = [39, 25, 25, 21];

async function tracesOf(engine: Engine, inputs: readonly ExperimentInput[]): Promise<number[][]> {
  const experiments = inputs.map((input) => parseExperiment(input));
  const dataset = await loadDataset(experiments[0].task, () => Promise.reject(new Error('generated tasks have no files')));
  // A thousand held-out sequences would take longer than the rest.
  const small = { ...dataset, test: { ...dataset.test, n: 7 } };
  const trainer = await Trainer.create(engine, experiments, small);
  const block = await trainer.advance(ITERATIONS);
  const { loss, accuracy, spectra } = await trainer.evaluate();
  trainer.destroy();
  const width = SCALARS.length;
  return experiments.map((_, r) => {
    const scalars = Array.from({ length: ITERATIONS }, (_, k) => {
      const from = (k * block.replicas + r) * width;
      return [...block.scalars.slice(from, from + width)];
    });
    const records = block.layers[r].flatMap(({ words }) => [...words]);
    const spectrum = spectra[r].flatMap(({ radius, sigma }) => [radius, sigma]);
    return [...scalars.flat(), ...records, loss[r], accuracy[r], ...spectrum];
  });
}

/** Compares bit by bit; runs of one length differ in their seeds. */
export async function expectRaggedLengths(engine: Engine, { title: _, ...given }: (typeof LENGTH_CASES)[number]): Promise<void> {
  const inputs = LENGTHS.map((length, k): ExperimentInput => {
    const task = { ...given.task, length } as ExperimentInput['task'];
    return {
      optimizer: ADAM,
      batchSize: 6,
      ...given,
      task,
      seed: k + 1,
      probes: { layersEvery: 2, testEvery: 0, histograms: true },
    };
  });
  const together = await tracesOf(engine, inputs);
  for (const [k, input] of inputs.entries()) {
    const [alone] = await tracesOf(engine, [input]);
    expect(alone.length).toBeGreaterThan(ITERATIONS * SCALARS.length + 2 * LENGTHS[k]);
    expect(together[k], `${LENGTHS[k]} steps, replica ${k}`).toEqual(alone);
  }
  expect(together[1]).not.toEqual(together[2]);
}
