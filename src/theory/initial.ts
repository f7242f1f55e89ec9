/** The variances σw², σb² that an initialiser gives a layer. */
import type { Init } from '../model/schema.ts';
import type { Variances } from './mean-field.ts';

/**
 * σw² = fan_in Var(W) and σb² = Var(b), by the formulas of `src/model/initialise.ts`. The identity has no variance: it counts as the
 * orthogonal matrix that it is, which says nothing about a network that repeats it.
 *
 * @param bias whether the layer has one
 */
export function layerVariances(init: Init, fanIn: number, fanOut: number, bias: boolean): Variances {
  const { scheme, gain, weightVariance, biasVariance } = init;
  const weight = (base: number) => gain * gain * base;
  const withBias = (variance: number) => (bias ? variance : 0);
  switch (scheme) {
    case 'he_normal':
    case 'he_uniform':
      return { weight: weight(2), bias: 0 };
    case 'xavier_normal':
    case 'xavier_uniform':
      return { weight: weight((2 * fanIn) / (fanIn + fanOut)), bias: 0 };
    case 'lecun_normal':
    case 'lecun_uniform':
      return { weight: weight(1), bias: 0 };
    // Columns, or rows where there are fewer of them, of length 1: Σ W² = min(fan_in, fan_out).
    case 'orthogonal':
    case 'identity':
      return { weight: weight(Math.min(1, fanIn / fanOut)), bias: 0 };
    case 'scaled_normal':
      return { weight: weight(weightVariance), bias: withBias(biasVariance) };
    // Both U(±1/√fan_in), of variance 1/(3 fan_in).
    case 'torch_default':
      return { weight: weight(1 / 3), bias: withBias(1 / (3 * fanIn)) };
  }
}
