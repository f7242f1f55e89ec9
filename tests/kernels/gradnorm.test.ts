import { describe, expect, test } from 'vitest';
import { joinPairs, log2Norm } from '../../src/math/norm-pair.ts';
import { NO_EXPONENT, NORM_WORDS, SEGMENT_WORDS } from '../../src/plan/records.ts';
import { isClose, wrongPairs } from '../support/compare.ts';
import { pairOf } from '../support/records.ts';
import { flat, random, reads, runKernel, title, useEngines, writes } from '../support/run-kernel.ts';
import { gamma } from '../support/tolerance.ts';

const engines = useEngines();
const cellsOf = (v: Float32Array) => Array.from({ length: v.length / 16 }, (_, k) => v.slice(16 * k, 16 * k + 16));

function sumSquares(v: Float32Array, buffers: 'one' | 'several' = 'one') {
  const COUNT = v.length / 16;
  return runKernel(engines(), 'sum_squares', {
    constants: { COUNT },
    grid: [COUNT, 1, 1],
    buffers,
    operands: { v: reads(flat(COUNT, 16), v), partial: writes(flat(COUNT, 2)) },
  });
}

describe('norm pairs', () => {
  for (const COUNT of [1, 2, 63, 64, 65, 197]) {
    test(title('sum_squares', { COUNT }), async () => {
      const v = random(1, 16 * COUNT);
      const { gpu, cpu } = await sumSquares(v, COUNT % 2 === 0 ? 'one' : 'several');
      expect(wrongPairs('partial', gpu.partial, cellsOf(v))).toEqual([]);
      expect(wrongPairs('partial of the twin', cpu.partial, cellsOf(v))).toEqual([]);
    });
  }

  test('sum_squares neither overflows nor vanishes, and counts what is not finite', async () => {
    const inf = Number.POSITIVE_INFINITY;
    const nan = Number.NaN;
    const row = (...some: number[]) => [...some, ...Array<number>(16 - some.length).fill(0)];
    const all = (x: number) => Array<number>(16).fill(x);
    // contents, log2 of the norm in double precision
    const cases: [number[], number][] = [
      [all(0), -inf],
      [all(-0), -inf],
      [all(1e30), Math.log2(4e30)],
      [all(-1e-30), Math.log2(4e-30)],
      [all(3e38), Math.log2(4 * 3e38)],
      [all(3.4028234663852886e38), Math.log2(4 * 3.4028234663852886e38)],
      [row(2 ** -126), -126],
      [row(1e30, 1e-30), Math.log2(1e30)],
      [row(3, 4), Math.log2(5)],
      // subnormal numbers count as 0
      [all(1e-40), -inf],
      [row(2 ** -149), -inf],
      [row(inf), inf],
      [row(1, -inf, 3e38), inf],
      [row(nan, inf, nan), nan],
      [all(nan), nan],
    ];
    const v = Float32Array.from(cases.flatMap(([values]) => values));
    const { gpu, cpu } = await sumSquares(v);
    for (const { partial } of [gpu, cpu]) {
      expect(wrongPairs('partial', partial, cellsOf(v))).toEqual([]);
      cases.forEach(([values, expected], k) => {
        const norm = joinPairs(partial as Uint32Array, 2 * k, 1);
        // The sum of 16 squares has relative error γ_16; log2 of it, halved, that over 2 ln 2. 1e-37 and such are stored to 2^-24.
        const log2 = log2Norm(norm);
        expect(isClose(log2, expected, gamma(20)), `log2 norm of ${values} is ${log2}, must be ${expected}`).toBe(true);
        expect(norm.count).toBe(values.filter((x) => !Number.isFinite(x)).length);
      });
    }
  });

  test('sum_squares counts NaN of either sign', async () => {
    const bits = new Uint32Array(16);
    bits.set([0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7f800000, 0xff800000, 0x7f7fffff, 0xff7fffff]);
    const { gpu } = await runKernel(engines(), 'sum_squares', {
      constants: { COUNT: 1 },
      grid: [1, 1, 1],
      operands: { v: reads(flat(16), bits), partial: writes(flat(2)) },
    });
    expect([...gpu.partial]).toEqual([0x7fc00000, 6]);
  });
});

