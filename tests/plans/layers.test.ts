/** What a record says about the layers, against the tensors themselves. */
import { describe, expect, test } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import { readTensor } from '../../src/engine/tensor-io.ts';
import { LAYER_SERIES, shapeOf, splitLayers } from '../../src/metrics/layer-series.ts';
import { unitLayersOf } from '../../src/model/units.ts';
import { Trainer } from '../../src/sweep/trainer.ts';
import { smallExperiment } from '../support/plans.ts';

const engine = new CpuEngine({ engine: 'cpu', why: 'test' });

const MODELS = [
  { kind: 'mlp', depth: 3, width: 9, activation: 'relu' },
  { kind: 'mlp', depth: 2, width: 6, activation: 'tanh', init: { scheme: 'scaled_normal', weightVariance: 9 } },
  { kind: 'mlp', depth: 2, width: 6, activation: 'sigmoid', norm: 'batch', init: { scheme: 'scaled_normal', weightVariance: 9 } },
  { kind: 'mlp', depth: 3, width: 5, activation: 'linear' },
  { kind: 'residual_mlp', blocks: 2, width: 6, inner: 7, activation: 'gelu' },
] as const;

/** float32 roundings of sums of fewer than 1,000 squares, halved in the logarithm. */
const CLOSE = 1e-4;

describe('a record of the layers', () => {
  test.each(MODELS)('$kind of $activation', async (model) => {
    const { experiment, dataset } = smallExperiment('mse', { model, batchSize: 8, iterations: 3 });
    const trainer = await Trainer.create(engine, [experiment], dataset);
    const { session, summary } = trainer;
    const read = async (name: string) => readTensor(session, name, 1);
    const weightsBefore = await Promise.all(summary.weightLayers.map(read));
    const { layers } = await trainer.advance(1);
    const record = splitLayers(layers[0][0].words, shapeOf(summary));
    const close = (actual: Float32Array, expected: readonly number[]) => {
      expect(actual.length).toBe(expected.length);
      for (const [l, value] of expected.entries()) expect(Math.abs(actual[l] - value)).toBeLessThan(CLOSE);
    };
    const log2Norm = (values: ArrayLike<number>) => 0.5 * Math.log2(Array.from(values).reduce((sum, x) => sum + x * x, 0));
    const norms = async (names: readonly string[]) => (await Promise.all(names.map(read))).map(log2Norm);
    close(record.log2Dz, await norms(summary.gradientLayers.map((name) => `d${name}`)));
    close(record.log2Dw, await norms(summary.weightLayers.map((name) => `grad.${name}`)));
    close(record.log2Weight, await norms(summary.weightLayers));
    const weights = await Promise.all(summary.weightLayers.map(read));
    close(
      record.log2Update,
      weights.map((after, l) => log2Norm(after.map((w, i) => w - weightsBefore[l][i]))),
    );
    const units = unitLayersOf(trainer.group(0).network);
    expect(units.map(({ tensor }) => tensor)).toEqual(summary.unitLayers);
    expect(units.length).toBeGreaterThan(1);
    const outputs = await Promise.all(summary.unitLayers.map(read));
    close(
      record.log2Rms,
      outputs.map((h) => log2Norm(h) - 0.5 * Math.log2(h.length)),
    );
    outputs.forEach((h, l) => {
      const { activation, features } = units[l];
      const dead = Array.from({ length: features }, (_, c) => h.every((x, i) => i % features !== c || x === 0)).filter(
        Boolean,
      ).length;
      const saturated = h.filter((x) => Math.abs(activation === 'sigmoid' ? 2 * x - 1 : x) > 0.975).length / h.length;
      const share =
        activation === 'relu' ? dead / features : activation === 'tanh' || activation === 'sigmoid' ? saturated : Number.NaN;
      expect(record.blocked[l]).toBe(Math.fround(share));
    });
    trainer.destroy();
  });

  test('control: gradients alone, where nothing else is asked for', async () => {
    const model = { kind: 'mlp', depth: 2 } as const;
    const { experiment, dataset } = smallExperiment('mse', { model, probes: { layers: 'gradients' } });
    const trainer = await Trainer.create(engine, [experiment], dataset);
    const { layers } = await trainer.advance(1);
    const record = splitLayers(layers[0][0].words, shapeOf(trainer.summary));
    expect(LAYER_SERIES.map((name) => record[name].length)).toEqual([3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(layers[0][0].words.length).toBe(6);
    trainer.destroy();
  });
});
