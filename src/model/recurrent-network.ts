/** Recurrent networks as lists of ops. */
import type { Network, Op } from './network.ts';
import type { Cell, CellActivation, CellNorm, Readout } from './recurrent-schema.ts';
import type { Experiment, Loss } from './schema.ts';

/** Each cell's gates in the order of their blocks in weights and biases, which is torch's; of the vanilla cell its only state. */
export const GATES = {
  rnn: ['h'],
  lstm: ['i', 'f', 'g', 'o'],
  gru: ['r', 'z', 'n'],
} as const satisfies Record<Cell, readonly string[]>;

export interface RecurrentSpec {
  readonly inputs: number;
  readonly outputs: number;
  readonly cell: Cell;
  readonly activation: CellActivation;
  readonly layers: number;
  readonly hidden: number;
  readonly readout: Readout;
  readonly truncation: number;
  /** Default: none. */
  readonly norm?: CellNorm;
  readonly bias: boolean;
  /** Length of the longest sequence. */
  readonly steps: number;
  readonly loss: Loss;
}

/**
 * Layer k: a = x W + b of all steps at once (`l{k}.ih`), then the recurrence along the steps (`l{k}.hh`), whose states `h{k}` the next
 * layer reads; with a norm each gate's sum is normalised and has a gain and a shift of its own in the place of the second bias. What is read out of the last layer's states goes through the Linear `head`. Initial states are 0.
 * ref: torch.nn.RNN, LSTM, GRU (gates, their order, two biases)
 */
export function recurrentNetwork(spec: RecurrentSpec): Network {
  const { inputs, outputs, cell, activation, layers, hidden, readout, truncation, norm = 'none', bias, steps, loss } = spec;
  const isNormed = norm === 'layer';
  const walked = { cell, activation, hidden, isNormed, bias: bias && !isNormed, steps, truncation };
  const ops: Op[] = [];
  let x = 'x';
  for (let k = 0; k < layers; k++) {
    const sizes = { inputs: k === 0 ? inputs : hidden, outputs: GATES[cell].length * hidden };
    ops.push({ op: 'linear', name: `l${k}.ih`, input: x, output: `a${k}`, ...sizes, bias, steps, cell });
    ops.push({ op: 'recurrence', name: `l${k}.hh`, input: `a${k}`, output: `h${k}`, ...walked });
    x = `h${k}`;
  }
  if (readout !== 'every') {
    ops.push({ op: 'read_out', input: x, output: 'y', features: hidden, steps, how: readout });
    x = 'y';
  }
  const head = { op: 'linear', name: 'head', input: x, output: 'out', inputs: hidden, outputs, bias } as const;
  ops.push(readout === 'every' ? { ...head, steps } : head);
  const indices = Array.from({ length: layers }, (_, k) => k);
  return {
    ops,
    // Networks that differ in length alone have the same ops.
    head: ops.length,
    input: 'x',
    inputs,
    output: 'out',
    outputs,
    loss,
    gradientLayers: [...indices.map((k) => `a${k}`), 'out'],
    weightLayers: [...indices.flatMap((k) => [`l${k}.ih.weight`, `l${k}.hh.weight`]), 'head.weight'],
    sequence: { steps, readout },
  };
}

export type RecurrenceOp = Extract<Op, { op: 'recurrence' }>;

/** The recurrent layers of a network, input side first. */
export function recurrencesOf({ ops }: Pick<Network, 'ops'>): RecurrenceOp[] {
  return ops.flatMap((op) => (op.op === 'recurrence' ? [op] : []));
}

/** Names of the states of a recurrent layer: h, and of the LSTM c. */
export function statesOf({ cell, output }: Pick<RecurrenceOp, 'cell' | 'output'>): string[] {
  return cell === 'lstm' ? [output, cellState(output)] : [output];
}

/** Name of the LSTM's c beside a state `h0`. */
export function cellState(state: string): string {
  return state.replace('h', 'c');
}

/** What the records say of the recurrent layers. */
export function recurrentLayersOf(network: Pick<Network, 'ops'>) {
  return recurrencesOf(network).map((op) => {
    return { name: op.output, gates: GATES[op.cell], steps: op.steps, hasCell: op.cell === 'lstm' };
  });
}

/** Names of the gates of each recurrent layer of an experiment's network; empty for other networks. */
export function gatesOf({ model }: Experiment): (readonly string[])[] {
  return model.kind === 'recurrent' ? Array.from({ length: model.layers }, () => GATES[model.cell]) : [];
}
