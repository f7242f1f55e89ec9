/** Kernels on tensors with exponents: the bits of float32 where it has them, and the right numbers where it has none. */
import { describe, expect, test } from 'vitest';
import { ACTIVATIONS, type Activation } from '../../src/model/schema.ts';
import { HYPER_WORDS } from '../../src/plan/records.ts';
import { type ExtendedRun, expectSameBits, runExtended } from '../support/extended.ts';
import { hyperOf } from '../support/records.ts';
import { absent, flat, matrix, random, reads, records, repeated, useEngines, vector, writes } from '../support/run-kernel.ts';

const engines = useEngines();
const tiles = (n: number) => Math.ceil(n / 4);
const code = (activation: Activation | 'none') => (activation === 'none' ? -1 : ACTIVATIONS.indexOf(activation));
const [R, B, I, O] = [3, 5, 7, 6];
type Exponents = readonly number[];
/** Of the replicas: inside float32, and far outside of it. */
const NEAR: Exponents = [9, 0, -23];
const far = (e: number): Exponents => [e, e, e];
/** Stored numbers around 8, so that a peak moves the next tensor's exponent. */
const eights = (stream: number, n: number) => random(stream, R * n).map((x) => 8 * x);

function linearForward(act: Activation | 'none', exponents: Exponents, bias?: Float32Array): ExtendedRun<'linear_forward'> {
  const isFused = act !== 'none';
  const z = { at: isFused ? 'Z_AT' : 'H_AT', layout: matrix(R, B, O), padded: true, hasPeak: !isFused } as const;
  return {
    constants: { B, I, O, HAS_BIAS: Number(bias !== undefined), ACT: code(act) },
    grid: [tiles(O), tiles(B), R],
    replicas: R,
    inputs: { x: { at: 'X_AT', layout: matrix(R, B, I), stored: eights(1, B * I), exponents } },
    ...(isFused ? {} : { shared: { Z_AT: 'H_AT' } as const }),
    outputs: { z, ...(isFused ? { h: { at: 'H_AT', layout: matrix(R, B, O), padded: true } as const } : {}) },
    operands: {
      W: reads(matrix(R, I, O), random(2, R * I * O)),
      bias: bias ? reads(vector(R, O), bias) : absent,
      ...(isFused ? {} : { h: absent }),
      partial: writes(flat(R * tiles(B) * tiles(O), 2)),
    },
  };
}

function linearBackward(act: Activation | 'none', exponents: Exponents): ExtendedRun<'linear_backward_input'> {
  const isFused = act !== 'none';
  const zx = { at: 'ZX_AT', layout: matrix(R, B, I), stored: random(6, R * B * I), exponents: [4, -1, -7] } as const;
  return {
    constants: { B, I, O, ACT: code(act) },
    grid: [tiles(I), tiles(B), R],
    replicas: R,
    inputs: { dz: { at: 'DZ_AT', layout: matrix(R, B, O), stored: eights(4, B * O), exponents }, ...(isFused ? { zx } : {}) },
    outputs: { dx: { at: 'DX_AT', layout: matrix(R, B, I), padded: true } },
    operands: {
      W: reads(matrix(R, I, O), random(5, R * I * O)),
      ...(isFused ? {} : { zx: absent }),
      partial: writes(flat(R * tiles(B) * tiles(I), 2)),
    },
  };
}

function activationForward(act: Activation, exponents: Exponents, z = eights(7, B * O)): ExtendedRun<'activation_forward'> {
  return {
    constants: { B, C: O, ACT: code(act) },
    grid: [tiles(O), 4 * tiles(B), R],
    replicas: R,
    inputs: { z: { at: 'Z_AT', layout: matrix(R, B, O), stored: z, exponents } },
    outputs: { h: { at: 'H_AT', layout: matrix(R, B, O), padded: true } },
    operands: {},
  };
}

function activationBackward(act: Activation, exponents: Exponents, ofZ: Exponents): ExtendedRun<'activation_backward'> {
  const layout = matrix(R, B, O);
  return {
    constants: { B, C: O, ACT: code(act) },
    grid: [tiles(O), 4 * tiles(B), R],
    replicas: R,
    inputs: {
      dh: { at: 'DH_AT', layout, stored: eights(8, B * O), exponents },
      z: { at: 'Z_AT', layout, stored: random(7, R * B * O), exponents: ofZ },
    },
    outputs: { dz: { at: 'DZ_AT', layout, padded: true } },
    operands: {},
  };
}

const STRIDE = 20;

