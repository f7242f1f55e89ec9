import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { exportStore } from '../../../src/cli/export.ts';
import { openTable } from '../../../src/cli/export-writers.ts';
import { mergeFolders } from '../../../src/cli/merge.ts';
import { openDirectory } from '../../../src/cli/store-directory.ts';
import type { Format } from '../../../src/metrics/table-text.ts';
import { StoreError } from '../../../src/sweep/store.ts';
import { makeFolder } from '../../cli/run-cli.ts';
import { type StoreOptions, sweepOf, writeStore } from '../../support/stores.ts';

const sweep = sweepOf({
  experiment: { model: { kind: 'mlp', depth: 4 } },
  axes: [
    { path: 'iterations', values: [30, 40] },
    { path: 'clip', values: [{ rule: 'none' }, { rule: 'value', max: 1 }] },
    { path: 'seed', values: [1, 2] },
  ],
});
const { points } = sweep;
/** The third point overflows at iteration 12. */
const options: StoreOptions = { brokenAt: ({ id }) => (id === points[2].id ? 12 : undefined) };

async function exported(folder: string, format: Format, traces = false, timing = false, name = 'runs') {
  const store = await openDirectory(folder);
  const out = join(makeFolder(), `${name}.${format}`);
  const { files, ...counts } = await exportStore(store, { format, out, traces, timing });
  await store.close();
  return { files, ...counts };
}

const rowsOf = async (file: string) => parquetReadObjects({ file: await asyncBufferFromFile(file) });

/** A line of CSV without quoted commas, by its header. */
function csvRows(file: string): Record<string, string>[] {
  const [header, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const split = (line: string) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell]) => cell);
  const names = split(header);
  return lines.map((line) =>
    Object.fromEntries(
      split(line)
        .slice(0, names.length)
        .map((cell, k) => [names[k], cell]),
    ),
  );
}

test('a row per run in the order of the points, with every field; NaN and Infinity as such', async () => {
  const folder = makeFolder();
  await writeStore(folder, sweep, points, options);
  const csv = await exported(folder, 'csv');
  expect(csv).toMatchObject({ rows: 8, missing: 0 });
  const rows = csvRows(csv.files[0]);
  expect(rows.map(({ runId }) => runId)).toEqual(points.map(({ id }) => id));
  const broken = {
    'experiment.iterations': '30',
    iterations: '30',
    seed: '1',
    ended: 'iterations',
    loss: 'NaN',
    lastLog2GradientNorm: 'NaN',
    firstNonFiniteIteration: '12',
    firstNonFiniteTensor: 'loss',
    testAccuracy: '0.75',
    clipShare: '',
    engine: 'cpu',
    adapter: '',
  };
  expect(rows[2]).toMatchObject({ ...broken, clip: '"{""max"":1,""rule"":""value""}"' });
  expect(rows[0]).toMatchObject({
    firstNonFiniteIteration: '',
    firstNonFiniteTensor: '',
    firstGrowthFactor: expect.stringMatching(/^0\.93/),
  });

  const json = JSON.parse(readFileSync((await exported(folder, 'json')).files[0], 'utf8'));
  expect(json[2]).toMatchObject({
    runId: points[2].id,
    'experiment.iterations': 30,
    clip: { rule: 'value', max: 1 },
    loss: 'NaN',
    firstNonFiniteIteration: 12,
    clipShare: null,
  });
  expect(json).toHaveLength(8);

  const parquet = await rowsOf((await exported(folder, 'parquet')).files[0]);
  expect(parquet.map(({ runId }) => runId)).toEqual(points.map(({ id }) => id));
  expect(parquet[2]).toMatchObject({
    'experiment.iterations': 30,
    clip: '{"max":1,"rule":"value"}',
    loss: Number.NaN,
    bestLoss: json[2].bestLoss === 'NaN' ? Number.NaN : expect.closeTo(json[2].bestLoss, 6),
    firstNonFiniteIteration: 12,
    verdict: json[2].verdict,
  });
  for (const row of parquet) expect(row.clipShare).toBeNull();
  expect(Object.keys(parquet[0])).toEqual(Object.keys(json[0]));
  expect(Object.keys(json[0])).toEqual(Object.keys(rows[0]));
});

test('the speed is among the columns only where it is asked for', async () => {
  const folder = makeFolder();
  await writeStore(folder, sweep, points.slice(0, 1));
  expect(csvRows((await exported(folder, 'csv')).files[0])[0]).not.toHaveProperty('iterationsPerSecond');
  expect(csvRows((await exported(folder, 'csv', false, true)).files[0])[0]).toMatchObject({ iterationsPerSecond: '100' });
});

test.each(['csv', 'json', 'parquet'] as const)('%s: the same bytes however the sweep was cut', async (format) => {
  const [whole, a, b, joined] = Array.from({ length: 4 }, makeFolder);
  await writeStore(whole, sweep, points, options);
  const faster: StoreOptions = { ...options, change: (record) => ({ ...record, iterationsPerSecond: 7 }) };
  await writeStore(a, sweep, [points[7], points[2], points[0]], faster);
  await writeStore(b, sweep, [points[5], points[6]], options);
  await writeStore(b, sweep, [points[4], points[3], points[2], points[1]].reverse(), faster);
  await mergeFolders([b, a], join(joined, 'out'));
  const [once, cut] = [await exported(whole, format, true), await exported(join(joined, 'out'), format, true)];
  expect(once.files).toHaveLength(10);
  for (const [k, file] of once.files.entries()) {
    expect(readFileSync(cut.files[k]).equals(readFileSync(file)), file).toBe(true);
  }
});

