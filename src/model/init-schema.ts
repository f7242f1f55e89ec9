/** The schema of initial weights. */
import * as v from 'valibot';
import { atLeast, choice, positive } from './schema-parts.ts';

export const INIT_SCHEMES = [
  'he_normal',
  'he_uniform',
  'xavier_normal',
  'xavier_uniform',
  'lecun_normal',
  'lecun_uniform',
  'scaled_normal',
  'torch_default',
  'orthogonal',
  'identity',
] as const;
export type InitScheme = (typeof INIT_SCHEMES)[number];

const ORTHOGONAL =
  'WᵀW = 1, or WWᵀ = 1 where there are more outputs (Saxe et al. 2014); drawing a layer takes about a second at width 1024 and a minute at 4096.';

const scheme = choice(INIT_SCHEMES, 'Distribution of the initial weights, which decides how gradients grow with depth.', {
  label: 'Initialisation',
  options: {
    he_normal: { label: 'He normal', text: 'Variance 2/fan_in, made for ReLU (He et al. 2015).' },
    he_uniform: { label: 'He uniform', text: 'Variance 2/fan_in, made for ReLU (He et al. 2015).' },
    xavier_normal: { label: 'Xavier normal', text: 'Variance 2/(fan_in+fan_out) (Glorot, Bengio 2010).' },
    xavier_uniform: { label: 'Xavier uniform', text: 'Variance 2/(fan_in+fan_out) (Glorot, Bengio 2010).' },
    lecun_normal: { label: 'LeCun normal', text: 'Variance 1/fan_in (LeCun et al. 1998).' },
    lecun_uniform: { label: 'LeCun uniform', text: 'Variance 1/fan_in (LeCun et al. 1998).' },
    scaled_normal: { label: 'N(0, σw²/n)', text: 'Variance weightVariance/fan_in (Poole et al. 2016).' },
    torch_default: { label: 'PyTorch default', text: 'U(±1/√fan_in), biases too.' },
    orthogonal: { text: ORTHOGONAL },
    identity: { text: 'Ones on the diagonal (Le et al. 2015).' },
  },
});

const needs = { path: 'model.init.scheme', is: ['scaled_normal'] };

const shared = {
  gain: v.optional(
    positive(
      'Factor on every initial weight. By torch.nn.init.calculate_gain it is 1 for linear and sigmoid, 5/3 for tanh, √2 for ReLU, √(2/(1+0.01²)) for leaky ReLU and 3/4 for SELU; he schemes contain the √2.',
      { unit: '×', usual: [0.1, 4] },
    ),
    1,
  ),
  weightVariance: v.optional(
    positive('The weights’ variance times fan-in, of scaled_normal. ReLU keeps gradients level at 2.', {
      label: 'σw²',
      unit: '/ fan-in',
      usual: [0.1, 8],
      needs,
    }),
    1,
  ),
  biasVariance: v.optional(
    atLeast(0, 'Variance of the biases, of scaled_normal.', { label: 'σb²', unit: 'variance', usual: [0, 4], needs }),
    0,
  ),
};

export const initSchema = v.strictObject({ scheme: v.optional(scheme, 'he_normal'), ...shared });

export const branchInitSchema = v.strictObject({
  scheme: v.optional(scheme, 'he_normal'),
  ...shared,
  branchWeightVariance: v.optional(
    positive('The weightVariance of the last Linear of each branch; left out, that of all others.', {
      label: 'σv² of branch ends',
      unit: '/ fan-in',
      needs,
    }),
  ),
  branchBiasVariance: v.optional(
    atLeast(0, 'The biasVariance of the last Linear of each branch; left out, that of all others.', {
      label: 'σa² of branch ends',
      unit: 'variance',
      needs,
    }),
  ),
});

/** Of the input weights and the head of a recurrent network, where nothing has to be kept level by He's factor 2. */
export const inputInitSchema = v.strictObject({ scheme: v.optional(scheme, 'xavier_uniform'), ...shared });
