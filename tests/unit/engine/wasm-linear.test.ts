/** The linear kernels in WebAssembly against their twins, on both sides of every tile's and panel's edge. */
import { describe, expect, test } from 'vitest';
import { CURVES, chain } from '../../../src/model/activation.ts';
import { ACTIVATIONS, type Activation } from '../../../src/model/schema.ts';
import { tilesOf, wrongPairs } from '../../support/compare.ts';
import {
  absent,
  flat,
  matrix,
  random,
  reads,
  runKernel,
  title,
  twinEngine,
  vector,
  wasmEngine,
  writes,
  writesPadded,
} from '../../support/run-kernel.ts';
import { gamma, sumTolerance, U } from '../../support/tolerance.ts';

const engines = { gpu: wasmEngine(), cpu: twinEngine() };
const tiles = (n: number) => Math.ceil(n / 4);
const code = (activation: Activation | undefined) => (activation === undefined ? -1 : ACTIVATIONS.indexOf(activation));

// Vectors of 4, tiles of 8, beside multiples of either, and 3, 5 and 11 of the padding's kind.
const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 47, 64, 65];

interface Shape {
  readonly R: number;
  readonly B: number;
  readonly I: number;
  readonly O: number;
  readonly bias: boolean;
  readonly act: Activation | undefined;
}

/** A Latin square: every pair of sizes in every two dimensions, and every activation with and without bias many times. */
const SHAPES: readonly Shape[] = SIZES.flatMap((B, b) =>
  SIZES.map((I, i) => {
    const n = b * SIZES.length + i;
    return {
      R: n % 5 === 0 ? 3 : 1,
      B,
      I,
      O: SIZES[(b + i) % SIZES.length],
      bias: n % 2 === 0,
      act: [undefined, ...ACTIVATIONS][n % (ACTIVATIONS.length + 1)],
    };
  }),
);

/** Σ_k |a[k] b[k]|. */
function magnitude(n: number, a: (k: number) => number, b: (k: number) => number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += Math.abs(a(k) * b(k));
  return sum;
}

/** 4×4 tiles of every replica. */
function cellsOf(values: ArrayLike<number>, R: number, rows: number, columns: number): number[][] {
  return Array.from({ length: R }, (_, r) =>
    tilesOf(values, 16 * r * tiles(rows) * tiles(columns), 4 * tiles(rows), 4 * tiles(columns)),
  ).flat();
}

/** Squares are summed in double precision on both sides: one rounding to float32 each. */
const wrong = (pairs: ArrayLike<number>, cells: number[][]) => wrongPairs('partial', pairs as Uint32Array, cells, 1);

async function forward({ R, B, I, O, bias, act }: Shape, x: Float32Array, W: Float32Array, b: Float32Array) {
  return runKernel(engines, 'linear_forward', {
    constants: { B, I, O, HAS_BIAS: Number(bias), ACT: code(act) },
    grid: [tiles(O), tiles(B), R],
    operands: {
      x: reads(matrix(R, B, I), x),
      W: reads(matrix(R, I, O), W),
      bias: bias ? reads(vector(R, O), b) : absent,
      z: writesPadded(matrix(R, B, O)),
      h: act ? writesPadded(matrix(R, B, O)) : absent,
      partial: writes(flat(R * tiles(B) * tiles(O), 2)),
    },
  });
}

async function backwardInput({ R, B, I, O, act }: Shape, dz: Float32Array, W: Float32Array, zx: Float32Array) {
  return runKernel(engines, 'linear_backward_input', {
    constants: { B, I, O, ACT: code(act) },
    grid: [tiles(I), tiles(B), R],
    operands: {
      dz: reads(matrix(R, B, O), dz),
      W: reads(matrix(R, I, O), W),
      zx: act ? reads(matrix(R, B, I), zx) : absent,
      dx: writesPadded(matrix(R, B, I)),
      partial: writes(flat(R * tiles(B) * tiles(I), 2)),
    },
  });
}

