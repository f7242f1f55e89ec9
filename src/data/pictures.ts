/** What the picture sets share: four IDX files, one mean and standard deviation (or range) over all pixels. */
import type { Normalisation, TaskName } from '../model/schema.ts';
import type { Attribution, Dataset, ReadAsset, Split } from './dataset.ts';
import { readIdxAsset } from './idx.ts';
import { normalise } from './normalise.ts';

export interface PictureSet {
  readonly name: TaskName;
  readonly classes: readonly string[];
  readonly rows: number;
  readonly columns: number;
  /** Largest value of a pixel; the smallest is 0. */
  readonly pixelMax: number;
  /** Pictures in each split. */
  readonly counts: { readonly train: number; readonly test: number };
  readonly attribution: Attribution;
}

/**
 * Reads `NAME/NAME-{train,test}-{images,labels}.idx.gz`.
 *
 * @throws DataError when a file is missing or not what `set` says
 */
export async function loadPictures(set: PictureSet, normalisation: Normalisation, readAsset: ReadAsset): Promise<Dataset> {
  const { name, classes, rows, columns, attribution } = set;
  const [train, test] = await Promise.all([readSplit(set, 'train', readAsset), readSplit(set, 'test', readAsset)]);
  const x = normalise(normalisation, train.pixels, test.pixels, 1);
  const split = (part: 'train' | 'test', labels: Uint32Array): Split => ({ n: labels.length, x: x[part], labels });
  return {
    name,
    kind: 'classification',
    inputs: rows * columns,
    outputs: classes.length,
    classes,
    picture: { rows, columns },
    train: split('train', train.labels),
    test: split('test', test.labels),
    attribution,
  };
}

async function readSplit(set: PictureSet, part: 'train' | 'test', readAsset: ReadAsset) {
  const n = set.counts[part];
  const read = (what: 'images' | 'labels', shape: readonly number[], max: number) =>
    readIdxAsset(readAsset, `${set.name}/${set.name}-${part}-${what}.idx.gz`, shape, max);
  const [pixels, labels] = await Promise.all([
    read('images', [n, set.rows, set.columns], set.pixelMax),
    read('labels', [n], set.classes.length - 1),
  ]);
  return { pixels, labels: Uint32Array.from(labels) };
}
