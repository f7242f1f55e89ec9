import { expect, onTestFinished, test, vi } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { StoreError } from '../../../src/sweep/store.ts';
import { type KeptLab, type LabEvent, openLabStore } from '../../../src/sweep/store-lab.ts';
import type { Checkpoint } from '../../../src/sweep/trainer.ts';

let databases = 0;

async function openFresh(name = `test-lab-${databases++}`) {
  const store = await openLabStore(name);
  onTestFinished(() => {
    store.close();
    indexedDB.deleteDatabase(name);
  });
  return { store, name };
}

const experiment = parseExperiment({});
const labOf = (id: string, keptAt = 0, iteration = 5): KeptLab => ({
  id,
  layout: 'l',
  engine: 'auto',
  trainedBy: 'cpu',
  start: [experiment],
  experiments: [experiment],
  retunes: [],
  iteration,
  keptAt,
  bytes: 100,
});
// The bits of a NaN with a payload, of which a number would lose some.
const state: Checkpoint[] = [{ ticks: 5, experiments: [experiment], starts: [0], words: [Uint32Array.of(1, 0x7fc00001)] }];
const event = (iteration: number): LabEvent => ({ type: 'retuned', iteration, text: 'x' });

async function eventsOf(store: Awaited<ReturnType<typeof openLabStore>>, id: string) {
  const all: LabEvent[] = [];
  for await (const events of store.events(id)) all.push(...events);
  return all;
}

test('state and log come back on another page, in order; a new log replaces the old one', async () => {
  const { store, name } = await openFresh();
  await store.keep(labOf('a'), state, [event(1), event(2)], true);
  await store.keep(labOf('b'), state, [event(9)], true);
  await store.keep(labOf('a', 1, 7), state, [event(3)], false);
  store.close();
  const { store: again } = await openFresh(name);
  expect(await again.find('a')).toEqual({ lab: labOf('a', 1, 7), state });
  expect(await eventsOf(again, 'a')).toEqual([event(1), event(2), event(3)]);
  expect((await again.listLabs()).map(({ id }) => id)).toEqual(['a', 'b']);
  await again.keep(labOf('a', 2, 0), state, [event(4)], true);
  expect(await eventsOf(again, 'a')).toEqual([event(4)]);
  await again.deleteLab('a');
  expect([await again.find('a'), await eventsOf(again, 'a')]).toEqual([undefined, []]);
  expect(await eventsOf(again, 'b')).toEqual([event(9)]);
});

test('eight sessions are kept, the latest', async () => {
  const { store } = await openFresh();
  for (let n = 0; n < 10; n++) await store.keep(labOf(`${n}`, n), state, [event(n)], true);
  expect((await store.listLabs()).map(({ id }) => id)).toEqual(['9', '8', '7', '6', '5', '4', '3', '2']);
  expect(await eventsOf(store, '0')).toEqual([]);
});

test('a full storage is told in words, and what was kept before stays', async () => {
  const { store } = await openFresh();
  await store.keep(labOf('a'), state, [event(1)], true);
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('no room', 'QuotaExceededError');
  });
  const failure = await store.keep(labOf('a', 1), state, [event(2)], false).catch((error: unknown) => error);
  put.mockRestore();
  expect(failure).toBeInstanceOf(StoreError);
  expect((failure as StoreError).message).toMatch(/is full.*Delete stored sweeps/);
  expect(await store.find('a')).toEqual({ lab: labOf('a'), state });
});

test('what is put away is as good as gone, can come back, and goes for good an hour later', async () => {
  const { store } = await openFresh();
  await store.keep(labOf('a'), state, [event(1)], true);
  await store.setDeleted('a', true, Date.now() - 3_500_000);
  await store.setDeleted('nobody', true);
  expect([await store.find('a'), await store.listLabs()]).toEqual([undefined, []]);
  await store.keep(labOf('b'), state, [], true);
  await store.setDeleted('a', false);
  expect((await store.find('a'))?.lab).toEqual({ ...labOf('a'), deletedAt: undefined });
  await store.setDeleted('a', true, Date.now() - 3_700_000);
  await store.keep(labOf('c'), state, [], true);
  await store.setDeleted('a', false);
  expect(await store.find('a')).toBeUndefined();
  expect((await store.listLabs()).map(({ id }) => id).sort()).toEqual(['b', 'c']);
});
