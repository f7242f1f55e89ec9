import { describe, expect, test } from 'vitest';
import { bitsFloat, floatBits } from '../../src/math/norm-pair.ts';
import { CONTROL, CONTROL_WORDS, HYPER_WORDS, STATUS_WORDS } from '../../src/plan/records.ts';
import { controlOf, hyperOf, pairOf, statusOf } from '../support/records.ts';
import { absent, flat, random, reads, runKernel, title, updates, useEngines, writes } from '../support/run-kernel.ts';
import { gamma } from '../support/tolerance.ts';

const engines = useEngines();
const inf = Number.POSITIVE_INFINITY;

/** Around every boundary of float16: ties, the smallest normal and subnormal, the largest number and what overflows. */
const EDGES = [
  ...[0, -0, 1, -1, 2048, 2049, 2050, 2051, 65504, 65519.99, 65520, -65520, 65536, 1e6, 3e38, inf, -inf, Number.NaN],
  ...[2 ** -14, 2 ** -14 - 2 ** -25, 2 ** -14 - 2 ** -26, 2 ** -15, 1.5 * 2 ** -24, 2.5 * 2 ** -24, 2 ** -24, 2 ** -25],
  ...[2 ** -25 * 1.0001, 2 ** -26, 1e-30, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -11 + 2 ** -20],
].map(Math.fround);

/** Every float16 that is not NaN, by its definition: sign, 5 bits of exponent, 10 of fraction. */
const ALL = Array.from({ length: 0x8000 }, (_, bits) => {
  const [exponent, fraction] = [bits >> 10, bits & 0x3ff];
  if (exponent === 31) return inf;
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
}).filter((value, k, all) => k === 0 || value !== all[k - 1]);

/** The nearest float16 by search among all of them, ties to the even one; beyond the largest as if the next were 65536. */
function nearest(x: number): number {
  if (Number.isNaN(x) || !Number.isFinite(x)) return x;
  const size = Math.abs(x);
  let [low, high] = [0, ALL.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (ALL[middle] <= size) low = middle;
    else high = middle;
  }
  const above = ALL[high] === inf ? 65536 : ALL[high];
  const up = above - size < size - ALL[low] || (above - size === size - ALL[low] && low % 2 === 1);
  const found = size >= ALL[high] || up ? ALL[high] : ALL[low];
  return x < 0 || Object.is(x, -0) ? -found : found;
}

async function copyHalf(values: readonly number[]): Promise<number[]> {
  const COUNT = Math.ceil(values.length / 16);
  const padded = [...values, ...new Array<number>(16 * COUNT - values.length).fill(0)];
  const { gpu, compare } = await runKernel(engines(), 'copy_half', {
    constants: { COUNT },
    grid: [COUNT, 1, 1],
    operands: { v: reads(flat(16 * COUNT), Float32Array.from(padded)), y: writes(flat(16 * COUNT)) },
  });
  compare('y', 0);
  return Array.from(gpu.y).slice(0, values.length);
}

describe('rounding to float16', () => {
  test('at every boundary', async () => {
    expect(await copyHalf(EDGES)).toEqual(EDGES.map(nearest));
  });

  test('of every float16 is itself, and of the middle of two neighbours the even one', async () => {
    const some = ALL.filter((_, k) => k % 37 === 0 || k < 5 || k > ALL.length - 5);
    expect(await copyHalf(some)).toEqual(some);
    const between = some.slice(0, -1).map((value) => (value + (ALL[ALL.indexOf(value) + 1] ?? 65536)) / 2);
    expect(await copyHalf(between.filter(Number.isFinite))).toEqual(between.filter(Number.isFinite).map(nearest));
  });

  test('of random numbers of all sizes', async () => {
    const values = Array.from(random(5, 1000), (x, n) => Math.fround(x * 2 ** ((n % 50) - 30)));
    expect(await copyHalf(values)).toEqual(values.map(nearest));
  });

  test('NaN stays NaN, whatever its bits', async () => {
    const values = [0x7fc00000, 0xffc00000, 0x7f800001, 0xff812345].map(bitsFloat);
    expect((await copyHalf(values)).every(Number.isNaN)).toBe(true);
  });
});

