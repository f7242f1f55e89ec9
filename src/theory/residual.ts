/**
 * Residual networks at initialisation in the limit of wide layers: how the stream x_l and the gradient that comes back through it
 * grow from block to block.
 */
import { correlatedMean } from './correlation.ts';
import { type Curve, gradientFactor, nextVariance } from './mean-field.ts';

/** Variances of x_{l+1} = x_l + V φ(W x_l + b) + a: σw², σb² inside the branch, σv², σa² at its end. */
export interface BranchVariances {
  readonly weight: number;
  readonly bias: number;
  readonly outWeight: number;
  readonly outBias: number;
}

/** One block. */
export interface Block {
  /** x + f(x), x + f(norm(x)) or norm(x + f(x)). */
  readonly form: 'plain' | 'pre_norm' | 'post_norm';
  /** Of no meaning in form plain. */
  readonly norm?: 'layer' | 'rms' | 'batch';
  /** f(x) = V φ(W x + b) + a, or V φ(x) + a. */
  readonly branch: 'two_layer' | 'one_layer';
  readonly variances: BranchVariances;
  /** Factor on the branch; default 1. */
  readonly scale?: number;
}

/** What the recurrences predict for a stack of blocks. */
export interface ResidualStack {
  /** Second moments of the stream, p₀ … p_L. */
  readonly moments: Float64Array;
  /** ln of each block's factor of the squared gradient norm, first block first. */
  readonly logFactors: Float64Array;
}

/** ln G, the ratio of the squared gradient norms at the stack's input and output. */
export function logGradientRatio({ logFactors }: ResidualStack): number {
  return logFactors.reduce((sum, value) => sum + value, 0);
}

/** What a branch whose input has second moment u adds to the stream, and how much gradient passes through it. */
interface Passage {
  /** Second moment, and the part of it that differs between unrelated examples. */
  readonly added: number;
  readonly varying: number;
  /** Factor of the squared gradient norm through the branch alone. */
  readonly passed: number;
}

function passage(curve: Curve, { branch, variances, norm, scale = 1 }: Block, u: number): Passage {
  const { weight, bias, outWeight, outBias } = variances;
  const inner = branch === 'two_layer' ? { q: weight * u + bias, weight, bias } : { q: u, weight: 1, bias: 0 };
  const strength = scale * scale;
  const moment = nextVariance(curve, { weight: outWeight, bias: 0 }, inner.q);
  // Only batch norm compares examples; of unrelated ones, biases are all that pre-activations share.
  const shared = norm === 'batch' ? outWeight * correlatedMean(curve.phi, inner.q, inner.bias / inner.q) : 0;
  return {
    added: strength * (moment + outBias),
    varying: strength * (moment - shared),
    passed: strength * outWeight * gradientFactor(curve, inner.weight, inner.q),
  };
}

/**
 * Plain blocks: p ← p + σv² E[φ(√q z)²] + σa² with q = σw² p + σb², and the squared gradient norm grows by
 * 1 + σv² σw² E[φ′(√q z)²]. With tanh, ln G grows like √L; with ReLU, like L, and with a branch scale of 1/√L it stays bounded.
 * A norm in front of the branch keeps its input at 1 and divides what passes by the stream's size: p grows linearly and the factor is
 * 1 + σv² σw² E[φ′²]/p; behind the sum it holds p at 1. Layer and RMS norm see p itself, batch norm what of it varies over a large
 * batch of unrelated examples: with He weights and ReLU, p_l = l + 1, and 1 + (1 − 1/π) l of it varies.
 * ref: Yang, Schoenholz 2017, "Mean field residual networks: on the edge of chaos", sections 4 and 5 (plain); Hanin, Rolnick 2018
 * (branch scale); Xiong et al. 2020, "On layer normalization in the transformer architecture", lemma 2; De, Smith 2020, "Batch
 * normalization biases residual blocks towards the identity function", section 3. Gradients through norms are derived.
 *
 * @param p0 second moment of x₀
 */
export function residualStack(curve: Curve, block: Block, blocks: number, p0 = 1): ResidualStack {
  const { form, norm } = block;
  const moments = new Float64Array(blocks + 1);
  const logFactors = new Float64Array(blocks);
  moments[0] = p0;
  let varying = p0;
  // Behind a norm every block is like the one before.
  const normalised = passage(curve, block, 1);
  for (let l = 0; l < blocks; l++) {
    const p = moments[l];
    const isOne = form === 'pre_norm' || (form === 'post_norm' && l > 0);
    const through = isOne ? normalised : passage(curve, block, p);
    const size = norm === 'batch' ? varying : p;
    const added = norm === 'batch' ? through.varying : through.added;
    moments[l + 1] = form === 'post_norm' ? 1 : p + through.added;
    varying = form === 'post_norm' ? 1 : varying + through.varying;
    const factor = form === 'plain' ? 1 + through.passed : 1 + through.passed / size;
    logFactors[l] = Math.log(form === 'post_norm' ? (1 + through.passed) / (size + added) : factor);
  }
  return { moments, logFactors };
}
