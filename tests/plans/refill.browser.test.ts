import { expect, test } from 'vitest';
import { smallRuns, trainAlone, trainRuns } from '../support/cohorts.ts';
import { useEngines } from '../support/run-kernel.ts';

const engines = useEngines();

test('24 runs of three depths through 7 slots of the GPU: every trace has the bytes that it has alone', {
  timeout: 240_000,
}, async () => {
  const { runs, dataset } = smallRuns();
  // Alone is the slow part: a plan is compiled for each run, so a third of them stands for all.
  const some = { runs: runs.filter((_, k) => k % 3 === 0), dataset };
  const { traces, left } = await trainRuns(engines().gpu, { runs, dataset }, 7);
  expect(left).toEqual([]);
  expect(traces.size).toBe(24);
  for (const [id, trace] of await trainAlone(engines().gpu, some)) expect(traces.get(id), id).toBe(trace);
});
