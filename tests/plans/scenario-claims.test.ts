/** What the prepared pairs claim, on the CPU engine. */
import { describe, expect, test } from 'vitest';
import { libraryNorm } from '../../src/metrics/library-norm.ts';
import { stackOf } from '../../src/metrics/stack.ts';
import type { Trace } from '../../src/metrics/trace.ts';
import { firstGrowth, judge } from '../../src/metrics/verdict.ts';

import { type Trained, trainScenario } from '../support/train-scenario.ts';

const last = ({ length, scalars }: Trace, name: 'loss' | 'log2WeightNorm') => scalars[name].at(length - 1);
const growth = ({ trace, experiment }: Trained) => firstGrowth(trace.layers, stackOf(trace, experiment))?.growth;

describe('where float32 ends', () => {
  test('in ieee every gradient is finite, its norm is not, and no weight ever changes', async () => {
    const { trace, experiment } = await trainScenario('float32-ends-relu-200', 40);
    const { log2GradientNorm, clipCoefficient, log2WeightNorm, nonFinite } = trace.scalars;
    expect(trace.length).toBe(40);
    expect(trace.firstNonFinite).toBeUndefined();
    expect([...nonFinite.view()].every((count) => count === 0)).toBe(true);
    // 1e31 in log2; 2^(200/2) from the weights' variance alone.
    expect(Math.abs(log2GradientNorm.at(0) - 103)).toBeLessThan(2);
    expect([...log2GradientNorm.view()].every((log2) => libraryNorm(log2) === Number.POSITIVE_INFINITY)).toBe(true);
    expect([...clipCoefficient.view()].every((c) => c === 0)).toBe(true);
    expect(new Set(log2WeightNorm.view()).size).toBe(1);
    expect(judge(trace, experiment).evidence.join(' ')).toContain('silently zero');
  });

  test('in the extended range every update has norm learning rate × 1, and the loss falls', async () => {
    const { trace, experiment } = await trainScenario('float32-extended-relu-200', 120);
    const { log2UpdateNorm, loss } = trace.scalars;
    // Clipped to 1 but for torch's 1e-6 beside 1e31; sums of 832,650 squares and log2 in float32 stay below 2^-14.
    const expected = Math.log2(experiment.optimizer.learningRate);
    for (const log2 of log2UpdateNorm.view()) expect(Math.abs(log2 - expected)).toBeLessThan(2 ** -14);
    expect(loss.at(0)).toBeGreaterThan(1e29);
    // Seven decades in 1,000 iterations; three of them come early.
    expect(last(trace, 'loss')).toBeLessThan(1e26);
    expect(judge(trace, experiment).evidence.join(' ')).not.toContain('silently zero');
  });
});

describe('residual branches', () => {
  test('plain ones multiply the gradient by √3 a block, and the first update breaks the network', async () => {
    const plain = await trainScenario('residual-plain-64', 3);
    expect(Math.abs((growth(plain)?.factor ?? 0) - Math.sqrt(3))).toBeLessThan(0.05);
    expect(Math.sqrt(3) ** 64).toBeGreaterThan(1e15);
    expect(plain.trace.firstNonFinite?.iteration).toBe(1);
  });

  test('divided by √64 they leave it level, and it learns', async () => {
    const scaled = await trainScenario('residual-scaled-64', 300);
    expect(scaled.trace.firstNonFinite).toBeUndefined();
    expect((growth(scaled)?.factor ?? 0) ** 64).toBeLessThan(10);
    expect(scaled.test.accuracy[0]).toBeGreaterThan(0.85);
  });
});

describe('thirty layers', () => {
  test('with PyTorch’s default the gradient vanishes and the loss stays at ln 10', async () => {
    const vanishing = await trainScenario('vanishing-relu-30', 400);
    expect(Math.abs((growth(vanishing)?.factor ?? 0) - Math.sqrt(1 / 6))).toBeLessThan(0.03);
    // The batch of 64 decides within a few hundredths.
    expect(Math.abs(last(vanishing.trace, 'loss') - Math.log(10))).toBeLessThan(0.05);
    expect(vanishing.test.accuracy[0]).toBeLessThan(0.2);
    expect(judge(vanishing.trace, vanishing.experiment).kind).toBe('vanishing');
  });

  test('with He initialisation it is level and they learn', async () => {
    const level = await trainScenario('level-relu-30');
    expect(Math.abs((growth(level)?.factor ?? 0) - 1)).toBeLessThan(0.1);
    expect(level.test.accuracy[0]).toBeGreaterThan(0.8);
  });
});

describe('a learning rate too large', () => {
  test('explodes from level gradients within ten iterations, its first update more than half of a layer’s weights', async () => {
    const large = await trainScenario('large-rate-relu-16', 10);
    const [{ log2Update, log2Weight }] = large.trace.layers;
    expect(Math.max(...log2Update.map((update, l) => update - log2Weight[l]))).toBeGreaterThan(Math.log2(0.5));
    expect(Math.abs((growth(large)?.factor ?? 0) - 1)).toBeLessThan(0.1);
    expect(Number.isFinite(last(large.trace, 'log2WeightNorm'))).toBe(false);
    expect(judge(large.trace, large.experiment).kind).toBe('exploding');
  });

  test('with adaptive clipping stays finite and learns', async () => {
    const { trace, test: tested } = await trainScenario('adaptive-clip-relu-16');
    expect(trace.firstNonFinite).toBeUndefined();
    expect(tested.accuracy[0]).toBeGreaterThan(0.85);
  });
});
