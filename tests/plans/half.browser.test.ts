/** Half precision on WebGPU: every tensor as on the CPU engine, to the spacing of float16. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open.ts';
import { readTensor } from '../../src/engine/tensor-io.ts';
import { roundHalf } from '../../src/math/half.ts';
import type { ExperimentInput } from '../../src/model/schema.ts';
import { Trainer } from '../../src/sweep/trainer.ts';
import { smallExperiment } from '../support/plans.ts';

let gpu: Engine;
beforeAll(async () => {
  gpu = await openEngine('gpu', navigator.gpu, 'use');
});
afterAll(() => gpu.destroy());

const MODELS = [
  { kind: 'mlp', depth: 3, width: 9, activation: 'relu' },
  { kind: 'mlp', depth: 2, width: 6, activation: 'tanh', norm: 'batch' },
  { kind: 'residual_mlp', blocks: 2, width: 6, inner: 7, activation: 'silu' },
] as const satisfies readonly ExperimentInput['model'][];

test.each(MODELS)('$kind of $activation, two seeds', async (model) => {
  const made = [1, 2].map((seed) =>
    smallExperiment('mse', { model, seed, precision: { name: 'float16', lossScale: 1024, lossScaleGrowth: 0 } }),
  );
  const experiments = made.map(({ experiment }) => experiment);
  const [device, cpu] = await Promise.all(
    [gpu, new CpuEngine({ engine: 'cpu', why: 'test' })].map((engine) => Trainer.create(engine, experiments, made[0].dataset)),
  );
  await Promise.all([device.advance(1), cpu.advance(1)]);
  const { network, parameters } = device.session.plan.groups[0];
  const outputs = network.ops.map(({ output }) => output);
  for (const name of [
    ...outputs,
    ...outputs.map((output) => `d${output}`),
    ...parameters.map((parameter) => `grad.${parameter}`),
  ]) {
    const [a, b] = await Promise.all([device, cpu].map(({ session }) => readTensor(session, name, 2)));
    const factor = name.startsWith('grad.') ? 1024 : 1;
    expect(
      a.every((x) => roundHalf(x * factor) === x * factor),
      `${name} is float16`,
    ).toBe(true);
    // float32 sums in another order round to a neighbour now and then, and layers pass that on: some spacings of the largest number.
    const largest = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const distance = a.reduce((most, x, n) => Math.max(most, Math.abs(x - b[n])), 0);
    expect(distance, name).toBeLessThanOrEqual(8 * 2 ** -11 * largest);
    expect(largest, name).toBeGreaterThan(0);
  }
  device.destroy();
  cpu.destroy();
});
