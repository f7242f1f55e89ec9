import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canonicalJson, parseExperiment } from '../../../src/model/experiment.ts';
import { readFiles } from '../../../src/ui/import/files.ts';
import { MOST_BYTES, MOST_DEPTH, readBoundedJson } from '../../../src/ui/import/limits.ts';
import { sweepChanges } from '../../../src/ui/import/preview.ts';
import { recognise } from '../../../src/ui/import/recognise.ts';

const refusal = (text: string) => {
  const start = performance.now();
  const read = recognise(text, 'x.json');
  const ms = performance.now() - start;
  if (read.kind !== 'refused') throw new Error(`taken as ${read.kind}`);
  return { words: read.problems.join('\n'), ms };
};

describe('recognises', () => {
  test('an experiment, with its defaults filled in', () => {
    const read = recognise('{"model": {"kind": "mlp", "depth": 7}}', 'x.json');
    expect(read).toMatchObject({ kind: 'experiments', titles: [''] });
    const [experiment] = read.kind === 'experiments' ? read.experiments : [];
    expect(canonicalJson(experiment)).toBe(canonicalJson(parseExperiment({ model: { kind: 'mlp', depth: 7 } })));
  });
  test('a list of experiments, and what the Lab exports', () => {
    expect(recognise('[{}, {"seed": 3}]', 'x.json')).toMatchObject({ experiments: [{}, { seed: 3 }] });
    const kept = { experiments: [{ title: 'A', experiment: { seed: 5 } }] };
    expect(recognise(JSON.stringify(kept), 'x.json')).toMatchObject({ titles: ['A'], experiments: [{ seed: 5 }] });
  });
  test.each(readdirSync('src/scenarios'))('the committed document %s', (file) => {
    const text = readFileSync(`src/scenarios/${file}`, 'utf8');
    expect(recognise(text, file).kind).toBe('axes' in JSON.parse(text) ? 'sweep' : 'experiments');
  });
  test('the golden cases, and which file belongs to each', () => {
    const files = readdirSync('tests/golden/cases').filter((file) => file.endsWith('.json') && file !== 'manifest.json');
    for (const file of files) {
      const read = recognise(readFileSync(`tests/golden/cases/${file}`, 'utf8'), file);
      expect(read).toMatchObject({ kind: 'case', tensors: file.replace(/json$/, 'safetensors') });
    }
  });
});