async function backwardWeight({ R, B, I, O, bias }: Shape, x: Float32Array, dz: Float32Array) {
  const strides = { X_STRIDE: 0, DZ_STRIDE: 0, DW_STRIDE: 0, DBIAS_STRIDE: 0, PARTIAL_STRIDE: 0, PARTIAL_BIAS_STRIDE: 0 };
  return runKernel(engines, 'linear_backward_weight', {
    constants: { R, B, I, O, HAS_BIAS: Number(bias), ...strides },
    grid: [tiles(O), tiles(I), R],
    operands: {
      x: reads(matrix(R, B, I), x),
      dz: reads(matrix(R, B, O), dz),
      dW: writesPadded(matrix(R, I, O)),
      dbias: bias ? writes(vector(R, O)) : absent,
      partial: writes(flat(R * tiles(I) * tiles(O), 2)),
      partial_bias: bias ? writes(flat(R * tiles(O), 2)) : absent,
    },
  });
}

// x W and xᵀ dz whose right operand exceeds 32 KiB, so that its panels are copied together, the last of them 4 columns wide.
const PACKED: readonly Shape[] = [
  { R: 3, B: 13, I: 70, O: 130, bias: true, act: 'relu' },
  { R: 1, B: 66, I: 13, O: 129, bias: true, act: undefined },
];

describe.each([...SHAPES, ...PACKED])('R=$R B=$B I=$I O=$O bias=$bias act=$act', (shape) => {
  const { R, B, I, O, bias, act } = shape;
  const x = random(1, R * B * I);
  const W = random(2, R * I * O);
  const b = random(3, R * O);
  const dz = random(4, R * B * O);

  test('linear_forward matches its twin', async () => {
    const { gpu, padded, compare } = await forward(shape, x, W, b);
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
    expect(wrong(gpu.partial, cellsOf(padded.z, R, B, O))).toEqual([]);
    // phi of its own z: both formulas are exact to 1e-14 and round once, to the same float32 in all of these numbers.
    if (act) expect(gpu.h).toEqual(Float32Array.from(gpu.z, CURVES[act].phi));
  });

  test('linear_backward_input matches its twin', async () => {
    const zx = random(5, R * B * I);
    const { gpu, padded, compare } = await backwardInput(shape, dz, W, zx);
    compare('dx', (n) => {
      const [i, row] = [n % I, Math.floor(n / I)];
      const r = Math.floor(row / B);
      const sum = magnitude(
        O,
        (o) => dz[row * O + o],
        (o) => W[(r * I + i) * O + o],
      );
      // phi' multiplies in double precision: one more rounding.
      return sumTolerance(O, sum, 1) * (act ? Math.abs(chain(act, 1, zx[n])) : 1);
    });
    expect(wrong(gpu.partial, cellsOf(padded.dx, R, B, I))).toEqual([]);
  });

  test('linear_backward_weight matches its twin', async () => {
    const { gpu, padded, compare } = await backwardWeight(shape, x, dz);
    compare('dW', (n) => {
      const [o, i, r] = [n % O, Math.floor(n / O) % I, Math.floor(n / (O * I))];
      const sum = magnitude(
        B,
        (k) => x[(r * B + k) * I + i],
        (k) => dz[(r * B + k) * O + o],
      );
      return sumTolerance(B, sum);
    });
    expect(wrong(gpu.partial, cellsOf(padded.dW, R, I, O))).toEqual([]);
    // Both sum in double precision, in the same order.
    if (bias) compare('dbias', 0);
  });
});

