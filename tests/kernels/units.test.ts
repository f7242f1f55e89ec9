import { describe, expect, test } from 'vitest';
import { bitsFloat, joinPairs, log2Norm } from '../../src/math/norm-pair.ts';
import { NORM_WORDS, SHAPE_WORDS, STATUS_WORDS } from '../../src/plan/records.ts';
import { UNIT_MODE } from '../../src/plan/units.ts';
import { isClose } from '../support/compare.ts';
import { type StatusFields, shapesOf, statusOf } from '../support/records.ts';
import { flat, matrix, random, reads, repeated, runKernel, title, updates, useEngines } from '../support/run-kernel.ts';
import { COST, log2NormTolerance, U } from '../support/tolerance.ts';

const engines = useEngines();
const inf = Number.POSITIVE_INFINITY;
const four = (n: number) => Math.ceil(n / 4) * 4;
/** What lies in the norms before. */
const EARLIER = 12345;

/** One division; another count would differ by far more. */
const isShare = (actual: number, expected: number) => isClose(actual, expected, COST.divide * U * expected);

interface Probe {
  readonly R: number;
  readonly B: number;
  readonly C: number;
  readonly layers: number;
  readonly mode: number;
  /** (layers, R, B, C). */
  readonly h: ArrayLike<number>;
  readonly every?: number;
  /** Index of the first layer. */
  readonly unit?: number;
  readonly status?: readonly StatusFields[];
}

/** Runs it, compares with the twin, and returns log2 RMS, non-finite numbers and share of each layer and replica; NaN for what was left. */
async function probe({ R, B, C, layers, mode, h, every = 1, unit = 0, status }: Probe) {
  // Other norms of a replica lie in front: 2 pre-activations, 1 gradient, 3 parameters.
  const shape = { z: 2, d: 1, g: 3 };
  const own = 6 + unit + layers;
  const stride = 2 * R * four(B) * four(C);
  const shapes = shapesOf(Array.from({ length: R }, () => shape));
  // Each replica's norms have room for its layers too.
  for (let r = 0; r < R; r++) shapes[r * SHAPE_WORDS + 3] = r * own;
  const before = Uint32Array.from({ length: R * own * NORM_WORDS }, () => EARLIER);
  const result = await runKernel(engines(), 'unit_probe', {
    constants: { FIRST: 0, B, C, MODE: mode, UNIT: unit, EVERY: every, H_STRIDE: stride },
    grid: [64, R, layers],
    buffers: R === 1 ? 'one' : 'several',
    operands: {
      h: reads(repeated(layers, stride, matrix(R, B, C)), Float32Array.from(h)),
      norms: updates(flat(R, own, NORM_WORDS), before),
      status: reads(flat(R, STATUS_WORDS), statusOf(status ?? Array.from({ length: R }, () => ({ present: 1 })))),
      shapes: reads(flat(R, SHAPE_WORDS), shapes),
    },
  });
  const decode = (norms: ArrayLike<number>, layer: number, r: number) => {
    const words = Uint32Array.from(norms).subarray(NORM_WORDS * (r * own + 6 + unit + layer));
    if (words[0] === EARLIER) return { log2: Number.NaN, count: EARLIER, share: Number.NaN };
    const joined = joinPairs(words, 0, 1);
    return { log2: log2Norm(joined), count: joined.count, share: bitsFloat(words[3]) };
  };
  const list = Array.from({ length: layers * R }, (_, n) => {
    const [layer, r] = [Math.floor(n / R), n % R];
    return { gpu: decode(result.gpu.norms, layer, r), cpu: decode(result.cpu.norms, layer, r) };
  });
  // A sum of B C squares; the division by their number is one more rounding.
  for (const { gpu, cpu } of list) {
    expect(isClose(gpu.log2, cpu.log2, log2NormTolerance(cpu.log2, B * C + 1)), `${gpu.log2}, not ${cpu.log2}`).toBe(true);
    expect(gpu.count).toBe(cpu.count);
    expect(isShare(gpu.share, cpu.share), `${gpu.share}, not ${cpu.share}`).toBe(true);
  }
  // What is in front of the layers is left alone.
  for (let r = 0; r < R; r++)
    for (let t = 0; t < 6 + unit; t++) expect(result.gpu.norms[NORM_WORDS * (r * own + t)]).toBe(EARLIER);
  return list.map(({ gpu }) => gpu);
}

