import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDataset } from '../../src/data/load.ts';
import { readAssetByFetch } from '../../src/data/read-asset-browser.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open.ts';
import { Trace } from '../../src/metrics/trace.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import digits from '../../src/scenarios/digits8-relu-8.json';
import { Loop } from '../../src/sweep/loop.ts';
import { Trainer } from '../../src/sweep/trainer.ts';

const ITERATIONS = 600;
const experiment = parseExperiment({ ...digits.experiment, iterations: ITERATIONS, probes: { testEvery: 0, layersEvery: 50 } });

async function train(engine: Engine): Promise<Trace> {
  const trainer = await Trainer.create(engine, [experiment], await loadDataset(experiment.task, readAssetByFetch));
  const trace = new Trace(trainer.summary.measured, trainer.summary.gradientLayers.length);
  await new Loop(trainer, { block: (block) => trace.append(block, 0), test: (block) => trace.appendTest(block, 0) }).run();
  trainer.destroy();
  return trace;
}

describe('an 8-layer ReLU network learns the digits on either engine', () => {
  let gpu: Engine;
  let cpu: Engine;
  let traces: { gpu: Trace; cpu: Trace };
  beforeAll(async () => {
    gpu = await openEngine('gpu', navigator.gpu, 'use');
    cpu = await openEngine('cpu', undefined, 'use');
    traces = { gpu: await train(gpu), cpu: await train(cpu) };
  }, 120_000);
  afterAll(() => gpu.destroy());

  test('at least 91 % of the unseen forms', () => {
    expect(traces.gpu.tests.at(-1)?.accuracy).toBeGreaterThanOrEqual(0.91);
    expect(traces.cpu.tests.at(-1)?.accuracy).toBeGreaterThanOrEqual(0.91);
  });

  test('with curves that agree', () => {
    // Engines differ by rounding, 2^-24 per operation, which training amplifies. Over the first 20 iterations, 9 layers and
    // a few hundred terms per sum, 20 · 9 · 256 · 2^-24 = 2.7e-3 bounds the relative difference even without cancellation.
    for (let n = 0; n < 20; n++) {
      const [a, b] = [traces.gpu.scalars.loss.at(n), traces.cpu.scalars.loss.at(n)];
      expect(Math.abs(a - b) / b, `loss at iteration ${n}`).toBeLessThan(20 * 9 * 256 * 2 ** -24);
    }
    // Later the two are different samples of the same training: 382 test pictures at 91 % or better have a standard error
    // of at most √(0.91 · 0.09 / 382) = 1.46 %, so two results differ by less than 4 · √2 · 1.46 % = 8.3 %.
    const [a, b] = [traces.gpu.tests.at(-1)?.accuracy ?? 0, traces.cpu.tests.at(-1)?.accuracy ?? 0];
    expect(Math.abs(a - b)).toBeLessThan(0.083);
  });

  test('control: at iteration 0 neither has learnt anything', () => {
    // Cross-entropy of a guess among 10 classes is ln 10 = 2.3; an untrained He network lies above it.
    expect(traces.gpu.scalars.loss.at(0)).toBeGreaterThan(2);
  });
});
