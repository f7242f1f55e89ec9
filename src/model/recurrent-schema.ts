/** The schema of recurrent networks. */
import * as v from 'valibot';
import { inputInitSchema } from './init-schema.ts';
import { finite, flag, integer, positive } from './schema-parts.ts';

export const CELLS = ['rnn', 'lstm', 'gru'] as const;
export type Cell = (typeof CELLS)[number];

/** Non-linearities of the vanilla cell. */
export const CELL_ACTIVATIONS = ['tanh', 'relu', 'linear'] as const;
export type CellActivation = (typeof CELL_ACTIVATIONS)[number];

export const CELL_NORMS = ['none', 'layer'] as const;
export type CellNorm = (typeof CELL_NORMS)[number];

export const READOUTS = ['last', 'every', 'mean'] as const;
export type Readout = (typeof READOUTS)[number];

export const RECURRENT_SCHEMES = [
  'orthogonal',
  'identity',
  'scaled_normal',
  'torch_default',
  'xavier_normal',
  'xavier_uniform',
] as const;
export type RecurrentScheme = (typeof RECURRENT_SCHEMES)[number];

/** No sequence is longer: the states of all its steps must fit a device. */
export const LONGEST_SEQUENCE = 10_000;

const recurrentInitSchema = v.strictObject({
  scheme: v.optional(
    v.pipe(
      v.picklist(RECURRENT_SCHEMES),
      v.description(
        'Initial square matrix of each gate. orthogonal: WᵀW = 1 (Saxe et al. 2014). identity: with ReLU the IRNN (Le et al. 2015). scaled_normal: N(0, 1/H), times the gain (Sompolinsky et al. 1988). torch_default: U(±1/√H), biases too. xavier: variance 1/H (Glorot, Bengio 2010).',
      ),
    ),
    'orthogonal',
  ),
  gain: v.optional(positive('Factor g on every recurrent weight: a linear RNN’s gradient changes by it from step to step.'), 1),
});

export const recurrentSchema = v.strictObject({
  kind: v.pipe(
    v.literal('recurrent'),
    v.description('Cells that walk along a sequence, one on top of another; then Linear. For tasks of sequences.'),
  ),
  cell: v.optional(
    v.pipe(
      v.picklist(CELLS),
      v.description(
        'Kind of cell. rnn: h = φ(W x + U h) (Elman 1990). lstm: Hochreiter, Schmidhuber 1997 with the forget gate of Gers et al. 2000. gru: Cho et al. 2014, in torch’s form.',
      ),
    ),
    'lstm',
  ),
  layers: v.optional(integer(1, 4, 'Recurrent layers.'), 1),
  hidden: v.optional(integer(1, 4096, 'Units of each recurrent layer, H.'), 64),
  activation: v.optional(v.pipe(v.picklist(CELL_ACTIVATIONS), v.description('Non-linearity φ of cell rnn.')), 'tanh'),
  readout: v.optional(
    v.pipe(
      v.picklist(READOUTS),
      v.description(
        'What the head reads. last: the last hidden state of each sequence. every: all of them, with a loss at each step, averaged over the steps of a sequence. mean: their mean.',
      ),
    ),
    'last',
  ),
  truncation: v.optional(
    integer(
      0,
      LONGEST_SEQUENCE,
      'Steps that gradients go back: BPTT(k) cuts them between blocks of k steps, the last of which ends with the sequence (Williams, Peng 1990). 0 for full back-propagation through time.',
    ),
    0,
  ),
  norm: v.optional(
    v.pipe(
      v.picklist(CELL_NORMS),
      v.description(
        'Layer norm inside the cell: at every step each gate’s sum of input and state is normalised over the units, with a gain and a shift of its own (Ba, Kiros, Hinton 2016, eq. 4).',
      ),
    ),
    'none',
  ),
  forgetBias: v.optional(
    v.pipe(finite, v.description('Added to the initial bias of the forget gate of cell lstm (Jozefowicz et al. 2015).')),
    1,
  ),
  bias: v.optional(flag('Whether cells and head have biases.'), true),
  init: v.optional(inputInitSchema, {}),
  recurrentInit: v.optional(recurrentInitSchema, {}),
});
