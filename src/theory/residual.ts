/**
 * Residual networks at initialisation in the limit of wide layers. p_l is the second moment of the residual stream x_l (p₀ = 1 for
 * standardised inputs) and G the ratio of the squared gradient norms at its input and its output.
 */
import { type Curve, gradientFactor, nextVariance } from './mean-field.ts';

/** Variances of x_{l+1} = x_l + V φ(W x_l + b) + a: σw², σb² inside the branch, σv², σa² at its end. */
export interface BranchVariances {
  readonly weight: number;
  readonly bias: number;
  readonly outWeight: number;
  readonly outBias: number;
}

/** What the recurrences predict for a stack of blocks. */
export interface ResidualStack {
  /** p₀ … p_L. */
  readonly moments: Float64Array;
  /** ln of each block's factor of the squared gradient norm, first block first; their sum is ln G. */
  readonly logFactors: Float64Array;
}

function stack(blocks: number, p0: number, block: (p: number, l: number) => { next: number; factor: number }): ResidualStack {
  const moments = new Float64Array(blocks + 1);
  const logFactors = new Float64Array(blocks);
  moments[0] = p0;
  for (let l = 0; l < blocks; l++) {
    const { next, factor } = block(moments[l], l);
    moments[l + 1] = next;
    logFactors[l] = Math.log(factor);
  }
  return { moments, logFactors };
}

/** ln G. */
export function logGradientRatio({ logFactors }: ResidualStack): number {
  return logFactors.reduce((sum, value) => sum + value, 0);
}

/**
 * Unnormalised blocks: p ← p + σv² E[φ(√q z)²] + σa² with q = σw² p + σb², and the squared gradient norm grows by
 * 1 + σv² σw² E[φ′(√q z)²]. With tanh, ln G grows like √L; with ReLU, like L.
 * ref: Yang, Schoenholz 2017, "Mean field residual networks: on the edge of chaos", sections 4 and 5
 *
 * @param scale factor on each branch's output; 1/√L keeps G bounded (ReLU with σv² = 2: (1 + 1/L)^L → e)
 */
export function residualStack(curve: Curve, variances: BranchVariances, blocks: number, scale = 1, p0 = 1): ResidualStack {
  const { weight, bias, outWeight, outBias } = variances;
  const strength = scale * scale;
  return stack(blocks, p0, (p) => {
    const q = weight * p + bias;
    return {
      next: p + strength * nextVariance(curve, { weight: outWeight, bias: outBias }, q),
      factor: 1 + strength * outWeight * gradientFactor(curve, weight, q),
    };
  });
}

/**
 * Blocks x + W₂ φ(W₁ LN(x)) with layer norm or RMS norm in front: the branch does not see the stream's size, so p grows linearly and
 * the factor is 1 + σ₂² σ₁² E[φ′²]/p. With ReLU and weights N(0, 1/n): p_l = 1 + l/2, G = 1 + L/2.
 * ref: Xiong et al. 2020, "On layer normalization in the transformer architecture", lemma 2 (growth of p)
 */
export function normalisedStack(curve: Curve, variances: BranchVariances, blocks: number, scale = 1, p0 = 1): ResidualStack {
  const { weight, bias, outWeight, outBias } = variances;
  const q = weight + bias;
  const strength = scale * scale;
  const added = strength * nextVariance(curve, { weight: outWeight, bias: outBias }, q);
  const passed = strength * outWeight * gradientFactor(curve, weight, q);
  return stack(blocks, p0, (p) => ({ next: p + added, factor: 1 + passed / p }));
}

/**
 * Blocks x + W ReLU(BN(x)) with He weights: p_l = l + 1, and because ReLU's outputs have a mean, of which batch norm sees none, the
 * variance that it divides by grows more slowly, 1 + (1 − 1/π) l: G grows like L^(π/(π−1)).
 * ref: De, Smith 2020, "Batch normalization biases residual blocks towards the identity function", section 3 (growth of p)
 */
export function batchNormStack(blocks: number): ResidualStack {
  return stack(blocks, 1, (p, l) => ({ next: p + 1, factor: 1 + 1 / (1 + (1 - 1 / Math.PI) * l) }));
}
