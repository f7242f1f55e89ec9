/** What comes from elsewhere is held against the device before it replaces the runs. */
import { expect, test, vi } from 'vitest';
import type { AdapterReport } from '../../../src/engine/report.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import type { EstimateClient } from '../../../src/sweep/estimate-client.ts';
import type { FromEstimateWorker } from '../../../src/sweep/estimate-protocol.ts';
import { heldAgainst, whenFitting } from '../../../src/ui/misfit.ts';

const report: AdapterReport = { engine: 'cpu', why: '' };
const small = [parseExperiment({})];
const large = [parseExperiment({ model: { kind: 'mlp', depth: 10_000, width: 4096 } })];

async function tried(experiments: typeof small, known: AdapterReport | undefined, answer?: FromEstimateWorker) {
  const [take, refuse, ask, terminate] = [vi.fn(), vi.fn(), vi.fn(async () => answer), vi.fn()];
  await whenFitting(experiments, known, take, refuse, { ask, terminate } as unknown as EstimateClient);
  return { taken: take.mock.calls.length, refused: refuse.mock.calls.flat(), asked: ask.mock.calls.length };
}

test('small runs, and those of which no device is known yet, are taken at once', async () => {
  expect(await tried(small, report)).toEqual({ taken: 1, refused: [], asked: 0 });
  expect(await tried(large, undefined)).toEqual({ taken: 1, refused: [], asked: 0 });
});

test('large ones are asked for, and refused in words where they do not fit', async () => {
  const estimate = { parameters: [1], plans: 1, bytes: 1, dispatches: 1, flop: 1 };
  expect(await tried(large, report, { type: 'estimated', estimate })).toEqual({ taken: 1, refused: [], asked: 1 });
  const refused = await tried(large, report, { type: 'refused', message: 'memory: 3 TB, valid is up to 2 GB' });
  expect(refused).toEqual({ taken: 0, refused: ['Too large for this device: memory: 3 TB, valid is up to 2 GB.'], asked: 1 });
  // What could not be asked is left to the load.
  expect(await tried(large, report, { type: 'failed', message: 'x' })).toMatchObject({ taken: 1, refused: [] });
});

test('a change is held against the device as long as there are runs to lose', () => {
  expect(heldAgainst({ report, traces: [] })).toBe(report);
  expect(heldAgainst({ report, traces: undefined })).toBeUndefined();
});
