/** At which depth float32 and float16 end, measured on the CPU engine: overflow of signals and of plain sums of squares, and underflow. */
import { describe, expect, test } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import type { Session } from '../../src/engine/engine.ts';
import { readTensor, tensorOf, writeReplica } from '../../src/engine/tensor-io.ts';
import { joinPairs, log2Norm } from '../../src/math/norm-pair.ts';
import { normals, PURPOSE } from '../../src/math/philox.ts';
import { mlpNetwork } from '../../src/model/network.ts';
import type { Activation, Init } from '../../src/model/schema.ts';
import { HYPER, HYPER_WORDS, NORM_WORDS } from '../../src/plan/records.ts';
import { finiteWidthVariance, fixedVariance, gradientFactor } from '../../src/theory/mean-field.ts';
import { curveOf } from './curves.ts';
import { openGiven, writeInitial } from './profile.ts';
import { sized } from './scale.ts';

const WIDTH = 128;
const SEEDS = sized(4, 16);
const MINUTES = 10;
const MAX = 128;
const engine = new CpuEngine({ engine: 'cpu', why: 'test' });

interface Stack {
  readonly activation: Activation;
  readonly weightVariance: number;
  /** Hidden layers; a square output layer follows. */
  readonly layers: number;
  readonly seed: number;
  readonly precision?: 'float32' | 'float16';
  /** Powers of two: on the input, on the output layer's weights and on dL/dz of the output, whose elements are else N(0, 1). */
  readonly inputPower: number;
  readonly outputPower: number;
  readonly gradientPower: number;
}

/** A bias-free network after one iteration with a random gradient at the top. */
async function openStack(given: Stack): Promise<Session> {
  const { activation, weightVariance, layers, seed, precision, inputPower, outputPower, gradientPower } = given;
  const n = WIDTH;
  const sizes = new Array<number>(layers + 2).fill(n);
  const network = mlpNetwork({ sizes, activation, norm: 'none', hiddenBias: false, outputBias: false, loss: 'mse' });
  const session = await openGiven(engine, network, 1, 1, precision);
  const init: Init = { scheme: 'scaled_normal', gain: 1, weightVariance, biasVariance: 0 };
  writeInitial(session, network, init, 0, seed);
  const head = `l${layers}.weight`;
  const scaled = (await readTensor(session, head, 1)).map((w) => w * 2 ** outputPower);
  writeReplica(session, head, 0, scaled);
  const hyper = new Float32Array(HYPER_WORDS);
  new Uint32Array(hyper.buffer)[HYPER.iterations] = 1;
  writeReplica(session, 'hyper', 0, hyper);
  writeReplica(session, 'x', 0, normals(seed, PURPOSE.teacher, 0, n, 2 ** inputPower));
  // dL/dz = 2 (z − target)/n, and outputPower keeps z far below the target.
  writeReplica(session, 'target', 0, normals(seed, PURPOSE.noise, 0, n, (n / 2) * 2 ** gradientPower));
  await session.run('iteration', 1);
  return session;
}

const layersOf = (session: Session, prefix: string, layers: number) =>
  Promise.all(Array.from({ length: layers }, (_, l) => readTensor(session, `${prefix}${l}`, 1)));

/** The sum of squares as a library forms it, in float32. */
function plainSquares(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum = Math.fround(sum + Math.fround(value * value));
  return sum;
}

const hasOverflow = (values: Float32Array) => values.some((value) => !Number.isFinite(value));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Finite width slows growth by √2 per layer: ln grows by ln 2 − 5/2n per two layers, so that depths stretch by this. */
const STRETCH = 1 / (1 - 5 / (2 * WIDTH * Math.LN2));
/** Standard deviation of one network's depth. */
const deviation = (depth: number) => Math.sqrt((5 * depth) / WIDTH) / Math.LN2;
/** Four standard errors, and a layer for depths being whole. */
const tolerance = (depth: number) => (4 * deviation(depth)) / Math.sqrt(SEEDS) + 1;

