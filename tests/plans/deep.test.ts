import { expect, test } from 'vitest';
import { openEngine } from '../../src/engine/open.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import { networkOf } from '../../src/model/network.ts';
import { kernelEntry } from '../../src/plan/kernels.ts';
import { ALIGNMENT, buffersOfRole, type Plan, type Range, WORD } from '../../src/plan/plan.ts';
import { DEFAULT_LIMITS, expectGrowth, expectIsometry } from '../support/deep.ts';
import { planOf } from '../support/plans.ts';

const INPUTS = 64;

function deepPlan(depth: number, optimizer: 'sgd' | 'adam'): Plan {
  const experiment = parseExperiment({ task: { name: 'digits8' }, model: { kind: 'mlp', depth, width: 64 } });
  const request = { batchSize: 64, optimizer, ring: 256, limits: DEFAULT_LIMITS } as const;
  return planOf(networkOf(experiment, INPUTS, 10), request);
}

test('10,000 layers of width 64 stay within the limits that every WebGPU device has, in memory that grows linearly', () => {
  const [short, middle, deep] = [100, 1000, 10_000].map((depth) => deepPlan(depth, 'adam'));
  for (const { kernel, bindings } of deep.iteration) {
    for (const name of Object.keys(kernelEntry(kernel).bindings)) {
      const { words } = (bindings as Record<string, Range>)[name];
      if (words * WORD > DEFAULT_LIMITS.bindingBytes) expect.fail(`${kernel}, ${name}: ${words * WORD} bytes`);
    }
  }
  for (const { name, words } of deep.buffers) expect(words * WORD, name).toBeLessThanOrEqual(DEFAULT_LIMITS.bufferBytes);
  // The control: one buffer could not have held the parameters.
  const parameters = buffersOfRole(deep, 'param').reduce((sum, buffer) => sum + deep.buffers[buffer].words * WORD, 0);
  expect(parameters).toBeGreaterThan(DEFAULT_LIMITS.bindingBytes);
  const perLayer = (a: Plan, b: Plan, layers: number) => (b.summary.bytes - a.summary.bytes) / layers;
  // Tables end at a multiple of the alignment.
  const rounding = (2 * deep.buffers.length * ALIGNMENT) / 900;
  expect(Math.abs(perLayer(middle, deep, 9000) - perLayer(short, middle, 900))).toBeLessThan(rounding);
});

test('an orthogonal network of 10,000 layers keeps the norm of its gradient (CPU)', async () => {
  await expectIsometry(await openEngine('cpu', undefined, 'use'), DEFAULT_LIMITS);
});

test('the same in buffers of a megabyte', async () => {
  await expectIsometry(await openEngine('cpu', undefined, 'use'), { ...DEFAULT_LIMITS, pieceBytes: 2 ** 20 });
});

test('control: with a gain of 1.001 a layer it grows 22,000 times', async () => {
  await expectGrowth(await openEngine('cpu', undefined, 'use'), DEFAULT_LIMITS);
});
