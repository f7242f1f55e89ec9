import { describe, expect, it } from 'vitest';
import digits8 from '../../../src/data/assets/digits8/digits8.json' with { type: 'json' };
import mnist from '../../../src/data/assets/mnist/mnist.json' with { type: 'json' };
import tabular from '../../../src/data/assets/tabular/tabular.json' with { type: 'json' };
import type { ReadAsset, Split } from '../../../src/data/dataset.ts';
import { gunzip } from '../../../src/data/idx.ts';
import { ATTRIBUTIONS, loadDataset } from '../../../src/data/load.ts';
import { dataErrorOf, readAsset } from './assets.ts';

type Stored = 'digits8' | 'mnist' | 'breast_cancer' | 'wine';
const load = (name: Stored, normalisation: 'none' | 'standardize' | 'minmax', read: ReadAsset = readAsset) =>
  loadDataset({ name, normalisation, inputScale: 1 }, read);

/** Reads as usual, but `change`s the file at `path`. */
const readChanged =
  (path: string, change: (bytes: Uint8Array) => Uint8Array): ReadAsset =>
  async (asked) =>
    asked === path ? change(await readAsset(asked)) : readAsset(asked);

function countsOf({ labels }: Split, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels ?? []) counts[label]++;
  return counts;
}

/** Mean and population deviation of column `c` of (n, columns), in float64. */
function momentsOf(x: Float32Array, c: number, columns: number): { mean: number; std: number } {
  let sum = 0;
  let squares = 0;
  const n = x.length / columns;
  for (let i = c; i < x.length; i += columns) {
    sum += x[i];
    squares += x[i] * x[i];
  }
  return { mean: sum / n, std: Math.sqrt(squares / n - (sum / n) ** 2) };
}