describe('bias-free ReLU with weight variance 4: signals grow by √2 per layer', () => {
  /** log2 of the largest of n normal numbers, √(2 ln n). */
  const largest = Math.log2(Math.sqrt(2 * Math.log(WIDTH)));
  const layers = 330;
  const relu = { activation: 'relu', weightVariance: 4, layers } as const;
  const seeds = Array.from({ length: SEEDS }, (_, k) => 1000 + k);

  test(
    'forward: overflow at a depth of 259.0',
    async () => {
      const predicted = 2 * (MAX - Math.log2(Math.SQRT2) - largest) * STRETCH;
      expect(predicted).toBeCloseTo(259, 1);
      const depths: number[] = [];
      for (const seed of seeds) {
        const session = await openStack({ ...relu, seed, inputPower: 0, outputPower: 0, gradientPower: 0 });
        depths.push(1 + (await layersOf(session, 'z', layers)).findIndex(hasOverflow));
        session.destroy();
      }
      expect(Math.abs(mean(depths) - predicted)).toBeLessThanOrEqual(tolerance(predicted));
    },
    MINUTES * 60_000,
  );

  test(
    'backward: overflow 260.0 layers below a bounded gradient, a plain sum of squares after 124.5; measured norms go on',
    async () => {
      const [element, squares] = [2 * (MAX - largest) * STRETCH, (MAX - Math.log2(WIDTH)) * STRETCH];
      expect([element, squares]).toEqual([expect.closeTo(260, 1), expect.closeTo(124.5, 1)]);
      const found: { element: number; squares: number }[] = [];
      for (const seed of seeds) {
        // A tiny input and a tiny output layer keep the forward pass in range; both cancel in the backward pass.
        const session = await openStack({ ...relu, seed, inputPower: -120, outputPower: -60, gradientPower: 60 });
        const dz = (await layersOf(session, 'dz', layers)).reverse();
        const overflow = 1 + dz.findIndex(hasOverflow);
        const first = 1 + dz.findIndex((values) => !Number.isFinite(plainSquares(values)));
        found.push({ element: overflow, squares: first });
        const norms = (await measuredNorms(session, 'dz')).reverse();
        // Where the plain sum says Inf: one element still fits.
        expect(norms.slice(first, overflow - 1).every(Number.isFinite)).toBe(true);
        expect(norms[overflow - 2]).toBeGreaterThan(125);
        expect(Number.isFinite(norms[overflow - 1])).toBe(false);
        session.destroy();
      }
      expect(Math.abs(mean(found.map((depths) => depths.element)) - element)).toBeLessThanOrEqual(tolerance(element));
      expect(Math.abs(mean(found.map((depths) => depths.squares)) - squares)).toBeLessThanOrEqual(tolerance(squares));
    },
    MINUTES * 60_000,
  );

  test('control: at the critical weight variance nothing overflows', async () => {
    const given = { ...relu, weightVariance: 2, seed: 1000, inputPower: 0, outputPower: -60, gradientPower: 0 };
    const session = await openStack(given);
    for (const prefix of ['z', 'dz']) expect((await layersOf(session, prefix, layers)).some(hasOverflow)).toBe(false);
    session.destroy();
  });
});

