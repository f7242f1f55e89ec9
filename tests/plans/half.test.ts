/** Half precision in whole plans, on the CPU engine. */
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/data/dataset.ts';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import { readTensor } from '../../src/engine/tensor-io.ts';
import { roundHalf } from '../../src/math/half.ts';
import { SCALARS, type ScalarName } from '../../src/metrics/block.ts';
import { shapeOf, splitLayers } from '../../src/metrics/layer-series.ts';
import type { Experiment, ExperimentInput } from '../../src/model/schema.ts';
import { Trainer } from '../../src/sweep/trainer.ts';
import { smallExperiment } from '../support/plans.ts';

const engine = new CpuEngine({ engine: 'cpu', why: 'test' });
const FLOAT16 = { name: 'float16', lossScaleGrowth: 0, lossScale: 1024 } as const;

const MODELS = [
  { kind: 'mlp', depth: 3, width: 9, activation: 'relu' },
  { kind: 'mlp', depth: 2, width: 6, activation: 'tanh', norm: 'batch' },
  { kind: 'mlp', depth: 2, width: 7, activation: 'gelu', norm: 'layer', normPlacement: 'after' },
  { kind: 'residual_mlp', blocks: 2, width: 6, inner: 7, activation: 'silu' },
  { kind: 'residual_mlp', form: 'plain', blocks: 3, width: 6, activation: 'relu', branchScaleByDepth: true },
] as const satisfies readonly ExperimentInput['model'][];

async function open(...inputs: ExperimentInput[]) {
  const made = inputs.map((input) => smallExperiment('mse', input));
  const [{ dataset }] = made;
  const experiments = made.map(({ experiment }) => experiment);
  return { trainer: await Trainer.create(engine, experiments, dataset), experiments, dataset };
}

const series = (block: { scalars: Float32Array; replicas: number }, name: ScalarName, r = 0) =>
  Array.from(block.scalars).filter(
    (_, n) => n % (block.replicas * SCALARS.length) === r * SCALARS.length + SCALARS.indexOf(name),
  );

const isHalf = (x: number) => roundHalf(x) === x || Number.isNaN(x);

describe('what ops hand on is float16', () => {
  test.each(MODELS)('$kind of $activation', async (model) => {
    const { trainer } = await open({ model, precision: FLOAT16 });
    const { session } = trainer;
    const read = (name: string) => readTensor(session, name, 1);
    await trainer.advance(1);
    const { network, parameters } = session.plan.groups[0];
    for (const { output } of network.ops) {
      const values = await read(output);
      expect(values.every(isHalf), output).toBe(true);
      // Something is rounded at all: not every number is a short one.
      expect(
        values.some((x) => x !== 0),
        output,
      ).toBe(true);
      expect((await read(`d${output}`)).every(isHalf), `d${output}`).toBe(true);
    }
    // Gradients lie as the update saw them: without the loss scale.
    for (const name of parameters) expect((await read(`grad.${name}`)).map((g) => g * 1024).every(isHalf), name).toBe(true);
    // Master weights stay float32.
    expect((await read(parameters[0])).every(isHalf)).toBe(false);
    trainer.destroy();
  });

  test('control: in float32 they are not', async () => {
    const { trainer } = await open({ model: MODELS[0] });
    await trainer.advance(1);
    expect((await readTensor(trainer.session, 'z1', 1)).every(isHalf)).toBe(false);
    trainer.destroy();
  });
});

/** Losses and, but for their size, everything that is recorded of the first iterations. */
async function trace(input: ExperimentInput, iterations = 5) {
  const { trainer } = await open(input);
  const block = await trainer.advance(iterations);
  const weights = await readTensor(trainer.session, 'l1.weight', 1);
  trainer.destroy();
  return { loss: series(block, 'loss'), norm: series(block, 'log2GradientNorm'), scale: series(block, 'log2LossScale'), weights };
}

test('a run follows the same one in float32, as closely as 11 bits let it', async () => {
  const model = MODELS[0];
  const [half, full] = [await trace({ model, precision: FLOAT16 }), await trace({ model })];
  // Three layers, each with three roundings of 2^-11 that add up at worst.
  for (const [k, loss] of half.loss.entries()) expect(Math.abs(loss / full.loss[k] - 1)).toBeLessThan(9 * 3 * 2 ** -11);
  for (const [k, norm] of half.norm.entries()) expect(Math.abs(norm - full.norm[k])).toBeLessThan((9 * 3 * 2 ** -11) / Math.LN2);
  expect(half.loss).not.toEqual(full.loss);
});

