import { describe, expect, test } from 'vitest';
import { sequenceWords } from '../../src/plan/records.ts';
import { sequencesOf } from '../support/records.ts';
import { flat, matrix, random, reads, runKernel, title, updates, useEngines, writesPadded } from '../support/run-kernel.ts';
import { COST, FLUSHED, gamma } from '../support/tolerance.ts';

const engines = useEngines();
const four = (n: number) => 4 * Math.ceil(n / 4);

interface Shape {
  readonly R: number;
  readonly B: number;
  readonly T: number;
  readonly H: number;
}

// Around a tile of 4 examples and 4 units, and a workgroup's 8 tiles across and 8 rows.
const SHAPES: readonly Shape[] = [
  { R: 1, B: 1, T: 1, H: 1 },
  { R: 3, B: 5, T: 4, H: 7 },
  { R: 1, B: 4, T: 9, H: 33 },
  { R: 3, B: 9, T: 3, H: 64 },
];
const HOW = ['last', 'mean'] as const;

/** Replica 1 is a step shorter; its examples and the others' have lengths from 1 to the replica's own. */
const ownOf = ({ T }: Shape, r: number) => (r === 1 ? T - 1 : T);
const lengthOf = (shape: Shape, r: number, b: number) => 1 + ((2 * b + r) % ownOf(shape, r));

/** @param absent replica that takes no part */
function sequenceOperand(shape: Shape, absent?: number) {
  const { R, B } = shape;
  const list = Array.from({ length: R }, (_, r) => ({
    walk: r === absent ? 0 : ownOf(shape, r),
    steps: ownOf(shape, r),
    lengths: Array.from({ length: B }, (_, b) => lengthOf(shape, r, b)),
  }));
  return reads(flat(R, sequenceWords(B)), sequencesOf(list));
}

const constantsOf = ({ B, T, H }: Shape, how: (typeof HOW)[number]) => ({
  B,
  T,
  H,
  MEAN: Number(how === 'mean'),
  SEQ: sequenceWords(B),
});

function readOut(shape: Shape, how: (typeof HOW)[number], h: Float32Array, absent?: number) {
  const { R, B, T, H } = shape;
  const y = random(2, R * B * H);
  return runKernel(engines(), 'read_out_forward', {
    constants: constantsOf(shape, how),
    grid: [four(H) / 4, four(B), R],
    buffers: R === 1 ? 'one' : 'several',
    operands: {
      h: reads(matrix(R, T * four(B), H), h),
      y: absent === undefined ? writesPadded(matrix(R, B, H)) : updates(matrix(R, B, H), y),
      sequence: sequenceOperand(shape, absent),
    },
  });
}

function handBack(shape: Shape, how: (typeof HOW)[number], dy: Float32Array, absent?: number) {
  const { R, B, T, H } = shape;
  // Steps beyond a replica's own are not walked and keep what they hold.
  const dh = random(4, R * T * four(B) * H);
  const isWhole = absent === undefined && R === 1;
  return runKernel(engines(), 'read_out_backward', {
    constants: constantsOf(shape, how),
    grid: [four(H) / 4, (T * four(B)) / 4, R],
    buffers: R === 1 ? 'one' : 'several',
    operands: {
      dy: reads(matrix(R, B, H), dy),
      dh: isWhole ? writesPadded(matrix(R, T * four(B), H)) : updates(matrix(R, T * four(B), H), dh),
      sequence: sequenceOperand(shape, absent),
    },
  });
}

