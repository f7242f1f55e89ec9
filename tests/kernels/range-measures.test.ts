/** Losses, norms, probes and gradients of tensors with exponents. */
import { describe, expect, test } from 'vitest';
import { joinEntries, log2Norm } from '../../src/math/norm-pair.ts';
import {
  CONTROL,
  CONTROL_WORDS,
  NO_EXPONENT,
  NO_NORM,
  NORM_WORDS,
  SEGMENT_WORDS,
  SHAPE_WORDS,
  STATUS_WORDS,
} from '../../src/plan/records.ts';
import { UNIT_MODE } from '../../src/plan/units.ts';
import { type ExtendedRun, expectSameBits, runExtended } from '../support/extended.ts';
import { pairOf, shapesOf, statusOf } from '../support/records.ts';
import { absent, flat, matrix, random, reads, records, runKernel, updates, useEngines, writes } from '../support/run-kernel.ts';

const engines = useEngines();
const [R, B, C] = [3, 5, 4];
const NEAR = [9, 0, -23];
const far = (e: number) => [e, e, e];
const labels = Uint32Array.from({ length: R * B }, (_, n) => n % C);
const targets = random(21, R * B * C);
const Z = random(22, R * B * C);

const outputs = {
  dz: { at: 'DZ_AT', layout: matrix(R, B, C), padded: true },
  rows: { at: 'ROWS_AT', layout: records(R, B, 2), padded: true, hasPeak: false, hasExponent: (n: number) => n % 2 === 0 },
} as const;

const crossEntropy = (exponents: readonly number[]): ExtendedRun<'softmax_cross_entropy'> => ({
  constants: { B, C, BATCH: B, EVERY: 0, SEQ: 0 },
  grid: [8, R, 1],
  replicas: R,
  inputs: { z: { at: 'Z_AT', layout: matrix(R, B, C), stored: Z, exponents } },
  outputs,
  operands: { label: reads(records(R, B, 1), labels), sequence: absent },
});

const squaredError = (exponents: readonly number[]): ExtendedRun<'mean_squared_error'> => ({
  constants: { B, C, BATCH: B, EVERY: 0, SEQ: 0 },
  grid: [8, R, 1],
  replicas: R,
  inputs: { z: { at: 'Z_AT', layout: matrix(R, B, C), stored: Z, exponents } },
  outputs,
  operands: { label: reads(records(R, B, 1), labels), target_values: reads(matrix(R, B, C), targets), sequence: absent },
});

