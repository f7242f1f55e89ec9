/** Kept runs: the list, names, what makes room, deletions that can be undone. */
import { expect, onTestFinished, test } from 'vitest';
import { encodeTrace } from '../../../src/metrics/trace-codec.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { type KeptRun, openRunStore } from '../../../src/ui/library/run-store.ts';
import { syntheticTrace } from '../../support/synthetic.ts';

let databases = 0;
const bytes = encodeTrace(syntheticTrace({ iterations: 5 }));

async function openFresh(name = `test-runs-${databases++}`) {
  const store = await openRunStore(name);
  onTestFinished(() => {
    store.close();
    indexedDB.deleteDatabase(name);
  });
  return { store, name };
}

const runOf = (id: string, keptAt: number, byHand = false): KeptRun => ({
  id,
  name: `Run ${id}`,
  keptAt,
  experiment: parseExperiment({}),
  changes: [],
  iterations: 5,
  verdict: { kind: 'healthy', title: 'Healthy' },
  bytes: bytes.length,
  byHand,
});

test('runs come back on another page with their curves, the latest first; the same run takes its own place', async () => {
  const { store, name } = await openFresh();
  await store.keep(runOf('a', 1), bytes);
  await store.keep(runOf('b', 2), bytes);
  await store.keep(runOf('a', 3), bytes);
  store.close();
  const { store: again } = await openFresh(name);
  expect((await again.list()).map(({ id, keptAt }) => [id, keptAt])).toEqual([
    ['a', 3],
    ['b', 2],
  ]);
  expect((await again.trace('b'))?.length).toBe(5);
  expect(await again.trace('c')).toBeUndefined();
});

test('a name given by hand stays when the run is kept by itself again', async () => {
  const { store } = await openFresh();
  await store.keep(runOf('a', 1), bytes);
  await store.rename('a', 'Mine');
  await store.keep(runOf('a', 2), bytes);
  expect(await store.list()).toMatchObject([{ name: 'Mine', byHand: true, keptAt: 2 }]);
});

test('two hundred that nobody asked for are kept, and all that somebody did', async () => {
  const { store } = await openFresh();
  await store.keep(runOf('asked', 0, true), bytes);
  for (let n = 1; n <= 201; n++) await store.keep(runOf(`${n}`, n), bytes);
  const ids = (await store.list()).map(({ id }) => id);
  expect(ids.length).toBe(201);
  expect(ids).toContain('asked');
  expect(ids).not.toContain('1');
  expect(await store.trace('1')).toBeUndefined();
});

test('what is deleted is out of sight, comes back by an undo, and goes for good an hour later', async () => {
  const { store } = await openFresh();
  await store.keep(runOf('a', 1), bytes);
  await store.setDeleted('a', true, 1000);
  expect(await store.list()).toEqual([]);
  await store.purge(3_600_000);
  await store.setDeleted('a', false);
  expect((await store.list()).map(({ id }) => id)).toEqual(['a']);
  await store.setDeleted('a', true, 1000);
  await store.purge(3_601_001);
  await store.setDeleted('a', false);
  expect([await store.list(), await store.trace('a')]).toEqual([[], undefined]);
});
