import { describe, expect, test } from 'vitest';
import { reportOf } from '../../../src/cli/report.ts';
import { openDirectory } from '../../../src/cli/store-directory.ts';
import { scaleOver, viridis, wordOf } from '../../../src/report/scales.ts';
import { makeFolder } from '../../cli/run-cli.ts';
import { type StoreOptions, type SyntheticSweep, sweepOf, writeStore } from '../../support/stores.ts';

const sweep = sweepOf({
  title: 'Rates & <depths>',
  claim: 'Shows "where" <script>alert(1)</script>.',
  experiment: {},
  axes: [
    { path: 'model.depth', values: [3, 4, 5] },
    { path: 'optimizer.learningRate', range: { from: 0.001, to: 10, count: 5, scale: 'log' } },
    { path: 'clip', values: [{ rule: 'none' }, { rule: 'value', max: 1 }] },
    { path: 'seed', values: [1, 2] },
  ],
});
/** At the rate 10 every run overflows, at 1 those of seed 1. */
const breaking: StoreOptions = {
  brokenAt: ({ values: [, rate, , seed] }) => (rate === 10 || (rate === 1 && seed === 1) ? 9 : undefined),
};

async function reportOn(described: SyntheticSweep, points = described.points, options: StoreOptions = {}): Promise<string> {
  const folder = makeFolder();
  await writeStore(folder, described, points, options);
  const store = await openDirectory(folder);
  const { html } = await reportOf(store);
  await store.close();
  return html;
}

const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;

