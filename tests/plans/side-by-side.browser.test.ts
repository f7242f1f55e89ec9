/** Two plans on one device: each run has the bits that it has alone. */
import { expect, test } from 'vitest';
import { loadDataset } from '../../src/data/load.ts';
import { readAssetByFetch } from '../../src/data/read-asset-browser.ts';
import type { Experiment, Task } from '../../src/model/schema.ts';
import { useEngines } from '../support/run-kernel.ts';
import { mlp, recorded, small, trainSideBySide } from '../support/side-by-side.ts';

const engines = useEngines();
const datasetOf = (task: Task) => loadDataset(task, readAssetByFetch);
const A = small({ model: mlp(3) });
const OTHERS: readonly (readonly [string, Experiment])[] = [
  ['another depth that ends earlier', small({ model: mlp(6), iterations: 7 })],
  ['another range', small({ model: mlp(3), range: 'extended' })],
  ['another data set', small({ model: mlp(3), task: { name: 'wine' } })],
];

test.each(OTHERS)('%s', async (_, other) => {
  const { gpu } = engines();
  const train = (experiments: readonly Experiment[]) => trainSideBySide(gpu, datasetOf, experiments);
  const { traces, parts } = await train([A, other]);
  expect(parts).toBe(2);
  const alone = [await train([A]), await train([other])];
  expect(traces.map(recorded)).toEqual(alone.map(({ traces: [trace] }) => recorded(trace)));
  expect(traces[0].length).toBe(12);
});
