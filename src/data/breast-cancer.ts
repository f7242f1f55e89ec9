/**
 * breast_cancer: 30 measurements of cell nuclei, malignant or benign. Raw, the columns' standard deviations span a factor of
 * 215,000, which is what it is here for.
 * ref: Wolberg, Mangasarian, Street, Street 1995, Breast Cancer Wisconsin (Diagnostic), UCI Machine Learning Repository,
 * doi:10.24432/C5DW2B; CC BY 4.0.
 */
import type { Normalisation } from '../model/schema.ts';
import type { Attribution, Dataset, ReadAsset } from './dataset.ts';
import { loadTable } from './tables.ts';

export const BREAST_CANCER_ATTRIBUTION: Attribution = {
  title: 'Breast Cancer Wisconsin (Diagnostic)',
  credit: 'W. Wolberg, O. Mangasarian, N. Street, W. Street (1995), Breast Cancer Wisconsin (Diagnostic), doi:10.24432/C5DW2B',
  licence: 'CC BY 4.0 (UCI Machine Learning Repository)',
  url: 'https://doi.org/10.24432/C5DW2B',
};

/** 456 training and 113 test rows. @throws DataError when the file is missing or damaged */
export function loadBreastCancer(normalisation: Normalisation, readAsset: ReadAsset): Promise<Dataset> {
  const set = {
    name: 'breast_cancer',
    classes: ['malignant', 'benign'],
    inputs: 30,
    counts: { train: 456, test: 113 },
    attribution: BREAST_CANCER_ATTRIBUTION,
  } as const;
  return loadTable(set, normalisation, readAsset);
}
