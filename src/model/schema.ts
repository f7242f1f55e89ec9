/**
 * The experiment's schema: the single source of its types, validation, defaults and documentation.
 * Every field carries `v.description`; `describeFields` (describe.ts) reads them for the page and the command line.
 */
import * as v from 'valibot';
import { branchInitSchema, initSchema } from './init-schema.ts';
import { recurrentSchema } from './recurrent-schema.ts';
import { atLeast, choice, flag, fraction, integer, named, positive, type Shown } from './schema-parts.ts';
import { taskSchema } from './task-schema.ts';
import { clipSchema, optimizerSchema } from './training-schema.ts';

export const ACTIVATIONS = [
  'linear',
  'relu',
  'leaky_relu',
  'tanh',
  'sigmoid',
  'gelu',
  'gelu_tanh',
  'silu',
  'selu',
  'softplus',
] as const;
export type Activation = (typeof ACTIVATIONS)[number];

export const NORMS = ['none', 'batch', 'layer', 'rms'] as const;
export type Norm = (typeof NORMS)[number];

export const NORM_PLACEMENTS = ['before', 'after'] as const;
export type NormPlacement = (typeof NORM_PLACEMENTS)[number];

export const RESIDUAL_FORMS = ['plain', 'pre_norm', 'post_norm'] as const;
export type ResidualForm = (typeof RESIDUAL_FORMS)[number];

export const BRANCHES = ['two_layer', 'one_layer'] as const;
export type Branch = (typeof BRANCHES)[number];

export const LOSSES = ['cross_entropy', 'mse'] as const;
export type Loss = (typeof LOSSES)[number];

export const RANGES = ['ieee', 'extended'] as const;
export type NumberRange = (typeof RANGES)[number];

export const NON_FINITE_POLICIES = ['continue', 'skip', 'stop'] as const;

const ACTIVATION_LABELS = {
  relu: { label: 'ReLU' },
  leaky_relu: { label: 'leaky ReLU' },
  gelu: { label: 'GELU' },
  gelu_tanh: { label: 'GELU, tanh form' },
  silu: { label: 'SiLU' },
  selu: { label: 'SELU' },
};
const NORM_TEXTS = {
  batch: { text: 'Ioffe, Szegedy 2015; epsilon 1e-5.' },
  layer: { text: 'Ba et al. 2016; epsilon 1e-5.' },
  rms: { text: 'Zhang, Sennrich 2019, a weight and no bias; epsilon 1e-5.' },
};
const hasNorm = { path: 'model.form', is: ['pre_norm', 'post_norm'] };

const residualSchema = v.strictObject({
  kind: named(
    'residual_mlp',
    'x ← x + f(norm(x)) or another form, blocks times, between an input and an output Linear (He et al. 2016).',
    { label: 'residual MLP' },
  ),
  blocks: v.optional(integer(1, 5000, 'Residual blocks.', { unit: 'blocks', usual: [1, 128] }), 4),
  width: v.optional(integer(1, 4096, 'Features of the residual stream.', { unit: 'units', usual: [4, 256] }), 64),
  inner: v.optional(
    integer(1, 4096, 'Units inside each block of two layers.', {
      unit: 'units',
      usual: [4, 256],
      needs: { path: 'model.branch', is: ['two_layer'] },
    }),
    64,
  ),
  activation: v.optional(choice(ACTIVATIONS, 'Non-linearity inside the blocks.', { options: ACTIVATION_LABELS }), 'relu'),
  form: v.optional(
    choice(RESIDUAL_FORMS, 'Form of a block (Xiong et al. 2020).', {
      options: {
        plain: { text: 'x + f(x).' },
        pre_norm: { text: 'x + f(norm(x)).' },
        post_norm: { text: 'norm(x + f(x)).' },
      },
    }),
    'pre_norm',
  ),
  norm: v.optional(
    choice(['layer', 'batch', 'rms'], 'The blocks’ norm; form plain has none.', {
      label: 'Norm layers',
      options: NORM_TEXTS,
      needs: hasNorm,
    }),
    'layer',
  ),
  branch: v.optional(
    choice(BRANCHES, 'What f is.', {
      options: {
        two_layer: { text: 'W₂ φ(W₁ x).' },
        one_layer: { text: 'W φ(x), with pre_norm the pre-activation W φ(norm(x)).' },
      },
    }),
    'two_layer',
  ),
  branchScale: v.optional(
    positive('Factor on every branch (Hanin, Rolnick 2018).', { unit: '×', usual: [0.01, 10], log: true }),
    1,
  ),
  branchScaleByDepth: v.optional(flag('Whether the factor on every branch is divided by √blocks.'), false),
  finalNorm: v.optional(
    flag('Whether a norm stands in front of the output Linear. By default where the form is pre_norm.', { needs: hasNorm }),
  ),
  bias: v.optional(flag('Whether Linear layers have a bias.'), true),
  init: v.optional(branchInitSchema, {}),
});
/** The norm behind the last block belongs to pre-norm, which leaves the stream as it is: a default that depends on the form. */
const completeResidualSchema = v.pipe(
  residualSchema,
  v.transform((model) => ({ ...model, finalNorm: model.finalNorm ?? model.form === 'pre_norm' })),
);