describe('losses', () => {
  test('softmax_cross_entropy and mean_squared_error have the same gradients inside float32', async () => {
    for (const exponents of [NEAR, [3, -4, 1]]) {
      await expectSameBits(engines(), 'softmax_cross_entropy', crossEntropy(exponents));
      await expectSameBits(engines(), 'mean_squared_error', squaredError(exponents));
    }
  });

  test('mean_squared_error far above float32 is that of the outputs alone, far below that of the targets', async () => {
    const [large, small] = [
      await runExtended(engines(), 'mean_squared_error', squaredError(far(7000))),
      await runExtended(engines(), 'mean_squared_error', squaredError(far(-7000))),
    ];
    for (const side of ['gpu', 'cpu'] as const) {
      expect(large[side].exponents).toEqual({ dz: far(7000), rows: far(14_000) });
      expect(small[side].exponents).toEqual({ dz: far(0), rows: far(0) });
      for (const [n, z] of Z.entries()) {
        const unit = 2 / (B * C);
        expect(Math.abs(large[side].stored.dz[n] - unit * z)).toBeLessThanOrEqual(2 ** -22 * Math.abs(z));
        expect(Math.abs(small[side].stored.dz[n] + unit * targets[n])).toBeLessThanOrEqual(2 ** -22 * Math.abs(targets[n]));
      }
    }
  });

  test('softmax_cross_entropy far above float32 is the distance from the largest logit, far below that of equal logits', async () => {
    const [large, small] = [
      await runExtended(engines(), 'softmax_cross_entropy', crossEntropy(far(7000))),
      await runExtended(engines(), 'softmax_cross_entropy', crossEntropy(far(-7000))),
    ];
    for (const side of ['gpu', 'cpu'] as const) {
      expect(large[side].exponents).toEqual({ dz: far(0), rows: far(7000) });
      expect(small[side].exponents).toEqual({ dz: far(0), rows: far(0) });
      for (let row = 0; row < R * B; row++) {
        const logits = [...Z.slice(row * C, (row + 1) * C)];
        const top = Math.max(...logits);
        const y = labels[row];
        expect(Math.abs(large[side].stored.rows[2 * row] - (top - logits[y]))).toBeLessThanOrEqual(2 ** -20);
        expect(Math.abs(small[side].stored.rows[2 * row] - Math.log(C))).toBeLessThanOrEqual(2 ** -20);
        logits.forEach((z, c) => {
          const hit = Number(c === y);
          expect(Math.abs(large[side].stored.dz[row * C + c] - (Number(z === top) - hit) / B)).toBeLessThanOrEqual(2 ** -22);
          expect(Math.abs(small[side].stored.dz[row * C + c] - (1 / C - hit) / B)).toBeLessThanOrEqual(2 ** -22);
        });
      }
    }
  });

  test('record_evaluation adds true losses, Inf where float32 ends', async () => {
    const rows = Float32Array.from({ length: R * B * 2 }, (_, n) => (n % 2 === 0 ? 3 : 1));
    const range = Uint32Array.from([5, 5, 4, 0, 200, 0, -3, 0]);
    const { gpu, cpu } = await runKernel(engines(), 'record_evaluation', {
      constants: { R, B, EXTENDED: 1, ROWS_AT: 2 },
      grid: [R, 1, 1],
      operands: {
        rows: reads(records(R, B, 2), rows),
        status: updates(flat(R, STATUS_WORDS), statusOf([0, 1, 2].map(() => ({ present: 1 })))),
        evaluation: writes(flat(R, 4)),
        range: reads(flat(range.length), range),
      },
    });
    for (const { evaluation } of [gpu, cpu]) {
      expect([0, 4, 8].map((n) => evaluation[n])).toEqual([15 * 16, Number.POSITIVE_INFINITY, 15 / 8]);
      expect([1, 5, 9].map((n) => evaluation[n])).toEqual([5, 5, 5]);
    }
  });
});

test('norm_reduce adds the exponents of the tensors that a gradient is a product of', async () => {
  const range = Uint32Array.from([-7, 1, 5000, 2, 300, 3]);
  const places = [
    [0, NO_EXPONENT],
    [2, NO_EXPONENT],
    [2, 4],
    [0, 0],
    [NO_EXPONENT, NO_EXPONENT],
  ];
  const pairs = places.flatMap(() => pairOf(3, 4));
  const { gpu, cpu } = await runKernel(engines(), 'norm_reduce', {
    constants: { SEGMENTS: places.length, LANES: 8, EXTENDED: 1 },
    grid: [64, 1, 1],
    operands: {
      partial: reads(flat(pairs.length), Uint32Array.from(pairs)),
      segments: reads(flat(places.length, SEGMENT_WORDS), Uint32Array.from(places.flatMap((at, s) => [s, 1, s, ...at]))),
      norms: writes(flat(places.length, NORM_WORDS)),
      range: reads(flat(range.length), range),
    },
  });
  for (const { norms } of [gpu, cpu]) {
    const log2 = places.map((_, s) => log2Norm(joinEntries(norms as Uint32Array, s, 1)));
    const expected = [-7, 5000, 5300, -14, 0].map((e) => e + Math.log2(5));
    log2.forEach((value, s) => {
      expect(Math.abs(value - expected[s])).toBeLessThan(1e-6);
    });
  }
});

