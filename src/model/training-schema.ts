/** The part of an experiment's schema that says how it is trained: optimizer, learning-rate schedule, clipping. */
import * as v from 'valibot';
import { atLeast, finite, flag, fraction, integer, positive } from './schema-parts.ts';

const warmUp = {
  warmup: v.optional(
    integer(0, 10_000_000, 'Iterations in which the learning rate rises linearly to its full value, before the schedule starts.'),
    0,
  ),
  warmupStart: v.optional(
    v.pipe(
      finite,
      v.gtValue(0),
      v.maxValue(1),
      v.description('Share of the learning rate at which the warm-up starts (Goyal et al. 2017; torch LinearLR).'),
    ),
    0.01,
  ),
};
const period = v.optional(integer(0, 10_000_000, 'Iterations of the fall or of the cycle; 0 for the rest of the run.'), 0);
const divisor = (text: string) => v.pipe(finite, v.minValue(1), v.description(text));
const scheduleSchema = v.variant('name', [
  v.strictObject({ name: v.pipe(v.literal('constant'), v.description('The learning rate stays.')), ...warmUp }),
  v.strictObject({
    name: v.pipe(v.literal('step'), v.description('The learning rate is multiplied from time to time (torch StepLR).')),
    every: v.optional(integer(1, 10_000_000, 'Iterations between two steps.'), 100),
    factor: v.optional(positive('Factor at each step.'), 0.1),
    ...warmUp,
  }),
  v.strictObject({
    name: v.pipe(
      v.literal('cosine'),
      v.description(
        'The learning rate falls along half a cosine and stays where it ends (Loshchilov, Hutter 2017; torch CosineAnnealingLR).',
      ),
    ),
    period,
    floor: v.optional(fraction('Share of the learning rate at which the fall ends.'), 0),
    ...warmUp,
  }),
  v.strictObject({
    name: v.pipe(
      v.literal('one_cycle'),
      v.description(
        'The learning rate is the peak of a rise and a fall along half cosines (Smith, Topin 2018; torch OneCycleLR); the momentum stays as it is.',
      ),
    ),
    period,
    peakShare: v.optional(
      v.pipe(finite, v.gtValue(0), v.ltValue(1), v.description('Share of the cycle that rises (torch pct_start).')),
      0.3,
    ),
    startDivisor: v.optional(divisor('The cycle starts at the learning rate divided by this (torch div_factor).'), 25),
    endDivisor: v.optional(divisor('The cycle ends at its start divided by this (torch final_div_factor).'), 10_000),
  }),
]);

const common = {
  learningRate: v.optional(positive('Step size; with a schedule its largest.'), 0.01),
  schedule: v.optional(scheduleSchema, { name: 'constant' }),
  weightDecay: v.optional(
    atLeast(0, 'Adds this times the weights to the gradient (L2); adamw, and decoupled, shrink the weights directly.'),
    0,
  ),
};
const decoupled = v.optional(
  flag('Whether weights are multiplied by 1 − learningRate · weightDecay before each update instead (Loshchilov, Hutter 2019).'),
  false,
);
const betas = {
  beta1: v.optional(fraction('Decay of the mean of gradients.'), 0.9),
  beta2: v.optional(fraction('Decay of the mean of squared gradients.'), 0.999),
  epsilon: v.optional(positive('Added to the root of the second moment.'), 1e-8),
};

export const optimizerSchema = v.variant('name', [
  v.strictObject({
    name: v.pipe(v.literal('sgd'), v.description('torch.optim.SGD.')),
    ...common,
    momentum: v.optional(fraction('Share of the last update that is kept.'), 0),
    dampening: v.optional(fraction('Dampening of the gradient that enters the momentum buffer.'), 0),
    nesterov: v.optional(flag('Nesterov momentum; needs momentum > 0 and dampening 0.'), false),
    decoupled,
  }),
  v.strictObject({ name: v.pipe(v.literal('adam'), v.description('torch.optim.Adam.')), ...common, ...betas }),
  v.strictObject({ name: v.pipe(v.literal('adamw'), v.description('torch.optim.AdamW.')), ...common, ...betas }),
  v.strictObject({
    name: v.pipe(v.literal('rmsprop'), v.description('torch.optim.RMSprop.')),
    ...common,
    alpha: v.optional(fraction('Decay of the mean of squared gradients.'), 0.99),
    epsilon: v.optional(positive('Added to the root of the second moment.'), 1e-8),
    momentum: v.optional(fraction('Share of the last update that is kept.'), 0),
    centered: v.optional(flag('Whether the second moment is centred (a variance).'), false),
    decoupled,
  }),
]);

export const clipSchema = v.variant('rule', [
  v.strictObject({ rule: v.pipe(v.literal('none'), v.description('No clipping.')) }),
  v.strictObject({
    rule: v.pipe(v.literal('torch_norm'), v.description('torch clip_grad_norm_: g · min(1, max/(‖g‖ + 1e-6)).')),
    max: v.optional(positive('Largest global gradient norm.'), 1),
  }),
  v.strictObject({
    rule: v.pipe(
      v.literal('tensorflow_global_norm'),
      v.description('tf.clip_by_global_norm: g · max/max(‖g‖, max); NaN for a non-finite norm.'),
    ),
    max: v.optional(positive('Largest global gradient norm.'), 1),
  }),
  v.strictObject({
    rule: v.pipe(v.literal('value'), v.description('torch clip_grad_value_: each element clamped to ±max.')),
    max: v.optional(positive('Largest absolute gradient element.'), 1),
  }),
  v.strictObject({
    rule: v.pipe(
      v.literal('torch_norm_per_tensor'),
      v.description('torch clip_grad_norm_ for each parameter tensor by itself: g · min(1, max/(‖g‖ + 1e-6)) with its own norm.'),
    ),
    max: v.optional(positive('Largest gradient norm of a parameter tensor.'), 1),
  }),
  v.strictObject({
    rule: v.pipe(
      v.literal('adaptive'),
      v.description('Adaptive gradient clipping, AGC (Brock et al. 2021): each unit’s gradient by the norm of its weights.'),
    ),
    ratio: v.optional(positive('Largest ratio of a unit’s gradient norm to the norm of its weights.'), 0.01),
    epsilon: v.optional(positive('Least norm of a unit’s weights that is reckoned with.'), 1e-3),
    exceptOutput: v.optional(flag('Whether the last Linear is left unclipped, as in the paper.'), true),
  }),
]);
