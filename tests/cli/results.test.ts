/** What is done with a sweep's results: merge, export, report. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sweepOf, writeStore } from '../support/stores.ts';
import { listFiles, makeFolder, runCli } from './run-cli.ts';

const sweep = sweepOf({
  title: 'Small',
  experiment: {},
  axes: [
    { path: 'model.depth', values: [3, 4] },
    { path: 'seed', values: [1, 2, 3] },
  ],
});
const { points } = sweep;

/** Two shards of which the last run is missing and one is in both. */
async function makeShards(): Promise<string> {
  const folder = makeFolder();
  await writeStore(join(folder, 'a'), sweep, points.slice(0, 3));
  await writeStore(join(folder, 'b'), sweep, points.slice(2, 5));
  return folder;
}

test('merge, export and report, from shards to a table and a page', async () => {
  const folder = await makeShards();
  const merged = await runCli(['merge', 'a', 'b', '--out', 'all'], folder);
  expect(merged).toEqual({
    code: 0,
    signal: null,
    stderr: '',
    stdout: '6 runs found, 5 added to all, 1 there already.\nMissing: 1 of the sweep’s 6 runs.\n',
  });
  const json = await runCli(['merge', 'a', 'b', '--out', 'all', '--json'], folder);
  expect(JSON.parse(json.stdout)).toEqual({ found: 6, added: 0, duplicates: 6, conflicts: [], runs: 6, missing: 1, damaged: 0 });

  const exported = await runCli(['export', 'all'], folder);
  expect(exported.stdout).toBe('5 runs written to all/runs.csv; 1 run of the sweep missing.\n');
  const printed = await runCli(['export', 'all', '--out', '-'], folder);
  expect(printed.stdout).toBe(readFileSync(join(folder, 'all/runs.csv'), 'utf8'));
  expect(printed.stderr).toBe('5 runs written; 1 run of the sweep missing.\n');
  const parquet = await runCli(['export', 'all', '--format', 'parquet', '--traces', '--out', 'x.parquet'], folder);
  expect(parquet.stdout).toMatch(
    /^5 runs written to x\.parquet, x-traces\.parquet, x-tests\.parquet, x-layers\.parquet, x-weights/,
  );
  expect(readFileSync(join(folder, 'x-layers.parquet')).subarray(0, 4).toString()).toBe('PAR1');

  const report = await runCli(['report', 'all', '--out', 'small.html'], folder);
  expect(report).toMatchObject({ code: 0, stderr: '', stdout: 'The report on 5 runs is small.html.\n' });
  expect(readFileSync(join(folder, 'small.html'), 'utf8')).toMatch(/<h1>Small<\/h1>[\s\S]*<\/html>\n$/);
  expect(listFiles(folder).filter((file) => /(^|\/)\./.test(file))).toEqual([]);
});

describe('exit code 2, one sentence, nothing written', () => {
  test.each<[string, string[], RegExp]>([
    ['merge without folders', ['merge', '--out', 'all'], /^merge needs at least one folder/],
    ['merge without --out', ['merge', 'a'], /^merge needs --out DIR/],
    ['merge into one of its folders', ['merge', 'a', 'b', '--out', 'b'], /it is one of the folders to read/],
    ['a folder that is not there', ['merge', 'a', 'c', '--out', 'all'], /^c holds no sweep \(there is no sweep\.json\)/],
    ['results of two sweeps', ['merge', 'a', 'other', '--out', 'all'], /^other holds "Other" .*one sweep only\.$/m],
    ['--out with other files', ['merge', 'a', '--out', 'files'], /^files holds other files \(x\.txt\) and no sweep/],
    ['an unknown format', ['export', 'a', '--format', 'xlsx'], /--format "xlsx" is not valid; valid is csv or json or parquet/],
    ['Parquet on stdout', ['export', 'a', '--format', 'parquet', '--out', '-'], /Parquet is no text/],
    ['several tables on stdout', ['export', 'a', '--traces', '--out', '-'], /writes several tables; name a file/],
    [
      'an export into no folder',
      ['export', 'a', '--out', 'none/x.csv'],
      /^none\/x\.csv cannot be written \(there is no such file/,
    ],
    ['a report into no folder', ['report', 'a', '--out', 'none/x.html'], /^none\/x\.html cannot be written/],
    ['a report on a file', ['report', 'files/x.txt'], /files\/x\.txt cannot be read \(part of the path is a file/],
    ['no folder', ['report'], /^report needs a folder that sweep --out wrote/],
  ])('%s', async (_, args, message) => {
    const folder = await makeShards();
    const other = sweepOf({ title: 'Other', experiment: {}, axes: [{ path: 'seed', values: [1] }] });
    await writeStore(join(folder, 'other'), other, other.points);
    mkdirSync(join(folder, 'files'));
    writeFileSync(join(folder, 'files/x.txt'), 'x');
    const before = listFiles(folder);
    const { code, stdout, stderr } = await runCli(args, folder);
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(listFiles(folder)).toEqual(before);
  });
});

test.each(['merge', 'export', 'report'])('%s --help shows how it is called', async (name) => {
  const { code, stdout } = await runCli([name, '--help'], makeFolder());
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`-- ${name} DIR.*\n\n[\\s\\S]*--out[\\s\\S]*Example: ${name} `));
});
