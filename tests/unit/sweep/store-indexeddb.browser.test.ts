import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { encodeTrace } from '../../../src/metrics/trace-codec.ts';
import { expand, parseSweep, sweepId } from '../../../src/sweep/axes.ts';
import { type RunRecord, recordToJson } from '../../../src/sweep/record.ts';
import { type Manifest, StoreError, type SweepStore } from '../../../src/sweep/store.ts';
import { openSweepDatabase } from '../../../src/sweep/store-indexeddb.ts';
import { recordOf, syntheticRun } from '../../support/synthetic.ts';

function sweepOf(seeds: readonly number[], title?: string) {
  const axes = [{ path: 'seed', values: seeds }];
  const sweep = parseSweep({ ...(title ? { title } : {}), experiment: {}, axes }, 's');
  const manifest: Manifest = { version: 1, sweepId: sweepId(sweep), sweep };
  const runs = expand(sweep, 's').points.map((point, k) => {
    const trace = syntheticRun(point.experiment, k === 1 ? 20 : undefined);
    return { id: point.id, record: recordOf(point, trace), trace: encodeTrace(trace) };
  });
  return { manifest, runs };
}

let databases = 0;

/** A database that is deleted after the test. */
async function openFresh(name = `test-${databases++}`) {
  const database = await openSweepDatabase(name);
  onTestFinished(async () => {
    database.close();
    await new Promise<void>((resolve) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = () => resolve();
      request.onblocked = () => resolve();
    });
  });
  return { database, name };
}

async function recordsIn(store: SweepStore): Promise<RunRecord[]> {
  const all: RunRecord[] = [];
  for await (const record of store.records()) all.push(record);
  return all;
}

const { manifest, runs } = sweepOf([1, 2, 3], 'Small');
const [first, second, third] = runs;
const byId = (records: RunRecord[]) => [...records].sort((a, b) => (a.id < b.id ? -1 : 1));

test('records and traces come back in another session, NaN as such', async () => {
  const { database, name } = await openFresh();
  const store = await database.open(manifest, 3);
  await Promise.all(runs.map(({ record, trace }) => store.append(record, trace)));
  await store.close();
  database.close();
  const { database: again } = await openFresh(name);
  const found = (await again.find(manifest.sweepId)) as SweepStore;
  expect(found.manifest).toEqual(manifest);
  expect(found.ids).toEqual(new Set(runs.map(({ id }) => id)));
  expect(byId(await recordsIn(found))).toEqual(byId(runs.map(({ record }) => record)));
  expect(second.record.result.loss).toBeNaN();
  expect(await found.trace(second.id)).toEqual(second.trace);
  expect(await found.trace('0')).toBeUndefined();
  expect(await again.find('0')).toBeUndefined();
});

test('a run is kept once, within a session and by two tabs', async () => {
  const { database, name } = await openFresh();
  const store = await database.open(manifest, 3);
  await Promise.all([store.append(first.record, first.trace), store.append(first.record, first.trace)]);
  const { database: other } = await openFresh(name);
  const tab = await other.open(manifest, 3);
  await store.append(second.record, second.trace);
  await tab.append({ ...second.record, iterationsPerSecond: 1 }, second.trace);
  expect((await recordsIn(store)).map(({ iterationsPerSecond }) => iterationsPerSecond)).toEqual([100, 100]);
  expect(tab.ids.has(second.id)).toBe(true);
});

test('a trace that is a view is kept without the rest of its buffer', async () => {
  const { database } = await openFresh();
  const store = await database.open(manifest, 3);
  const large = new Uint8Array(first.trace.length + 1000);
  large.set(first.trace, 100);
  await store.append(first.record, large.subarray(100, 100 + first.trace.length));
  const trace = (await store.trace(first.id)) as Uint8Array;
  expect(trace).toEqual(first.trace);
  expect(trace.buffer.byteLength).toBe(first.trace.length);
});