describe('round_half', () => {
  for (const [R, cells, first] of [
    [1, 1, 0],
    [3, 5, 0],
    [2, 64, 1],
    [1, 65, 0],
  ] as const) {
    test(title('round_half', { R, cells, first }), async () => {
      const STRIDE = 16 * cells;
      const all = R + first;
      const v = Float32Array.from(random(3, all * STRIDE), (x, n) => x * 10 ** ((n % 12) - 6));
      const { gpu, compare } = await runKernel(engines(), 'round_half', {
        constants: { FIRST: first, STRIDE, OWNED: 0 },
        grid: [cells, R, 1],
        operands: {
          v: updates(flat(all, STRIDE), v),
          partial: updates(flat(all, cells, 2), new Uint32Array(2 * all * cells).fill(7)),
          status: reads(
            flat(all, STATUS_WORDS),
            statusOf(Array.from({ length: all }, (_, r) => ({ present: Number(r !== 1 || R < 3) }))),
          ),
          owner: absent,
        },
      });
      compare('v', 0);
      for (let n = 0; n < all * STRIDE; n++) {
        const r = Math.floor(n / STRIDE);
        const idle = r < first || (r === 1 && R === 3);
        expect(gpu.v[n]).toBe(idle ? v[n] : nearest(v[n]));
      }
      for (let k = 0; k < all * cells; k++) {
        const r = Math.floor(k / cells);
        if (r < first || (r === 1 && R === 3)) {
          expect([gpu.partial[2 * k], gpu.partial[2 * k + 1]]).toEqual([7, 7]);
          continue;
        }
        const [m, s] = pairOf(...Array.from(v.slice(16 * k, 16 * k + 16), nearest));
        expect(gpu.partial[2 * k]).toBe(m);
        if (m >= 0x7f800000) expect(gpu.partial[2 * k + 1]).toBe(s);
        else expect(Math.abs(bitsFloat(gpu.partial[2 * k + 1]) - bitsFloat(s))).toBeLessThanOrEqual(gamma(20) * bitsFloat(s));
      }
    });
  }

  test('of several tensors knows each cell by its owner', async () => {
    const owner = Uint32Array.of(0, 0, 1, 2, 1, 2, 2, 0);
    const v = Float32Array.from(random(6, 16 * owner.length));
    const { gpu, compare } = await runKernel(engines(), 'round_half', {
      constants: { FIRST: 0, STRIDE: v.length, OWNED: 1 },
      grid: [owner.length, 1, 1],
      operands: {
        v: updates(flat(v.length), v),
        partial: updates(flat(owner.length, 2), new Uint32Array(2 * owner.length).fill(7)),
        status: reads(flat(3, STATUS_WORDS), statusOf([{ present: 1 }, { present: 0 }, { present: 1 }])),
        owner: reads(flat(owner.length), owner),
      },
    });
    compare('v', 0);
    for (const [n, x] of v.entries()) expect(gpu.v[n]).toBe(owner[Math.floor(n / 16)] === 1 ? x : nearest(x));
    for (const [cell, r] of owner.entries()) expect(gpu.partial[2 * cell] === 7).toBe(r === 1);
  });

  test('an overflow is counted', async () => {
    const v = new Float32Array(16).fill(70_000).fill(1, 4);
    const { gpu } = await runKernel(engines(), 'round_half', {
      constants: { FIRST: 0, STRIDE: 16, OWNED: 0 },
      grid: [1, 1, 1],
      operands: {
        v: updates(flat(1, 16), v),
        partial: writes(flat(1, 1, 2)),
        status: reads(flat(1, STATUS_WORDS), statusOf([{ present: 1 }])),
        owner: absent,
      },
    });
    expect([...gpu.partial]).toEqual([floatBits(inf), 4]);
  });
});

