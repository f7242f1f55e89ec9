import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadDataset } from '../../src/data/load.ts';
import { readAssetByFetch } from '../../src/data/read-asset-browser.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open.ts';
import type { TestBlock } from '../../src/metrics/block.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import mnist from '../../src/scenarios/mnist-relu-8.json';
import { Loop } from '../../src/sweep/loop.ts';
import { Trainer } from '../../src/sweep/trainer.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('gpu', navigator.gpu, 'use');
});
afterAll(() => engine.destroy());

test('an 8-layer ReLU network reaches 95 % on MNIST’s test pictures from 10,000 training pictures', {
  timeout: 600_000,
}, async () => {
  const experiment = parseExperiment({ ...mnist.experiment, probes: { testEvery: 300, layersEvery: 100 } });
  const trainer = await Trainer.create(engine, [experiment], await loadDataset(experiment.task, readAssetByFetch));
  const tests: TestBlock[] = [];
  const loop = new Loop(trainer, {
    block: () => undefined,
    test(block) {
      tests.push(block);
      if (block.accuracy[0] >= 0.95) loop.pause();
    },
  });
  await loop.run();
  trainer.destroy();
  // Control: after 300 iterations it is not there yet.
  expect(tests[0].accuracy[0]).toBeLessThan(0.95);
  expect(Math.max(...tests.map(({ accuracy }) => accuracy[0]))).toBeGreaterThanOrEqual(0.95);
});
