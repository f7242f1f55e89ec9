import { describe, expect, test } from 'vitest';
import { CURVES } from '../../src/model/activation.ts';
import { ACTIVATIONS, type Activation } from '../../src/model/schema.ts';
import { HYPER_WORDS } from '../../src/plan/records.ts';
import { hyperOf } from '../support/records.ts';
import { flat, matrix, random, reads, runKernel, title, useEngines, writes, writesPadded } from '../support/run-kernel.ts';
import { activationTolerance, FLUSHED, U } from '../support/tolerance.ts';

const engines = useEngines();
const tiles = (n: number) => Math.ceil(n / 4);
const code = (activation: Activation) => ACTIVATIONS.indexOf(activation);

/** phi on the GPU and its twin of a (R, B, C) tensor. */
function forward(activation: Activation, z: Float32Array | Uint32Array, [R, B, C] = [1, 1, z.length], buffers?: 'several') {
  return runKernel(engines(), 'activation_forward', {
    constants: { B, C, ACT: code(activation) },
    grid: [tiles(C), 4 * tiles(B), R],
    ...(buffers ? { buffers } : {}),
    operands: { z: reads(matrix(R, B, C), z), h: writesPadded(matrix(R, B, C)) },
  });
}

/** dh phi'(z) on the GPU and its twin. */
function backward(activation: Activation, z: Float32Array | Uint32Array, dh: Float32Array, [R, B, C] = [1, 1, z.length]) {
  return runKernel(engines(), 'activation_backward', {
    constants: { B, C, ACT: code(activation) },
    grid: [tiles(C), 4 * tiles(B), R],
    operands: { dh: reads(matrix(R, B, C), dh), z: reads(matrix(R, B, C), z), dz: writesPadded(matrix(R, B, C)) },
  });
}

/** dh φ′: φ′'s error and the product's rounding. */
const backwardTolerance = (activation: Activation, z: number, dh: number) =>
  Math.abs(dh) * (activationTolerance(activation, z).dphi + 2 * U * Math.abs(CURVES[activation].dphi(z))) + 2 * FLUSHED;

// A tile is 4 columns of a row, a workgroup 32 columns and 8 rows.
const SHAPES = [
  [1, 1, 1],
  [3, 2, 3],
  [1, 4, 5],
  [3, 7, 33],
  [1, 9, 65],
  [3, 65, 4],
] as const;

for (const [k, [R, B, C]] of SHAPES.entries()) {
  const act = ACTIVATIONS[(3 * k) % ACTIVATIONS.length];
  const z = random(1, R * B * C, 2);
  const dh = random(2, R * B * C);
  test(title('activation_forward', { R, B, C, act }), async () => {
    const { compare } = await forward(act, z, [R, B, C], k % 2 === 1 ? 'several' : undefined);
    compare('h', (n) => activationTolerance(act, z[n]).phi + U * Math.abs(CURVES[act].phi(z[n])));
  });
  test(title('activation_backward', { R, B, C, act }), async () => {
    const { compare } = await backward(act, z, dh, [R, B, C]);
    compare('dz', (n) => backwardTolerance(act, z[n], dh[n]));
  });
}

for (const [R, B, C] of SHAPES) {
  test(title('add', { R, B, C }), async () => {
    const { dims, words } = matrix(R, B, C);
    const STRIDE = words / R;
    const [a, b] = [random(3, words), random(4, words)];
    const { compare } = await runKernel(engines(), 'add', {
      constants: { STRIDE },
      grid: [STRIDE / 4, R, 1],
      operands: { a: reads(flat(words), a), b: reads(flat(words), b), y: writes(flat(words)) },
      buffers: dims[0][0] === 1 ? 'one' : 'several',
    });
    // One addition, rounded alike on both.
    compare('y', 0);
  });
}

for (const [R, B, C] of SHAPES) {
  test(title('scale', { R, B, C }), async () => {
    const { words } = matrix(R, B, C);
    const STRIDE = words / R;
    const x = random(5, words);
    const factors = Array.from({ length: R }, (_, r) => 0.3 + r);
    const { compare, gpu } = await runKernel(engines(), 'scale', {
      constants: { STRIDE },
      grid: [STRIDE / 4, R, 1],
      operands: {
        x: reads(flat(words), x),
        y: writes(flat(words)),
        hyper: reads(flat(R, HYPER_WORDS), hyperOf(factors.map((factor) => ({ branch_scale: factor })))),
      },
      buffers: R === 1 ? 'one' : 'several',
    });
    // One product, rounded alike on both, and by the replica's own factor.
    compare('y', 0);
    expect(gpu.y[words - 1]).toBe(Math.fround(Math.fround(factors[R - 1]) * x[words - 1]));
  });
}

