/** The schema of recurrent networks. */
import * as v from 'valibot';
import { inputInitSchema } from './init-schema.ts';
import { anyNumber, choice, flag, integer, named, positive } from './schema-parts.ts';

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
    choice(RECURRENT_SCHEMES, 'Initial square matrix of each gate, U.', {
      label: 'Recurrence',
      options: {
        orthogonal: { text: 'UᵀU = 1 (Saxe et al. 2014).' },
        identity: { text: 'With ReLU the IRNN (Le et al. 2015).' },
        scaled_normal: { label: 'N(0, g²/H)', text: 'N(0, 1/H), times the gain (Sompolinsky et al. 1988).' },
        torch_default: { label: 'PyTorch default', text: 'U(±1/√H), biases too.' },
        xavier_normal: { label: 'Xavier normal', text: 'Variance 1/H (Glorot, Bengio 2010).' },
        xavier_uniform: { label: 'Xavier uniform', text: 'Variance 1/H (Glorot, Bengio 2010).' },
      },
    }),
    'orthogonal',
  ),
  gain: v.optional(
    positive('Factor g on every recurrent weight: a linear RNN’s gradient changes by it from step to step.', {
      label: 'Recurrent gain g',
      unit: '×',
      usual: [0.1, 4],
    }),
    1,
  ),
});

export const recurrentSchema = v.strictObject({
  kind: named('recurrent', 'Cells that walk along a sequence, one on top of another; then Linear. For tasks of sequences.', {
    label: 'RNN, LSTM, GRU',
  }),
  cell: v.optional(
    choice(CELLS, 'Kind of cell.', {
      options: {
        rnn: { label: 'RNN', text: 'h = φ(W x + U h) (Elman 1990).' },
        lstm: { label: 'LSTM', text: 'Hochreiter, Schmidhuber 1997 with the forget gate of Gers et al. 2000.' },
        gru: { label: 'GRU', text: 'Cho et al. 2014, in torch’s form.' },
      },
    }),
    'lstm',
  ),
  layers: v.optional(integer(1, 4, 'Recurrent layers, one on top of another.', { unit: 'layers' }), 1),
  hidden: v.optional(
    integer(1, 4096, 'Units of each recurrent layer, H.', { label: 'Hidden units', unit: 'units', usual: [4, 256] }),
    64,
  ),
  activation: v.optional(
    choice(CELL_ACTIVATIONS, 'Non-linearity φ of cell rnn.', { needs: { path: 'model.cell', is: ['rnn'] } }),
    'tanh',
  ),
  readout: v.optional(
    choice(READOUTS, 'What the head reads.', {
      label: 'Read-out',
      options: {
        last: { text: 'The last hidden state of each sequence.' },
        every: { text: 'All of them, with a loss at each step, averaged over the steps of a sequence.' },
        mean: { text: 'The mean of all hidden states.' },
      },
    }),
    'last',
  ),
  truncation: v.optional(
    integer(
      0,
      LONGEST_SEQUENCE,
      'Steps that gradients go back; 0 for full back-propagation through time. BPTT(k) cuts them between blocks of k steps, the last of which ends with the sequence (Williams, Peng 1990).',
      { unit: 'steps' },
    ),
    0,
  ),
  norm: v.optional(
    choice(
      CELL_NORMS,
      'Layer norm inside the cell: at every step each gate’s sum of input and state is normalised over the units, with a gain and a shift of its own (Ba, Kiros, Hinton 2016, eq. 4).',
      { label: 'Norm in the cell' },
    ),
    'none',
  ),
  forgetBias: v.optional(
    anyNumber('Added to the initial bias of the forget gate of cell lstm (Jozefowicz et al. 2015).', {
      unit: 'bias',
      usual: [-3, 6],
      needs: { path: 'model.cell', is: ['lstm'] },
    }),
    1,
  ),
  bias: v.optional(flag('Whether cells and head have biases.'), true),
  init: v.optional(inputInitSchema, {}),
  recurrentInit: v.optional(recurrentInitSchema, {}),
});