function add(ofA: Exponents, ofB: Exponents, b = eights(10, STRIDE)): ExtendedRun<'add'> {
  const layout = flat(R * STRIDE);
  return {
    constants: { STRIDE },
    grid: [STRIDE / 4, R, 1],
    replicas: R,
    inputs: {
      a: { at: 'A_AT', layout, stored: random(9, R * STRIDE), exponents: ofA },
      b: { at: 'B_AT', layout, stored: b, exponents: ofB },
    },
    outputs: { y: { at: 'Y_AT', layout } },
    operands: {},
  };
}

const scaleRun = (exponents: Exponents): ExtendedRun<'scale'> => ({
  constants: { STRIDE },
  grid: [STRIDE / 4, R, 1],
  replicas: R,
  inputs: { x: { at: 'X_AT', layout: flat(R * STRIDE), stored: eights(9, STRIDE), exponents } },
  outputs: { y: { at: 'Y_AT', layout: flat(R * STRIDE) } },
  operands: { hyper: reads(flat(R, HYPER_WORDS), hyperOf([0.3, 0.5, 0.7].map((branch_scale) => ({ branch_scale })))) },
});

const twoRows = (n: number) => ({
  dims: [
    [R, 2 * vector(1, n).words],
    [2, vector(1, n).words],
    [n, 1],
  ] as const,
  words: 2 * vector(R, n).words,
});
const EPSILON = 1e-5;
const gamma = reads(vector(R, O), random(11, R * O));
const betas = random(12, R * O);
const beta = reads(vector(R, O), betas);
const zOf = (exponents: Exponents) =>
  ({ at: 'Z_AT', layout: matrix(R, B, O), stored: random(13, R * B * O), exponents }) as const;
const yOf = { y: { at: 'Y_AT', layout: matrix(R, B, O) } } as const;

const batchNorm = (exponents: Exponents): ExtendedRun<'batch_norm_forward'> => ({
  constants: { B, C: O, EPSILON },
  grid: [O, R, 1],
  replicas: R,
  inputs: { z: zOf(exponents) },
  outputs: yOf,
  operands: { gamma, beta, stats: writes(twoRows(O)), running: { ...writes(twoRows(O)), values: new Float32Array(R * 2 * O) } },
});

const layerNorm = (exponents: Exponents): ExtendedRun<'layer_norm_forward'> => ({
  constants: { B, C: O, EPSILON, CENTERED: 1 },
  grid: [B, R, 1],
  replicas: R,
  inputs: { z: zOf(exponents) },
  outputs: yOf,
  operands: { gamma, beta, stats: writes(records(R, B, 2)) },
});

const evaluateNorm = (exponents: Exponents): ExtendedRun<'batch_norm_evaluate'> => ({
  constants: { B, C: O, EPSILON },
  grid: [O, R, 1],
  replicas: R,
  inputs: { z: zOf(exponents) },
  outputs: yOf,
  operands: { gamma, beta, running: reads(twoRows(O), random(14, R * 2 * O).map(Math.abs)) },
});

const normInputs = (exponents: Exponents, ofZ: Exponents) =>
  ({ dy: { at: 'DY_AT', layout: matrix(R, B, O), stored: eights(15, B * O), exponents }, z: zOf(ofZ) }) as const;
const dzOf = { dz: { at: 'DZ_AT', layout: matrix(R, B, O) } } as const;
const DBETA = vector(R, O).words;

/** Statistics of stored z: means of 0 and of 1 stored, rstd of 1/2 and 3. They are what the forward pass wrote, whatever z's exponent. */
const batchNormBackward = (exponents: Exponents, ofZ: Exponents): ExtendedRun<'batch_norm_backward'> => ({
  constants: { B, C: O, DBETA },
  grid: [O, R, 1],
  replicas: R,
  inputs: normInputs(exponents, ofZ),
  outputs: dzOf,
  operands: {
    gamma,
    stats: reads(
      twoRows(O),
      Float32Array.from({ length: R * 2 * O }, (_, n) => (Math.floor(n / O) % 2 === 0 ? 0.25 : 3)),
    ),
    daffine: writes(repeated(2, DBETA, vector(R, O))),
  },
});

const layerNormBackward = (exponents: Exponents, ofZ: Exponents): ExtendedRun<'layer_norm_backward'> => ({
  constants: { B, C: O, CENTERED: 1 },
  grid: [B, R, 1],
  replicas: R,
  inputs: normInputs(exponents, ofZ),
  outputs: dzOf,
  operands: {
    gamma,
    stats: reads(
      records(R, B, 2),
      Float32Array.from({ length: R * B * 2 }, (_, n) => (n % 2 === 0 ? 0.25 : 3)),
    ),
  },
});

const biases = random(3, R * O);

