import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadDataset } from '../../src/data/load.ts';
import { readAssetByFetch } from '../../src/data/read-asset-browser.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import mnist from '../../src/scenarios/mnist-relu-8.json';
import { Loop } from '../../src/sweep/loop.ts';
import { Trainer } from '../../src/sweep/trainer.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('gpu', navigator.gpu, 'use');
});
afterAll(() => engine.destroy());

test('an 8-layer ReLU network is on its way on WebGPU too: 90 % on MNIST’s test pictures after 300 iterations', {
  timeout: 600_000,
}, async () => {
  const experiment = parseExperiment({ ...mnist.experiment, probes: { testEvery: 0, layersEvery: 100 } });
  const trainer = await Trainer.create(engine, [experiment], await loadDataset(experiment.task, readAssetByFetch));
  // Control: before it has learnt anything it is near chance.
  expect((await trainer.evaluate()).accuracy[0]).toBeLessThan(0.3);
  await new Loop(trainer, { block: () => undefined, test: () => undefined }).run(300);
  const { accuracy } = await trainer.evaluate();
  trainer.destroy();
  expect(accuracy[0]).toBeGreaterThanOrEqual(0.9);
});
