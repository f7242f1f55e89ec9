/** The controls: which fields of an experiment a person can set here, and how each is shown. */
import { describeFields } from '../model/describe.ts';
import { INIT_SCHEMES } from '../model/init-schema.ts';
import { ACTIVATIONS, type Experiment, NON_FINITE_POLICIES, NORM_PLACEMENTS, NORMS } from '../model/schema.ts';
import { optionsOf as names, type Option } from './field-options.ts';
import {
  appliesToCell,
  LENGTH_FIELD,
  RECURRENT_NETWORK_FIELDS,
  RECURRENT_START_FIELDS,
  SEQUENCE_OPTIONS,
} from './recurrent-fields.ts';

/** `live` applies at the next iteration; `start`, where a run begins, and `network`, what it trains on what, restart. */
export type FieldGroup = 'live' | 'start' | 'network';

interface FieldBase {
  /** Dotted path in the experiment. */
  readonly path: string;
  readonly label: string;
  readonly group: FieldGroup;
}
export interface NumberField extends FieldBase {
  readonly kind: 'number';
  /** Range of the slider, which may be narrower than what is valid to type; no slider without it. */
  readonly slider?: { readonly min: number; readonly max: number; readonly step: number; readonly log?: boolean };
}
export interface ChoiceField extends FieldBase {
  readonly kind: 'choice';
  readonly options: readonly Option[];
  /** Few short options stand side by side. */
  readonly segmented?: boolean;
  /** Its options are `true` and `false` and stand for these values. */
  readonly flag?: boolean;
}
export type Field = NumberField | ChoiceField;

const INIT_LABELS = {
  he_normal: 'He normal',
  he_uniform: 'He uniform',
  xavier_normal: 'Xavier normal',
  xavier_uniform: 'Xavier uniform',
  scaled_normal: 'N(0, σw²/n)',
  lecun_normal: 'LeCun normal',
  lecun_uniform: 'LeCun uniform',
  torch_default: 'PyTorch default',
};

export const FIELDS: readonly Field[] = [
  {
    path: 'optimizer.learningRate',
    label: 'Learning rate',
    group: 'live',
    kind: 'number',
    slider: { min: 1e-5, max: 10, step: 0.05, log: true },
  },
  {
    path: 'optimizer.momentum',
    label: 'Momentum',
    group: 'live',
    kind: 'number',
    slider: { min: 0, max: 0.99, step: 0.01 },
  },
  {
    path: 'clip.rule',
    label: 'Clipping',
    group: 'live',
    kind: 'choice',
    options: names(['none', 'torch_norm', 'tensorflow_global_norm', 'torch_norm_per_tensor', 'value', 'adaptive'], {
      none: 'off',
      torch_norm: 'norm · torch',
      tensorflow_global_norm: 'norm · TensorFlow',
      torch_norm_per_tensor: 'norm of each tensor',
      value: 'by value',
      adaptive: 'adaptive (AGC)',
    }),
  },
  {
    path: 'clip.max',
    label: 'Clip at',
    group: 'live',
    kind: 'number',
    slider: { min: 1e-3, max: 1e3, step: 0.05, log: true },
  },
  {
    path: 'optimizer.weightDecay',
    label: 'Weight decay',
    group: 'live',
    kind: 'number',
  },
  {
    path: 'task.inputScale',
    label: 'Input scale',
    group: 'live',
    kind: 'number',
  },
  {
    path: 'nonFinite',
    label: 'Non-finite',
    group: 'live',
    kind: 'choice',
    segmented: true,
    options: names(NON_FINITE_POLICIES),
  },
  {
    path: 'model.init.scheme',
    label: 'Initialisation',
    group: 'start',
    kind: 'choice',
    options: names(INIT_SCHEMES, INIT_LABELS),
  },
  {
    path: 'model.init.weightVariance',
    label: 'σw²',
    group: 'start',
    kind: 'number',
    slider: { min: 0.1, max: 8, step: 0.1 },
  },
  {
    path: 'model.init.gain',
    label: 'Gain',
    group: 'start',
    kind: 'number',
    slider: { min: 0.1, max: 4, step: 0.05 },
  },
  ...RECURRENT_START_FIELDS,
  {
    path: 'seed',
    label: 'Seed',
    group: 'start',
    kind: 'number',
  },
  ...RECURRENT_NETWORK_FIELDS,
  {
    path: 'model.depth',
    label: 'Depth',
    group: 'network',
    kind: 'number',
    slider: { min: 1, max: 128, step: 1 },
  },
  {
    path: 'model.width',
    label: 'Width',
    group: 'network',
    kind: 'number',
    slider: { min: 4, max: 256, step: 4 },
  },
  {
    path: 'model.activation',
    label: 'Activation',
    group: 'network',
    kind: 'choice',
    options: names(ACTIVATIONS),
  },
  {
    path: 'model.norm',
    label: 'Norm layers',
    group: 'network',
    kind: 'choice',
    segmented: true,
    options: names(NORMS),
  },
  {
    path: 'model.normPlacement',
    label: 'Norm stands',
    group: 'network',
    kind: 'choice',
    segmented: true,
    options: names(NORM_PLACEMENTS, { before: 'before φ', after: 'after φ' }),
  },
  {
    path: 'optimizer.name',
    label: 'Optimizer',
    group: 'network',
    kind: 'choice',
    options: names(['sgd', 'adam', 'adamw', 'rmsprop'], { sgd: 'SGD', adam: 'Adam', adamw: 'AdamW', rmsprop: 'RMSprop' }),
  },
  { path: 'batchSize', label: 'Batch size', group: 'network', kind: 'number' },
  { path: 'iterations', label: 'Iterations', group: 'network', kind: 'number' },
  {
    path: 'task.name',
    label: 'Data',
    group: 'network',
    kind: 'choice',
    options: [
      ...names(['digits8', 'mnist', 'breast_cancer', 'wine', 'teacher'], {
        digits8: 'digits 8 × 8',
        mnist: 'MNIST',
        teacher: 'teacher (regression)',
      }),
      ...SEQUENCE_OPTIONS,
    ],
  },
  LENGTH_FIELD,
  {
    path: 'task.normalisation',
    label: 'Input scaling',
    group: 'network',
    kind: 'choice',
    options: names(['none', 'standardize', 'minmax']),
  },
];