test('scale_gradients brings gradients to float32 with the power of two of the clip coefficient', async () => {
  const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
  // A replica, a norm's exponent, a coefficient's exponent; what becomes of the numbers below.
  const numbers = [1, -1.5, 2 ** 100, -(2 ** -100), 0, inf, nan, 2 ** -140];
  const cases: readonly (readonly [number, number, readonly number[]])[] = [
    [0, 0, numbers],
    [3, 0, [8, -12, 2 ** 103, -(2 ** -97), 0, inf, nan, 0]],
    [5000, -4990, [1024, -1536, 2 ** 110, -(2 ** -90), 0, inf, nan, 0]],
    [5000, 0, [inf, -inf, inf, -inf, 0, inf, nan, 0]],
    [-5000, 0, [0, 0, 0, 0, 0, inf, nan, 0]],
    [20, 10, [2 ** 30, -1.5 * 2 ** 30, inf, -(2 ** -70), 0, inf, nan, 0]],
    // This one rests.
    [7, 1, numbers],
  ];
  const cells = cases.length + 1;
  const control = new Uint32Array(cases.length * CONTROL_WORDS);
  cases.forEach(([, p], r) => {
    control[r * CONTROL_WORDS + CONTROL.exponent] = p;
    control[r * CONTROL_WORDS + CONTROL.active] = Number(r < cases.length - 1);
  });
  const dW = Float32Array.from({ length: 16 * cells }, (_, n) => numbers[n % numbers.length]);
  const { gpu, cpu } = await runKernel(engines(), 'scale_gradients', {
    constants: { CELLS: cells },
    grid: [cells, 1, 1],
    operands: {
      dW: updates(flat(16 * cells), dW),
      // The last cell belongs to no gradient.
      cell_norms: reads(flat(cells), Uint32Array.from([...cases.keys(), NO_NORM])),
      owner: reads(flat(cells), Uint32Array.from([...cases.keys(), 0])),
      norms: reads(flat(cases.length, NORM_WORDS), Uint32Array.from(cases.flatMap(([e]) => [0, 0, e, 0]))),
      control: reads(flat(cases.length, CONTROL_WORDS), control),
    },
  });
  const expected = [...cases.map(([, , after]) => after), numbers].flatMap((after) => [...after, ...after]);
  for (const side of [gpu, cpu]) {
    // The twin keeps digits of subnormal numbers, which devices may flush.
    const wrong = [...side.dW].flatMap((x, n) =>
      Object.is(x, expected[n]) || Math.abs(x - expected[n]) < 2 ** -100 ? [] : [`${n}: ${x}, must be ${expected[n]}`],
    );
    expect(wrong).toEqual([]);
  }
});

test('clear_range clears every word', async () => {
  const { gpu } = await runKernel(engines(), 'clear_range', {
    constants: { COUNT: 67 },
    grid: [67, 1, 1],
    operands: { range: writes(flat(4 * 67)) },
  });
  expect([...gpu.range].every((word) => word === 0)).toBe(true);
});

test('unit_probe measures true outputs: exponents of the norm, and saturation beyond 0.975 of the true value', async () => {
  // Two layers of one replica, stored near 1, at 2^-2 and 2^-300 in the first run, at 1 in the control.
  const h = Float32Array.of(3.99, 3.8, -3.95, 0.1, 0.99, 0.98, 0.97, -1);
  const run = async (exponents: readonly number[]) => {
    const range = Uint32Array.from([9, 9, exponents[0], 0, 9, 9, exponents[1], 0]);
    const { gpu, cpu } = await runKernel(engines(), 'unit_probe', {
      constants: { B: 1, C: 4, MODE: UNIT_MODE.tanh, UNIT: 0, EVERY: 1, H_STRIDE: 16, EXTENDED: 1, H_AT: 2, RANGE_STRIDE: 4 },
      grid: [64, 1, 2],
      operands: {
        h: reads(
          {
            dims: [
              [2, 16],
              [4, 1],
            ],
            words: 32,
          },
          h,
        ),
        norms: writes(flat(2, NORM_WORDS)),
        status: reads(flat(1, STATUS_WORDS), statusOf([{ present: 1 }])),
        shapes: reads(flat(1, SHAPE_WORDS), shapesOf([{ z: 0, d: 0, g: 0 }])),
        range: reads(flat(range.length), range),
      },
    });
    return [gpu, cpu].map(({ norms }) => {
      const shares = new Float32Array(Uint32Array.of(norms[3], norms[7]).buffer);
      return { log2: [0, 1].map((l) => log2Norm(joinEntries(norms as Uint32Array, l, 1))), shares: [...shares] };
    });
  };
  const rms = (from: number) => Math.log2(Math.hypot(...h.subarray(from, from + 4)) / 2);
  for (const { log2, shares } of await run([-2, -300])) {
    expect(shares).toEqual([0.5, 0]);
    [rms(0) - 2, rms(4) - 300].forEach((value, l) => {
      expect(Math.abs(log2[l] - value)).toBeLessThan(1e-5);
    });
  }
  for (const { shares } of await run([0, 0])) expect(shares).toEqual([0.75, 0.75]);
});
