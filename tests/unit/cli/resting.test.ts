import { expect, test } from 'vitest';
import { resting } from '../../../src/cli/resting.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function turnsDuring(work: Promise<void>): Promise<number> {
  let isOver = false;
  let turns = 0;
  work.then(() => {
    isOver = true;
  });
  for (; !isOver; turns++) await turn();
  return turns;
}

test('while something is awaited, a turn of the event loop takes half a millisecond and others still have theirs', async () => {
  // 100 ms hold at most 200 sleeps of half a millisecond; a turn without one takes microseconds.
  const turns = await turnsDuring(
    Promise.all([resting(delay(100)), resting(delay(50)), resting(delay(100))]).then(() => undefined),
  );
  expect(turns).toBeGreaterThan(3);
  expect(turns).toBeLessThanOrEqual(220);
});

test('results and failures pass through', async () => {
  await expect(resting(Promise.resolve(3))).resolves.toBe(3);
  await expect(resting(Promise.reject(new Error('lost')))).rejects.toThrow('lost');
});
