/** The part of an experiment's schema that says how it is trained: optimizer, learning-rate schedule, clipping. */
import * as v from 'valibot';
import { atLeast, finite, flag, fraction, integer, named, positive, type Shown } from './schema-parts.ts';

const warmUp = {
  warmup: v.optional(
    integer(
      0,
      10_000_000,
      'Iterations in which the learning rate rises linearly to its full value, before the schedule starts.',
      {
        label: 'Warm-up',
        unit: 'iterations',
      },
    ),
    0,
  ),
  warmupStart: v.optional(
    v.pipe(
      finite,
      v.gtValue(0),
      v.maxValue(1),
      v.description('Share of the learning rate at which the warm-up starts (Goyal et al. 2017; torch LinearLR).'),
      v.metadata({
        label: 'Warm-up starts at',
        unit: '× rate',
        usual: [1e-3, 1],
        log: true,
        needs: { path: 'optimizer.schedule.warmup', not: [0] },
      } satisfies Shown),
    ),
    0.01,
  ),
};
const period = v.optional(
  integer(0, 10_000_000, 'Iterations of the fall or of the cycle; 0 for the rest of the run.', { unit: 'iterations' }),
  0,
);
const divisor = (text: string) => atLeast(1, text, { unit: '÷', usual: [1, 1e5], log: true });
const scheduleSchema = v.variant('name', [
  v.strictObject({ name: named('constant', 'The learning rate stays.'), ...warmUp }),
  v.strictObject({
    name: named('step', 'The learning rate is multiplied from time to time (torch StepLR).'),
    every: v.optional(integer(1, 10_000_000, 'Iterations between two steps.', { label: 'Step every', unit: 'iterations' }), 100),
    factor: v.optional(positive('Factor at each step.', { label: 'Step factor', unit: '×', usual: [0.01, 10], log: true }), 0.1),
    ...warmUp,
  }),
  v.strictObject({
    name: named(
      'cosine',
      'The learning rate falls along half a cosine and stays where it ends (Loshchilov, Hutter 2017; torch CosineAnnealingLR).',
    ),
    period,
    floor: v.optional(fraction('Share of the learning rate at which the fall ends.', { unit: '× rate' }), 0),
    ...warmUp,
  }),
  v.strictObject({
    name: named(
      'one_cycle',
      'The learning rate is the peak of a rise and a fall along half cosines (Smith, Topin 2018; torch OneCycleLR); the momentum stays as it is.',
    ),
    period,
    peakShare: v.optional(
      v.pipe(
        finite,
        v.gtValue(0),
        v.ltValue(1),
        v.description('Share of the cycle that rises (torch pct_start).'),
        v.metadata({ unit: 'of the cycle' } satisfies Shown),
      ),
      0.3,
    ),
    startDivisor: v.optional(divisor('The cycle starts at the learning rate divided by this (torch div_factor).'), 25),
    endDivisor: v.optional(divisor('The cycle ends at its start divided by this (torch final_div_factor).'), 10_000),
  }),
]);

const common = {
  learningRate: v.optional(
    positive('Step size; with a schedule its largest.', { unit: '× gradient', usual: [1e-5, 10], log: true }),
    0.01,
  ),
  schedule: v.optional(scheduleSchema, { name: 'constant' }),
  weightDecay: v.optional(
    atLeast(0, 'Adds this times the weights to the gradient (L2); adamw, and decoupled, shrink the weights directly.', {
      unit: '× weights',
    }),
    0,
  ),
};
const decoupled = v.optional(
  flag('Whether weights are multiplied by 1 − learningRate · weightDecay before each update instead (Loshchilov, Hutter 2019).', {
    label: 'Decoupled decay',
  }),
  false,
);
/** ε of the adaptive optimizers. */
const EPSILON: Shown = { label: 'ε', unit: 'of root', usual: [1e-12, 1], log: true };
const betas = {
  beta1: v.optional(fraction('Decay of the mean of gradients.', { label: 'β₁', unit: 'kept' }), 0.9),
  beta2: v.optional(fraction('Decay of the mean of squared gradients.', { label: 'β₂', unit: 'kept' }), 0.999),
  epsilon: v.optional(positive('Added to the root of the second moment.', EPSILON), 1e-8),
};