const modelSchema = v.variant('kind', [
  v.strictObject({
    kind: named('mlp', 'Linear → norm → activation, depth times; then Linear.', { label: 'MLP' }),
    depth: v.optional(integer(1, 10_000, 'Hidden layers.', { unit: 'layers', usual: [1, 128] }), 8),
    width: v.optional(integer(1, 4096, 'Units per hidden layer.', { unit: 'units', usual: [4, 256] }), 64),
    activation: v.optional(choice(ACTIVATIONS, 'Non-linearity of the hidden layers.', { options: ACTIVATION_LABELS }), 'relu'),
    norm: v.optional(choice(NORMS, 'Normalisation of each hidden layer.', { label: 'Norm layers', options: NORM_TEXTS }), 'none'),
    normPlacement: v.optional(
      choice(NORM_PLACEMENTS, 'Whether the norm stands before or after the activation.', {
        label: 'Norm stands',
        options: { before: { label: 'before φ' }, after: { label: 'after φ' } },
        needs: { path: 'model.norm', not: ['none'] },
      }),
      'before',
    ),
    bias: v.optional(flag('Whether Linear layers have a bias; those directly in front of batch norm never do.'), true),
    init: v.optional(initSchema, {}),
  }),
  completeResidualSchema,
  recurrentSchema,
]);

const stopSchema = v.strictObject({
  lossBelow: v.optional(atLeast(0, 'Ends the run once its smoothed loss is at most this; 0 for never.', { unit: 'loss' }), 0),
  lossFactor: v.optional(
    atLeast(0, 'Ends the run once its smoothed loss exceeds the first loss this many times; 0 for never.', {
      unit: '× first loss',
    }),
    0,
  ),
  plateau: v.optional(
    integer(0, 10_000_000, 'Ends the run after so many iterations without a new lowest smoothed loss; 0 for never.', {
      unit: 'iterations',
    }),
    0,
  ),
  plateauShare: v.optional(
    fraction('A new lowest smoothed loss must be lower by this share of the last one.', { unit: 'of the loss' }),
    0.01,
  ),
  window: v.optional(
    integer(1, 100_000, 'Iterations over which the loss is smoothed for these rules.', { unit: 'iterations' }),
    20,
  ),
  weightsNotFinite: v.optional(
    flag('Ends the run once an update has left a weight that is not finite, after which nothing can follow; sweeps set it.', {
      label: 'At non-finite weights',
    }),
    false,
  ),
});

/** Largest exponent of a loss scale. */
const LARGEST_LOSS_EXPONENT = 24;

const precisionSchema = v.variant('name', [
  v.strictObject({ name: named('float32', 'Everything in float32.') }),
  v.strictObject({
    name: named(
      'float16',
      'Activations and gradients are rounded to float16, which overflows at 65,520, with float32 sums, master weights and norm layers (Micikevicius et al. 2018). On every engine: it needs no shader-f16.',
    ),
    lossScale: v.optional(
      v.pipe(
        v.number(),
        v.check(
          (x) => Number.isInteger(Math.log2(x)) && Math.abs(Math.log2(x)) <= LARGEST_LOSS_EXPONENT,
          'a power of two from 2^-24 to 2^24',
        ),
        v.description(
          'Factor on the loss’s gradient, taken back before clipping: a power of two. With lossScaleGrowth the first one.',
        ),
        v.metadata({ unit: '×' } satisfies Shown),
      ),
      65_536,
    ),
    lossScaleGrowth: v.optional(
      integer(
        0,
        1_000_000,
        'Iterations without overflow after which the loss scale doubles; an overflow skips the update and halves it (torch GradScaler). 0 for a static scale.',
        { unit: 'iterations' },
      ),
      2000,
    ),
  }),
]);