test('traces in long form: curves, evaluations, layers, weights', async () => {
  const folder = makeFolder();
  await writeStore(folder, sweep, [points[2]], options);
  const { files } = await exported(folder, 'parquet', true);
  expect(files.map((file) => file.replace(/.*\//, ''))).toEqual(
    ['', '-traces', '-tests', '-layers', '-weights', '-units', '-steps', '-gates', '-spectra', '-histograms'].map(
      (name) => `runs${name}.parquet`,
    ),
  );
  const [, traces, tests, layers, weights, units] = await Promise.all(files.map(rowsOf));
  expect(traces).toHaveLength(30);
  expect(traces[12]).toMatchObject({
    runId: points[2].id,
    iteration: 12,
    loss: Number.POSITIVE_INFINITY,
    log2GradientNorm: Number.NaN,
    firstNonFinite: 'loss',
  });
  expect(traces[11].firstNonFinite).toBeNull();
  expect(traces[11].loss).toBeLessThan(3);
  expect(tests).toEqual([{ runId: points[2].id, iteration: 30, loss: 0.5, accuracy: 0.75 }]);
  expect(layers).toHaveLength(30 * 4);
  expect(layers[5]).toEqual({ runId: points[2].id, iteration: 1, layer: 1, log2Dz: Math.fround(0.1), overflowDz: null });
  expect(layers.at(-1)?.log2Dz).toBeNaN();
  expect(weights).toHaveLength(30 * 4);
  expect(Object.keys(weights[0])).toEqual(['runId', 'iteration', 'weight', 'log2Dw', 'log2Weight', 'log2Update']);
  expect(units).toHaveLength(30 * 3);
  expect(Object.keys(units[0])).toEqual(['runId', 'iteration', 'layer', 'log2Rms', 'blocked', 'overflowH']);
  const csv = await exported(folder, 'csv', true);
  expect(csvRows(csv.files[1])[12]).toMatchObject({ iteration: '12', loss: 'Infinity', log2GradientNorm: 'NaN' });
});

test('a regression has no accuracy in any table', async () => {
  const regression = sweepOf({ experiment: { task: { name: 'teacher' } }, axes: [{ path: 'seed', values: [1] }] });
  const folder = makeFolder();
  await writeStore(folder, regression, regression.points);
  const { files } = await exported(folder, 'json', true);
  for (const file of files.slice(0, 3)) expect(JSON.parse(readFileSync(file, 'utf8'))[0].accuracy).toBeNull();
});

test('missing runs are counted, and an empty sweep has a header', async () => {
  const folder = makeFolder();
  await writeStore(folder, sweep, []);
  const csv = await exported(folder, 'csv');
  expect(csv).toMatchObject({ rows: 0, missing: 8 });
  expect(readFileSync(csv.files[0], 'utf8')).toMatch(/^runId,experiment\.iterations,clip,seed,ended,[^\n]+\n$/);
  expect(JSON.parse(readFileSync((await exported(folder, 'json')).files[0], 'utf8'))).toEqual([]);
  expect(await rowsOf((await exported(folder, 'parquet')).files[0])).toEqual([]);
});

test('Parquet is written in groups of rows, so that few wait in memory', async () => {
  const file = join(makeFolder(), 'a.parquet');
  const table = await openTable(file, 'parquet', [{ name: 'x', type: 'int' }]);
  for (let k = 0; k < 150_000; k++) await table.write([k]);
  await table.finish();
  const { row_groups } = await parquetMetadataAsync(await asyncBufferFromFile(file));
  expect(row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([65_536, 65_536, 18_928]);
});

describe('what cannot be written', () => {
  test('leaves a file of that name as it was, and no piece of the new one', async () => {
    const folder = makeFolder();
    await writeStore(folder, sweep, points.slice(0, 1));
    const store = await openDirectory(folder);
    const out = join(folder, 'none/runs.csv');
    const attempt = exportStore(store, { format: 'csv', out, traces: false, timing: false });
    await expect(attempt).rejects.toThrow(StoreError);
    await expect(attempt).rejects.toThrow(/none\/runs\.csv cannot be written \(there is no such file/);
    const traces = join(folder, 'traces-0001.bin');
    const bytes = readFileSync(traces);
    bytes[60] ^= 1;
    writeFileSync(traces, bytes);
    const target = makeFolder();
    writeFileSync(join(target, 'runs.csv'), 'old');
    const damaged = exportStore(store, { format: 'csv', out: join(target, 'runs.csv'), traces: true, timing: false });
    await expect(damaged).rejects.toThrow(/has changed since it was written/);
    expect(readdirSync(target)).toEqual(['runs.csv']);
    expect(readFileSync(join(target, 'runs.csv'), 'utf8')).toBe('old');
    await store.close();
  });
});
