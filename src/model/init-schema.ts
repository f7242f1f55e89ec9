/** The schema of initial weights. */
import * as v from 'valibot';
import { atLeast, positive } from './schema-parts.ts';

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

const scheme = v.pipe(
  v.picklist(INIT_SCHEMES),
  v.description(
    'he: variance 2/fan_in (He et al. 2015). xavier: 2/(fan_in+fan_out) (Glorot, Bengio 2010). lecun: 1/fan_in (LeCun et al. 1998). scaled_normal: weightVariance/fan_in (Poole et al. 2016). torch_default: U(±1/√fan_in), biases too. orthogonal: WᵀW = 1, or WWᵀ = 1 where there are more outputs (Saxe et al. 2014); drawing a layer takes about a second at width 1024 and a minute at 4096. identity: ones on the diagonal (Le et al. 2015).',
  ),
);

const shared = {
  gain: v.optional(
    positive(
      'Factor on every initial weight. torch.nn.init.calculate_gain gives 1 for linear and sigmoid, 5/3 for tanh, √2 for ReLU, √(2/(1+0.01²)) for leaky ReLU and 3/4 for SELU; he schemes contain the √2.',
    ),
    1,
  ),
  weightVariance: v.optional(
    positive('σw² of scaled_normal, the weights’ variance times fan-in. ReLU keeps gradients level at 2.'),
    1,
  ),
  biasVariance: v.optional(atLeast(0, 'σb² of scaled_normal: variance of the biases.'), 0),
};

export const initSchema = v.strictObject({ scheme: v.optional(scheme, 'he_normal'), ...shared });

export const branchInitSchema = v.strictObject({
  scheme: v.optional(scheme, 'he_normal'),
  ...shared,
  branchWeightVariance: v.optional(
    positive('σv² of scaled_normal: weightVariance of the last Linear of each branch; left out, that of all others.'),
  ),
  branchBiasVariance: v.optional(
    atLeast(0, 'σa² of scaled_normal: biasVariance of the last Linear of each branch; left out, that of all others.'),
  ),
});

/** Of the input weights and the head of a recurrent network, where nothing has to be kept level by He's factor 2. */
export const inputInitSchema = v.strictObject({ scheme: v.optional(scheme, 'xavier_uniform'), ...shared });
