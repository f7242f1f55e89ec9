/** The JSON half of a case, format `nablascope-case/1`. Fields have torch's names and defaults. */
import * as v from 'valibot';
import { ACTIVATIONS, LOSSES } from '../model/schema.ts';

const finite = v.pipe(v.number(), v.finite('a finite number'));
const positive = v.pipe(finite, v.gtValue(0));
const atLeastZero = v.pipe(finite, v.minValue(0));
const fraction = v.pipe(finite, v.minValue(0), v.ltValue(1));
const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1e6));
const three = v.tuple([finite, finite, finite]);
const off = v.optional(v.literal(false), false);

const mlp = v.strictObject({
  kind: v.literal('mlp'),
  sizes: v.pipe(v.array(size), v.minLength(2)),
  activation: v.picklist(ACTIVATIONS),
  norm: v.optional(v.picklist(['none', 'batch', 'layer']), 'none'),
  bias: v.strictObject({ hidden: v.boolean(), output: v.boolean() }),
});

const residualMlp = v.strictObject({
  kind: v.literal('residual_mlp'),
  input: size,
  width: size,
  inner: size,
  blocks: size,
  output: size,
  activation: v.picklist(ACTIVATIONS),
  norm: v.literal('pre_layer'),
});

/** torch.nn.RNN (tanh), LSTM or GRU of one layer, from zero states, and a Linear on the last hidden state. */
const recurrent = v.strictObject({
  kind: v.picklist(['rnn', 'lstm', 'gru']),
  input: size,
  hidden: size,
  output: size,
  time: size,
  readout: v.literal('last'),
});

const betas = v.optional(v.tuple([fraction, fraction]), [0.9, 0.999]);
const eps = v.optional(positive, 1e-8);
const adam = { betas, eps, amsgrad: off, maximize: off };

const optimizer = v.variant('name', [
  v.strictObject({
    name: v.literal('sgd'),
    lr: positive,
    momentum: v.optional(fraction, 0),
    dampening: v.optional(fraction, 0),
    weight_decay: v.optional(atLeastZero, 0),
    nesterov: v.optional(v.boolean(), false),
    maximize: off,
  }),
  v.strictObject({
    name: v.literal('adam'),
    lr: v.optional(positive, 1e-3),
    weight_decay: v.optional(atLeastZero, 0),
    ...adam,
  }),
  v.strictObject({
    name: v.literal('adamw'),
    lr: v.optional(positive, 1e-3),
    weight_decay: v.optional(atLeastZero, 1e-2),
    ...adam,
  }),
  v.strictObject({
    name: v.literal('rmsprop'),
    lr: v.optional(positive, 1e-2),
    alpha: v.optional(fraction, 0.99),
    eps,
    weight_decay: v.optional(atLeastZero, 0),
    momentum: v.optional(fraction, 0),
    centered: v.optional(v.boolean(), false),
    maximize: off,
  }),
]);

const clip = v.variant('rule', [
  v.strictObject({ rule: v.literal('none') }),
  v.strictObject({ rule: v.literal('torch_norm'), max_norm: positive }),
]);

/** What a float32 engine may deviate by, where torch's own float32 does so too. */
const deviation = v.looseObject({
  loss_rel: v.optional(atLeastZero, 0),
  grad_rel: v.optional(atLeastZero, 0),
  grad_worst_tensor_rel: v.optional(atLeastZero, 0),
  after3_maxabs: v.optional(atLeastZero, 0),
});

/** Further fields of the document are remarks and are not looked at. */
export const caseSchema = v.looseObject({
  format: v.literal('nablascope-case/1'),
  name: v.pipe(v.string(), v.nonEmpty('a name')),
  model: v.variant('kind', [mlp, residualMlp, recurrent]),
  loss_function: v.picklist(LOSSES),
  optimizer,
  clip: v.optional(clip, { rule: 'none' }),
  /** File name beside the JSON file. */
  tensors: v.string(),
  expected: v.looseObject({
    loss: three,
    loss_after3: finite,
    global_grad_norm: three,
    clip_coef: three,
    tensor_grad_norm: v.record(v.string(), atLeastZero),
    dact_norm: v.record(v.string(), atLeastZero),
  }),
  float32_deviation: v.optional(deviation, {}),
});

export type CaseDocument = v.InferOutput<typeof caseSchema>;