describe('the same in float16', () => {
  const largest = Math.log2(Math.sqrt(2 * Math.log(WIDTH)));
  const layers = 42;
  const HALF_MAX = Math.log2(65504);
  const relu = { activation: 'relu', weightVariance: 4, layers, precision: 'float16' } as const;
  const seeds = Array.from({ length: 4 * SEEDS }, (_, k) => 1000 + k);
  /** Four standard errors, and a layer for depths being whole. */
  const toleranceOf = (depth: number) => (4 * deviation(depth)) / Math.sqrt(seeds.length) + 1;

  /** Layers until a tensor overflows, counted from the end the signal starts from. */
  async function depthsOf(prefix: 'z' | 'dz', powers: Pick<Stack, 'inputPower' | 'outputPower' | 'gradientPower'>, variance = 4) {
    const depths: number[] = [];
    for (const seed of seeds) {
      const session = await openStack({ ...relu, weightVariance: variance, seed, ...powers });
      const list = await layersOf(session, prefix, layers);
      const found = (prefix === 'z' ? list : list.reverse()).findIndex(hasOverflow);
      depths.push(found < 0 ? Number.POSITIVE_INFINITY : 1 + found);
      session.destroy();
    }
    return depths;
  }

  test('forward: overflow at a depth of 28.5', async () => {
    const predicted = 2 * (HALF_MAX - Math.log2(Math.SQRT2) - largest) * STRETCH;
    expect(predicted).toBeCloseTo(28.5, 1);
    const depths = await depthsOf('z', { inputPower: 0, outputPower: 0, gradientPower: 0 });
    expect(Math.abs(mean(depths) - predicted)).toBeLessThanOrEqual(toleranceOf(predicted));
  });

  test('backward: overflow 29.6 layers below a bounded gradient', async () => {
    const predicted = 2 * (HALF_MAX - largest) * STRETCH;
    expect(predicted).toBeCloseTo(29.6, 1);
    // A small input keeps the forward pass within float16, a small output layer its error out of the gradient.
    const depths = await depthsOf('dz', { inputPower: -9, outputPower: -13, gradientPower: 13 });
    expect(Math.abs(mean(depths) - predicted)).toBeLessThanOrEqual(toleranceOf(predicted));
  });

  test('control: at the critical weight variance nothing overflows', async () => {
    const quiet = { inputPower: 0, outputPower: -13, gradientPower: 13 };
    for (const prefix of ['z', 'dz'] as const) {
      expect((await depthsOf(prefix, quiet, 2)).some(Number.isFinite)).toBe(false);
    }
  });
});

/** log2 norms that the engine measured of `prefix`0 …, input side first. */
async function measuredNorms(session: Session, prefix: string): Promise<number[]> {
  const [words] = await session.read([tensorOf(session, 'norms')]);
  const names = session.plan.summary.measured.filter((name) => name !== 'loss');
  const index = (name: string) => names.indexOf(name);
  const layers = names.filter((name) => new RegExp(`^${prefix}\\d+$`).test(name));
  layers.sort((a, b) => Number(a.slice(prefix.length)) - Number(b.slice(prefix.length)));
  // The last one is the output.
  return layers.slice(0, -1).map((name) => log2Norm(joinPairs(words, NORM_WORDS * index(name), 1)));
}

describe('sigmoid with weight variance 1: gradients shrink to 0.236 per layer', () => {
  const curve = curveOf('sigmoid');
  const q = fixedVariance(curve, { weight: 1, bias: 0 }) as number;
  const perLayer = -0.5 * Math.log2(gradientFactor(curve, 1, q));
  const kappa = finiteWidthVariance(curve, q);

  test('max |g| is subnormal 61.3 layers down, exactly 0 after 72.8', async () => {
    // From elements N(0, 1), whose largest is √(2 ln n), to 2^-126 and to half of 2^-149.
    const largest = Math.log2(Math.sqrt(2 * Math.log(WIDTH)));
    const [subnormal, zero] = [126, 150].map((power) => (power + largest) / perLayer);
    expect([subnormal, zero]).toEqual([expect.closeTo(61.3, 0), expect.closeTo(72.8, 0)]);
    const layers = 90;
    const found: { subnormal: number; zero: number }[] = [];
    for (let k = 0; k < SEEDS; k++) {
      const stack = { activation: 'sigmoid', weightVariance: 1, layers, seed: 1000 + k } as const;
      const session = await openStack({ ...stack, inputPower: 0, outputPower: 0, gradientPower: 0 });
      const dz = (await layersOf(session, 'dz', layers)).reverse().map((values) => Math.max(...values.map(Math.abs)));
      found.push({
        subnormal: 1 + dz.findIndex((value) => value < 2 ** -126),
        zero: 1 + dz.indexOf(0),
      });
      session.destroy();
    }
    // The deviation of ln |g|² after L layers, √(κ L/n), in layers; and one for depths being whole.
    const tolerance = (depth: number) => {
      const spread = Math.sqrt((kappa * depth) / WIDTH) / (2 * Math.LN2 * perLayer);
      return (4 * spread) / Math.sqrt(SEEDS) + 1;
    };
    expect(Math.abs(mean(found.map((depths) => depths.subnormal)) - subnormal)).toBeLessThanOrEqual(tolerance(subnormal));
    expect(Math.abs(mean(found.map((depths) => depths.zero)) - zero)).toBeLessThanOrEqual(tolerance(zero));
  });
});