export const optimizerSchema = v.variant('name', [
  v.strictObject({
    name: named('sgd', 'torch.optim.SGD: a step against the gradient, with momentum.', { label: 'SGD' }),
    ...common,
    momentum: v.optional(fraction('Share of the last update that is kept.', { unit: 'kept' }), 0),
    dampening: v.optional(fraction('Share of the gradient that does not enter the momentum buffer.', { unit: 'of gradient' }), 0),
    nesterov: v.optional(
      flag('Whether the gradient is taken ahead of the momentum; needs momentum > 0 and dampening 0 (torch nesterov).', {
        needs: { path: 'optimizer.momentum', not: [0] },
      }),
      false,
    ),
    decoupled,
  }),
  v.strictObject({
    name: named('adam', 'torch.optim.Adam: each weight’s mean gradient over the root of its mean square.', { label: 'Adam' }),
    ...common,
    ...betas,
  }),
  v.strictObject({
    name: named('adamw', 'torch.optim.AdamW: Adam that shrinks the weights directly.', { label: 'AdamW' }),
    ...common,
    ...betas,
  }),
  v.strictObject({
    name: named('rmsprop', 'torch.optim.RMSprop: the gradient over the root of its mean square.', { label: 'RMSprop' }),
    ...common,
    alpha: v.optional(fraction('Decay of the mean of squared gradients.', { label: 'α', unit: 'kept' }), 0.99),
    epsilon: v.optional(positive('Added to the root of the second moment.', EPSILON), 1e-8),
    momentum: v.optional(fraction('Share of the last update that is kept.', { unit: 'kept' }), 0),
    centered: v.optional(flag('Whether the second moment is centred (a variance).', { label: 'Centred' }), false),
    decoupled,
  }),
]);

const threshold = (unit: string): Shown => ({ label: 'Clip at', unit, usual: [1e-3, 1e3], log: true });

export const clipSchema = v.variant('rule', [
  v.strictObject({ rule: named('none', 'No clipping.', { label: 'off' }) }),
  v.strictObject({
    rule: named('torch_norm', 'torch clip_grad_norm_: g · min(1, max/(‖g‖ + 1e-6)).', { label: 'norm · torch' }),
    max: v.optional(positive('Largest global gradient norm.', threshold('norm')), 1),
  }),
  v.strictObject({
    rule: named('tensorflow_global_norm', 'tf.clip_by_global_norm: g · max/max(‖g‖, max); NaN for a non-finite norm.', {
      label: 'norm · TensorFlow',
    }),
    max: v.optional(positive('Largest global gradient norm.', threshold('norm')), 1),
  }),
  v.strictObject({
    rule: named('value', 'torch clip_grad_value_: each element clamped to ±max.', { label: 'by value' }),
    max: v.optional(positive('Largest absolute gradient element.', threshold('|element|')), 1),
  }),
  v.strictObject({
    rule: named(
      'torch_norm_per_tensor',
      'torch clip_grad_norm_ for each parameter tensor by itself: g · min(1, max/(‖g‖ + 1e-6)) with its own norm.',
      { label: 'norm of each tensor' },
    ),
    max: v.optional(positive('Largest gradient norm of a parameter tensor.', threshold('norm')), 1),
  }),
  v.strictObject({
    rule: named(
      'adaptive',
      'Adaptive gradient clipping, AGC (Brock et al. 2021): each unit’s gradient by the norm of its weights.',
      { label: 'adaptive (AGC)' },
    ),
    ratio: v.optional(
      positive('Largest ratio of a unit’s gradient norm to the norm of its weights.', {
        label: 'Clip at',
        unit: '× weight norm',
        usual: [1e-4, 1],
        log: true,
      }),
      0.01,
    ),
    epsilon: v.optional(
      positive('Least norm of a unit’s weights that is reckoned with.', { label: 'Least weight norm', unit: 'norm' }),
      1e-3,
    ),
    exceptOutput: v.optional(
      flag('Whether the last Linear is left unclipped, as in the paper.', { label: 'Except the output' }),
      true,
    ),
  }),
]);
