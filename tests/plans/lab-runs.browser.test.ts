/** On WebGPU: back, on again and taken up by a new page, runs have the bits that they have straight through. */
import { expect, test } from 'vitest';
import { loadDataset } from '../../src/data/load.ts';
import { readAssetByFetch } from '../../src/data/read-asset-browser.ts';
import { type LabSetUp, MemoryLabStore, openLab, resumeLab } from '../support/lab.ts';
import { useEngines } from '../support/run-kernel.ts';
import { mlp, small } from '../support/side-by-side.ts';

const engines = useEngines();
const datasetOf: LabSetUp['datasetOf'] = (task) => loadDataset(task, readAssetByFetch);
const RUNS = [small({ model: mlp(2), optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9 } })];

test('back by four and by one, a new page in between', async () => {
  const { gpu } = engines();
  const straight = await openLab(gpu, RUNS, { datasetOf });
  await straight.lab.run();
  const store = new MemoryLabStore();
  const { lab } = await openLab(gpu, RUNS, { datasetOf, store });
  await lab.run(8);
  for (let n = 0; n < 4; n++) await lab.back();
  await lab.keep();
  lab.destroy();
  const again = await resumeLab(gpu, store, { datasetOf });
  expect([again.isResumed, again.lab.runs.iteration]).toEqual([true, 4]);
  await again.lab.back();
  await again.lab.run();
  expect({ all: again.all(), words: await again.words() }).toEqual({ all: straight.all(), words: await straight.words() });
  for (const { lab: loaded } of [straight, again]) loaded.destroy();
});