/** ±10^k/3 for k = -30…2, and around the formulas' boundaries at 0.25, 0.5, 20. */
const MAGNITUDES = [
  ...Array.from({ length: 33 }, (_, k) => 10 ** (k - 30) / 3),
  1e-8,
  1e-30,
  0.2499,
  0.25,
  0.4999,
  0.5,
  0.5001,
  1,
  2.5,
  5,
  9.9,
  19.9,
  20,
  20.1,
  44,
  87,
  88,
  89,
  104,
];
const FAR = [1e3, 1e4, 1e10, 1e19, 1e38, 3e38, 3.4028235e38];
const signed = (list: readonly number[]) => Float32Array.from(list.flatMap((x) => [x, -x]));
const NEAR_AND_FAR = signed([0, ...MAGNITUDES, ...FAR]);

describe.each(ACTIVATIONS)('activation_forward and activation_backward of %s', (act) => {
  const { phi, dphi } = CURVES[act];

  test('are accurate in relative error near 0 and safe at ±3e38', async () => {
    const ones = new Float32Array(NEAR_AND_FAR.length).fill(1);
    const { gpu, compare } = await forward(act, NEAR_AND_FAR);
    compare('h', (n) => activationTolerance(act, NEAR_AND_FAR[n]).phi + U * Math.abs(phi(NEAR_AND_FAR[n])));
    const back = await backward(act, NEAR_AND_FAR, ones);
    back.compare('dz', (n) => backwardTolerance(act, NEAR_AND_FAR[n], 1));
    // A control of the tolerances themselves: below 1 % of the value where the value is not itself next to nothing.
    const loose = [...NEAR_AND_FAR].filter(
      (z) => Math.abs(phi(z)) > 1e-30 && activationTolerance(act, z).phi > 0.01 * Math.abs(phi(z)),
    );
    expect(loose, 'z at which the tolerance is above 1 %').toEqual([]);
    const overflows = (n: number) => !Number.isFinite(Math.fround(phi(NEAR_AND_FAR[n])));
    expect([...gpu.h].filter((h, n) => !Number.isFinite(h) && !overflows(n))).toEqual([]);
    expect([...back.gpu.dz].filter((d) => !Number.isFinite(d))).toEqual([]);
    expect([...NEAR_AND_FAR].every((z) => Number.isFinite(dphi(z)))).toBe(true);
  });

  test('keep NaN of either sign, and give the limits at ±Inf or NaN', async () => {
    // Quiet NaNs of both signs, signalling ones, and the two infinities.
    const bits = Uint32Array.of(0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff, 0x7f800000, 0xff800000);
    const { gpu, cpu } = await forward(act, bits);
    for (const { h } of [gpu, cpu]) expect([...h.slice(0, 6)], 'phi(NaN)').toEqual(Array(6).fill(Number.NaN));
    const limits = [phi(3.4e38), phi(-3.4e38)].map((h) => (Math.abs(h) > 1e30 ? Math.sign(h) * Number.POSITIVE_INFINITY : h));
    // 0 · Inf at -Inf is NaN, as in torch; WGSL promises no more for Inf than a value that is not taken for another finite one.
    for (const i of [0, 1]) {
      const h = gpu.h[6 + i];
      expect(Number.isNaN(h) || Math.abs(h - limits[i]) < 1e-6 || h === limits[i], `phi(${i ? '-' : ''}Inf) = ${h}`).toBe(true);
    }
    const back = await backward(act, bits, new Float32Array(8).fill(2));
    // ReLU passes dh where z is not <= 0, as torch does.
    const expected = Array<number>(6).fill(act === 'relu' ? 2 : Number.NaN);
    for (const { dz } of [back.gpu, back.cpu]) expect([...dz.slice(0, 6)], "phi'(NaN) dh").toEqual(expected);
  });

  test('pass NaN and Inf of dh on', async () => {
    const dh = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN);
    const z = Float32Array.of(0.5, 0.5, 0.5, -0.5);
    const { gpu } = await backward(act, z, dh);
    const dead = act === 'relu' ? 0 : Number.NaN;
    expect([...gpu.dz]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, dead]);
  });
});