export const experimentSchema = v.strictObject({
  task: v.optional(taskSchema, { name: 'digits8' }),
  model: v.optional(modelSchema, { kind: 'mlp' }),
  loss: v.optional(
    choice(LOSSES, 'What is made small; by default what the task is made for.', {
      options: {
        cross_entropy: { label: 'cross-entropy', text: 'Softmax cross-entropy of the classes.' },
        mse: { label: 'squared error', text: 'Mean squared error.' },
      },
    }),
  ),
  optimizer: v.optional(optimizerSchema, { name: 'sgd' }),
  clip: v.optional(clipSchema, { rule: 'none' }),
  range: v.optional(
    choice(RANGES, 'Range of the signals.', {
      options: {
        ieee: { label: 'IEEE', text: 'float32 as a library has it, with Inf, 0 and the norm whose squares overflow.' },
        extended: {
          text: 'float32 with an exponent for each layer, so that norms and clipping stay right at 1e±3000.',
        },
      },
    }),
    'ieee',
  ),
  precision: v.optional(precisionSchema, { name: 'float32' }),
  nonFinite: v.optional(
    choice(NON_FINITE_POLICIES, 'What happens at a non-finite loss or gradient.', {
      label: 'Non-finite',
      options: {
        continue: { text: 'The run goes on as the library would.' },
        skip: { text: 'The update is left out.' },
        stop: { text: 'The run ends.' },
      },
    }),
    'continue',
  ),
  stop: v.optional(stopSchema, {}),
  batchSize: v.optional(
    integer(1, 8192, 'Training examples per iteration.', { unit: 'examples', usual: [1, 1024], log: true }),
    64,
  ),
  iterations: v.optional(
    integer(1, 10_000_000, 'Training iterations; the run ends after this many.', {
      unit: 'iterations',
      usual: [100, 100_000],
      log: true,
    }),
    1000,
  ),
  seed: v.optional(integer(0, 0xffffffff, 'Seed of the initial weights and of the order of examples.'), 1),
  probes: v.optional(
    v.strictObject({
      layersEvery: v.optional(
        integer(1, 1_000_000, 'Iterations between two records of what is measured per layer.', {
          label: 'Layers every',
          unit: 'iterations',
        }),
        1,
      ),
      layers: v.optional(
        choice(['all', 'gradients'], 'What a record of the layers holds.', {
          label: 'Layers record',
          options: {
            all: {
              text: 'Gradient norms, each hidden layer’s activation RMS and share of dead or saturated units, each weight’s norm and update.',
            },
            gradients: { text: 'Gradient norms alone.' },
          },
        }),
        'all',
      ),
      histograms: v.optional(
        flag(
          'Whether a record also holds a histogram of log2 |g| of each weight’s gradient before clipping, with bins of their own for 0, NaN and ±Infinity.',
        ),
        false,
      ),
      testEvery: v.optional(
        integer(0, 10_000_000, 'Iterations between two evaluations on the held-out split; 0 for only at the end.', {
          label: 'Test every',
          unit: 'iterations',
        }),
        100,
      ),
    }),
    {},
  ),
});

/** What a user may write: fields with defaults may be missing. */
export type ExperimentInput = v.InferInput<typeof experimentSchema>;
/** A validated experiment with every default filled in. `loss` is always present after `parseExperiment`. */
export type Experiment = v.InferOutput<typeof experimentSchema> & { loss: Loss };
export type Task = Experiment['task'];
export type TaskName = Task['name'];
export type { GeneratedTaskName, Normalisation, SequenceTask } from './task-schema.ts';
export type Model = Experiment['model'];
export type Init = v.InferOutput<typeof branchInitSchema>;
export type Optimizer = Experiment['optimizer'];
export type Schedule = Optimizer['schedule'];
export type OptimizerName = Optimizer['name'];
export type Clip = Experiment['clip'];
export type ClipRule = Clip['rule'];
