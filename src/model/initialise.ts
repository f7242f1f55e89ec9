/** Initial parameters: drawn once on the CPU, counter-based, so that every engine starts from the same bits. */
import { orthonormalColumns } from '../math/orthogonal.ts';
import { normals, PURPOSE, uniforms } from '../math/philox.ts';
import type { Parameter } from './network.ts';
import type { Init } from './schema.ts';

/**
 * Initial values of one parameter, (rows, columns) row-major.
 *
 * @param index position of the parameter in the network: its random stream
 */
export function initialValues(parameter: Parameter, given: Init, seed: number, index: number): Float32Array {
  const { role, rows, columns, fanIn, endsBranch = false } = parameter;
  const init = endsBranch ? branchEnd(given) : given;
  const n = rows * columns;
  switch (role) {
    case 'gamma':
      return new Float32Array(n).fill(1);
    case 'beta':
      return new Float32Array(n);
    case 'bias':
      return initialBias(n, fanIn, init, seed, index);
    case 'weight':
      return initialWeight(rows, columns, init, seed, index);
  }
}

/** What the last Linear of a residual branch starts from: V and a of Yang, Schoenholz 2017, x += V φ(W x + b) + a. */
function branchEnd(init: Init): Init {
  const { branchWeightVariance = init.weightVariance, branchBiasVariance = init.biasVariance } = init;
  return { ...init, weightVariance: branchWeightVariance, biasVariance: branchBiasVariance };
}

function initialBias(n: number, fanIn: number, init: Init, seed: number, index: number): Float32Array {
  if (init.scheme === 'torch_default') return uniforms(seed, PURPOSE.weights, index, n, 1 / Math.sqrt(fanIn));
  if (init.scheme === 'scaled_normal') return normals(seed, PURPOSE.weights, index, n, Math.sqrt(init.biasVariance));
  return new Float32Array(n);
}

/** (fan-in, fan-out) row-major: y = x W. */
export function initialWeight(fanIn: number, fanOut: number, init: Init, seed: number, index: number): Float32Array {
  const { scheme, gain, weightVariance } = init;
  const n = fanIn * fanOut;
  const normal = (variance: number) => normals(seed, PURPOSE.weights, index, n, gain * Math.sqrt(variance));
  // U(−a, a) has variance a²/3.
  const uniform = (variance: number) => uniforms(seed, PURPOSE.weights, index, n, gain * Math.sqrt(3 * variance));
  switch (scheme) {
    // He, Zhang, Ren, Sun 2015, eq. 10
    case 'he_normal':
      return normal(2 / fanIn);
    case 'he_uniform':
      return uniform(2 / fanIn);
    // Glorot, Bengio 2010, eq. 12 and 16
    case 'xavier_normal':
      return normal(2 / (fanIn + fanOut));
    case 'xavier_uniform':
      return uniform(2 / (fanIn + fanOut));
    // LeCun, Bottou, Orr, Müller 1998, "Efficient backprop", eq. 16; Klambauer et al. 2017 for SELU
    case 'lecun_normal':
      return normal(1 / fanIn);
    case 'lecun_uniform':
      return uniform(1 / fanIn);
    // Poole et al. 2016: W ~ N(0, σw²/fan_in)
    case 'scaled_normal':
      return normal(weightVariance / fanIn);
    // torch.nn.Linear.reset_parameters: kaiming_uniform_ with a = √5, which is U(±1/√fan_in)
    case 'torch_default':
      return uniform(1 / (3 * fanIn));
    // Saxe, McClelland, Ganguli 2014, section 3; torch.nn.init.orthogonal_
    case 'orthogonal':
      return orthogonal(fanIn, fanOut, gain, normals(seed, PURPOSE.weights, index, n, 1));
    // Le, Jaitly, Hinton 2015, "A simple way to initialize recurrent networks of rectified linear units"; torch.nn.init.eye_
    case 'identity':
      return Float32Array.from({ length: n }, (_, i) => (Math.floor(i / fanOut) === i % fanOut ? gain : 0));
  }
}

/** Orthonormal columns times the gain, or orthonormal rows where there are more columns than rows. */
function orthogonal(rows: number, columns: number, gain: number, normal: Float32Array): Float32Array {
  if (rows < columns) return Float32Array.from(orthonormalColumns(normal, columns, rows), (x) => gain * x);
  const q = orthonormalColumns(normal, rows, columns);
  return Float32Array.from({ length: rows * columns }, (_, i) => gain * q[(i % columns) * rows + Math.floor(i / columns)]);
}
