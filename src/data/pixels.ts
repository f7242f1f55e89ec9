/**
 * digits8_pixels and mnist_pixels: the pictures of digits8 and mnist, read row by row, one pixel a step.
 * ref: Le, Jaitly, Hinton 2015, "A simple way to initialize recurrent networks of rectified linear units", arXiv:1504.00941,
 * section 4.2, with all of MNIST; here with the subset of `mnist`, and with digits8.
 */
import type { Normalisation } from '../model/schema.ts';
import type { Attribution, Baseline, Dataset, ReadAsset, Split } from './dataset.ts';
import { DIGITS8_ATTRIBUTION, loadDigits8 } from './digits8.ts';
import { chance } from './generated.ts';
import { loadMnist, MNIST_ATTRIBUTION } from './mnist.ts';

export const DIGITS8_PIXELS_ATTRIBUTION: Attribution = {
  ...DIGITS8_ATTRIBUTION,
  title: `${DIGITS8_ATTRIBUTION.title}, pixel by pixel`,
};
export const MNIST_PIXELS_ATTRIBUTION: Attribution = {
  ...MNIST_ATTRIBUTION,
  title: `${MNIST_ATTRIBUTION.title}, pixel by pixel`,
};

/** Measured on the held-out pictures, whole, by classifiers without steps. */
const DIGITS8_BASELINES: readonly Baseline[] = [
  { name: 'nearest centroid', accuracy: 0.851 },
  { name: 'softmax regression', accuracy: 0.916 },
  { name: 'nearest neighbour', accuracy: 0.958 },
];
const MNIST_BASELINES: readonly Baseline[] = [
  { name: 'nearest centroid', accuracy: 0.81 },
  { name: 'softmax regression', accuracy: 0.909 },
  { name: 'nearest neighbour', accuracy: 0.946 },
];

/** 1,415 training and 382 test sequences of 64 steps. @throws DataError when a file is missing or damaged */
export async function loadDigits8Pixels(normalisation: Normalisation, readAsset: ReadAsset): Promise<Dataset> {
  const data = await loadDigits8(normalisation, readAsset);
  return pixelByPixel('digits8_pixels', data, DIGITS8_BASELINES, DIGITS8_PIXELS_ATTRIBUTION);
}

/** 10,000 training and 10,000 test sequences of 784 steps. @throws DataError when a file is missing or damaged */
export async function loadMnistPixels(normalisation: Normalisation, readAsset: ReadAsset): Promise<Dataset> {
  const data = await loadMnist(normalisation, readAsset);
  return pixelByPixel('mnist_pixels', data, MNIST_BASELINES, MNIST_PIXELS_ATTRIBUTION);
}

function pixelByPixel(name: string, data: Dataset, known: readonly Baseline[], attribution: Attribution): Dataset {
  const steps = data.inputs;
  const withLengths = (split: Split): Split => ({ ...split, lengths: new Uint32Array(split.n).fill(steps) });
  return {
    ...data,
    name,
    inputs: 1,
    sequence: {
      kind: 'frames',
      steps,
      labels: 'sequence',
      // What is known of whole pictures says nothing about the first pixels of them.
      baselines: (length) => [chance(data.outputs), ...(length === steps ? known : [])],
    },
    train: withLengths(data.train),
    test: withLengths(data.test),
    attribution,
  };
}
