/** The controls of recurrent networks and of the sequences they walk along. */
import { CELL_ACTIVATIONS, CELL_NORMS, CELLS, READOUTS, RECURRENT_SCHEMES } from '../model/recurrent-schema.ts';
import type { Experiment } from '../model/schema.ts';
import { isSequenceTask, SEQUENCE_TASKS } from '../model/task-schema.ts';
import { optionsOf } from './field-options.ts';
import type { Field } from './fields.ts';

export const SEQUENCE_OPTIONS = optionsOf(SEQUENCE_TASKS, {
  adding: 'adding two numbers',
  digits8_pixels: 'digits, pixel by pixel',
  mnist_pixels: 'MNIST, pixel by pixel',
  austen: 'Pride and Prejudice',
});

/** Where a recurrent network starts. */
export const RECURRENT_START_FIELDS: readonly Field[] = [
  {
    path: 'model.recurrentInit.scheme',
    label: 'Recurrence',
    group: 'start',
    kind: 'choice',
    options: optionsOf(RECURRENT_SCHEMES, {
      scaled_normal: 'N(0, g²/H)',
      torch_default: 'PyTorch default',
      xavier_normal: 'Xavier normal',
      xavier_uniform: 'Xavier uniform',
    }),
  },
  {
    path: 'model.recurrentInit.gain',
    label: 'Recurrent gain g',
    group: 'start',
    kind: 'number',
    slider: { min: 0.1, max: 4, step: 0.05 },
  },
  {
    path: 'model.forgetBias',
    label: 'Forget bias',
    group: 'start',
    kind: 'number',
    slider: { min: -3, max: 6, step: 0.25 },
  },
];

export const RECURRENT_NETWORK_FIELDS: readonly Field[] = [
  {
    path: 'model.cell',
    label: 'Cell',
    group: 'network',
    kind: 'choice',
    segmented: true,
    options: optionsOf(CELLS, { rnn: 'RNN', lstm: 'LSTM', gru: 'GRU' }),
  },
  {
    path: 'model.layers',
    label: 'Layers',
    group: 'network',
    kind: 'number',
    slider: { min: 1, max: 4, step: 1 },
  },
  {
    path: 'model.hidden',
    label: 'Hidden units',
    group: 'network',
    kind: 'number',
    slider: { min: 4, max: 256, step: 4 },
  },
  {
    path: 'model.readout',
    label: 'Read-out',
    group: 'network',
    kind: 'choice',
    segmented: true,
    options: optionsOf(READOUTS),
  },
  { path: 'model.truncation', label: 'Truncation', group: 'network', kind: 'number' },
];

export const LENGTH_FIELD: Field = {
  path: 'task.length',
  label: 'Sequence length',
  group: 'network',
  kind: 'number',
  slider: { min: 10, max: 1000, step: 0.05, log: true },
};

/** Steps that the data has, where that is fewer than a slider would offer. */
const MOST_STEPS: Readonly<Record<string, number>> = { digits8_pixels: 64, spoken_digits: 64, mnist_pixels: 784 };

/** Whether a field that exists means something for this recurrent experiment. */
export function appliesToCell(path: string, { model }: Experiment): boolean {
  if (model.kind !== 'recurrent') return true;
  if (path === 'model.activation') return model.cell === 'rnn';
  return path !== 'model.forgetBias' || model.cell === 'lstm';
}

/** A field as it stands beside recurrent networks: with the options that their cells have, under the names of their weights. */
export function fieldFor(field: Field, { model, task }: Experiment): Field {
  if (model.kind !== 'recurrent') return field;
  switch (field.path) {
    case 'model.activation':
      return field.kind === 'choice' ? { ...field, segmented: true, options: optionsOf(CELL_ACTIVATIONS) } : field;
    case 'model.norm':
      return field.kind === 'choice' ? { ...field, label: 'Norm in the cell', options: optionsOf(CELL_NORMS) } : field;
    case 'model.init.scheme':
      return { ...field, label: 'Input init' };
    case 'model.init.gain':
      return { ...field, label: 'Input gain' };
    case 'task.length': {
      const most = isSequenceTask(task) ? MOST_STEPS[task.name] : undefined;
      if (field.kind !== 'number' || most === undefined) return field;
      return { ...field, slider: { min: Math.min(8, most), max: most, step: 1 } };
    }
    default:
      return field;
  }
}
