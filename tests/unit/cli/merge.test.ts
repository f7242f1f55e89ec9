import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mergeFolders } from '../../../src/cli/merge.ts';
import { openDirectory } from '../../../src/cli/store-directory.ts';
import { makeFolder } from '../../cli/run-cli.ts';
import { sweepOf, writeStore } from '../../support/stores.ts';

const sweep = sweepOf({ title: 'Shards', experiment: {}, axes: [{ path: 'seed', values: [1, 2, 3, 4, 5] }] });
const { points } = sweep;

async function idsIn(folder: string): Promise<ReadonlySet<string>> {
  const store = await openDirectory(folder);
  await store.close();
  return store.ids;
}

test('shards become one folder; a second time nothing is added', async () => {
  const folder = makeFolder();
  const [a, b, out] = ['a', 'b', 'out'].map((name) => join(folder, name));
  await writeStore(a, sweep, points.slice(0, 3));
  // Another machine was twice as fast: that is no other number.
  await writeStore(b, sweep, points.slice(2, 4), { change: (record) => ({ ...record, iterationsPerSecond: 200 }) });
  const common = { found: 5, conflicts: [], runs: 5, missing: 1, damaged: 0 };
  expect(await mergeFolders([a, b], out)).toEqual({ ...common, added: 4, duplicates: 1 });
  expect(await mergeFolders([a, b], out)).toEqual({ ...common, added: 0, duplicates: 5 });
  expect(await idsIn(out)).toEqual(new Set(points.slice(0, 4).map(({ id }) => id)));
  const store = await openDirectory(out);
  const source = await openDirectory(a);
  expect(await store.trace(points[1].id)).toEqual(await source.trace(points[1].id));
  await Promise.all([store.close(), source.close()]);
});

test('a run with other numbers is said, and the first one kept', async () => {
  const folder = makeFolder();
  const [a, b, out] = ['a', 'b', 'out'].map((name) => join(folder, name));
  await writeStore(a, sweep, points.slice(0, 2));
  await writeStore(b, sweep, points.slice(0, 2), {
    change: (record, { id }) => (id === points[1].id ? { ...record, result: { ...record.result, loss: 99 } } : record),
  });
  expect(await mergeFolders([a, b], out)).toMatchObject({ added: 2, duplicates: 2, conflicts: [points[1].id] });
  const store = await openDirectory(out);
  for await (const { result } of store.records()) expect(result.loss).not.toBe(99);
  await store.close();
});

test('a torn record is counted and left out', async () => {
  const folder = makeFolder();
  const [a, out] = ['a', 'out'].map((name) => join(folder, name));
  await writeStore(a, sweep, points);
  const file = join(a, 'runs-0001.jsonl');
  truncateSync(file, statSync(file).size - 5);
  expect(await mergeFolders([a], out)).toMatchObject({ found: 4, added: 4, missing: 1, damaged: 1 });
});

describe('refused before anything is written', () => {
  test('a folder of another sweep', async () => {
    const folder = makeFolder();
    const [a, b, out] = ['a', 'b', 'out'].map((name) => join(folder, name));
    const other = sweepOf({ title: 'Other', experiment: {}, axes: [{ path: 'seed', values: [9] }] });
    await writeStore(a, sweep, points.slice(0, 1));
    await writeStore(b, other, other.points);
    await expect(mergeFolders([a, b], out)).rejects.toThrow(
      /b holds "Other" \([0-9a-f]+\), and .*a holds "Shards" .*one sweep only/,
    );
    expect(() => statSync(out)).toThrow();
    await expect(mergeFolders([a], b)).rejects.toThrow(/b holds the results of "Other" .*, another sweep than "Shards"/);
  });
  test('the folder of the results among those to read', async () => {
    const folder = makeFolder();
    await writeStore(folder, sweep, points.slice(0, 1));
    await expect(mergeFolders([folder], `${folder}/`)).rejects.toThrow(/it is one of the folders to read/);
  });
});
