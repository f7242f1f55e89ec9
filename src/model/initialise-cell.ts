/** Initial parameters of recurrent cells: each gate has a matrix of its own. */
import { normals, PURPOSE, uniforms } from '../math/philox.ts';
import { initialWeight } from './initialise.ts';
import type { Parameter } from './network.ts';
import { GATES } from './recurrent-network.ts';
import type { Init, Model } from './schema.ts';

type Recurrent = Extract<Model, { kind: 'recurrent' }>;
/** What of a model decides on the initial values of its cells. */
export type CellInit = Pick<Recurrent, 'init' | 'recurrentInit' | 'forgetBias' | 'norm'>;

/** Gates draw from streams that many apart, which no network has parameters. */
const STREAMS = 256;

/**
 * Initial values of a cell's parameter, (rows, columns) row-major, the gates' blocks side by side.
 *
 * @param index position of the parameter in the network: its random stream
 */
export function initialCellValues(parameter: Parameter, model: CellInit, seed: number, index: number): Float32Array {
  const { role, rows, columns, gates } = parameter;
  if (!gates) throw new Error(`"${parameter.name}" belongs to no cell`);
  const names = GATES[gates.cell];
  const hidden = columns / names.length;
  const out = new Float32Array(rows * columns);
  names.forEach((gate, g) => {
    const stream = index + STREAMS * g;
    const init = initOf(gates.of, model);
    const values = {
      weight: () => weightOf(rows, hidden, init, seed, stream),
      bias: () => biasOf(hidden, init, seed, stream),
      gamma: () => new Float32Array(hidden).fill(1),
      beta: () => new Float32Array(hidden),
    }[role]();
    // Gers, Schmidhuber, Cummins 2000: a forget gate that starts open keeps the cell's state. torch has two biases; it is added to one.
    // A norm would take it away again with the mean, so there it is the shift behind it.
    const opens = model.norm === 'none' ? role === 'bias' && gates.of === 'input' : role === 'beta';
    const shift = opens && gates.cell === 'lstm' && gate === 'f' ? model.forgetBias : 0;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < hidden; j++) out[i * columns + g * hidden + j] = values[i * hidden + j] + shift;
    }
  });
  return out;
}

function initOf(of: 'input' | 'hidden', { init, recurrentInit }: CellInit): Init {
  return of === 'input' ? init : { ...recurrentInit, weightVariance: 1, biasVariance: 0 };
}

/** torch.nn.RNNBase.reset_parameters: U(±1/√H), whatever the number of inputs. */
const torchBound = (hidden: number) => 1 / Math.sqrt(hidden);

function weightOf(rows: number, hidden: number, init: Init, seed: number, stream: number): Float32Array {
  if (init.scheme !== 'torch_default') return initialWeight(rows, hidden, init, seed, stream);
  return uniforms(seed, PURPOSE.weights, stream, rows * hidden, init.gain * torchBound(hidden));
}

function biasOf(hidden: number, init: Init, seed: number, stream: number): Float32Array {
  if (init.scheme === 'torch_default') return uniforms(seed, PURPOSE.weights, stream, hidden, torchBound(hidden));
  if (init.scheme === 'scaled_normal') return normals(seed, PURPOSE.weights, stream, hidden, Math.sqrt(init.biasVariance));
  return new Float32Array(hidden);
}
