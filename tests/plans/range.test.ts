/** Both ranges on the CPU engine: the same bits inside float32, and beyond it numbers where ieee has none. */
import { describe, expect, test } from 'vitest';
import { libraryNorm } from '../../src/metrics/library-norm.ts';
import type { ExperimentInput } from '../../src/model/schema.ts';
import { deepGradient, deepGradientInDouble, expectSameTraining, INSIDE, lastRecord } from '../support/ranges.ts';
import { twinEngine, wasmEngine } from '../support/run-kernel.ts';

const inf = Number.POSITIVE_INFINITY;

test.each(INSIDE)('inside float32 both ranges leave the same bits behind: %s', (_, loss, experiment) =>
  expectSameTraining(wasmEngine(), loss, experiment),
);

const deep = (depth: number, weightVariance: number, activation: 'leaky_relu' | 'tanh' = 'leaky_relu'): ExperimentInput => ({
  model: { kind: 'mlp', depth, width: 16, activation, init: { scheme: 'scaled_normal', weightVariance } },
  optimizer: { name: 'sgd', learningRate: 0.125 },
  clip: { rule: 'torch_norm', max: 0.5 },
});

describe('a network of 400 layers that explodes', () => {
  const experiment = deep(400, 16);

  test('is NaN or Inf in ieee from the first iteration on', async () => {
    const { scalars } = await lastRecord(wasmEngine(), 'mse', { ...experiment, range: 'ieee' }, 1);
    expect(Number.isFinite(scalars.loss)).toBe(false);
    expect(scalars.firstNonFinite).toBeGreaterThan(0);
    expect(Number.isFinite(scalars.log2WeightNorm)).toBe(false);
  });

  test('goes on in the extended range: every norm is a number, and the clipped update is the rate times the largest norm', async () => {
    const { scalars, log2Dz } = await lastRecord(wasmEngine(), 'mse', { ...experiment, range: 'extended' }, 3);
    expect([scalars.firstNonFinite, scalars.nonFinite]).toEqual([0, 0]);
    // Each layer multiplies by about √(16/2): 2^1.5, forward and backward.
    expect(scalars.log2GradientNorm).toBeGreaterThan(1000);
    expect(libraryNorm(scalars.log2GradientNorm)).toBe(inf);
    expect(log2Dz.every(Number.isFinite)).toBe(true);
    expect(log2Dz[0] - log2Dz[399]).toBeGreaterThan(400);
    expect(scalars.loss).toBe(inf);
    // ‖ΔW‖ = 1/8 · 1/2; the roundings of 100,000 numbers and of log2 stay below 2^-16.
    expect(Math.abs(scalars.log2UpdateNorm - -4)).toBeLessThan(2 ** -16);
    expect(Number.isFinite(scalars.log2WeightNorm)).toBe(true);
  });
});

test.each(['leaky_relu', 'tanh'] as const)(
  'a network of 600 layers that vanishes is 0 in ieee and a number in the extended range (%s)',
  async (activation) => {
    const experiment = deep(600, 0.1, activation);
    const ieee = await lastRecord(wasmEngine(), 'mse', { ...experiment, range: 'ieee' }, 1);
    expect(ieee.log2Dz[0]).toBe(-inf);
    const extended = await lastRecord(wasmEngine(), 'mse', { ...experiment, range: 'extended' }, 1);
    expect(extended.log2Dz[0]).toBeLessThan(-300);
    expect(extended.log2Dz.every(Number.isFinite)).toBe(true);
    // Laid over each other: where ieee has numbers that are no subnormals, they are the same. Leaky ReLU has lost the signs of its z.
    if (activation !== 'tanh') return;
    const both = ieee.log2Dz.flatMap((x, l) => (x > -120 ? [[x, extended.log2Dz[l]]] : []));
    expect(both.length).toBeGreaterThan(10);
    for (const [a, b] of both) expect(Math.abs(a - b)).toBeLessThan(1e-3);
  },
);

// Depth 1,000, width 128, σw² = 4: forward and backward each grow by √2 a layer.
test('log2 ‖dL/dz₀‖ of 1,000 layers is that of double precision, rescaled layer by layer', async () => {
  const request = { activation: 'relu', depth: 1000, width: 128, weightVariance: 4 } as const;
  const expected = deepGradientInDouble(request);
  expect(expected).toBeGreaterThan(900);
  expect(Math.abs((await deepGradient(wasmEngine(), request)) - expected)).toBeLessThan(1e-4);
});

test.each([
  [8000, 16],
  [3000, 0.002],
])('at depth %i norms reach 2^±13,000', async (depth, weightVariance) => {
  const request = { activation: 'leaky_relu', depth, width: 8, weightVariance } as const;
  const expected = deepGradientInDouble(request);
  expect(Math.abs(expected)).toBeGreaterThan(10_000);
  for (const engine of [wasmEngine(), twinEngine()]) {
    expect(Math.abs((await deepGradient(engine, request)) - expected)).toBeLessThan(1e-3);
  }
});