describe('inside float32 every output has the bits that it has without exponents', () => {
  test.each(['none', 'relu', 'tanh', 'softplus', 'selu', 'gelu'] as const)('linear_forward, %s', async (act) => {
    await expectSameBits(engines(), 'linear_forward', linearForward(act, NEAR));
    await expectSameBits(engines(), 'linear_forward', linearForward(act, NEAR, biases));
  });

  test.each(['none', 'relu', 'tanh', 'gelu_tanh'] as const)('linear_backward_input, %s', (act) =>
    expectSameBits(engines(), 'linear_backward_input', linearBackward(act, NEAR)),
  );

  test.each(ACTIVATIONS)('activation_forward and activation_backward, %s', async (act) => {
    for (const exponents of [NEAR, [-3, -2, -5]]) {
      await expectSameBits(engines(), 'activation_forward', activationForward(act, exponents));
      await expectSameBits(engines(), 'activation_backward', activationBackward(act, [40, -60, 3], exponents));
    }
  });

  test('add and scale', async () => {
    await expectSameBits(engines(), 'add', add(NEAR, [7, 3, -30]));
    await expectSameBits(engines(), 'scale', scaleRun(NEAR));
  });

  test('batch_norm_forward, batch_norm_evaluate and layer_norm_forward', async () => {
    await expectSameBits(engines(), 'batch_norm_forward', batchNorm(NEAR));
    await expectSameBits(engines(), 'batch_norm_evaluate', evaluateNorm(NEAR));
    await expectSameBits(engines(), 'layer_norm_forward', layerNorm(NEAR));
  });
});

/** Runs at one exponent further up than at another: stored numbers are the same, and the exponents as much higher. */
async function expectShift<K extends Parameters<typeof runExtended>[1]>(
  kernel: K,
  [low, high]: readonly [ExtendedRun<K>, ExtendedRun<K>],
  by: number,
): Promise<void> {
  const [a, b] = [await runExtended(engines(), kernel, low), await runExtended(engines(), kernel, high)];
  for (const side of ['gpu', 'cpu'] as const) {
    expect(b[side].stored).toEqual(a[side].stored);
    for (const [name, exponents] of Object.entries(a[side].exponents)) {
      expect(b[side].exponents[name], name).toEqual(exponents.map((e) => e + by));
    }
  }
}