describe('the loss scale', () => {
  test('of a power of two changes no bit of a run whose gradients stay within float16', async () => {
    const model = MODELS[0];
    const runs = [];
    for (const lossScale of [256, 1024, 4096]) runs.push(await trace({ model, precision: { ...FLOAT16, lossScale } }));
    for (const run of runs.slice(1)) expect({ ...run, scale: [] }).toEqual({ ...runs[0], scale: [] });
    expect(runs.map(({ scale }) => scale[0])).toEqual([8, 10, 12]);
  });

  test('is needed: tiny gradients vanish without one', async () => {
    const model = {
      kind: 'mlp',
      depth: 6,
      width: 8,
      activation: 'tanh',
      init: { scheme: 'scaled_normal', weightVariance: 0.004 },
    } as const;
    const [plain, scaled, full] = [
      await trace({ model, precision: { ...FLOAT16, lossScale: 1 } }, 1),
      await trace({ model, precision: { ...FLOAT16, lossScale: 2 ** 14 } }, 1),
      await trace({ model }, 1),
    ];
    const layer0 = async (precision: Experiment['precision']) => {
      const { trainer } = await open({ model, precision });
      await trainer.advance(1);
      const values = await readTensor(trainer.session, 'grad.l0.weight', 1);
      trainer.destroy();
      return values.filter((g) => g !== 0).length / values.length;
    };
    expect(await layer0({ ...FLOAT16, lossScale: 1 })).toBe(0);
    expect(await layer0({ ...FLOAT16, lossScale: 2 ** 14 })).toBeGreaterThan(0.5);
    expect(Math.abs(scaled.norm[0] - full.norm[0])).toBeLessThan(0.1);
    expect(plain.loss[0]).toBe(scaled.loss[0]);
  });

  test('that adapts halves at an overflow, whose update is skipped, and doubles after enough iterations', async () => {
    const precision = { name: 'float16', lossScale: 2 ** 24, lossScaleGrowth: 3 } as const;
    const { trainer } = await open({ model: MODELS[0], precision, iterations: 40, nonFinite: 'stop' });
    const before = await readTensor(trainer.session, 'l1.weight', 1);
    const scales: number[] = [];
    let skipped = 0;
    let last = before;
    for (let i = 0; i < 30; i++) {
      const block = await trainer.advance(1);
      scales.push(series(block, 'log2LossScale')[0]);
      const now = await readTensor(trainer.session, 'l1.weight', 1);
      const broke = series(block, 'nonFinite')[0] > 0;
      expect(now.every((w, n) => w === last[n])).toBe(broke);
      if (broke) skipped++;
      last = now;
    }
    expect(skipped).toBeGreaterThan(2);
    expect(scales[0]).toBe(24);
    for (let i = 1; i < scales.length; i++) expect(Math.abs(scales[i] - scales[i - 1])).toBeLessThanOrEqual(1);
    // It grows again, once it fits for three iterations.
    expect(scales.some((k, i) => i > 0 && k > scales[i - 1])).toBe(true);
    expect(last.every(Number.isFinite)).toBe(true);
    trainer.destroy();
  });

  test('that stays leaves an overflow to the policy: continue breaks the weights, stop ends the run', async () => {
    const precision = { ...FLOAT16, lossScale: 2 ** 24 };
    const [going, stopped] = await Promise.all(
      (['continue', 'stop'] as const).map(async (nonFinite) => {
        const { trainer } = await open({ model: MODELS[0], precision, nonFinite, iterations: 5 });
        const block = await trainer.advance(5);
        trainer.destroy();
        return { active: series(block, 'active'), weight: series(block, 'log2WeightNorm') };
      }),
    );
    expect(going.weight.every(Number.isFinite)).toBe(false);
    expect(stopped.active).toEqual([1, 0, 0, 0, 0]);
    expect(stopped.weight.every(Number.isFinite)).toBe(true);
  });
});

test('a checkpoint goes on with the loss scale', async () => {
  const precision = { name: 'float16', lossScale: 2 ** 24, lossScaleGrowth: 3 } as const;
  const input = { model: MODELS[0], precision, iterations: 40 };
  const [whole, cut] = [await open(input), await open(input)];
  const all = await whole.trainer.advance(20);
  await cut.trainer.advance(12);
  const checkpoint = await cut.trainer.checkpoint();
  cut.trainer.destroy();
  const again = await Trainer.open(engine, [{ experiment: cut.experiments[0], slots: 1 }], cut.dataset as Dataset);
  again.restore(checkpoint);
  const rest = await again.advance(8);
  again.destroy();
  whole.trainer.destroy();
  for (const name of ['loss', 'log2LossScale'] as const) expect(series(rest, name)).toEqual(series(all, name).slice(12));
});

test('overflows are counted layer by layer, in float16 alone', async () => {
  // Activations double from layer to layer: 2^16 is reached within these.
  const model = {
    kind: 'mlp',
    depth: 12,
    width: 16,
    activation: 'relu',
    init: { scheme: 'scaled_normal', weightVariance: 32 },
  } as const;
  const counts = async (input: ExperimentInput) => {
    const { trainer } = await open({ model, ...input });
    const block = await trainer.advance(1);
    const record = splitLayers(block.layers[0][0].words, shapeOf(trainer.summary));
    const stored = await readTensor(trainer.session, 'h11', 1);
    trainer.destroy();
    return { record, stored };
  };
  const { record, stored } = await counts({ precision: FLOAT16 });
  expect(record.overflowH).toHaveLength(12);
  expect(record.overflowDz).toHaveLength(13);
  expect(record.overflowH[0]).toBe(0);
  expect(record.overflowH[11]).toBeGreaterThan(0);
  expect(record.overflowH[11]).toBe(stored.filter((h) => !Number.isFinite(h)).length);
  const full = (await counts({})).record;
  expect([full.overflowH.length, full.overflowDz.length]).toEqual([0, 0]);
});
