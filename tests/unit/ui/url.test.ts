import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { FIRST_LOOKS, type Looks } from '../../../src/ui/looks.ts';
import { PAIRS } from '../../../src/ui/pairs.ts';
import { editRuns } from '../../../src/ui/settings.ts';
import { initialState, type Settings } from '../../../src/ui/state.ts';
import { decodeSettings, encodeSettings } from '../../../src/ui/url.ts';

const start = initialState();
const withPair = (experiments: Settings['experiments']): Settings => ({ ...start, experiments });

test('the opening page has an empty address', () => {
  expect(encodeSettings(start)).toBe('');
  expect(decodeSettings('')).toEqual({ settings: start, refused: [] });
});

test('an address holds the version and only what differs from the defaults', () => {
  const plain = parseExperiment({});
  const hash = encodeSettings(withPair([parseExperiment({ optimizer: { name: 'sgd', learningRate: 0.5 } }), plain]));
  expect(hash).toBe('v=1&a.optimizer.learningRate=0.5&runs=own');
  expect(encodeSettings(withPair([plain, plain]))).toBe('v=1&runs=own');
});

test('every prepared pair and its edits come back unchanged', () => {
  const edits = [
    ['optimizer.name', 'adam'],
    ['clip.rule', 'value'],
    ['task.name', 'teacher'],
    ['model.activation', 'tanh'],
    ['task.inputScale', 1e-7],
    ['model.init.scheme', 'xavier_uniform'],
    ['nonFinite', 'stop'],
  ] as const;
  for (const { experiments } of PAIRS) {
    for (const [path, value] of edits) {
      const settings: Settings = {
        ...withPair(editRuns(experiments, 1, path, value)),
        engine: 'cpu',
        logIterations: false,
        mapRun: 1,
      };
      const { settings: back, refused } = decodeSettings(encodeSettings(settings));
      expect(refused).toEqual([]);
      expect(back.experiments).toEqual(settings.experiments);
      expect([back.engine, back.logIterations, back.mapRun]).toEqual(['cpu', false, 1]);
    }
  }
});

test('a refused value is named, the rest is used', () => {
  const { settings, refused } = decodeSettings('v=1&model.depth=-3&model.width=32&a.optimizer.learningRate=abc&engine=quantum');
  expect(settings.experiments[0].model).toMatchObject({ depth: 8, width: 32 });
  expect(settings.experiments[0].optimizer.learningRate).toBe(0.01);
  expect(settings.engine).toBe('auto');
  const text = refused.join('\n');
  for (const word of ['model.depth', '-3', 'optimizer.learningRate', 'abc', 'engine', 'quantum']) expect(text).toContain(word);
  expect(text).not.toContain('width');
});

