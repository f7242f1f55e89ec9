import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { CpuEngine } from '../../../src/engine/cpu/engine.ts';
import { soak } from '../../support/soak.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test('4,000 short runs leave the heap and the typed arrays as they were', async () => {
  const samples: { heap: number; arrays: number }[] = [];
  const finished = await soak(new CpuEngine({ engine: 'cpu', why: 'A test.' }), 4000, () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    samples.push({ heap: heapUsed, arrays: arrayBuffers });
  });
  expect(finished).toBe(4000);
  const [early, late] = samples;
  // Three thousand runs between: a trace kept of each would be some 50 kB each, 150 MB; a record 2 kB, 6 MB.
  expect(late.heap - early.heap).toBeLessThan(2e6);
  expect(late.arrays - early.arrays).toBeLessThan(2e6);
});
