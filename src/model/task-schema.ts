/** The schema of the tasks: what a network is trained on. */
import * as v from 'valibot';
import { LONGEST_SEQUENCE } from './recurrent-schema.ts';
import { atLeast, choice, integer, named, positive } from './schema-parts.ts';

const inputScale = v.optional(
  positive('Factor on the prepared inputs; far from 1 it breaks the run on purpose.', {
    unit: '×',
    usual: [0.01, 100],
    log: true,
  }),
  1,
);

const preparation = {
  normalisation: v.optional(
    choice(['none', 'standardize', 'minmax'], 'Scaling of the raw inputs, measured on the training split.', {
      label: 'Input scaling',
      options: { standardize: { text: 'Mean 0, deviation 1.' }, minmax: { text: '0 to 1.' } },
    }),
    'standardize',
  ),
  inputScale,
};

/** Steps of a sequence, with the same text in every task. */
const steps = (least: number, most: number, usual: number) =>
  v.optional(
    integer(
      least,
      most,
      'Steps of a sequence: how far a gradient has to go back through time. Data that is shorter ends earlier.',
      { label: 'Sequence length', unit: 'steps', ...(most > 1000 && { usual: [least, 1000], log: true }) },
    ),
    usual,
  );

export const taskSchema = v.variant('name', [
  v.strictObject({
    name: choice(['digits8', 'mnist', 'breast_cancer', 'wine'], 'What the network learns.', {
      label: 'Data',
      options: {
        digits8: { label: 'digits 8 × 8', text: 'Handwritten digits of 8 × 8 pixels (Alpaydin, Kaynak 1998).' },
        mnist: { label: 'MNIST', text: 'Handwritten digits of 28 × 28 pixels (LeCun et al. 1998).' },
        breast_cancer: { text: 'Tumours by 30 measures of their cells (Wolberg et al. 1995).' },
        wine: { text: 'Three cultivars by 13 chemical measures (Aeberhard, Forina 1991).' },
      },
    }),
    ...preparation,
  }),
  v.strictObject({
    name: named(
      'teacher',
      'Synthetic regression: targets are a fixed random one-hidden-layer tanh network of the inputs, plus noise.',
      { label: 'teacher (regression)' },
    ),
    inputs: v.optional(integer(1, 4096, 'Input features.', { unit: 'features', usual: [1, 256] }), 16),
    outputs: v.optional(integer(1, 1024, 'Target values.', { unit: 'values', usual: [1, 64] }), 4),
    examples: v.optional(integer(2, 100_000, 'Training examples; a quarter as many are held out.', { unit: 'examples' }), 2048),
    noise: v.optional(
      atLeast(0, 'Standard deviation of the noise added to the targets.', { unit: 'deviation', usual: [0, 2] }),
      0,
    ),
    ...preparation,
  }),
  v.strictObject({
    name: named(
      'adding',
      'Adding: the sum of the two marked numbers of a sequence, one in each half (Hochreiter, Schmidhuber 1997, exp. 4, in the form of Le et al. 2015).',
      { label: 'adding two numbers' },
    ),
    length: steps(2, LONGEST_SEQUENCE, 100),
    inputScale,
  }),
  v.strictObject({
    name: named('copy_memory', 'Copy memory: ten symbols are given back after a delay (Arjovsky, Shah, Bengio 2016).'),
    length: steps(21, LONGEST_SEQUENCE, 120),
    inputScale,
  }),
  v.strictObject({
    name: named(
      'temporal_order',
      'Temporal order: which two symbols came in which order (Hochreiter, Schmidhuber 1997, exp. 6a, in the form of Pascanu et al. 2013).',
    ),
    length: steps(20, LONGEST_SEQUENCE, 100),
    inputScale,
  }),
  v.strictObject({
    name: named(
      'delayed_parity',
      'Delayed parity: whether an odd number of the first bits was 1, asked at the last step (parity as in Hochreiter, Schmidhuber 1997; the delay is added here).',
    ),
    length: steps(2, LONGEST_SEQUENCE, 50),
    bits: v.optional(integer(1, 16, 'Bits whose parity is asked for, one a step from the first step on.', { unit: 'bits' }), 3),
    inputScale,
  }),
  v.strictObject({
    name: named('digits8_pixels', 'The pictures of digits8, one pixel a step.', { label: 'digits, pixel by pixel' }),
    length: steps(1, 64, 64),
    ...preparation,
  }),
  v.strictObject({
    name: named('mnist_pixels', 'The pictures of mnist, one pixel a step (Le, Jaitly, Hinton 2015).', {
      label: 'MNIST, pixel by pixel',
    }),
    length: steps(1, 784, 784),
    ...preparation,
  }),
  v.strictObject({
    name: named('spoken_digits', 'Spoken digits of synthesised voices, 40 log-mel bands a frame of 10 ms.'),
    length: steps(1, 64, 64),
    ...preparation,
  }),
  v.strictObject({
    name: named('austen', 'The next character of Pride and Prejudice, 74 symbols.', { label: 'Pride and Prejudice' }),
    length: steps(1, LONGEST_SEQUENCE, 64),
    inputScale,
  }),
]);

type Task = v.InferOutput<typeof taskSchema>;

/** `none`: x. `standardize`: (x − mean) / std, std with divisor n. `minmax`: (x − min) / (max − min). */
export type Normalisation = Extract<Task, { normalisation: unknown }>['normalisation'];

/** Tasks whose examples the device makes up; the index is TASK of `draw_generated`. */
export const GENERATED_TASKS = ['adding', 'copy_memory', 'temporal_order', 'delayed_parity'] as const;
export type GeneratedTaskName = (typeof GENERATED_TASKS)[number];

/** Tasks whose examples have steps. */
export const SEQUENCE_TASKS = [...GENERATED_TASKS, 'digits8_pixels', 'mnist_pixels', 'spoken_digits', 'austen'] as const;
export type SequenceTask = Extract<Task, { name: (typeof SEQUENCE_TASKS)[number] }>;

export function isSequenceTask(task: Task): task is SequenceTask {
  return SEQUENCE_TASKS.some((name) => name === task.name);
}

/** Training examples of the stored sets. */
const STORED = {
  digits8: 1415,
  digits8_pixels: 1415,
  mnist: 10_000,
  mnist_pixels: 10_000,
  breast_cancer: 456,
  wine: 142,
  spoken_digits: 2380,
} as const;

/** Characters of the training part of `austen`. */
const AUSTEN_CHARACTERS = 614_222;

/** Training examples of an epoch; undefined where they never repeat. Of a text the windows, each with a next character. */
export function trainingExamples(task: Task): number | undefined {
  switch (task.name) {
    case 'teacher':
      return task.examples;
    case 'austen':
      return Math.floor((AUSTEN_CHARACTERS - 1) / task.length);
    case 'adding':
    case 'copy_memory':
    case 'temporal_order':
    case 'delayed_parity':
      return undefined;
    default:
      return STORED[task.name];
  }
}
