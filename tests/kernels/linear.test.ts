import { expect, test } from 'vitest';
import { CURVES } from '../../src/model/activation.ts';
import { ACTIVATIONS, type Activation } from '../../src/model/schema.ts';
import { tilesOf, wrongPairs } from '../support/compare.ts';
import {
  absent,
  flat,
  matrix,
  random,
  reads,
  repeated,
  runKernel,
  title,
  useEngines,
  vector,
  writes,
  writesPadded,
} from '../support/run-kernel.ts';
import { activationTolerance, sumTolerance, U } from '../support/tolerance.ts';

const engines = useEngines();
const tiles = (n: number) => Math.ceil(n / 4);
const code = (activation: Activation | 'none') => (activation === 'none' ? -1 : ACTIVATIONS.indexOf(activation));

/** Σ_k |a[k] b[k]|. */
function magnitude(n: number, a: (k: number) => number, b: (k: number) => number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += Math.abs(a(k) * b(k));
  return sum;
}

// Around a tile's 4 columns, a workgroup's 32 columns, and 2 workgroups.
const SHAPES = [
  { R: 1, B: 1, I: 1, O: 1, buffers: 'one' },
  { R: 3, B: 2, I: 3, O: 5, buffers: 'several' },
  { R: 1, B: 4, I: 8, O: 4, buffers: 'one' },
  { R: 3, B: 9, I: 7, O: 33, buffers: 'one' },
  { R: 1, B: 65, I: 64, O: 31, buffers: 'several' },
  { R: 3, B: 63, I: 65, O: 2, buffers: 'one' },
  { R: 3, B: 65, I: 1, O: 130, buffers: 'several' },
] as const;

// sigmoid and softplus of 0 are not 0: padding of h must be cleared all the same.
const FORWARD = ['none', 'sigmoid', 'relu', 'softplus', 'tanh', 'gelu', 'linear'] as const;

for (const [k, { R, B, I, O, buffers }] of SHAPES.entries()) {
  const [act, bias] = [FORWARD[k], k % 3 !== 1];
  test(title('linear_forward', { R, B, I, O, act, bias }), async () => {
    const x = random(1, R * B * I);
    const W = random(2, R * I * O);
    const b = random(3, R * O);
    const { padded, gpu, compare } = await runKernel(engines(), 'linear_forward', {
      constants: { B, I, O, HAS_BIAS: Number(bias), ACT: code(act) },
      grid: [tiles(O), tiles(B), R],
      buffers,
      operands: {
        x: reads(matrix(R, B, I), x),
        W: reads(matrix(R, I, O), W),
        bias: bias ? reads(vector(R, O), b) : absent,
        z: writesPadded(matrix(R, B, O)),
        h: act === 'none' ? absent : writesPadded(matrix(R, B, O)),
        partial: writes(flat(R * tiles(B) * tiles(O), 2)),
      },
    });
    compare('z', (n) => {
      const [o, row] = [n % O, Math.floor(n / O)];
      const r = Math.floor(row / B);
      const sum = magnitude(
        I,
        (i) => x[row * I + i],
        (i) => W[(r * I + i) * O + o],
      );
      return sumTolerance(I + 1, sum + (bias ? Math.abs(b[r * O + o]) : 0));
    });
    const cells = Array.from({ length: R }, (_, r) =>
      tilesOf(padded.z, 16 * r * tiles(B) * tiles(O), 4 * tiles(B), 4 * tiles(O)),
    );
    expect(wrongPairs('partial', gpu.partial, cells.flat())).toEqual([]);
    if (act === 'none') return;
    // phi of the GPU's own z, so that the errors of the product do not count twice
    const wrong = [...gpu.z].filter(
      (z, n) => Math.abs(gpu.h[n] - CURVES[act].phi(z)) > activationTolerance(act, z).phi + U * Math.abs(gpu.h[n]),
    );
    expect(wrong, 'z whose h is not phi(z)').toEqual([]);
  });
}