describe('unit_probe against the definition', () => {
  const MODES = ['none', 'dead', 'tanh', 'sigmoid'] as const;
  // Around a vector of 4 columns, the 64 invocations, and 3·64+5 of them.
  for (const [k, [R, B, C, layers]] of (
    [
      [1, 1, 1, 1],
      [3, 3, 5, 2],
      [1, 65, 63, 1],
      [3, 2, 64, 3],
      [1, 9, 65, 1],
      [2, 4, 197, 2],
    ] as const
  ).entries()) {
    for (const mode of [MODES[k % 4], MODES[(k + 2) % 4]]) {
      test(title('unit_probe', { R, B, C, layers, mode }), async () => {
        const raw = random(7, layers * R * B * C);
        // Whole units of 0, and outputs on either side of the threshold.
        const value = (x: number, n: number) => (mode === 'dead' ? ((n % C) % 3 === 0 ? 0 : Math.max(0, x)) : Math.tanh(2 * x));
        const h = raw.map((x, n) => (mode === 'sigmoid' ? 0.5 + 0.5 * value(x, n) : value(x, n)));
        const found = await probe({ R, B, C, layers, mode: UNIT_MODE[mode], h, unit: k % 2 });
        found.forEach(({ log2, share }, n) => {
          const own = h.slice(n * B * C, (n + 1) * B * C);
          const mean = own.reduce((sum, x) => sum + x * x, 0) / own.length;
          expect(isClose(log2, 0.5 * Math.log2(mean), log2NormTolerance(0.5 * Math.log2(mean), B * C + 1))).toBe(true);
          const dead = Array.from({ length: C }, (_, c) => own.every((x, i) => i % C !== c || x === 0)).filter(Boolean).length;
          const saturated = own.filter(
            (x) => Math.abs(Math.fround(mode === 'sigmoid' ? 2 * x - 1 : x)) > Math.fround(0.975),
          ).length;
          const expected = { none: Number.NaN, dead: dead / C, tanh: saturated / own.length, sigmoid: saturated / own.length }[
            mode
          ];
          expect(isShare(share, expected), `${share}, not ${expected}`).toBe(true);
        });
      });
    }
  }
});

describe('unit_probe at the edges', () => {
  const one = { R: 1, B: 2, C: 2, layers: 1, mode: UNIT_MODE.dead };

  test.each([
    ['neither overflows', [3e38, 3e38, 3e38, 3e38], Math.log2(3e38)],
    ['nor vanishes', [2e-38, 2e-38, 2e-38, 2e-38], Math.log2(2e-38)],
    ['of zeros', [0, 0, 0, 0], -inf],
    ['with an Inf', [1, inf, 1, 1], inf],
    ['with a NaN', [1, Number.NaN, inf, 1], Number.NaN],
  ])('%s', async (_, h, log2) => {
    const [found] = await probe({ ...one, h });
    expect(isClose(found.log2, log2, log2NormTolerance(log2, 5))).toBe(true);
    expect(found.count).toBe(h.filter((x) => !Number.isFinite(x)).length);
    expect(found.share).toBe(found.count > 0 ? Number.NaN : h[0] === 0 ? 1 : 0);
  });

  test('only in iterations that the cadence divides, and only of replicas that take part', async () => {
    const status = [
      { present: 1, iteration: 10 },
      { present: 1, iteration: 11 },
      { present: 0, iteration: 10 },
    ];
    const found = await probe({ ...one, R: 3, every: 5, h: new Array(12).fill(1), status });
    expect(found.map(({ count }) => count === EARLIER)).toEqual([false, true, true]);
  });
});