test('unknown names and names that reach into prototypes are refused', () => {
  const { settings, refused } = decodeSettings('v=1&model.colour=red&__proto__.polluted=1&a.constructor.prototype.polluted=1');
  expect(refused.join('\n')).toContain('model.colour');
  expect(refused.join('\n')).toContain('__proto__');
  expect(settings.experiments[0]).toEqual(parseExperiment({}));
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test('a contradiction between valid fields is named too', () => {
  const { settings, refused } = decodeSettings('v=1&task.name=wine&batchSize=500');
  expect(refused.join('\n')).toContain('batchSize');
  expect(settings.experiments[0]).toMatchObject({ task: { name: 'wine' }, batchSize: 64 });
});

test('another version shows the opening runs and says so; control: this version is read', () => {
  expect(decodeSettings('v=2&model.depth=3').refused[0]).toContain('version 2');
  expect(decodeSettings('model.depth=3').refused[0]).toContain('no version');
  expect(decodeSettings('v=1&model.depth=3').settings.experiments[0].model).toMatchObject({ depth: 3 });
});

test('every field may be one run’s own: another network, optimizer and data set come back as they were', () => {
  const { settings, refused } = decodeSettings(
    'v=1&a.optimizer.name=adam&b.optimizer.name=rmsprop&b.optimizer.momentum=0.5&b.seed=9&b.task.name=wine&b.model.kind=residual_mlp&b.range=extended&model.width=32',
  );
  expect(refused).toEqual([]);
  const [a, b] = settings.experiments;
  expect(a).toMatchObject({
    optimizer: { name: 'adam' },
    task: { name: 'digits8' },
    model: { kind: 'mlp', width: 32 },
    range: 'ieee',
  });
  expect(b).toMatchObject({ optimizer: { name: 'rmsprop', momentum: 0.5 }, task: { name: 'wine' }, seed: 9, range: 'extended' });
  expect(b.model).toMatchObject({ kind: 'residual_mlp', width: 32 });
  expect(decodeSettings(encodeSettings(settings)).settings.experiments).toEqual(settings.experiments);
});

test('a field that only one run has is refused for the other alone; control: with a prefix for neither', () => {
  const { settings, refused } = decodeSettings('v=1&b.model.kind=residual_mlp&model.blocks=3');
  expect(settings.experiments[1].model).toMatchObject({ blocks: 3 });
  expect(refused.join('\n')).toMatch(/Run A.*model\.blocks/);
  expect(decodeSettings('v=1&b.model.kind=residual_mlp&b.model.blocks=3').refused).toEqual([]);
});

describe('any number of runs', () => {
  const { experiments } = PAIRS[0];
  const of = (count: number): Settings => ({
    ...initialState(),
    experiments: Array.from({ length: count }, (_, seed) => ({ ...experiments[0], seed })),
  });
  const settingsOf = ({ experiments: runs, mapRun, baseline, hidden }: Settings) => ({ runs, mapRun, baseline, hidden });

  test.each([1, 2, 3, 16])('%i of them come back, and which of them are looked at', (count) => {
    const last = count - 1;
    const given = { ...of(count), mapRun: last, baseline: last, hidden: count > 2 ? [0, last] : [] };
    const { settings, refused } = decodeSettings(encodeSettings(given));
    expect(refused).toEqual([]);
    expect(settingsOf(settings)).toEqual(settingsOf(given));
  });

  test('what is wrong with several runs is said once, with all of them', () => {
    const { settings, refused } = decodeSettings('v=1&runs=3&seed=1&b.seed=2&model.depth=0');
    expect(settings.experiments.map(({ seed }) => seed)).toEqual([1, 2, 1]);
    expect(refused).toEqual([expect.stringMatching(/^Runs A, B and C, model\.depth: /)]);
  });

  test.each([
    ['runs=17', /^runs: "17" is not valid; valid is own, or 1 to 16\.$/],
    ['runs=0', /^runs: "0" is not valid/],
    ['runs=2e0', /^runs: "2e0" is not valid/],
    ['runs=3&map=d', /^map: "d" is not valid; valid is a to c\.$/],
    ['runs=1&baseline=b', /^baseline: "b" is not valid; valid is a\.$/],
    ['runs=2&hide=ax', /^hide: "ax" is not valid; valid is one or several of a to b\.$/],
    ['runs=2&c.seed=1', /^"c\.seed" is not the name of a setting\.$/],
  ])('%s is refused in words', (words, sentence) => {
    expect(decodeSettings(`v=1&${words}`).refused).toEqual([expect.stringMatching(sentence)]);
  });
});

test('a zoom is written and read again; one that makes no sense is named', () => {
  const { settings } = decodeSettings('v=1&x=linear');
  const hash = encodeSettings(settings, [10, 200]);
  expect(decodeSettings(hash)).toEqual({ settings, zoom: [10, 200], refused: [] });
  for (const text of ['200-10', '5', '-1-3', '1e3-2e3', '1-9999999999', '__proto__']) {
    const { zoom, refused } = decodeSettings(`v=1&zoom=${text}`);
    expect(zoom).toBeUndefined();
    expect(refused).toEqual([`zoom: "${text}" is not valid; valid is the first and the last iteration, for example 10-200.`]);
  }
});

// How long each took is printed, not held: the machine that runs the tests may be busy.
test.each([
  ['a megabyte', `v=1&${'a'.repeat(1e6)}=1`, /The link has 1,000,006 characters and this page reads up to 65,536/],
  ['a depth of a billion', 'v=1&model.depth=1000000000', /model\.depth: 1000000000 .*valid is/],
  ['__proto__', 'v=1&__proto__.depth=3&constructor.prototype.depth=4', /"__proto__.depth" is not the name of a setting/],
  ['deep nesting', `v=1&${'a.'.repeat(10_000)}a=1`, /not the name of a setting/],
  ['a thousand unknown settings', `v=1&${Array.from({ length: 1000 }, (_, k) => `f${k}=1`).join('&')}`, /f0/],
])('a hostile link is refused in words: %s', (name, hash, words) => {
  const start = performance.now();
  const { settings, refused } = decodeSettings(hash);
  console.info(`${name}: ${(performance.now() - start).toFixed(1)} ms`);
  expect(refused.join('\n')).toMatch(words);
  expect(settings.experiments.length).toBeGreaterThan(0);
  expect(({} as Record<string, unknown>).depth).toBeUndefined();
});

const LOOKS: { readonly [K in keyof Looks]: readonly [value: Looks[K], words: string, refused: string] } = {
  series: ['updateRatio', 'series=updateRatio', 'series=speed'],
  wide: ['histograms', 'below=histograms', 'below=pie'],
  part: [0, 'part=0', 'part=-1'],
  gate: ['f', 'gate=f', 'gate=garden'],
  across: ['weights', 'across=weights', 'across=0'],
  weight: [17, 'weight=17', 'weight=1e9'],
  spectrum: ['sigma', 'spectra=sigma', 'spectra=SIGMA'],
};

describe.each(Object.entries(LOOKS))('%s of what is looked at', (key, [value, words, wrong]) => {
  test('is written where it differs from the first, and read again', () => {
    const settings: Settings = { ...start, looks: { ...FIRST_LOOKS, [key]: value } };
    expect(encodeSettings(settings)).toBe(`v=1&${words}`);
    const { settings: back, refused } = decodeSettings(encodeSettings(settings));
    expect([back.looks, back.experiments, refused]).toEqual([settings.looks, start.experiments, []]);
  });

  test('is named where it cannot be used; the rest is', () => {
    const { settings, refused } = decodeSettings(`v=1&${wrong}&x=linear`);
    expect(settings.looks).toEqual(FIRST_LOOKS);
    expect(settings.logIterations).toBe(false);
    const [word, text] = wrong.split('=');
    expect(refused).toEqual([expect.stringMatching(new RegExp(`^${word}: "${text}" is not valid; valid is .+\\.$`))]);
  });
});

test('all that is looked at at once comes back', () => {
  const looks = Object.fromEntries(Object.entries(LOOKS).map(([key, [value]]) => [key, value])) as unknown as Looks;
  const { settings, refused } = decodeSettings(encodeSettings({ ...start, looks }));
  expect([settings.looks, refused]).toEqual([looks, []]);
});
