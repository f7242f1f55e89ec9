import { expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { cachedDatasets } from '../../../src/sweep/datasets.ts';

test('runs that differ in the length of their sequences share their data, those that differ in normalisation do not', async () => {
  const datasets = cachedDatasets(() => Promise.reject(new Error('nothing is read')));
  const parity = (more: object) =>
    datasets(parseExperiment({ task: { name: 'delayed_parity', ...more }, model: { kind: 'recurrent' } }).task);
  const first = await parity({});
  expect(await parity({ length: 300, bits: 5, inputScale: 2 })).toBe(first);
  const teacher = (normalisation: 'none' | 'minmax', inputs: number) =>
    datasets(parseExperiment({ task: { name: 'teacher', normalisation, inputs } }).task);
  expect(await teacher('none', 3)).toBe(await teacher('none', 3));
  expect(await teacher('minmax', 3)).not.toBe(await teacher('none', 3));
  expect(await teacher('none', 4)).not.toBe(await teacher('none', 3));
});
