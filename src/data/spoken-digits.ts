/**
 * spoken_digits: the ten English digits, synthesised, as 40 log-mel bands a frame of 10 ms; 64 frames, of which an example has those up
 * to the end of speech. 34 voices of 7 accents for training, 12 other voices of the same accents held out.
 * Features: 25 ms Hann windows at 8 kHz, 40 triangles between 60 and 3,900 Hz, in dB from 0, 50 below the clip's loudest, to 50.
 * ref: Davis, Mermelstein 1980, "Comparison of parametric representations for monosyllabic word recognition in continuously spoken
 * sentences", doi:10.1109/TASSP.1980.1163420 (mel bands). Voices: eSpeak NG 1.51.
 */
import { DataError } from '../model/errors.ts';
import type { Normalisation } from '../model/schema.ts';
import type { Attribution, Baseline, Dataset, ReadAsset } from './dataset.ts';
import { chance } from './generated.ts';
import { readIdxAsset } from './idx.ts';
import { normalise } from './normalise.ts';

export const SPOKEN_DIGITS_ATTRIBUTION: Attribution = {
  title: 'Spoken English digits, log-mel',
  credit: 'Synthesised with eSpeak NG 1.51 (Debian espeak-ng 1.51+dfsg-10+deb12u2), as features',
  licence: 'None known to apply to the features: output of eSpeak NG (GPL-3.0-or-later), of which they hold no code',
  url: 'https://github.com/espeak-ng/espeak-ng',
};

const CLASSES = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'] as const;
const COUNTS = { train: 2380, test: 840 } as const;
const FRAMES = 64;
/** The last window ends 25 ms behind its start, so speech to the very end of a clip counts one frame more than there are. */
const HOPS = FRAMES + 1;
const BANDS = 40;
const LOUDEST = 50;
/** Columns of the meta file: voice, accent, pitch, speed, onset frame, frames of speech. */
const META = { columns: 6, onset: 4, speech: 5 } as const;

/** Measured on the held-out voices, with all 64 frames. */
const BASELINES: readonly Baseline[] = [
  { name: 'nearest centroid', accuracy: 0.61 },
  { name: 'softmax regression', accuracy: 0.826 },
  { name: 'MLP with 128 units', accuracy: 0.871 },
];

/** 2,380 training and 840 test clips. @throws DataError when a file is missing or damaged */
export async function loadSpokenDigits(normalisation: Normalisation, readAsset: ReadAsset): Promise<Dataset> {
  const [train, test] = await Promise.all([readSplit('train', readAsset), readSplit('test', readAsset)]);
  const x = normalise(normalisation, train.features, test.features, 1);
  return {
    name: 'spoken_digits',
    kind: 'classification',
    inputs: BANDS,
    outputs: CLASSES.length,
    classes: CLASSES,
    sequence: {
      kind: 'frames',
      steps: FRAMES,
      labels: 'sequence',
      baselines: (length) => [chance(CLASSES.length), ...(length === FRAMES ? BASELINES : [])],
    },
    train: { n: COUNTS.train, x: x.train, labels: train.labels, lengths: train.lengths },
    test: { n: COUNTS.test, x: x.test, labels: test.labels, lengths: test.lengths },
    attribution: SPOKEN_DIGITS_ATTRIBUTION,
  };
}

async function readSplit(part: 'train' | 'test', readAsset: ReadAsset) {
  const n = COUNTS[part];
  const file = (what: string) => `speech/speech-${part}-${what}.idx.gz`;
  const [features, labels, meta] = await Promise.all([
    readIdxAsset(readAsset, file('features'), [n, FRAMES, BANDS], LOUDEST),
    readIdxAsset(readAsset, file('labels'), [n], CLASSES.length - 1),
    readIdxAsset(readAsset, file('meta'), [n, META.columns], 255),
  ]);
  const ends = Array.from({ length: n }, (_, k) => meta[k * META.columns + META.onset] + meta[k * META.columns + META.speech]);
  const wrong = ends.findIndex((end) => end < 1 || end > HOPS);
  if (wrong >= 0) {
    const found = `speech in clip ${wrong} ends with frame ${ends[wrong]}, expected 1 to ${HOPS}`;
    throw new DataError(file('meta'), `${found}; restore the file from the repository`);
  }
  const lengths = Uint32Array.from(ends, (end) => Math.min(end, FRAMES));
  return { features, labels: Uint32Array.from(labels), lengths };
}
