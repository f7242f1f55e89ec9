import { describe, expect, test } from 'vitest';
import type { SideResult, SweepReport } from '../../../src/bench/sweep.ts';
import { sweepText } from '../../../src/bench/sweep-print.ts';
import { learningRate, raggedExperiments, sweepExperiments } from '../../../src/bench/sweep-workload.ts';
import { cohortKey, planKey } from '../../../src/sweep/plan-key.ts';

describe('the workload', () => {
  test('is 16 learning rates from 1e-3 to 1 with 4 seeds, depth 32, in one plan', () => {
    const experiments = sweepExperiments();
    const pairs = new Set(experiments.map(({ optimizer, seed }) => `${optimizer.learningRate} ${seed}`));
    expect([experiments.length, pairs.size]).toEqual([64, 64]);
    expect(new Set(experiments.map(planKey)).size).toBe(1);
    expect(experiments[0]).toMatchObject({ model: { depth: 32, width: 64 }, batchSize: 64, optimizer: { learningRate: 1e-3 } });
    expect(learningRate(15, 16)).toBeCloseTo(1, 12);
    // Fifteen steps over three decades: five of them are one.
    expect(learningRate(5, 16)).toBeCloseTo(1e-2, 12);
  });
  test('of the ragged cohort is depths 64 to 2, deepest first, which share a cohort', () => {
    const groups = raggedExperiments();
    expect(groups.map(([{ model }]) => (model.kind === 'mlp' ? model.depth : 0))).toEqual([64, 32, 16, 8, 4, 2]);
    expect(new Set(groups.flat().map(cohortKey)).size).toBe(1);
    expect(new Set(groups.flat().map(planKey)).size).toBe(6);
  });
});

describe('the text', () => {
  const side = (name: string, trainMs: number, measured = 64): SideResult => ({
    name,
    networks: 64,
    measured,
    iterations: 20,
    setUpMs: 100,
    weightsMs: 50,
    trainMs,
    spread: 0.1,
    evaluateMs: 10,
    rate: (1000 * 64 * 20) / trainMs,
  });
  const report: SweepReport = {
    adapter: 'an adapter',
    rounds: 3,
    cohort: side('one cohort', 2000),
    alone: side('one after another', 5000, 8),
    ragged: side('one ragged cohort', 1000),
    perDepth: side('a cohort for each depth', 1500),
    product: { lanes: 2, slots: 4, firstMs: 3000, ms: 2500, cpuMs: 4800 },
    torch: 'PyTorch is not measured: no python3 here has torch.',
  };
  const line = (start: string) =>
    sweepText(report)
      .split('\n')
      .find((text) => text.startsWith(start)) ?? '';

  test('has ratios of training times, over the cohort and over the ragged cohort', () => {
    expect(line('one cohort')).toMatch(/ 2\.00 .* 640 +1\.00×$/);
    expect(line('one after another  ')).toMatch(/ 5\.00 .* 256 +2\.50×$/);
    expect(line('a cohort for each depth')).toMatch(/ 1\.50×$/);
  });
  test('says what was measured on a subset, and what is missing', () => {
    expect(line('one after another:')).toBe('one after another: 8 of the 64 measured in each round, times scaled to all');
    expect(line('PyTorch')).toBe('PyTorch is not measured: no python3 here has torch.');
  });
  test('has PyTorch’s times over the whole sweep’s and over the training of one cohort', () => {
    const torch = { version: '2.0', ways: [{ name: 'one thread', ms: 4000, minMs: 3900 }], difference: 1e-6 };
    const text = sweepText({ ...report, torch });
    expect(text).toMatch(/one thread +4\.00 +3\.90 +1\.60× +2\.00×/);
    expect(sweepText({ ...report, torch: { ...torch, difference: 0.1 } })).toContain('TOO FAR');
  });
});