describe('joining pairs', () => {
  /** Pairs of groups of 16 numbers. */
  const pairsOf = (v: Float32Array) => Uint32Array.from(cellsOf(v).flatMap((cell) => pairOf(...cell)));

  async function reduce(partial: Uint32Array, segments: readonly (readonly [number, number])[], across: number, LANES = 8) {
    const SEGMENTS = segments.length;
    const result = await runKernel(engines(), 'norm_reduce', {
      constants: { SEGMENTS, LANES },
      grid: [LANES * across, Math.ceil(SEGMENTS / across), 1],
      operands: {
        partial: reads(flat(partial.length), partial),
        // Their norms lie in the opposite order.
        segments: reads(
          flat(SEGMENTS, SEGMENT_WORDS),
          Uint32Array.from(segments.flatMap(([first, count], s) => [first, count, SEGMENTS - 1 - s, NO_EXPONENT, NO_EXPONENT])),
        ),
        norms: writes(flat(SEGMENTS, NORM_WORDS)),
      },
    });
    const inOrder = (norms: ArrayLike<number>) =>
      Uint32Array.from({ length: 2 * SEGMENTS }, (_, k) => norms[NORM_WORDS * (SEGMENTS - 1 - Math.floor(k / 2)) + (k % 2)]);
    const [gpu, cpu] = [result.gpu.norms, result.cpu.norms].map(inOrder);
    const wrong = segments.flatMap(([, count], s) => {
      const [a, b] = [gpu, cpu].map((norms) => ({
        m: norms[2 * s],
        sum: new Float32Array(norms.buffer)[2 * s + 1],
        count: norms[2 * s + 1],
      }));
      const same = a.m >= 0x7f800000 ? a.count === b.count : isClose(a.sum, b.sum, gamma(count + 8) * b.sum);
      return a.m === b.m && same ? [] : [`norms[${s}] = ${JSON.stringify(a)} on the GPU, ${JSON.stringify(b)} on the CPU`];
    });
    expect(wrong).toEqual([]);
    return gpu;
  }

  // LANES of a workgroup's 64 own a segment: around 8 and 64 pairs, and 3·64+5. Segments end within a workgroup, in the next row of
  // the grid, and before it does.
  for (const [counts, across, lanes] of [
    [[1], 1, 8],
    [[1, 2, 3], 1024, 8],
    [[7, 8, 9, 63, 64, 65, 197, 0, 1, 29], 8, 8],
    [[63, 64, 65, 197, 0, 1, 7], 3, 64],
  ] as const) {
    test(title('norm_reduce', { SEGMENTS: counts.length, counts: counts.join('+'), across, LANES: lanes }), async () => {
      const total = counts.reduce((a: number, b) => a + b, 0);
      // From 1e-30 to 1e30, so that pairs have to be rescaled.
      const v = random(2, 16 * total).map((x, n) => x * 10 ** ((Math.floor(n / 16) % 7) * 10 - 30));
      let first = 0;
      const segments = counts.map((count) => {
        first += count;
        return [first - count, count] as const;
      });
      await reduce(pairsOf(v), segments, across, lanes);
    });
  }

  test('norm_reduce joins extremes: 1e38 beside 2e-38, zeros, Inf, NaN', async () => {
    const inf = Number.POSITIVE_INFINITY;
    const groups = [
      [1e38, 2e-38],
      [0, 0, 0],
      [3e38, 3e38, 3e38],
      [2e-38, 4e-38],
      [1, inf, Number.NaN, -inf, Number.NaN],
      [inf, 1, 3e38],
      [2 ** 62, 1],
      [2 ** 63, 1],
    ];
    const partial = Uint32Array.from(groups.flatMap((group) => group.flatMap((x) => pairOf(x))));
    let first = 0;
    const segments = groups.map(({ length }) => {
      first += length;
      return [first - length, length] as const;
    });
    const norms = await reduce(partial, segments, 8);
    const log2 = groups.map((_, s) => log2Norm(joinPairs(norms, 2 * s, 1)));
    const expected = [
      Math.log2(1e38),
      -inf,
      Math.log2(3e38) + 0.5 * Math.log2(3),
      Math.log2(2e-38) + 0.5 * Math.log2(5),
      Number.NaN,
      inf,
      62,
      63,
    ];
    log2.forEach((value, s) => {
      expect(isClose(value, expected[s], gamma(12)), `log2 norm of ${groups[s]} is ${value}, must be ${expected[s]}`).toBe(true);
    });
    expect(norms[2 * 4 + 1]).toBe(4);
  });
});
