/** Growth of the stream and of its gradient in residual networks, measured on the CPU engine. */
import { describe, expect, test } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import { residualNetwork } from '../../src/model/network.ts';
import type { Activation, Init } from '../../src/model/schema.ts';
import { type Block, type BranchVariances, logGradientRatio, residualStack } from '../../src/theory/residual.ts';
import { curveOf } from './curves.ts';
import { measureNetwork } from './profile.ts';
import { sized } from './scale.ts';

const engine = new CpuEngine({ engine: 'cpu', why: 'test' });
const WIDTH = 256;
const MINUTES = 20;
const TOKENS = 16;

interface Measured {
  /** Second moments of the stream, x₀ … x_L, mean over seeds. */
  readonly moments: readonly number[];
  /** Mean of ‖dL/dx₀‖²/‖dL/dx_L‖² over seeds. */
  readonly ratio: number;
}

/** Starts from x₀ = x ~ N(0, 1), so that p₀ = 1; the output Linear stands directly on the stream. */
async function measure(block: Block, activation: Activation, blocks: number, seeds: number, batchSize = 1): Promise<Measured> {
  const { form, norm, branch, variances, scale } = block;
  const network = residualNetwork({
    inputs: WIDTH,
    width: WIDTH,
    inner: WIDTH,
    outputs: WIDTH,
    blocks,
    activation,
    loss: 'mse',
    form,
    norm: norm ?? 'layer',
    branch,
    isScaled: scale !== undefined,
    finalNorm: false,
    bias: variances.bias > 0 || variances.outBias > 0,
  });
  const init: Init = {
    scheme: 'scaled_normal',
    gain: 1,
    weightVariance: variances.weight,
    biasVariance: variances.bias,
    branchWeightVariance: variances.outWeight,
    branchBiasVariance: variances.outBias,
  };
  const names = Array.from({ length: blocks + 1 }, (_, k) => `x${k}`);
  const request = { init, seeds, batchSize, identities: ['in'], ...(scale === undefined ? {} : { branchScale: scale }) };
  const { forward, backward } = await measureNetwork(engine, network, names, request);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    moments: names.map((_, k) => mean(forward.map((row) => Math.exp(row[k]) / (WIDTH * batchSize)))),
    ratio: mean(backward.map((row) => Math.exp(row[0] - row[blocks]))),
  };
}

/** Four of the published standard errors, which are of `published` seeds, or 3 %. */
function allowed(expected: number, standardError: number, published: number, seeds: number): number {
  return Math.max(4 * standardError * Math.sqrt(published / seeds), 0.03 * Math.abs(expected));
}

const he: BranchVariances = { weight: 2, bias: 0, outWeight: 1, outBias: 0 };
const heEnd: BranchVariances = { weight: 1, bias: 0, outWeight: 2, outBias: 0 };

describe('x + V φ(W x + b) + a (Yang, Schoenholz 2017)', () => {
  // φ, σw², σb², σv², σa², blocks, p_L, ln G, published standard errors of both (24 seeds)
  const cases = [
    ['tanh', 1, 0, 1, 0, 10, 6.777, 2.643, 0.155, 0.042],
    ['tanh', 1, 0, 1, 0, 50, 39.594, 7.216, 0.871, 0.093],
    ['tanh', 2, 0.1, 0.5, 0.1, 50, 26.319, 5.947, 0.609, 0.111],
    ['relu', 1, 0, 1, 0, 10, 57.665, 4.055, 4.27, 0.038],
    ['relu', 2, 0, 0.1, 0, 30, 17.449, 2.859, 0.682, 0.036],
  ] as const;
  const seeds = sized(3, 24);
  test.each(cases)(
    '%s, %d, %d, %d, %d, %d blocks',
    async (activation, weight, bias, outWeight, outBias, L, p, lnG, errorOfP, errorOfG) => {
      const block: Block = { form: 'plain', branch: 'two_layer', variances: { weight, bias, outWeight, outBias } };
      const { moments, ratio } = await measure(block, activation, L, seeds);
      expect(Math.abs(moments[L] - p)).toBeLessThanOrEqual(allowed(p, errorOfP, 24, seeds));
      expect(Math.abs(Math.log(ratio) - lnG)).toBeLessThanOrEqual(allowed(lnG, errorOfG, 24, seeds));
    },
    MINUTES * 60_000,
  );

  test('control: tanh grows as ReLU’s recurrence would not', async () => {
    const block: Block = { form: 'plain', branch: 'two_layer', variances: { weight: 1, bias: 0, outWeight: 1, outBias: 0 } };
    const { ratio } = await measure(block, 'tanh', 30, 4);
    // (3/2)^30
    expect(logGradientRatio(residualStack(curveOf('relu'), block, 30))).toBeCloseTo(30 * Math.log(1.5), 9);
    expect(Math.log(ratio)).toBeLessThan(0.7 * 30 * Math.log(1.5));
  });
});