describe('scale_half', () => {
  // Per replica: k of its loss scale 2^k.
  for (const [cells, ks] of [
    [1, [0]],
    [5, [10, -3, 24]],
    [65, [-24, 16]],
  ] as const) {
    test(title('scale_half', { R: ks.length, cells }), async () => {
      const [R, STRIDE] = [ks.length, 16 * cells];
      const v = Float32Array.from(random(4, R * STRIDE), (x, n) => x * 10 ** ((n % 9) - 6));
      const { gpu, compare } = await runKernel(engines(), 'scale_half', {
        constants: { STRIDE },
        grid: [cells, R, 1],
        operands: {
          v: updates(flat(R, STRIDE), v),
          partial: writes(flat(R, cells, 2)),
          control: reads(flat(R, CONTROL_WORDS), controlOf(ks.map((k) => ({ loss_exponent: k >>> 0 })))),
          status: reads(flat(R, STATUS_WORDS), statusOf(ks.map(() => ({ present: 1 })))),
        },
      });
      compare('v', 0);
      for (let n = 0; n < R * STRIDE; n++) expect(gpu.v[n]).toBe(nearest(v[n] * 2 ** ks[Math.floor(n / STRIDE)]));
      for (let k = 0; k < R * cells; k++) expect(gpu.partial[2 * k]).toBe(pairOf(...gpu.v.slice(16 * k, 16 * k + 16))[0]);
    });
  }
});

describe('loss_scale', () => {
  /** k and good iterations behind one step from these. */
  async function next(
    list: readonly { iteration: number; k: number; good: number; broken?: number; start?: number; growth: number }[],
  ) {
    const R = list.length;
    const { gpu, compare } = await runKernel(engines(), 'loss_scale', {
      constants: { R },
      grid: [R, 1, 1],
      operands: {
        hyper: reads(
          flat(R, HYPER_WORDS),
          hyperOf(list.map(({ start = 16, growth }) => ({ loss_exponent: start, loss_growth: growth }))),
        ),
        status: reads(flat(R, STATUS_WORDS), statusOf(list.map(({ iteration }) => ({ iteration, present: 1 })))),
        control: updates(
          flat(R, CONTROL_WORDS),
          controlOf(list.map(({ k, good, broken = 0 }) => ({ loss_exponent: k >>> 0, loss_good: good, non_finite: broken }))),
        ),
        exponents: writes(flat(R, 2)),
      },
    });
    for (const name of ['control', 'exponents'] as const) compare(name, 0);
    return list.map((_, r) => {
      const [k, good] = [CONTROL.loss_exponent, CONTROL.loss_good].map((word) => gpu.control[r * CONTROL_WORDS + word] | 0);
      expect([gpu.exponents[2 * r] | 0, gpu.exponents[2 * r + 1]]).toEqual([-k + 0, 0]);
      return [k, good];
    });
  }

  test('starts, stays, grows, shrinks, and ends at 2^±24', async () => {
    const usual = { iteration: 5, k: 3, good: 7, growth: 10 };
    const found = await next([
      { ...usual, iteration: 0, start: 12 },
      { ...usual, iteration: 0, start: -2, broken: 4 },
      usual,
      { ...usual, good: 9 },
      { ...usual, good: 9, broken: 1 },
      { ...usual, k: 24, good: 9 },
      { ...usual, k: -24, broken: 2 },
      { ...usual, k: -5, broken: 2 },
      { ...usual, growth: 0, good: 99, broken: 3 },
    ]);
    expect(found).toEqual([
      [12, 0],
      [-2, 0],
      [3, 8],
      [4, 0],
      [2, 0],
      [24, 0],
      [-24, 0],
      [-6, 0],
      [3, 100],
    ]);
  });
});
