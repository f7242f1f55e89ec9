/** Initial parameters: drawn once on the CPU, counter-based, so that every engine starts from the same bits. */
import { normals, PURPOSE, uniforms } from '../math/philox.ts';
import type { Parameter } from './network.ts';
import type { Init } from './schema.ts';

/**
 * Initial values of one parameter, (rows, columns) row-major.
 *
 * @param index position of the parameter in the network: its random stream
 */
export function initialValues({ role, rows, columns, fanIn }: Parameter, init: Init, seed: number, index: number): Float32Array {
  const n = rows * columns;
  switch (role) {
    case 'gamma':
      return new Float32Array(n).fill(1);
    case 'beta':
      return new Float32Array(n);
    case 'bias':
      return initialBias(n, fanIn, init, seed, index);
    case 'weight':
      return initialWeight(n, fanIn, columns, init, seed, index);
  }
}

function initialBias(n: number, fanIn: number, init: Init, seed: number, index: number): Float32Array {
  if (init.scheme === 'torch_default') return uniforms(seed, PURPOSE.weights, index, n, 1 / Math.sqrt(fanIn));
  if (init.scheme === 'scaled_normal') return normals(seed, PURPOSE.weights, index, n, Math.sqrt(init.biasVariance));
  return new Float32Array(n);
}

function initialWeight(n: number, fanIn: number, fanOut: number, init: Init, seed: number, index: number): Float32Array {
  const { scheme, gain, weightVariance } = init;
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
    // Poole et al. 2016: W ~ N(0, σw²/fan_in)
    case 'scaled_normal':
      return normal(weightVariance / fanIn);
    // torch.nn.Linear.reset_parameters: kaiming_uniform_ with a = √5, which is U(±1/√fan_in)
    case 'torch_default':
      return uniform(1 / (3 * fanIn));
  }
}
