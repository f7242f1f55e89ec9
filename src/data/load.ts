/** From a task to its data. Only small files are imported here; the data itself comes through `readAsset`. */
import type { Task, TaskName } from '../model/schema.ts';
import { BREAST_CANCER_ATTRIBUTION, loadBreastCancer } from './breast-cancer.ts';
import type { Attribution, Dataset, ReadAsset } from './dataset.ts';
import { DIGITS8_ATTRIBUTION, loadDigits8 } from './digits8.ts';
import { loadMnist, MNIST_ATTRIBUTION } from './mnist.ts';
import { makeTeacher, TEACHER_ATTRIBUTION } from './teacher.ts';
import { loadWine, WINE_ATTRIBUTION } from './wine.ts';

/** Credit and licence of every task's data, without loading any. */
export const ATTRIBUTIONS: Readonly<Record<TaskName, Attribution>> = {
  digits8: DIGITS8_ATTRIBUTION,
  mnist: MNIST_ATTRIBUTION,
  breast_cancer: BREAST_CANCER_ATTRIBUTION,
  wine: WINE_ATTRIBUTION,
  teacher: TEACHER_ATTRIBUTION,
};

/**
 * A task's data with its inputs normalised. `task.inputScale` is left to the device. Nothing is cached.
 *
 * @throws DataError when a data file is missing, damaged or not what its name says
 */
export async function loadDataset(task: Task, readAsset: ReadAsset): Promise<Dataset> {
  switch (task.name) {
    case 'digits8':
      return loadDigits8(task.normalisation, readAsset);
    case 'mnist':
      return loadMnist(task.normalisation, readAsset);
    case 'breast_cancer':
      return loadBreastCancer(task.normalisation, readAsset);
    case 'wine':
      return loadWine(task.normalisation, readAsset);
    case 'teacher':
      return makeTeacher(task);
    default:
      return task satisfies never;
  }
}
