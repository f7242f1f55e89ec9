/**
 * The experiment's schema: the single source of its types, validation, defaults and documentation.
 * Every field carries `v.description`; `describeFields` (describe.ts) reads them for the page and the command line.
 */
import * as v from 'valibot';
import { branchInitSchema, initSchema } from './init-schema.ts';
import { recurrentSchema } from './recurrent-schema.ts';
import { atLeast, flag, fraction, integer, positive } from './schema-parts.ts';
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

const residualSchema = v.strictObject({
  kind: v.pipe(
    v.literal('residual_mlp'),
    v.description('x ← x + f(norm(x)) or another form, blocks times, between an input and an output Linear (He et al. 2016).'),
  ),
  blocks: v.optional(integer(1, 5000, 'Residual blocks.'), 4),
  width: v.optional(integer(1, 4096, 'Features of the residual stream.'), 64),
  inner: v.optional(integer(1, 4096, 'Units inside each block of two layers.'), 64),
  activation: v.optional(v.pipe(v.picklist(ACTIVATIONS), v.description('Non-linearity inside the blocks.')), 'relu'),
  form: v.optional(
    v.pipe(
      v.picklist(RESIDUAL_FORMS),
      v.description('Form of a block. plain: x + f(x). pre_norm: x + f(norm(x)). post_norm: norm(x + f(x)). Xiong et al. 2020.'),
    ),
    'pre_norm',
  ),
  norm: v.optional(
    v.pipe(v.picklist(['layer', 'batch', 'rms']), v.description('The blocks’ norm; form plain has none.')),
    'layer',
  ),
  branch: v.optional(
    v.pipe(
      v.picklist(BRANCHES),
      v.description('What f is. two_layer: W₂ φ(W₁ x). one_layer: W φ(x), with pre_norm the pre-activation W φ(norm(x)).'),
    ),
    'two_layer',
  ),
  branchScale: v.optional(positive('Factor on every branch (Hanin, Rolnick 2018).'), 1),
  branchScaleByDepth: v.optional(flag('Whether the factor on every branch is divided by √blocks.'), false),
  finalNorm: v.optional(flag('Whether a norm stands in front of the output Linear. By default where the form is pre_norm.')),
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
    kind: v.pipe(v.literal('mlp'), v.description('Linear → norm → activation, depth times; then Linear.')),
    depth: v.optional(integer(1, 10_000, 'Hidden layers.'), 8),
    width: v.optional(integer(1, 4096, 'Units per hidden layer.'), 64),
    activation: v.optional(v.pipe(v.picklist(ACTIVATIONS), v.description('Non-linearity of the hidden layers.')), 'relu'),
    norm: v.optional(
      v.pipe(
        v.picklist(NORMS),
        v.description(
          'Normalisation of each hidden layer. batch: Ioffe, Szegedy 2015. layer: Ba et al. 2016. rms: Zhang, Sennrich 2019, a weight and no bias. All with epsilon 1e-5.',
        ),
      ),
      'none',
    ),
    normPlacement: v.optional(
      v.pipe(v.picklist(NORM_PLACEMENTS), v.description('Whether the norm stands before or after the activation.')),
      'before',
    ),
    bias: v.optional(flag('Whether Linear layers have a bias; those directly in front of batch norm never do.'), true),
    init: v.optional(initSchema, {}),
  }),
  completeResidualSchema,
  recurrentSchema,
]);

const stopSchema = v.strictObject({
  lossBelow: v.optional(atLeast(0, 'Ends the run once its smoothed loss is at most this; 0 for never.'), 0),
  lossFactor: v.optional(
    atLeast(0, 'Ends the run once its smoothed loss exceeds the first loss this many times; 0 for never.'),
    0,
  ),
  plateau: v.optional(
    integer(0, 10_000_000, 'Ends the run after so many iterations without a new lowest smoothed loss; 0 for never.'),
    0,
  ),
  plateauShare: v.optional(fraction('A new lowest smoothed loss must be lower by this share of the last one.'), 0.01),
  window: v.optional(integer(1, 100_000, 'Iterations over which the loss is smoothed for these rules.'), 20),
  weightsNotFinite: v.optional(
    flag('Ends the run once an update has left a weight that is not finite, after which nothing can follow; sweeps set it.'),
    false,
  ),
});

/** Largest exponent of a loss scale. */
const LARGEST_LOSS_EXPONENT = 24;

const precisionSchema = v.variant('name', [
  v.strictObject({ name: v.pipe(v.literal('float32'), v.description('Everything in float32.')) }),
  v.strictObject({
    name: v.pipe(
      v.literal('float16'),
      v.description(
        'Activations and gradients are rounded to float16, which overflows at 65,520, with float32 sums, master weights and norm layers (Micikevicius et al. 2018). On every engine: it needs no shader-f16.',
      ),
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
      ),
      65_536,
    ),
    lossScaleGrowth: v.optional(
      integer(
        0,
        1_000_000,
        'Iterations without overflow after which the loss scale doubles; an overflow skips the update and halves it (torch GradScaler). 0 for a static scale.',
      ),
      2000,
    ),
  }),
]);

export const experimentSchema = v.strictObject({
  task: v.optional(taskSchema, { name: 'digits8' }),
  model: v.optional(modelSchema, { kind: 'mlp' }),
  loss: v.optional(
    v.pipe(
      v.picklist(LOSSES),
      v.description('Softmax cross-entropy or mean squared error; by default what the task is made for.'),
    ),
  ),
  optimizer: v.optional(optimizerSchema, { name: 'sgd' }),
  clip: v.optional(clipSchema, { rule: 'none' }),
  range: v.optional(
    v.pipe(
      v.picklist(RANGES),
      v.description(
        'Range of the signals. ieee: float32 as a library has it, with Inf, 0 and the norm whose squares overflow. extended: float32 with an exponent for each layer, so that norms and clipping stay right at 1e±3000.',
      ),
    ),
    'ieee',
  ),
  precision: v.optional(precisionSchema, { name: 'float32' }),
  nonFinite: v.optional(
    v.pipe(
      v.picklist(NON_FINITE_POLICIES),
      v.description('At a non-finite loss or gradient: continue as the library would, skip the update, or stop the run.'),
    ),
    'continue',
  ),
  stop: v.optional(stopSchema, {}),
  batchSize: v.optional(integer(1, 8192, 'Training examples per iteration.'), 64),
  iterations: v.optional(integer(1, 10_000_000, 'Training iterations; the run ends after this many.'), 1000),
  seed: v.optional(integer(0, 0xffffffff, 'Seed of the initial weights and of the order of examples.'), 1),
  probes: v.optional(
    v.strictObject({
      layersEvery: v.optional(integer(1, 1_000_000, 'Iterations between two records of what is measured per layer.'), 1),
      layers: v.optional(
        v.pipe(
          v.picklist(['all', 'gradients']),
          v.description(
            'What a record holds: gradient norms alone, or also each hidden layer’s activation RMS and share of dead or saturated units, and each weight’s norm and update.',
          ),
        ),
        'all',
      ),
      histograms: v.optional(
        flag(
          'Whether a record also holds a histogram of log2 |g| of each weight’s gradient before clipping, with bins of their own for 0, NaN and ±Infinity.',
        ),
        false,
      ),
      testEvery: v.optional(
        integer(0, 10_000_000, 'Iterations between two evaluations on the held-out split; 0 for only at the end.'),
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
