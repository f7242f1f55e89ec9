/** Data sets, each loaded once. */
import type { Dataset } from '../data/dataset.ts';
import { loadDataset } from '../data/load.ts';
import { canonicalJson } from '../model/experiment.ts';
import type { Datasets } from './cohorts.ts';

/** @param readAsset as `loadDataset` takes it */
export function cachedDatasets(readAsset: Parameters<typeof loadDataset>[1]): Datasets {
  const cache = new Map<string, Promise<Dataset>>();
  return (task) => {
    // What is left to the device: runs of several lengths share their data.
    const key = canonicalJson({ ...task, inputScale: 1, length: undefined, bits: undefined });
    let dataset = cache.get(key);
    if (!dataset) {
      dataset = loadDataset(task, readAsset);
      cache.set(key, dataset);
    }
    return dataset;
  };
}
