/** Both ranges on the WebGPU engine: the same bits inside float32, and beyond it the numbers of the CPU and of double precision. */
import { expect, test } from 'vitest';
import type { ExperimentInput } from '../../src/model/schema.ts';
import { Trainer } from '../../src/sweep/trainer.ts';
import { differentTensors } from '../support/compare-plans.ts';
import { smallExperiment } from '../support/plans.ts';
import { deepGradient, deepGradientInDouble, expectSameTraining, INSIDE, lastRecord } from '../support/ranges.ts';
import { useEngines } from '../support/run-kernel.ts';
import { gamma } from '../support/tolerance.ts';

const engines = useEngines();

test.each(INSIDE)('inside float32 both ranges leave the same bits behind: %s', (_, loss, experiment) =>
  expectSameTraining(engines().gpu, loss, experiment),
);

const explodes: ExperimentInput = {
  model: { kind: 'mlp', depth: 90, width: 8, activation: 'leaky_relu', init: { scheme: 'scaled_normal', weightVariance: 64 } },
  optimizer: { name: 'sgd', learningRate: 0.125 },
  clip: { rule: 'torch_norm', max: 0.5 },
};

test('a network of 90 layers that explodes is not finite in ieee, and is clipped rightly in the extended range', async () => {
  const ieee = await lastRecord(engines().gpu, 'mse', { ...explodes, range: 'ieee' }, 1);
  expect(ieee.scalars.firstNonFinite).toBeGreaterThan(0);
  const { scalars } = await lastRecord(engines().gpu, 'mse', { ...explodes, range: 'extended' }, 2);
  expect([scalars.firstNonFinite, scalars.nonFinite]).toEqual([0, 0]);
  expect(scalars.log2GradientNorm).toBeGreaterThan(200);
  expect(Math.abs(scalars.log2UpdateNorm - -4)).toBeLessThan(2 ** -16);
});

test.each([
  ['explodes', explodes],
  ['explodes behind a norm', { ...explodes, model: { ...explodes.model, depth: 6, norm: 'layer', activation: 'tanh' } }],
  ['saturates', { ...explodes, model: { ...explodes.model, depth: 30, activation: 'softplus' } }],
] as const)('every tensor is the CPU’s where a network %s', async (_, experiment) => {
  const parsed = [1, 2].map((seed) => smallExperiment('mse', { ...(experiment as ExperimentInput), range: 'extended', seed }));
  const open = (engine: ReturnType<typeof engines>['gpu']) =>
    Trainer.create(
      engine,
      parsed.map((one) => one.experiment),
      parsed[0].dataset,
    );
  const [gpu, cpu] = [await open(engines().gpu), await open(engines().cpu)];
  await Promise.all([gpu.advance(1), cpu.advance(1)]);
  // Per step the error grows at most by γ of the longest sum.
  const growth = gpu.session.plan.iteration.length * gamma(12);
  expect(await differentTensors(gpu.session, cpu.session, growth)).toEqual([]);
  gpu.destroy();
  cpu.destroy();
});

test('log2 ‖dL/dz₀‖ of 90 layers is that of double precision, rescaled layer by layer', async () => {
  const request = { activation: 'relu', depth: 90, width: 32, weightVariance: 64 } as const;
  const expected = deepGradientInDouble(request);
  expect(expected).toBeGreaterThan(300);
  expect(Math.abs((await deepGradient(engines().gpu, request)) - expected)).toBeLessThan(1e-4);
});