describe('numbers at the edge of float32', () => {
  const shape: Shape = { R: 1, B: 5, I: 6, O: 7, bias: false, act: 'relu' };
  const { B, I, O } = shape;

  test('one example that is not finite reaches its own outputs alone, and no padding', async () => {
    const x = random(6, B * I);
    x[1 * I + 2] = Number.NaN;
    x[3 * I + 5] = Number.POSITIVE_INFINITY;
    const { gpu, cpu, padded, compare } = await forward(shape, x, random(7, I * O), random(8, O));
    compare('z', sumTolerance(I + 1, 6 * 16));
    expect([...gpu.z].map(Number.isFinite)).toEqual([...cpu.z].map(Number.isFinite));
    // ReLU does not hide NaN, and makes Inf of Inf and 0 of -Inf.
    expect([...gpu.h.slice(O, 2 * O)]).toEqual(Array(O).fill(Number.NaN));
    expect(gpu.h.slice(3 * O, 4 * O)).toEqual(Float32Array.from(gpu.z.slice(3 * O, 4 * O), (z) => (z < 0 ? 0 : z)));
    expect(wrong(gpu.partial, cellsOf(padded.z, 1, B, O))).toEqual([]);
  });

  test('NaN with its sign bit set stays NaN through ReLU', async () => {
    const x = new Float32Array(B * I);
    new Uint32Array(x.buffer).fill(0xffc00000);
    const { gpu } = await forward(shape, x, random(7, I * O), random(8, O));
    expect([...gpu.h].every(Number.isNaN)).toBe(true);
  });

  test('sums beyond float32 are Inf, and their pairs count them', async () => {
    const { gpu, padded } = await forward(
      { ...shape, act: undefined },
      new Float32Array(B * I).fill(1e30),
      new Float32Array(I * O).fill(1e30),
      random(8, O),
    );
    expect([...gpu.z]).toEqual(Array(B * O).fill(Number.POSITIVE_INFINITY));
    expect(wrong(gpu.partial, cellsOf(padded.z, 1, B, O))).toEqual([]);
  });

  test('a sum below the normal numbers keeps its subnormal value and counts as 0 in the pair', async () => {
    const one: Shape = { R: 1, B: 1, I: 1, O: 1, bias: false, act: undefined };
    const { gpu } = await forward(one, Float32Array.of(2 ** -70), Float32Array.of(2 ** -70), random(8, 1));
    expect([...gpu.z]).toEqual([2 ** -140]);
    expect([...gpu.partial]).toEqual([0, 0]);
  });

  test('a dead ReLU passes 0 where the gradient is Inf or NaN, a live one the gradient', async () => {
    const dz = new Float32Array(B * O).fill(Number.POSITIVE_INFINITY);
    const zx = Float32Array.from({ length: B * I }, (_, n) => [-1, 0, -0, 1, Number.NaN][n % 5]);
    const { gpu, cpu } = await backwardInput(shape, dz, new Float32Array(I * O).fill(1), zx);
    expect([...gpu.dx]).toEqual([...cpu.dx]);
    expect([...gpu.dx.slice(0, 5)]).toEqual([0, 0, 0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  test('a gradient that is Inf leaves the padding of dW 0', async () => {
    const dz = random(9, B * O);
    dz[3] = Number.POSITIVE_INFINITY;
    const { gpu, padded } = await backwardWeight({ ...shape, bias: true }, random(10, B * I), dz);
    expect(wrong(gpu.partial, cellsOf(padded.dW, 1, I, O))).toEqual([]);
    expect([...gpu.dbias].map(Number.isFinite)).toEqual([true, true, true, false, true, true, true]);
  });
});

test(`${title('linear_forward', { B: 1, I: 3, O: 1 })}: products are rounded before they are added`, async () => {
  // (1 + u')(1 - u') = 1 - u'^2 rounds to 1, so the sum is 0; a fused multiply-add would leave -u'^2.
  const u = 2 ** -12;
  const one: Shape = { R: 1, B: 1, I: 2, O: 1, bias: false, act: undefined };
  const { gpu } = await forward(one, Float32Array.of(-1, 1 + u), Float32Array.of(1, 1 - u), random(8, 1));
  expect(u ** 2).toBe(U);
  expect([...gpu.z]).toEqual([-U]);
});

test('control: the tolerance is below what one term left out would change', async () => {
  const [B, I, O] = [4, 64, 4];
  const x = random(1, B * I);
  const W = random(2, I * O);
  const sum = magnitude(
    I,
    (i) => x[i],
    (i) => W[i * O],
  );
  expect(sumTolerance(I + 1, sum)).toBeLessThan(1e-3 * (sum / I));
  expect(gamma(1)).toBeLessThan(2 ** -22);
});