// How long each took is printed, not held: the machine that runs the tests may be busy.
describe('refuses in words', () => {
  const axis = (values: string) => `{"experiment": {}, "axes": [{"path": "seed", "values": ${values}}]}`;
  test.each([
    ['a depth of a billion', '{"model": {"kind": "mlp", "depth": 1000000000}}', /x\.json, model\.depth: 1000000000 .*valid is/],
    [
      'a million values',
      axis(`[${'1,'.repeat(999_999)}1]`),
      /axes\.0\.values: more than 100,000 values; valid are up to 100,000/,
    ],
    [
      'a range of a billion',
      '{"experiment": {}, "axes": [{"path": "seed", "range": {"from": 0, "to": 9, "count": 1000000000, "scale": "integer"}}]}',
      /axes\.0\.range\.count: 1000000000 .*100000/,
    ],
    ['deep nesting', `{"model": ${'['.repeat(1_000_000)}`, /nested more than 24 levels deep/],
    ['deep nesting of objects', '{"a":'.repeat(500_000), /a\.a\.a.*nested more than 24/],
    [
      '__proto__',
      '{"model": {"__proto__": {"depth": 3}}}',
      /model\.__proto__: no field may have the name "__proto__"; remove it/,
    ],
    ['__proto__ in escapes', String.raw`{"\u005f_proto__": {"depth": 3}}`, /__proto__: no field may have/],
    ['constructor', '{"constructor": {"prototype": 1}}', /"constructor"; remove it/],
    [
      'a million fields',
      `{${Array.from({ length: 100_000 }, (_, k) => `"f${k}":1`).join(',')}}`,
      /the document: more than 1,000 fields/,
    ],
    [
      'a thousand unknown fields',
      `{${Array.from({ length: 1000 }, (_, k) => `"f${k}":1`).join(',')}}`,
      /f0: unknown field; valid is task, model/,
    ],
    [
      'a thousand wrong constraints',
      `{"experiment": {}, "axes": [{"path": "seed", "values": [1]}], "constraints": [${'{},'.repeat(999)}{}]}`,
      /constraints\.0/,
    ],
    ['too many bytes', `"${'x'.repeat(MOST_BYTES)}"`, /characters; valid are up to 4,194,304/],
    ['a text that never ends', `{"a": "${'\\\\'.repeat(1_000_000)}`, /not JSON/],
    ['no JSON', '<img src=x onerror=alert(1)>', /not JSON/],
    ['nothing', ' ', /it is empty/],
    ['a number', '3', /no object/],
    ['seventeen experiments', `[${'{},'.repeat(16)}{}]`, /17 experiments; valid are 1 to 16/],
    ['another format', '{"format": "other/9"}', /format: "other\/9" is not valid; valid is "nablascope-case\/1"/],
    ['a case of a file elsewhere', '{"format": "nablascope-case/1", "tensors": "../x"}', /tensors: it is no name of a file/],
    ['a sweep without axes', '{"experiment": {}, "axes": []}', /axes: the list is empty/],
    [
      'a sweep of a wrong base',
      '{"experiment": {"seed": -1}, "axes": [{"path": "model.depth", "values": [1]}]}',
      /experiment, seed: -1/,
    ],
  ])('%s', (name, text, words) => {
    const read = refusal(text);
    expect(read.words).toMatch(words);
    expect(read.words.length).toBeLessThan(10_000);
    console.info(`${name}: ${read.ms.toFixed(1)} ms`);
  });
});

test('what is just within the limits is read', () => {
  const nested = '['.repeat(MOST_DEPTH) + ']'.repeat(MOST_DEPTH);
  expect(readBoundedJson(nested)).toHaveProperty('value');
  expect(readBoundedJson(`[${nested}]`)).toHaveProperty('problem');
  expect(readBoundedJson(`[${'1,'.repeat(999)}1]`)).toHaveProperty('value');
  expect(readBoundedJson(`[${'1,'.repeat(1000)}1]`)).toHaveProperty('problem');
  expect(readBoundedJson('{"a": "[[[[,,,,\\"__proto__\\":"}')).toEqual({ value: { a: '[[[[,,,,"__proto__":' } });
  expect(({} as Record<string, unknown>).depth).toBeUndefined();
});

test('as many experiments are taken from several files as there are runs', async () => {
  const file = (experiments: number, k: number) => new File([JSON.stringify(Array(experiments).fill({}))], `${k}.json`);
  const read = (...counts: readonly number[]) => readFiles(counts.map(file));
  expect((await read(8, 8)).imported).toMatchObject({ kind: 'experiments', experiments: { length: 16 } });
  expect((await read(9, 8)).imported).toEqual({
    kind: 'refused',
    problems: ['2 files: they hold 17 experiments; valid are up to 16'],
  });
  expect((await read(...Array(16).fill(1))).imported.kind).toBe('experiments');
  expect((await read(...Array(17).fill(1))).imported).toEqual({
    kind: 'refused',
    problems: ['17 files were given; valid are up to 16 at a time'],
  });
});

test('a preview of a sweep names an axis whose long list of values ends in another way', () => {
  const sweep = (last: number) => ({ axes: [{ path: 'seed', values: [...Array(100).keys(), last] }], title: 'T' });
  const [change, ...others] = sweepChanges(sweep(100), sweep(101));
  expect(others).toEqual([]);
  expect(change).toMatchObject({ path: 'axis seed', before: expect.stringMatching(/^\[0,1,.*…$/) });
  expect(sweepChanges(sweep(100), sweep(100))).toEqual([]);
});