const BACKWARD = ['none', 'tanh', 'relu', 'softplus', 'gelu_tanh', 'none', 'silu'] as const;

for (const [k, { R, B, I, O, buffers }] of SHAPES.entries()) {
  const act = BACKWARD[k];
  test(title('linear_backward_input', { R, B, I, O, act }), async () => {
    const dz = random(4, R * B * O);
    const W = random(5, R * I * O);
    const zx = random(6, R * B * I);
    const { padded, gpu, compare } = await runKernel(engines(), 'linear_backward_input', {
      constants: { B, I, O, ACT: code(act) },
      grid: [tiles(I), tiles(B), R],
      buffers,
      operands: {
        dz: reads(matrix(R, B, O), dz),
        W: reads(matrix(R, I, O), W),
        zx: act === 'none' ? absent : reads(matrix(R, B, I), zx),
        dx: writesPadded(matrix(R, B, I)),
        partial: writes(flat(R * tiles(B) * tiles(I), 2)),
      },
    });
    compare('dx', (n) => {
      const [i, row] = [n % I, Math.floor(n / I)];
      const r = Math.floor(row / B);
      const sum = magnitude(
        O,
        (o) => dz[row * O + o],
        (o) => W[(r * I + i) * O + o],
      );
      if (act === 'none') return sumTolerance(O, sum);
      // The product of a sum and phi': both errors, and the product's rounding.
      const slope = Math.abs(CURVES[act].dphi(zx[n]));
      return sumTolerance(O, sum, 1) * slope + sum * activationTolerance(act, zx[n]).dphi;
    });
    const cells = Array.from({ length: R }, (_, r) =>
      tilesOf(padded.dx, 16 * r * tiles(B) * tiles(I), 4 * tiles(B), 4 * tiles(I)),
    );
    expect(wrongPairs('partial', gpu.partial, cells.flat())).toEqual([]);
  });
}

async function checkBackwardWeight(
  shape: { L: number; R: number; B: number; I: number; O: number },
  bias: boolean,
  buffers: 'one' | 'several',
) {
  const { L, R, B, I, O } = shape;
  // Gaps between the layers, each another one: canaries of the strides.
  const strideOf = (words: number, gap: number, unit: number) => (L === 1 ? 0 : Math.ceil(words / unit) + gap);
  const xs = matrix(R, B, I);
  const dzs = matrix(R, B, O);
  const dWs = matrix(R, I, O);
  const dbs = vector(R, O);
  const pairs = flat(R * tiles(I) * tiles(O), 2);
  const biasPairs = flat(R * tiles(O), 2);
  const strides = {
    X_STRIDE: strideOf(xs.words, 1, 4),
    DZ_STRIDE: strideOf(dzs.words, 2, 4),
    DW_STRIDE: strideOf(dWs.words, 3, 4),
    DBIAS_STRIDE: strideOf(dbs.words, 5, 4),
    PARTIAL_STRIDE: strideOf(pairs.words, 6, 2),
    PARTIAL_BIAS_STRIDE: strideOf(biasPairs.words, 7, 2),
  };
  const x = random(7, L * R * B * I);
  const dz = random(8, L * R * B * O);
  const { gpu, padded, compare } = await runKernel(engines(), 'linear_backward_weight', {
    constants: { R, B, I, O, HAS_BIAS: Number(bias), ...strides },
    grid: [tiles(O), tiles(I), R * L],
    buffers,
    operands: {
      x: reads(repeated(L, 4 * strides.X_STRIDE, xs), x),
      dz: reads(repeated(L, 4 * strides.DZ_STRIDE, dzs), dz),
      dW: writes(repeated(L, 4 * strides.DW_STRIDE, dWs)),
      dbias: bias ? writes(repeated(L, 4 * strides.DBIAS_STRIDE, dbs)) : absent,
      partial: writes(repeated(L, 2 * strides.PARTIAL_STRIDE, pairs)),
      partial_bias: bias ? writes(repeated(L, 2 * strides.PARTIAL_BIAS_STRIDE, biasPairs)) : absent,
    },
  });
  compare('dW', (n) => {
    const [o, i, lr] = [n % O, Math.floor(n / O) % I, Math.floor(n / (O * I))];
    const sum = magnitude(
      B,
      (b) => x[(lr * B + b) * I + i],
      (b) => dz[(lr * B + b) * O + o],
    );
    return sumTolerance(B, sum);
  });
  const layers = Array.from({ length: L }, (_, l) => Array.from({ length: R }, (_, r) => [l, r])).flat();
  const cells = layers.map(([l, r]) =>
    tilesOf(padded.dW, 4 * l * strides.DW_STRIDE + 16 * r * tiles(I) * tiles(O), 4 * tiles(I), 4 * tiles(O)),
  );
  expect(wrongPairs('partial', gpu.partial, cells.flat())).toEqual([]);
  if (!bias) return;
  compare('dbias', (n) => {
    const [o, lr] = [n % O, Math.floor(n / O)];
    return sumTolerance(
      B,
      magnitude(
        B,
        (b) => dz[(lr * B + b) * O + o],
        () => 1,
      ),
    );
  });
  const biasCells = layers.flatMap(([l, r]) => {
    const start = 4 * l * strides.DBIAS_STRIDE + r * 16 * Math.ceil(O / 16);
    return Array.from({ length: tiles(O) }, (_, t) => padded.dbias.slice(start + 4 * t, start + 4 * t + 4));
  });
  expect(wrongPairs('partial_bias', gpu.partial_bias, biasCells)).toEqual([]);
}