describe('a branch scale of 1/√L bounds growth by e, He branches (Hanin, Rolnick 2018)', () => {
  test.each([
    [10, 0.06],
    [50, 0.068],
  ])(
    'L = %d',
    async (L, error) => {
      const seeds = sized(3, 24);
      const block: Block = { form: 'plain', branch: 'two_layer', variances: he, scale: 1 / Math.sqrt(L) };
      const { moments, ratio } = await measure(block, 'relu', L, seeds);
      const expected = (1 + 1 / L) ** L;
      expect(Math.abs(moments[L] - expected)).toBeLessThanOrEqual(allowed(expected, error, 24, seeds));
      expect(Math.abs(ratio - expected)).toBeLessThanOrEqual(allowed(expected, error, 24, seeds));
    },
    MINUTES * 60_000,
  );
});

describe('He branches on batches of 128 (De, Smith 2020)', () => {
  const [L, B, seeds] = [32, 128, sized(4, 12)];

  test(
    'without a norm the second moment doubles in every block',
    async () => {
      const { moments, ratio } = await measure({ form: 'plain', branch: 'one_layer', variances: heEnd }, 'relu', L, seeds, B);
      [
        [1, 0.0098],
        [8, 13],
        [16, 8800],
      ].forEach(([l, error]) => {
        expect(Math.abs(moments[l] - 2 ** l)).toBeLessThanOrEqual(allowed(2 ** l, error, 12, seeds));
      });
      expect(Math.abs(Math.log(ratio) - 22.181)).toBeLessThanOrEqual(allowed(22.181, 0.082, 12, seeds));
    },
    MINUTES * 60_000,
  );

  const normed: Block = { form: 'pre_norm', norm: 'batch', branch: 'one_layer', variances: heEnd };
  test(
    'with batch norm in front it grows by 1 per block, and the gradient as a power of the depth',
    async () => {
      const { moments, ratio } = await measure(normed, 'relu', L, seeds, B);
      for (const l of [1, 8, 16, 32]) expect(Math.abs(moments[l] / (l + 1) - 1)).toBeLessThanOrEqual(0.03);
      expect(Math.abs(Math.log(ratio) - 4.405)).toBeLessThanOrEqual(0.15);
      // control: this is no doubling
      expect(moments[16]).toBeLessThan(2 ** 16 / 1000);
    },
    MINUTES * 60_000,
  );
});

describe('x + V φ(W LN(x)), weights N(0, 1/n): p = 1 + L/2, and so does G (Xiong et al. 2020, lemma 2)', () => {
  // Blocks, published standard errors of p and of G with 24 seeds.
  test.each([
    [2, 0.015, 0.013],
    [8, 0.038, 0.056],
    [32, 0.217, 0.348],
  ])(
    'L = %d',
    async (L, errorOfP, errorOfG) => {
      const seeds = sized(3, 24);
      const variances = { weight: 1, bias: 0, outWeight: 1, outBias: 0 };
      const block: Block = { form: 'pre_norm', norm: 'layer', branch: 'two_layer', variances };
      // Published is the mean over a sequence of tokens, each of which the branch sees alone.
      const { moments, ratio } = await measure(block, 'relu', L, seeds, TOKENS);
      const expected = 1 + L / 2;
      expect(Math.abs(moments[L] - expected)).toBeLessThanOrEqual(allowed(expected, errorOfP, 24, seeds));
      expect(Math.abs(ratio - expected)).toBeLessThanOrEqual(allowed(expected, errorOfG, 24, seeds));
    },
    MINUTES * 60_000,
  );
});
