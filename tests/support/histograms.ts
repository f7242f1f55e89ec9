/** Histograms of plans that train, against the gradients that they leave behind. */
import { expect } from 'vitest';
import { loadDataset } from '../../src/data/load.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { readTensor } from '../../src/engine/tensor-io.ts';
import { countOf, type HistogramRow, histogramRows, histogramsOf } from '../../src/metrics/histogram.ts';
import { OCTAVES, splitLayers } from '../../src/metrics/layer-series.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import type { ExperimentInput } from '../../src/model/schema.ts';
import { physicalName } from '../../src/plan/placement.ts';
import { Trainer } from '../../src/sweep/trainer.ts';
import { smallExperiment } from './plans.ts';

export interface HistogramCase {
  readonly name: string;
  readonly replicas: readonly ExperimentInput[];
}

const mlp = (depth: number) => ({ kind: 'mlp', depth, width: 7, activation: 'relu' }) as const;
const sequences = { task: { name: 'adding', length: 12 }, batchSize: 5 } as const;

/** None of them rewrites its gradients before it updates by them: those that are left are those that were counted. */
export const HISTOGRAM_CASES: readonly HistogramCase[] = [
  { name: 'mlps of three depths', replicas: [3, 3, 2, 1].map((depth, k) => ({ model: mlp(depth), seed: k + 1 })) },
  {
    name: 'a clipped residual mlp',
    replicas: [{ model: { kind: 'residual_mlp', blocks: 2, width: 6, inner: 9 }, clip: { rule: 'torch_norm', max: 0.1 } }],
  },
  {
    name: 'gates in blocks of their own: LSTM',
    replicas: [1, 2].map((seed) => ({ ...sequences, model: { kind: 'recurrent', cell: 'lstm', hidden: 6 }, seed })),
  },
  { name: 'two GRU layers', replicas: [{ ...sequences, model: { kind: 'recurrent', cell: 'gru', layers: 2, hidden: 5 } }] },
];

export async function openHistograms(engine: Engine, inputs: readonly ExperimentInput[]): Promise<Trainer> {
  const all = inputs.map((input): ExperimentInput => ({ ...input, probes: { histograms: true, ...input.probes } }));
  if (inputs[0].model?.kind !== 'recurrent') {
    const small = all.map((input) => smallExperiment('mse', input));
    return Trainer.create(
      engine,
      small.map(({ experiment }) => experiment),
      small[0].dataset,
    );
  }
  const experiments = all.map((input) => parseExperiment(input));
  const dataset = await loadDataset(experiments[0].task, () => Promise.reject(new Error('generated tasks have no files')));
  return Trainer.create(engine, experiments, dataset);
}

/** Trains two iterations and counts what is left of the second one's gradients. */
export async function expectHistograms(engine: Engine, inputs: readonly ExperimentInput[]): Promise<void> {
  const trainer = await openHistograms(engine, inputs);
  const { layers } = await trainer.advance(2);
  for (const [r, records] of layers.entries()) {
    const group = trainer.group(r);
    const histograms = histogramsOf(splitLayers(records[1].words, group.layerShape).histogram);
    const { weightLayers } = group.network;
    expect(histograms).toHaveLength(weightLayers.length);
    for (const [l, weight] of weightLayers.entries()) {
      const name = physicalName(group, `grad.${weight}`);
      const { rows, columns } = trainer.session.plan.tensors.get(name) ?? { rows: 0, columns: 0 };
      const all = await readTensor(trainer.session, name, r + 1);
      const own = all.slice(r * rows * columns);
      expect(countOf(histograms[l]), `${weight} of replica ${r}`).toBe(rows * columns);
      expect(histogramRows(histograms[l]), `${weight} of replica ${r}`).toEqual(rowsOf(own));
      expect(own.some((g) => g !== 0)).toBe(true);
    }
  }
  trainer.destroy();
}

/** Of finite numbers, by logarithms in double precision. */
function rowsOf(values: Float32Array): HistogramRow[] {
  const counts = new Map<number, number>();
  for (const g of values) {
    const from = g === 0 ? Number.NEGATIVE_INFINITY : OCTAVES * Math.floor(Math.log2(Math.abs(g)) / OCTAVES);
    counts.set(from, (counts.get(from) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([from, count]) => (from === Number.NEGATIVE_INFINITY ? ['zero', null, count] : ['log2', from, count]));
}
