/**
 * digits8: 8×8 grey pictures of handwritten digits, pixels 0…16, 10 classes. The test split holds the last three of
 * 14 filled-in forms, the training split the others, so accuracies are below those published for random splits.
 * ref: Alpaydin, Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
 * doi:10.24432/C50P49; CC BY 4.0.
 */
import type { Normalisation } from '../model/schema.ts';
import type { Attribution, Dataset, ReadAsset } from './dataset.ts';
import { loadPictures } from './pictures.ts';

export const DIGITS8_ATTRIBUTION: Attribution = {
  title: 'UCI optical recognition of handwritten digits, 8x8',
  credit:
    'E. Alpaydin, C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, doi:10.24432/C50P49',
  licence: 'CC BY 4.0 (UCI repository); this copy distributed in scikit-learn (BSD-3-Clause)',
  url: 'https://doi.org/10.24432/C50P49',
};

/** 1,415 training and 382 test pictures. @throws DataError when a file is missing or damaged */
export function loadDigits8(normalisation: Normalisation, readAsset: ReadAsset): Promise<Dataset> {
  const set = {
    name: 'digits8',
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    rows: 8,
    columns: 8,
    pixelMax: 16,
    counts: { train: 1415, test: 382 },
    attribution: DIGITS8_ATTRIBUTION,
  } as const;
  return loadPictures(set, normalisation, readAsset);
}