/** Where a field stands, which says what a change of it costs. */
export function groupOf(path: string): FieldGroup {
  if (path.startsWith('model.init.') || path.startsWith('model.recurrentInit.')) return 'start';
  if (path === 'seed' || path === 'model.forgetBias') return 'start';
  if (path === 'clip.exceptOutput') return 'network';
  if (path.startsWith('clip.') || path.startsWith('stop.') || path === 'nonFinite' || path === 'task.inputScale') return 'live';
  if (path.startsWith('optimizer.') && path !== 'optimizer.name') return 'live';
  return 'network';
}

/** `optimizer.schedule.warmup` as a label: the last name in words, behind that of the group it would not be understood without. */
function labelOf(path: string): string {
  const keys = path.split('.').map((key) => key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`));
  const words = keys
    .slice(keys.length > 1 && !['optimizer', 'model', 'task'].includes(keys[keys.length - 2]) ? -2 : -1)
    .join(': ');
  return words[0].toUpperCase() + words.slice(1);
}

/** Every other field of an experiment, as its schema describes it. */
export const MORE_FIELDS: readonly Field[] = describeFields()
  .filter(({ path }) => !FIELDS.some((field) => field.path === path))
  .map(({ path, kind, choices }): Field => {
    const base = { path, label: labelOf(path), group: groupOf(path) };
    if (kind === 'number') return { ...base, kind };
    if (kind === 'choice') return { ...base, kind, options: names(choices) };
    return {
      ...base,
      kind: 'choice',
      segmented: true,
      flag: true,
      options: names(['false', 'true'], { false: 'no', true: 'yes' }),
    };
  });

/** Value at a dotted path, undefined where the experiment has no such field. */
export function fieldValue(experiment: Experiment, path: string): unknown {
  let at: unknown = experiment;
  for (const key of path.split('.')) at = (at as Record<string, unknown> | undefined)?.[key];
  return at;
}

/** Whether the field exists and means something for this experiment. */
export function applies(field: Field, experiment: Experiment): boolean {
  if (field.path === 'model.init.weightVariance') return experiment.model.init.scheme === 'scaled_normal';
  if (field.path === 'model.normPlacement')
    return fieldValue(experiment, 'model.norm') !== 'none' && fieldValue(experiment, field.path) !== undefined;
  return fieldValue(experiment, field.path) !== undefined && appliesToCell(field.path, experiment);
}

export function fieldAt(path: string): Field | undefined {
  return [...FIELDS, ...MORE_FIELDS].find((field) => field.path === path);
}

/** A value in as few words as a change summary can use. */
export function optionLabel(path: string, value: unknown): string | undefined {
  const field = fieldAt(path);
  return field?.kind === 'choice' ? field.options.find((option) => option.value === String(value))?.label : undefined;
}