test('sweeps are listed and deleted one by one', async () => {
  const { database } = await openFresh();
  const begun = Date.now();
  const other = sweepOf([7, 8]);
  const stores = [await database.open(manifest, 3), await database.open(other.manifest, 2)];
  await stores[0].append(first.record, first.trace);
  await Promise.all(other.runs.map(({ record, trace }) => stores[1].append(record, trace)));
  const sizeOf = ({ record, trace }: typeof first) => recordToJson(record).length + trace.byteLength;
  const sizes = { first: sizeOf(first), others: other.runs.reduce((sum, run) => sum + sizeOf(run), 0) };
  const keptAt = expect.toSatisfy((ms: number) => ms >= begun && ms <= Date.now());
  const listed = await database.listSweeps();
  expect(listed).toHaveLength(2);
  expect(listed).toEqual(
    expect.arrayContaining([
      { sweepId: manifest.sweepId, title: 'Small', runs: 3, finished: 1, keptAt, bytes: sizes.first },
      { sweepId: other.manifest.sweepId, title: '', runs: 2, finished: 2, keptAt, bytes: sizes.others },
    ]),
  );
  // Opened again, or given what it has, it is as large as before.
  await (await database.open(manifest, 3)).append(first.record, first.trace);
  expect((await database.listSweeps()).find(({ title }) => title === 'Small')?.bytes).toBe(sizes.first);
  await database.deleteSweep(other.manifest.sweepId);
  expect((await database.listSweeps()).map(({ title }) => title)).toEqual(['Small']);
  expect(await stores[1].trace(other.runs[0].id)).toBeUndefined();
  expect(await stores[0].trace(first.id)).toEqual(first.trace);
  await expect(stores[1].append(first.record, first.trace)).rejects.toThrow('This sweep was deleted');
});

test('a deleted sweep is out of sight, comes back whole, and goes for good when purged or begun again', async () => {
  const { database } = await openFresh();
  const store = await database.open(manifest, 3);
  await store.append(first.record, first.trace);
  await database.setDeleted(manifest.sweepId, true);
  expect(await database.listSweeps()).toEqual([]);
  expect(await database.find(manifest.sweepId)).toBeUndefined();
  await expect(store.append(second.record, second.trace)).rejects.toThrow('This sweep was deleted');
  await database.setDeleted(manifest.sweepId, false);
  expect(await database.listSweeps()).toMatchObject([{ finished: 1 }]);
  await database.purge();
  expect(await (await database.find(manifest.sweepId))?.trace(first.id)).toEqual(first.trace);

  await database.setDeleted(manifest.sweepId, true);
  await database.open(manifest, 3);
  expect(await database.listSweeps()).toMatchObject([{ finished: 0 }]);
  await database.setDeleted(manifest.sweepId, true);
  await database.purge();
  await database.setDeleted(manifest.sweepId, false);
  expect(await database.listSweeps()).toEqual([]);
});

describe('a storage that is full', () => {
  test('is one sentence; neither half of a run is kept, and later runs can be', async () => {
    const { database } = await openFresh();
    const store = await database.open(manifest, 3);
    await store.append(first.record, first.trace);
    const put = IDBObjectStore.prototype.put;
    const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
      if (this.name === 'traces') throw new DOMException('', 'QuotaExceededError');
      return put.call(this, value, key);
    });
    onTestFinished(() => full.mockRestore());
    const failed = store.append(second.record, second.trace);
    await expect(failed).rejects.toThrow(StoreError);
    await expect(failed).rejects.toThrow(/storage for this page is full; what was kept is whole\. Delete a stored sweep/);
    full.mockRestore();
    expect(store.ids).toEqual(new Set([first.id]));
    expect(await recordsIn(store)).toEqual([first.record]);
    await store.append(third.record, third.trace);
    expect(store.ids.has(third.id)).toBe(true);
  });
});

test('50,000 runs come back in order, all of them', async () => {
  const { database, name } = await openFresh();
  const store = await database.open(manifest, 50_000);
  const trace = new Uint8Array(200);
  const ids = Array.from({ length: 50_000 }, (_, k) => k.toString(16).padStart(16, '0'));
  // Fifty runs of a plan finish together.
  for (let k = 0; k < ids.length; k += 50) {
    await Promise.all(ids.slice(k, k + 50).map((id) => store.append({ ...first.record, id }, trace)));
  }
  database.close();
  const { database: again } = await openFresh(name);
  const found = (await again.find(manifest.sweepId)) as SweepStore;
  const records = await recordsIn(found);
  expect(records.map(({ id }) => id)).toEqual(ids);
  expect(found.ids.size).toBe(50_000);
}, 120_000);
