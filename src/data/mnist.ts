/**
 * mnist: 28×28 grey pictures of handwritten digits, pixels 0…255, 10 classes. The first 10,000 of the 60,000 training
 * pictures and the whole official test set, so test errors compare with the literature.
 * ref: LeCun, Cortes, Burges, "The MNIST database of handwritten digits"; LeCun, Bottou, Bengio, Haffner 1998,
 * "Gradient-based learning applied to document recognition", doi:10.1109/5.726791; CC BY-SA 3.0.
 */
import type { Normalisation } from '../model/schema.ts';
import type { Attribution, Dataset, ReadAsset } from './dataset.ts';
import { loadPictures } from './pictures.ts';

export const MNIST_ATTRIBUTION: Attribution = {
  title: 'MNIST, first 10,000 training pictures and all 10,000 test pictures',
  credit:
    'Yann LeCun, Corinna Cortes, Christopher J.C. Burges: The MNIST database of handwritten digits; from NIST Special Databases 1 and 3',
  licence: 'CC BY-SA 3.0, as stated by the Keras/TensorFlow documentation; shortened to a subset',
  url: 'https://keras.io/api/datasets/mnist/',
};

/** 10,000 training and 10,000 test pictures. @throws DataError when a file is missing or damaged */
export function loadMnist(normalisation: Normalisation, readAsset: ReadAsset): Promise<Dataset> {
  const set = {
    name: 'mnist',
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    rows: 28,
    columns: 28,
    pixelMax: 255,
    counts: { train: 10_000, test: 10_000 },
    attribution: MNIST_ATTRIBUTION,
  } as const;
  return loadPictures(set, normalisation, readAsset);
}