for (const shape of SHAPES) {
  const { R, B, T, H } = shape;
  for (const how of HOW) {
    test(title('read_out_forward', { ...shape, how }), async () => {
      const h = random(1, R * T * four(B) * H);
      const { gpu, compare } = await readOut(shape, how, h);
      const expected = Array.from({ length: R * B * H }, (_, n) => {
        const [j, b, r] = [n % H, Math.floor(n / H) % B, Math.floor(n / H / B)];
        const length = lengthOf(shape, r, b);
        const states = Array.from({ length }, (_, t) => h[((r * T + t) * four(B) + b) * H + j]);
        const read = how === 'last' ? states.slice(-1) : states;
        const magnitude = read.reduce((sum, x) => sum + Math.abs(x), 0) / read.length;
        return { value: read.reduce((sum, x) => sum + x, 0) / read.length, magnitude, length };
      });
      // The last state is copied; of the mean, a sum of `length` states and a division.
      const tolerance = (n: number) =>
        how === 'last' ? 0 : gamma(expected[n].length + COST.divide) * expected[n].magnitude + FLUSHED;
      compare('y', tolerance);
      expect([...gpu.y].filter((y, n) => Math.abs(y - expected[n].value) > tolerance(n))).toEqual([]);
    });

    test(title('read_out_backward', { ...shape, how }), async () => {
      const dy = random(3, R * B * H);
      const { gpu, compare } = await handBack(shape, how, dy);
      const before = random(4, R * T * four(B) * H);
      const expected = Array.from(before, (unchanged, n) => {
        const row = Math.floor(n / H);
        const [b, t, r] = [row % four(B), Math.floor(row / four(B)) % T, Math.floor(row / four(B) / T)];
        if (t >= ownOf(shape, r)) return unchanged;
        const length = b < B ? lengthOf(shape, r, b) : 0;
        const d = b < B ? dy[(r * B + b) * H + (n % H)] : 0;
        if (how === 'mean') return t < length ? d / length : 0;
        return t + 1 === length ? d : 0;
      });
      // One division, or none.
      const tolerance = (n: number) => (how === 'last' ? 0 : gamma(COST.divide) * Math.abs(expected[n]) + FLUSHED);
      compare('dh', tolerance);
      expect([...gpu.dh].filter((d, n) => Math.abs(d - expected[n]) > tolerance(n))).toEqual([]);
    });
  }
}

describe('at the edges', () => {
  const shape: Shape = { R: 3, B: 5, T: 4, H: 6 };
  const { R, B, T, H } = shape;

  test.each(HOW)('read_out_forward and read_out_backward, %s, leave a replica alone that takes no part', async (how) => {
    const { gpu } = await readOut(shape, how, random(1, R * T * four(B) * H), 1);
    const kept = random(2, R * B * H);
    expect(gpu.y.slice(B * H, 2 * B * H)).toEqual(kept.slice(B * H, 2 * B * H));
    expect(gpu.y[0]).not.toBe(kept[0]);
    const back = await handBack(shape, how, random(3, R * B * H), 1);
    const each = T * four(B) * H;
    expect(back.gpu.dh.slice(each, 2 * each)).toEqual(random(4, R * each).slice(each, 2 * each));
  });

  test.each(HOW)(
    'read_out_forward, %s, reads no state beyond an example’s length, and NaN of its own example alone',
    async (how) => {
      const h = random(1, R * T * four(B) * H).map((x, n) => {
        const row = Math.floor(n / H);
        const [b, t, r] = [row % four(B), Math.floor(row / four(B)) % T, Math.floor(row / four(B) / T)];
        return b < B && t < lengthOf(shape, r, b) ? x : Number.NaN;
      });
      const { gpu } = await readOut(shape, how, h);
      expect([...gpu.y].filter(Number.isNaN)).toEqual([]);
      // Unit 2 of example 3 of replica 0 at its last step.
      h[((lengthOf(shape, 0, 3) - 1) * four(B) + 3) * H + 2] = Number.NaN;
      const broken = await readOut(shape, how, h);
      expect([...broken.gpu.y].flatMap((y, n) => (Number.isNaN(y) ? [n] : []))).toEqual([3 * H + 2]);
    },
  );

  test.each(HOW)('read_out_backward, %s, hands NaN and Inf to the steps that were read alone', async (how) => {
    const dy = random(3, R * B * H);
    dy[3 * H + 2] = Number.NaN;
    dy[4 * H + 1] = Number.POSITIVE_INFINITY;
    const { gpu, compare } = await handBack(shape, how, dy);
    compare('dh', (n) => gamma(COST.divide) * Math.abs(gpu.dh[n]));
    const found = [...gpu.dh].flatMap((d, n) =>
      Number.isFinite(d) ? [] : [[Math.floor(n / H / four(B)), Math.floor(n / H) % four(B)]],
    );
    const read = (b: number) => {
      const length = lengthOf(shape, 0, b);
      return Array.from({ length }, (_, t) => [t, b]).slice(how === 'mean' ? 0 : -1);
    };
    expect(found.sort((x, y) => x[1] - y[1])).toEqual([...read(3), ...read(4)]);
  });
});
