/**
 * wine: 13 chemical measurements of wines from three cultivars. Raw, the columns' standard deviations span a factor of 2,530.
 * ref: Aeberhard, Forina 1992, Wine, UCI Machine Learning Repository, doi:10.24432/C5PC7J; CC BY 4.0.
 */
import type { Normalisation } from '../model/schema.ts';
import type { Attribution, Dataset, ReadAsset } from './dataset.ts';
import { loadTable } from './tables.ts';

export const WINE_ATTRIBUTION: Attribution = {
  title: 'Wine',
  credit: 'S. Aeberhard, M. Forina (1992), Wine, doi:10.24432/C5PC7J',
  licence: 'CC BY 4.0 (UCI Machine Learning Repository)',
  url: 'https://doi.org/10.24432/C5PC7J',
};

/** 142 training and 36 test rows. @throws DataError when the file is missing or damaged */
export function loadWine(normalisation: Normalisation, readAsset: ReadAsset): Promise<Dataset> {
  const set = {
    name: 'wine',
    classes: ['cultivar_1', 'cultivar_2', 'cultivar_3'],
    inputs: 13,
    counts: { train: 142, test: 36 },
    attribution: WINE_ATTRIBUTION,
  } as const;
  return loadTable(set, normalisation, readAsset);
}