test('is one document: words of the user escaped, no script, nothing to load', async () => {
  const html = await reportOn(sweep, sweep.points, breaking);
  expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(html).toContain('<h1>Rates &#38; &#60;depths&#62;</h1>');
  expect(html).toContain('Shows &#34;where&#34; &#60;script&#62;alert(1)');
  expect(html).not.toMatch(/<script|<link|<img|@import|url\(|https?:|javascript:/i);
  expect(html).not.toMatch(/undefined|\[object|NaN/);
});

test('says what was swept, how many runs have finished, and their verdicts', async () => {
  const html = await reportOn(sweep, sweep.points.slice(0, 50), breaking);
  expect(html).toContain('50 of 60 runs have finished, 10 are missing');
  expect(html).toContain('0.001, 0.01, 0.1, 1, 10');
  expect(html).toContain('none, value 1');
  expect(html).toMatch(/<td>diverged<\/td><td class="n">\d+<\/td>/);
});

test('maps: a figure per pair of axes and outcome, with diverged runs marked and cells in words', async () => {
  const html = await reportOn(sweep, sweep.points, breaking);
  // Three pairs of three axes, the seed aside; verdict, accuracy, norm and growth.
  expect(
    count(
      html,
      /<figcaption>(Verdict|Held-out accuracy|Largest gradient norm, log2|Gradient growth[^<]*)<\/figcaption>\n<svg[^>]+aria-label="[^"]+cells: /g,
    ),
  ).toBe(12);
  const map = /<svg[^>]+aria-label="Held-out accuracy over learningRate and depth[\s\S]*?<\/svg>/.exec(html)?.[0] ?? '';
  expect(map).toMatch(
    /aria-label="Held-out accuracy over learningRate and depth, 5 by 3 cells: from 75\.0 % at .*; 6 cells with diverged runs\."/,
  );
  expect(count(map, /class="cell"/g)).toBe(15);
  // Depth by depth: the cell of rate 10 has a cross, that of rate 1, where half of the runs diverged, too.
  expect(count(map, /class="over"/g)).toBe(6);
  expect(map).toContain('learningRate 10, depth 5: 75.0 %, quartiles 75.0 % and 75.0 %; 4 of 4 runs, 4 diverged');
});

test('a minority of diverged runs is one stroke, and a cell without runs is open', async () => {
  const one = sweep.points.filter(({ values }) => values[0] !== 5 || values[1] !== 0.01);
  const broken = sweep.points[0].id;
  const html = await reportOn(sweep, one, { brokenAt: ({ id }) => (id === broken ? 9 : undefined) });
  const map = /<svg[^>]+aria-label="Held-out accuracy over learningRate and depth[\s\S]*?<\/svg>/.exec(html)?.[0] ?? '';
  const strokes = [...map.matchAll(/<path d="([^"]+)" class="over"/g)].map(([, d]) => count(d, /M/g));
  expect(strokes).toEqual([1]);
  expect(count(map, /class="cell open"/g)).toBe(1);
  expect(map).toContain('learningRate 0.01, depth 5: no run has finished; 0 of 4 runs');
});

test('curves over the seeds and of single runs; a run that breaks ends in a cross', async () => {
  const html = await reportOn(sweep, sweep.points, breaking);
  expect(html).toContain('over learningRate, a curve for each value of depth. Here clip is none.');
  expect(html).toMatch(/<figcaption>Loss of the batch<\/figcaption>/);
  const loss = /<figcaption>Loss of the batch[\s\S]*?<\/svg>/.exec(html)?.[0] ?? '';
  expect(count(loss, /class="break /g)).toBe(1);
  expect(loss).toContain('diverged: depth');
});

test('is the same text however the sweep was cut', async () => {
  const folder = makeFolder();
  await writeStore(folder, sweep, [...sweep.points].reverse().slice(0, 20), breaking);
  await writeStore(folder, sweep, sweep.points, { ...breaking, change: (record) => ({ ...record, iterationsPerSecond: 3 }) });
  const store = await openDirectory(folder);
  const { html } = await reportOf(store);
  await store.close();
  expect(html).toBe(await reportOn(sweep, sweep.points, breaking));
});

describe('other sweeps', () => {
  test('without a finished run', async () => {
    const html = await reportOn(sweep, []);
    expect(html).toContain('No run has finished.');
    expect(html).not.toContain('<figure>');
  });
  test('with one axis of words, and a regression', async () => {
    const words = sweepOf({
      experiment: { task: { name: 'teacher' } },
      axes: [{ path: 'model.activation', values: ['relu', 'tanh'] }],
    });
    const html = await reportOn(words);
    expect(html).toContain('<h1>A sweep</h1>');
    expect(html).not.toMatch(/accuracy/i);
    expect(html).toContain('<figcaption>Loss of the batch</figcaption>');
  });
  test('a random sample: ranges as cells, at most 24 by 24', async () => {
    const random = sweepOf({
      experiment: {},
      axes: [
        { path: 'optimizer.learningRate', range: { from: 1e-4, to: 1, scale: 'log' } },
        { path: 'model.init.gain', range: { from: 0.5, to: 2, scale: 'linear' } },
      ],
      sampling: { kind: 'random', count: 60, seed: 1 },
    });
    const html = await reportOn(random);
    expect(html).toContain('60 random points, drawn with seed 1.');
    expect(html).toContain('24 by 24 cells');
  });
  test('more groups than a table holds are said', async () => {
    const many = sweepOf({
      experiment: {},
      axes: [{ path: 'batchSize', range: { from: 1, to: 210, count: 210, scale: 'integer' } }],
    });
    expect(await reportOn(many)).toContain('The first 200 of 210 groups');
  });
});

describe('scales', () => {
  test('viridis from its first to its last colour', () => {
    expect([viridis(0), viridis(0.5), viridis(1), viridis(-1), viridis(2)]).toEqual([
      '#440154',
      '#21918c',
      '#fde725',
      '#440154',
      '#fde725',
    ]);
    // Half-way between 440154 and 482475: (68 + 72) / 2, (1 + 36) / 2, (84 + 117) / 2
    expect(viridis(0.05)).toBe('#461365');
  });
  test.each<[number[], 'linear' | 'log', number[]]>([
    [[0, 1], 'linear', [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [[-3, 40], 'linear', [0, 10, 20, 30, 40]],
    [[1e-4, 10], 'log', [1e-4, 1e-3, 1e-2, 0.1, 1, 10]],
    [[0.05, 3], 'log', [0.05, 0.1, 0.2, 0.5, 1, 2]],
    [[1e-30, 1], 'log', [1e-30, 1e-24, 1e-18, 1e-12, 1e-6, 1]],
    [[5], 'linear', [5]],
  ])('ticks over %j, %s', (values, kind, ticks) => {
    const found = scaleOver(values, kind)?.ticks ?? [];
    expect(found.map((tick) => Number(tick.toPrecision(9)))).toEqual(ticks);
  });
  test('what a scale cannot hold has no place on it', () => {
    const scale = scaleOver([Number.NaN, -1, 0, 1, 100, Number.POSITIVE_INFINITY], 'log');
    expect([scale?.low, scale?.high, scale?.shareOf(10)]).toEqual([1, 100, 0.5]);
    expect(scale?.shareOf(-1)).toBeNaN();
    expect(scaleOver([Number.NaN, 0], 'log')).toBeUndefined();
  });
  test('values as words', () => {
    expect([wordOf(0.000316227766), wordOf(-2.5), wordOf(true), wordOf({ rule: 'value', max: 0.5 })]).toEqual([
      '0.000316',
      '−2.5',
      'true',
      'value 0.5',
    ]);
  });
});
