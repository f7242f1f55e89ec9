/** From a task to its data. Only small files are imported here; the data itself comes through `readAsset`. */
import type { Task, TaskName } from '../model/schema.ts';
import { ADDING_ATTRIBUTION, makeAdding } from './adding.ts';
import { AUSTEN_ATTRIBUTION, loadAusten } from './austen.ts';
import { BREAST_CANCER_ATTRIBUTION, loadBreastCancer } from './breast-cancer.ts';
import { COPY_MEMORY_ATTRIBUTION, makeCopyMemory } from './copy-memory.ts';
import type { Attribution, Dataset, ReadAsset } from './dataset.ts';
import { DELAYED_PARITY_ATTRIBUTION, makeDelayedParity } from './delayed-parity.ts';
import { DIGITS8_ATTRIBUTION, loadDigits8 } from './digits8.ts';
import { loadMnist, MNIST_ATTRIBUTION } from './mnist.ts';
import { DIGITS8_PIXELS_ATTRIBUTION, loadDigits8Pixels, loadMnistPixels, MNIST_PIXELS_ATTRIBUTION } from './pixels.ts';
import { loadSpokenDigits, SPOKEN_DIGITS_ATTRIBUTION } from './spoken-digits.ts';
import { makeTeacher, TEACHER_ATTRIBUTION } from './teacher.ts';
import { makeTemporalOrder, TEMPORAL_ORDER_ATTRIBUTION } from './temporal-order.ts';
import { loadWine, WINE_ATTRIBUTION } from './wine.ts';

/** Credit and licence of every task's data, without loading any. */
export const ATTRIBUTIONS: Readonly<Record<TaskName, Attribution>> = {
  digits8: DIGITS8_ATTRIBUTION,
  mnist: MNIST_ATTRIBUTION,
  breast_cancer: BREAST_CANCER_ATTRIBUTION,
  wine: WINE_ATTRIBUTION,
  teacher: TEACHER_ATTRIBUTION,
  adding: ADDING_ATTRIBUTION,
  copy_memory: COPY_MEMORY_ATTRIBUTION,
  temporal_order: TEMPORAL_ORDER_ATTRIBUTION,
  delayed_parity: DELAYED_PARITY_ATTRIBUTION,
  digits8_pixels: DIGITS8_PIXELS_ATTRIBUTION,
  mnist_pixels: MNIST_PIXELS_ATTRIBUTION,
  spoken_digits: SPOKEN_DIGITS_ATTRIBUTION,
  austen: AUSTEN_ATTRIBUTION,
};

/**
 * A task's data with its inputs normalised. `task.inputScale` and the length of sequences are left to the device. Nothing is cached.
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
    case 'adding':
      return makeAdding();
    case 'copy_memory':
      return makeCopyMemory();
    case 'temporal_order':
      return makeTemporalOrder();
    case 'delayed_parity':
      return makeDelayedParity();
    case 'digits8_pixels':
      return loadDigits8Pixels(task.normalisation, readAsset);
    case 'mnist_pixels':
      return loadMnistPixels(task.normalisation, readAsset);
    case 'spoken_digits':
      return loadSpokenDigits(task.normalisation, readAsset);
    case 'austen':
      return loadAusten(readAsset);
    default:
      return task satisfies never;
  }
}
