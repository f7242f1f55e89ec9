import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDataset } from '../../src/data/load.ts';
import { readAssetByFetch } from '../../src/data/read-asset-browser.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open.ts';
import type { MetricsBlock, TestBlock } from '../../src/metrics/block.ts';
import { shapeOf } from '../../src/metrics/layer-series.ts';
import { Trace } from '../../src/metrics/trace.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import digits from '../../src/scenarios/digits8-relu-8.json';
import { Loop } from '../../src/sweep/loop.ts';
import { Trainer } from '../../src/sweep/trainer.ts';

const ITERATIONS = 400;
/** Three seeds as replicas: the result of one depends on its draw of weights by a percent or two. */
const experiments = [1, 2, 3].map((seed) =>
  parseExperiment({ ...digits.experiment, seed, iterations: ITERATIONS, probes: { testEvery: 0, layersEvery: 50 } }),
);

async function train(engine: Engine): Promise<Trace[]> {
  const trainer = await Trainer.create(engine, experiments, await loadDataset(experiments[0].task, readAssetByFetch));
  const traces = experiments.map(() => new Trace(trainer.summary.measured, shapeOf(trainer.summary)));
  const listener = {
    block: (block: MetricsBlock) => traces.forEach((trace, r) => void trace.append(block, r)),
    test: (block: TestBlock) => traces.forEach((trace, r) => void trace.appendTest(block, r)),
  };
  await new Loop(trainer, listener).run();
  trainer.destroy();
  return traces;
}

function meanAccuracy(traces: readonly Trace[]): number {
  return traces.reduce((sum, { tests }) => sum + (tests.at(-1)?.accuracy ?? 0), 0) / traces.length;
}

describe('8-layer ReLU networks learn the digits on either engine', () => {
  let gpu: Engine;
  let cpu: Engine;
  let traces: { gpu: Trace[]; cpu: Trace[] };
  beforeAll(async () => {
    gpu = await openEngine('gpu', navigator.gpu, 'use');
    cpu = await openEngine('cpu', undefined, 'use');
    traces = { gpu: await train(gpu), cpu: await train(cpu) };
  }, 120_000);
  afterAll(() => gpu.destroy());

  test('at least 91 % of the unseen forms, mean of three seeds', () => {
    expect(meanAccuracy(traces.gpu)).toBeGreaterThanOrEqual(0.91);
    expect(meanAccuracy(traces.cpu)).toBeGreaterThanOrEqual(0.91);
  });

  test('with curves that agree', () => {
    // Engines differ by rounding, 2^-24 per operation, which training amplifies. Over the first 20 iterations, 9 layers and
    // a few hundred terms per sum, 20 · 9 · 256 · 2^-24 = 2.7e-3 bounds the relative difference even without cancellation.
    experiments.forEach((_, r) => {
      for (let n = 0; n < 20; n++) {
        const [a, b] = [traces.gpu[r].scalars.loss.at(n), traces.cpu[r].scalars.loss.at(n)];
        expect(Math.abs(a - b) / b, `loss of replica ${r} at iteration ${n}`).toBeLessThan(20 * 9 * 256 * 2 ** -24);
      }
    });
    // Later the two are different samples of the same training: each mean is over 3 · 382 pictures at 91 % or better, a
    // standard error of at most √(0.91 · 0.09 / 382) = 1.46 % (the pictures are the same for every seed), so two results
    // differ by less than 4 · √2 · 1.46 % = 8.3 %.
    expect(Math.abs(meanAccuracy(traces.gpu) - meanAccuracy(traces.cpu))).toBeLessThan(0.083);
  });

  test('control: at iteration 0 neither has learnt anything', () => {
    // Cross-entropy of a guess among 10 classes is ln 10 = 2.3; an untrained He network lies above it.
    expect(traces.gpu[0].scalars.loss.at(0)).toBeGreaterThan(2);
  });
});
