import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { CpuEngine } from '../../../src/engine/cpu/engine.ts';
import { soak } from '../../support/soak.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is still reachable. Buffers are freed some time after the collection that finds them unused. */
async function memory(): Promise<{ heap: number; arrays: number }> {
  for (let n = 0; n < 5; n++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, arrays: arrayBuffers };
}

test('3,000 short runs after 1,000 others leave the heap and the typed arrays as they were', async () => {
  const engine = new CpuEngine({ engine: 'cpu', why: 'A test.' });
  expect(await soak(engine, [0, 1000])).toBe(1000);
  const early = await memory();
  expect(await soak(engine, [1000, 4000])).toBe(3000);
  const late = await memory();
  // A trace kept of each would be some 50 kB each, 150 MB; a record 2 kB, 6 MB.
  expect(late.heap - early.heap).toBeLessThan(2e6);
  expect(late.arrays - early.arrays).toBeLessThan(2e6);
});
