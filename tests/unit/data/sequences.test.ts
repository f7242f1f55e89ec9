import { describe, expect, test } from 'vitest';
import austenJson from '../../../src/data/assets/austen/austen.json' with { type: 'json' };
import speechJson from '../../../src/data/assets/speech/speech.json' with { type: 'json' };
import { AUSTEN_ATTRIBUTION, SYMBOLS } from '../../../src/data/austen.ts';
import type { Dataset, ReadAsset } from '../../../src/data/dataset.ts';
import { gunzip } from '../../../src/data/idx.ts';
import { loadDataset } from '../../../src/data/load.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { trainingExamples } from '../../../src/model/task-schema.ts';
import { dataErrorOf, readAsset } from './assets.ts';

type Stored = 'digits8' | 'digits8_pixels' | 'mnist' | 'mnist_pixels' | 'spoken_digits' | 'austen';
const taskOf = (task: { name: Stored; length?: number; normalisation?: string }) =>
  parseExperiment({
    batchSize: 1,
    task: task as { name: 'austen' },
    model: { kind: /^(digits8|mnist)$/.test(task.name) ? 'mlp' : 'recurrent' },
  }).task;
const load = (name: Stored, more: object = {}, read: ReadAsset = readAsset): Promise<Dataset> =>
  loadDataset(taskOf({ name, ...more }), read);

/** Reads as usual, but another file at `path`. */
const readChanged =
  (path: string, change: (bytes: Uint8Array) => Uint8Array): ReadAsset =>
  async (asked) =>
    asked === path ? change(await readAsset(asked)) : readAsset(asked);

const counts = (values: ArrayLike<number> = [], classes = 10) =>
  Array.from(values).reduce((sum, value) => sum.with(value, sum[value] + 1), new Array<number>(classes).fill(0));