describe('far outside of float32', () => {
  const HOMOGENEOUS = ['none', 'linear', 'relu', 'leaky_relu'] as const;

  test.each([7000, -7000])('products, sums and homogeneous activations only move their exponents, by %i', async (e) => {
    const moved = NEAR.map((x) => x + e);
    for (const act of HOMOGENEOUS) {
      await expectShift('linear_forward', [linearForward(act, NEAR), linearForward(act, moved)], e);
      await expectShift('linear_backward_input', [linearBackward(act, NEAR), linearBackward(act, moved)], e);
      if (act === 'none') continue;
      await expectShift('activation_forward', [activationForward(act, NEAR), activationForward(act, moved)], e);
    }
    await expectShift(
      'activation_backward',
      [activationBackward('silu', NEAR, [1, 2, 3]), activationBackward('silu', moved, [1, 2, 3])],
      e,
    );
    await expectShift('add', [add(NEAR, [3, 0, -20]), add(moved, [3 + e, e, -20 + e])], e);
    await expectShift('scale', [scaleRun(NEAR), scaleRun(moved)], e);
    await expectShift('batch_norm_backward', [batchNormBackward(NEAR, NEAR), batchNormBackward(moved, NEAR)], e);
    await expectShift('layer_norm_backward', [layerNormBackward(NEAR, NEAR), layerNormBackward(moved, NEAR)], e);
  });

  test('a bias vanishes beside a large product, and is all there is of a small one', async () => {
    const large = await runExtended(engines(), 'linear_forward', linearForward('none', far(7000), biases));
    const without = await runExtended(engines(), 'linear_forward', linearForward('none', far(7000)));
    expect(large).toEqual(without);
    const { gpu, cpu } = await runExtended(engines(), 'linear_forward', linearForward('none', far(-7000), biases));
    for (const { stored, exponents } of [gpu, cpu]) {
      const z = stored.z.map((x, n) => x * 2 ** exponents.z[Math.floor(n / (B * O))]);
      expect(z).toEqual(Float32Array.from(z, (_, n) => biases[Math.floor(n / (B * O)) * O + (n % O)]));
    }
  });

  test('of two terms of a sum the smaller vanishes, and one of zeros has no say', async () => {
    const zeros = new Float32Array(R * STRIDE);
    for (const [run, which] of [
      [add(far(7000), far(-7000)), 'a'],
      [add(far(-7000), far(7000)), 'b'],
      [add(far(-7000), far(0), zeros), 'a'],
      [add(far(-7000), far(9000), zeros), 'a'],
    ] as const) {
      const { stored, exponents } = run.inputs[which];
      const { gpu, cpu } = await runExtended(engines(), 'add', run);
      for (const side of [gpu, cpu]) {
        const ratio = side.stored.y.map((y, n) => y * 2 ** (side.exponents.y[Math.floor(n / STRIDE)] - exponents[0]));
        expect(ratio).toEqual(stored);
      }
    }
  });

  // Of stored −3 and 2: what is stored, and at which exponent. Exact but for the rounding of a constant or a factor.
  const SELU = 1.0507009873554805;
  const EDGES: readonly (readonly [Activation, number, readonly [number, number], number])[] = [
    ['tanh', 7000, [-1, 1], 0],
    ['tanh', -7000, [-3, 2], -7000],
    ['sigmoid', 7000, [0, 1], 0],
    ['sigmoid', -7000, [0.5, 0.5], 0],
    ['gelu', 7000, [0, 2], 7000],
    ['gelu', -7000, [-1.5, 1], -7000],
    ['gelu_tanh', 7000, [0, 2], 7000],
    ['gelu_tanh', -7000, [-1.5, 1], -7000],
    ['silu', 7000, [0, 2], 7000],
    ['silu', -7000, [-1.5, 1], -7000],
    ['selu', 7000, [0, 2 * SELU], 7000],
    ['selu', -7000, [-3 * SELU * 1.6732632423543772, 2 * SELU], -7000],
    ['softplus', 7000, [0, 2], 7000],
    ['softplus', -7000, [Math.LN2, Math.LN2], 0],
  ];
  test.each(EDGES)('%s at 2^%i is its asymptote or its tangent', async (act, e, expected, exponent) => {
    const z = Float32Array.from({ length: R * B * O }, (_, n) => (n % 2 === 0 ? -3 : 2));
    const { gpu, cpu } = await runExtended(engines(), 'activation_forward', activationForward(act, far(e), z));
    for (const { stored, exponents } of [gpu, cpu]) {
      expect(exponents.h).toEqual(far(exponent));
      for (const k of [0, 1]) expect(Math.abs(stored.h[k] - expected[k])).toBeLessThanOrEqual(2 ** -22 * Math.abs(expected[k]));
    }
    // phi' there, of the same z: dz/dh
    const slopes = { tanh: [0, 1], sigmoid: [0, 0.25], selu: [SELU, SELU] } as Partial<
      Record<Activation, readonly [number, number]>
    >;
    const slope = (slopes[act] ?? [1, 0.5])[e > 0 ? 0 : 1];
    const back = await runExtended(engines(), 'activation_backward', {
      ...activationBackward(act, far(0), far(e)),
      inputs: {
        dh: { at: 'DH_AT', layout: matrix(R, B, O), stored: new Float32Array(R * B * O).fill(1), exponents: far(0) },
        z: { at: 'Z_AT', layout: matrix(R, B, O), stored: z, exponents: far(e) },
      },
    });
    for (const { stored } of [back.gpu, back.cpu]) expect(Math.abs(stored.dz[1] - slope)).toBeLessThanOrEqual(2 ** -22 * slope);
  });

  test('a norm of large numbers does not see epsilon, and a norm of tiny ones only beta', async () => {
    for (const run of [batchNorm, layerNorm]) {
      const kernel = run === batchNorm ? ('batch_norm_forward' as const) : ('layer_norm_forward' as const);
      const at = async (e: number) => (await runExtended(engines(), kernel as 'layer_norm_forward', run(far(e)) as never)).gpu;
      expect((await at(7000)).stored.y).toEqual((await at(60)).stored.y);
      expect((await at(-7000)).stored.y).toEqual(
        Float32Array.from({ length: R * B * O }, (_, n) => betas[Math.floor(n / (B * O)) * O + (n % O)]),
      );
      expect((await at(7000)).exponents.y).toEqual(far(0));
    }
  });

  test('the gradient of a normalised tensor is as much smaller as the tensor is larger', async () => {
    for (const e of [7000, -7000]) {
      const ofZ = NEAR.map((x) => x + e);
      await expectShift('batch_norm_backward', [batchNormBackward(NEAR, NEAR), batchNormBackward(NEAR, ofZ)], -e);
      await expectShift('layer_norm_backward', [layerNormBackward(NEAR, NEAR), layerNormBackward(NEAR, ofZ)], -e);
    }
  });

  test('batch_norm_evaluate keeps the exponent of what is far from the running statistics', async () => {
    const [a, b] = [
      await runExtended(engines(), 'batch_norm_evaluate', evaluateNorm(far(200))),
      await runExtended(engines(), 'batch_norm_evaluate', evaluateNorm(far(7000))),
    ];
    expect(b.gpu.stored).toEqual(a.gpu.stored);
    expect(b.gpu.exponents.y).toEqual(far(7000));
  });
});