describe('loadDataset', () => {
  it.each([
    { name: 'digits8', json: digits8, rows: 8, train: 1415, test: 382 },
    { name: 'mnist', json: mnist, rows: 28, train: 10_000, test: 10_000 },
  ] as const)('$name has the sizes and class counts of its JSON', async ({ name, json, rows, train, test }) => {
    const data = await load(name, 'none');
    expect(data).toMatchObject({ name, kind: 'classification', inputs: rows * rows, outputs: 10, classes: json.classes });
    expect(data.picture).toEqual({ rows, columns: rows });
    expect([data.train.n, data.test.n]).toEqual([train, test]);
    expect([data.train.x.length, data.test.x.length]).toEqual([train * rows * rows, test * rows * rows]);
    expect(countsOf(data.train, 10)).toEqual(json.class_counts.train);
    expect(countsOf(data.test, 10)).toEqual(json.class_counts.test);
    expect(data.train.x.reduce((a, b) => Math.max(a, b))).toBe(json.pixel_max);
  });

  it.each([
    // Rows of each class and split, counted with awk -F, '{print $(NF-1), $NF}' FILE | sort | uniq -c.
    { name: 'breast_cancer', inputs: 30, train: [170, 286], test: [42, 71] },
    { name: 'wine', inputs: 13, train: [47, 57, 38], test: [12, 14, 10] },
  ] as const)('$name has the sizes of its JSON', async ({ name, inputs, train, test }) => {
    const data = await load(name, 'none');
    const json = tabular.tables[name];
    expect(data).toMatchObject({ name, kind: 'classification', inputs, outputs: train.length, classes: json.classes });
    expect(data.picture).toBeUndefined();
    expect(countsOf(data.train, train.length)).toEqual(train);
    expect(countsOf(data.test, train.length)).toEqual(test);
    expect([data.train.x.length, data.test.x.length]).toEqual([data.train.n * inputs, data.test.n * inputs]);
    expect([data.test.n, data.train.n + data.test.n]).toEqual([json.test_rows, json.rows]);
  });

  it.each([
    // Over the 90,560 training pixels: sum 442,562, sum of squares 5,433,040 (integers, counted in Python); so mean
    // 442562/90560 and variance 5433040/90560 − mean².
    { name: 'digits8', mean: 442562 / 90560, std: Math.sqrt(5433040 / 90560 - (442562 / 90560) ** 2), digits: 6 },
    // mnist.json gives 4 decimals: 5e-5 in mean and deviation moves y, at most (255 − 33) / 79 = 2.8, by at most
    // 5e-5 / 78.7 · (1 + 2.8) = 2.4e-6, below the 5e-6 of five digits.
    { name: 'mnist', mean: mnist.pixel_mean, std: mnist.pixel_std, digits: 5 },
  ] as const)('standardize gives all training pixels of $name one mean and deviation', async ({ name, mean, std, digits }) => {
    const [raw, data] = await Promise.all([load(name, 'none'), load(name, 'standardize')]);
    for (const part of ['train', 'test'] as const) {
      // The first picture of either split holds blank and inked pixels.
      for (let i = 0; i < data.inputs; i++) {
        expect(data[part].x[i]).toBeCloseTo((raw[part].x[i] - mean) / std, digits);
      }
    }
    // Rounding y to float32 errs by at most 2^-24 |y|, and mean |y| ≤ std = 1: mean and deviation err by 6e-8 at most.
    const moments = momentsOf(data.train.x, 0, 1);
    expect(Math.abs(moments.mean)).toBeLessThan(1e-6);
    expect(Math.abs(moments.std - 1)).toBeLessThan(1e-6);
    // The test split is scaled by the training split's numbers, not by its own.
    expect(Math.abs(momentsOf(data.test.x, 0, 1).mean)).toBeGreaterThan(1e-4);
  });

  it.each([
    ['breast_cancer', 30],
    ['wine', 13],
  ] as const)('standardize gives every training column of %s mean 0 and deviation 1', async (name, columns) => {
    const { train, test } = await load(name, 'standardize');
    for (let c = 0; c < columns; c++) {
      // As for the pictures, float32 rounding moves mean and deviation by at most 2^-24 = 6e-8.
      const { mean, std } = momentsOf(train.x, c, columns);
      expect(Math.abs(mean)).toBeLessThan(1e-6);
      expect(Math.abs(std - 1)).toBeLessThan(1e-6);
    }
    // 36 or 113 rows have means of their own, of the order 1/√113 = 0.09.
    expect(Math.abs(momentsOf(test.x, 0, columns).mean)).toBeGreaterThan(1e-3);
  });

  it('standardize of wine uses the training rows: proline of the first row', async () => {
    // Proline over the 142 training rows: sum 105,618, sum of squares 92,510,640; the first row (train) has 1065.
    const mean = 105618 / 142;
    const std = Math.sqrt(92510640 / 142 - mean ** 2);
    expect((await load('wine', 'standardize')).train.x[12]).toBeCloseTo((1065 - mean) / std, 6);
  });

  it('minmax spans exactly 0…1 over the training split', async () => {
    const pictures = await load('digits8', 'minmax');
    expect(new Set(pictures.train.x).size).toBe(17); // pixels 0…16
    expect([Math.min(...pictures.test.x), Math.max(...pictures.test.x)]).toEqual([0, 1]);
    const table = await load('wine', 'minmax');
    for (let c = 0; c < 13; c++) {
      const column = table.train.x.filter((_, i) => i % 13 === c);
      expect([Math.min(...column), Math.max(...column)]).toEqual([0, 1]);
    }
  });

  it('leaves inputScale to the device', async () => {
    const scaled = await loadDataset({ name: 'wine', normalisation: 'none', inputScale: 1000 }, readAsset);
    expect(scaled.train.x).toEqual((await load('wine', 'none')).train.x);
    expect(scaled.train.x[0]).toBe(Math.fround(14.23)); // wine.csv, line 2
  });

  it.each(['digits8', 'mnist', 'breast_cancer', 'wine'] as const)('%s passes on a missing file as a DataError', async (name) => {
    const missing: ReadAsset = (path) => readAsset(`nowhere/${path}`);
    const error = await dataErrorOf(() => load(name, 'none', missing));
    expect(error.file).toMatch(/^nowhere\//);
  });

  it('refuses a pixel above 16 in digits8', async () => {
    const path = 'digits8/digits8-test-images.idx.gz';
    const raw = await gunzip(path, await readAsset(path));
    raw[16 + 5] = 17; // behind the header of 4 + 3·4 bytes
    const error = await dataErrorOf(() =>
      load(
        'digits8',
        'none',
        readChanged(path, () => raw),
      ),
    );
    expect(error.message).toBe(`${path}: element 5 is 17, expected at most 16; restore the file from the repository`);
  });

  it('refuses a label above 9', async () => {
    const path = 'digits8/digits8-test-labels.idx.gz';
    const raw = await gunzip(path, await readAsset(path));
    raw[8] = 10; // behind the header of 4 + 4 bytes
    const error = await dataErrorOf(() =>
      load(
        'digits8',
        'none',
        readChanged(path, () => raw),
      ),
    );
    expect(error.message).toContain(`${path}: element 0 is 10, expected at most 9`);
  });

  it('refuses the training labels in place of the test labels', async () => {
    const read: ReadAsset = (path) => readAsset(path.replace('test-labels', 'train-labels'));
    const error = await dataErrorOf(() => load('digits8', 'none', read));
    expect(error.message).toContain('digits8-test-labels.idx.gz: has the shape 1415, expected 382');
  });

  // 12,324 bytes: empty, inside the header, inside a row, inside the last word ("…,trai"; the last line ends in "train\n").
  it.each([0, 50, 6000, 12_322])('refuses wine.csv cut after %d bytes', async (length) => {
    const cut = (bytes: Uint8Array) => bytes.subarray(0, length);
    const error = await dataErrorOf(() => load('wine', 'none', readChanged('tabular/wine.csv', cut)));
    expect(error.file).toBe('tabular/wine.csv');
  });

  it.each([
    // Line 2 of wine.csv is a training row, line 13 a test row; 142 and 36 there are.
    [2, '141 training and 36 test rows'],
    [13, '142 training and 35 test rows'],
  ])('refuses wine.csv without its line %i', async (line, found) => {
    const drop = (bytes: Uint8Array) => {
      const lines = new TextDecoder().decode(bytes).split('\n');
      return new TextEncoder().encode(lines.toSpliced(line - 1, 1).join('\n'));
    };
    const error = await dataErrorOf(() => load('wine', 'none', readChanged('tabular/wine.csv', drop)));
    expect(error.message).toContain(`tabular/wine.csv: has 13 input columns, ${found}, expected 13, 142 and 36;`);
  });
});

describe('ATTRIBUTIONS', () => {
  it('repeats credit and licence of the JSON files', async () => {
    expect(ATTRIBUTIONS.digits8).toMatchObject({ title: digits8.name, credit: digits8.credit, licence: digits8.licence });
    expect(ATTRIBUTIONS.mnist).toMatchObject({ title: mnist.name, credit: mnist.credit, licence: mnist.licence });
    for (const name of ['breast_cancer', 'wine'] as const) {
      const { credit, licence } = ATTRIBUTIONS[name];
      // The JSON's credit is "UCI Machine Learning Repository, CC BY 4.0; AUTHORS".
      expect(tabular.tables[name].credit).toBe(`UCI Machine Learning Repository, CC BY 4.0; ${credit}`);
      expect(licence).toBe('CC BY 4.0 (UCI Machine Learning Repository)');
    }
  });

  it('every task has a full one, and its data set carries it', async () => {
    for (const attribution of Object.values(ATTRIBUTIONS)) {
      for (const text of Object.values(attribution)) expect(text).not.toBe('');
      expect(attribution.url).toMatch(/^https:\/\//);
    }
    expect((await load('wine', 'none')).attribution).toBe(ATTRIBUTIONS.wine);
    expect((await load('digits8', 'none')).attribution).toBe(ATTRIBUTIONS.digits8);
  });
});