describe('spoken_digits', () => {
  const data = load('spoken_digits', { normalisation: 'none' });

  test('has the clips, frames and classes of its JSON', async () => {
    const { train, test: held, ...set } = await data;
    expect(set).toMatchObject({ kind: 'classification', inputs: 40, outputs: 10, classes: speechJson.classes });
    expect(set.sequence).toMatchObject({ kind: 'frames', steps: 64, labels: 'sequence' });
    expect([train.n, held.n]).toEqual([speechJson.clips.train, speechJson.clips.test]);
    expect([train.x.length, held.x.length]).toEqual([2380 * 64 * 40, 840 * 64 * 40]);
    // Every voice says every digit in every accent: 34 · 7 and 12 · 7 of each.
    expect(counts(train.labels)).toEqual(Array(10).fill(34 * 7));
    expect(counts(held.labels)).toEqual(Array(10).fill(12 * 7));
    expect(train.x.reduce((a, b) => Math.max(a, b))).toBe(speechJson.features.value_max);
  });

  test('has 1 to 64 frames of each clip, up to the end of speech', async () => {
    const { train, test: held } = await data;
    for (const { n, lengths = new Uint32Array() } of [train, held]) {
      expect(lengths).toHaveLength(n);
      expect(Math.min(...lengths)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(64);
      expect(new Set(lengths).size).toBeGreaterThan(20);
    }
    // Onset and frames of speech of the first clip: columns 4 and 5 behind a header of 4 + 2 · 4 bytes.
    const meta = await gunzip('meta', await readAsset('speech/speech-train-meta.idx.gz'));
    expect(train.lengths?.[0]).toBe(meta[12 + 4] + meta[12 + 5]);
  });

  test('standardize uses the training clips’ mean and deviation', async () => {
    const [raw, scaled] = await Promise.all([data, load('spoken_digits', { normalisation: 'standardize' })]);
    // Both are given to three decimals, which moves y, at most 2.8, by less than 5e-4 / 13.6 · 3.8.
    const { train_mean, train_std } = speechJson.features;
    for (let i = 0; i < 2560; i++) {
      expect(Math.abs(scaled.test.x[i] - (raw.test.x[i] - train_mean) / train_std)).toBeLessThan(1.5e-4);
    }
  });

  test.each<[string, string, (bytes: Uint8Array) => Uint8Array, RegExp]>([
    ['an empty file', 'train-features', () => new Uint8Array(), /the file is empty; restore/],
    ['half a file', 'train-features', (bytes) => bytes.subarray(0, bytes.length >> 1), /cannot be unpacked .*restore/],
    ['a web page', 'test-labels', () => new TextEncoder().encode('<html>'), /looks like a web page/],
  ])('refuses %s', async (_, what, change, words) => {
    const path = `speech/speech-${what}.idx.gz`;
    const error = await dataErrorOf(() => load('spoken_digits', {}, readChanged(path, change)));
    expect(error.file).toBe(path);
    expect(error.message).toMatch(words);
  });

  test.each([
    ['test-features', 16, 51, 'element 0 is 51, expected at most 50'],
    ['test-labels', 8, 10, 'element 0 is 10, expected at most 9'],
    ['test-meta', 12 + 5, 200, 'speech in clip 0 ends with frame'],
  ])('refuses a wrong number in %s', async (what, at, value, words) => {
    const path = `speech/speech-${what}.idx.gz`;
    const raw = await gunzip(path, await readAsset(path));
    raw[at] = value;
    const error = await dataErrorOf(() =>
      load(
        'spoken_digits',
        {},
        readChanged(path, () => raw),
      ),
    );
    expect(error.message).toContain(`${path}: ${words}`);
  });

  test('refuses the test clips in place of the training clips', async () => {
    const read: ReadAsset = (path) => readAsset(path.replace('train-features', 'test-features'));
    expect((await dataErrorOf(() => load('spoken_digits', {}, read))).message).toContain(
      'has the shape 840×64×40, expected 2380×64×40',
    );
  });
});

describe('austen', () => {
  const data = load('austen');
  const path = 'austen/austen.txt.gz';

  test('has the symbols, characters and split of its JSON', async () => {
    expect(SYMBOLS).toBe(austenJson.symbols);
    const { train, test: held, ...set } = await data;
    expect(set).toMatchObject({ kind: 'classification', inputs: 74, outputs: 74, classes: [...austenJson.symbols] });
    expect(set.sequence).toMatchObject({ kind: 'text', steps: 10_000, labels: 'step' });
    expect([train.n, train.n + held.n]).toEqual([austenJson.split, austenJson.characters]);
    expect(counts(train.codes, 74).filter((n) => n > 0).length).toBeGreaterThan(70);
  });

  test('is Pride and Prejudice', async () => {
    const { train, test: held } = await data;
    const textOf = (codes = new Uint32Array()) => Array.from(codes, (code) => SYMBOLS[code]).join('');
    expect(textOf(train.codes?.slice(0, 3000))).toContain('It is a truth universally acknowledged');
    expect(textOf(held.codes?.slice(-1500))).toContain('Pemberley');
    // The held-out part starts with a paragraph.
    expect(textOf(train.codes?.slice(-1))).toBe('\n');
  });

  test('is read where a server has unpacked it', async () => {
    const raw = await gunzip(path, await readAsset(path));
    const unpacked = await load(
      'austen',
      {},
      readChanged(path, () => raw),
    );
    expect(unpacked.train.codes).toEqual((await data).train.codes);
  });

  test('knows what counts can predict, in nats', async () => {
    const baselines = (await data).sequence?.baselines(64) ?? [];
    // log2 74 = 6.209 bits.
    expect(baselines[0].loss).toBeCloseTo(6.2094534 * Math.LN2, 6);
    expect(baselines.slice(1).map(({ loss = 0 }) => loss / Math.LN2)).toEqual(
      [4.43, 3.44, 2.65, 2.11, 2.03, 2.3].map((bits) => expect.closeTo(bits, 10)),
    );
  });

  test('single characters have the entropy that the 1-gram baseline says', async () => {
    const { train, test: held } = await data;
    const total = (train.n + 0.1 * 74) as number;
    const seen = counts(train.codes, 74);
    const bits = Array.from(held.codes ?? [], (code) => -Math.log2((seen[code] + 0.1) / total));
    // Given to two decimals.
    expect(Math.abs(bits.reduce((a, b) => a + b) / held.n - 4.43)).toBeLessThan(0.005);
  });

  test.each<[string, (bytes: Uint8Array) => Uint8Array, RegExp]>([
    ['an empty file', () => new Uint8Array(), /austen\.txt\.gz: the file is empty; restore/],
    ['half a file', (bytes) => bytes.subarray(0, bytes.length >> 1), /cannot be unpacked/],
    ['another text', () => new TextEncoder().encode('Emma'), /holds 4 characters, expected 682243; restore/],
  ])('refuses %s', async (_, change, words) => {
    const error = await dataErrorOf(() => load('austen', {}, readChanged(path, change)));
    expect(error.file).toBe(path);
    expect(error.message).toMatch(words);
  });

  test('refuses a character that is none of the symbols', async () => {
    const raw = await gunzip(path, await readAsset(path));
    raw[1234] = 0xe9;
    const error = await dataErrorOf(() =>
      load(
        'austen',
        {},
        readChanged(path, () => raw),
      ),
    );
    expect(error.message).toBe(
      `${path}: character 1234 is the byte 233, expected one of 74 symbols; restore the file from the repository`,
    );
  });

  test('says whose it is', async () => {
    expect((await data).attribution).toBe(AUSTEN_ATTRIBUTION);
    expect(AUSTEN_ATTRIBUTION.title).toBe(austenJson.name);
  });
});

describe.each([
  ['digits8_pixels', 'digits8', 64, 0.958],
  ['mnist_pixels', 'mnist', 784, 0.946],
] as const)('%s', (name, pictures, steps, neighbour) => {
  test('has the pictures, one pixel a step', async () => {
    const [pixels, whole] = await Promise.all([load(name), load(pictures)]);
    expect(pixels).toMatchObject({ name, inputs: 1, outputs: 10, picture: whole.picture });
    expect(pixels.sequence).toMatchObject({ kind: 'frames', steps, labels: 'sequence' });
    for (const part of ['train', 'test'] as const) {
      expect(pixels[part].n).toBe(whole[part].n);
      expect(pixels[part].x.every((value, i) => value === whole[part].x[i])).toBe(true);
      expect(pixels[part].labels).toEqual(whole[part].labels);
      expect(pixels[part].lengths).toEqual(new Uint32Array(whole[part].n).fill(steps));
    }
  });

  test('compares whole pictures alone with what is known of them', async () => {
    const { sequence } = await load(name);
    expect(sequence?.baselines(steps).at(-1)).toEqual({ name: 'nearest neighbour', accuracy: neighbour });
    expect(sequence?.baselines(steps - 1)).toEqual([{ name: 'chance', loss: Math.log(10), accuracy: 0.1 }]);
  });
});

test('spoken_digits compares all frames alone with what is known of them', async () => {
  const { sequence } = await load('spoken_digits');
  expect(sequence?.baselines(64).map(({ accuracy }) => accuracy)).toEqual([0.1, 0.61, 0.826, 0.871]);
  expect(sequence?.baselines(63)).toHaveLength(1);
});

test('an epoch has as many examples as the experiment is checked for', async () => {
  for (const name of ['digits8_pixels', 'mnist_pixels', 'spoken_digits'] as const) {
    expect(trainingExamples(taskOf({ name }))).toBe((await load(name)).train.n);
  }
  const { train } = await load('austen');
  expect(trainingExamples(taskOf({ name: 'austen', length: 100 }))).toBe(Math.floor((train.n - 1) / 100));
});

test('a set is the same whatever the length of its sequences', async () => {
  const [short, long] = await Promise.all([load('spoken_digits', { length: 10 }), load('spoken_digits')]);
  expect(short.train.lengths).toEqual(long.train.lengths);
  expect(short.sequence?.steps).toBe(64);
});