test.each(SHAPES.map((shape, k) => ({ ...shape, bias: k % 3 !== 1 })))(
  title('linear_backward_weight', { R: '$R', B: '$B', I: '$I', O: '$O', bias: '$bias' }),
  ({ bias, buffers, ...shape }) => checkBackwardWeight({ L: 1, ...shape }, bias, buffers),
);

test.each([
  { L: 2, R: 1, B: 3, I: 4, O: 5, bias: true },
  { L: 3, R: 3, B: 5, I: 9, O: 7, bias: true },
  { L: 3, R: 1, B: 2, I: 33, O: 34, bias: false },
])(`${title('linear_backward_weight', { R: '$R', B: '$B', I: '$I', O: '$O' })}, $L layers merged`, ({ bias, ...shape }) =>
  checkBackwardWeight(shape, bias, 'one'),
);

test('linear_forward carries NaN and Inf of one example into its outputs alone', async () => {
  const [B, I, O] = [5, 6, 7];
  const x = random(9, B * I);
  x[1 * I + 2] = Number.NaN;
  x[3 * I + 5] = Number.POSITIVE_INFINITY;
  const { gpu, compare, padded } = await runKernel(engines(), 'linear_forward', {
    constants: { B, I, O, HAS_BIAS: 0, ACT: code('relu') },
    grid: [tiles(O), tiles(B), 1],
    operands: {
      x: reads(matrix(1, B, I), x),
      W: reads(matrix(1, I, O), random(10, I * O)),
      bias: absent,
      z: writesPadded(matrix(1, B, O)),
      h: writesPadded(matrix(1, B, O)),
      partial: writes(flat(tiles(B) * tiles(O), 2)),
    },
  });
  // 6 products of numbers below 4 in magnitude: γ_8 · 6 · 16.
  compare('z', sumTolerance(I + 1, 6 * 16));
  compare('h', sumTolerance(I + 1, 6 * 16));
  const finite = (row: number) => [...gpu.z.slice(row * O, (row + 1) * O)].filter(Number.isFinite).length;
  expect([0, 1, 2, 3, 4].map(finite)).toEqual([O, 0, O, 0, O]);
  expect([...gpu.h.slice(O, 2 * O)]).toEqual(Array(O).fill(Number.NaN));
  expect(wrongPairs('partial', gpu.partial, tilesOf(padded.z, 0, 8, 8))).toEqual([]);
});
