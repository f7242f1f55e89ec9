import { describe, expect, test } from 'vitest';
import { NO_LABEL } from '../../src/plan/records.ts';
import { absent, matrix, random, reads, records, runKernel, title, useEngines, writesPadded } from '../support/run-kernel.ts';
import { COST, FLUSHED, gamma, logTolerance, U } from '../support/tolerance.ts';

const engines = useEngines();

// A workgroup holds 64 rows.
const SHAPES = [
  { R: 1, B: 1, C: 1 },
  { R: 3, B: 2, C: 3 },
  { R: 1, B: 5, C: 8 },
  { R: 3, B: 63, C: 2 },
  { R: 1, B: 65, C: 10 },
  { R: 3, B: 197, C: 5 },
] as const;

interface Shape {
  readonly R: number;
  readonly B: number;
  readonly C: number;
}

const padded = (B: number) => 4 * Math.ceil(B / 4);

/** (R, B): class b mod C, and no label for every seventh row. */
const labelsOf = ({ R, B, C }: Shape) => Uint32Array.from({ length: R * B }, (_, n) => (n % 7 === 6 ? NO_LABEL : n % C));

function runLoss(
  kernel: 'softmax_cross_entropy' | 'mean_squared_error',
  shape: Shape,
  z: Float32Array,
  label: Uint32Array,
  t?: Float32Array,
) {
  const { R, B, C } = shape;
  const common = {
    z: reads(matrix(R, B, C), z),
    label: reads(records(R, B, 1), label),
    dz: writesPadded(matrix(R, B, C)),
    rows: writesPadded(records(R, B, 2)),
    sequence: absent,
  };
  const constants = { B, C, BATCH: B, EVERY: 0, SEQ: 0 };
  const grid = [padded(B), R, 1] as const;
  const buffers = R === 1 ? 'one' : 'several';
  return kernel === 'softmax_cross_entropy'
    ? runKernel(engines(), kernel, { constants, grid, buffers, operands: common })
    : runKernel(engines(), kernel, {
        constants,
        grid,
        buffers,
        operands: { ...common, target_values: reads(matrix(R, B, C), t ?? []) },
      });
}

/** Softmax of one row in double precision, and the errors that float32 may make in it. */
function softmax(z: readonly number[]) {
  const top = Math.max(...z);
  const parts = z.map((x) => Math.exp(x - top));
  const sum = parts.reduce((a, b) => a + b, 0);
  // z - top is rounded once, exp takes its argument's absolute error over as a relative one.
  const relative = z.map((x) => COST.exp(x - top) * U + 2 * U * Math.abs(x - top));
  const sumRelative = parts.reduce((total, p, c) => total + (p / sum) * relative[c], 0) + gamma(z.length);
  const log = Math.log(sum);
  const lossError = sumRelative + logTolerance(sum, log) + 2 * FLUSHED;
  return {
    top,
    log,
    lossError,
    p: parts.map((part) => part / sum),
    pError: parts.map((part, c) => (part / sum) * (relative[c] + sumRelative + COST.divide * U) + 2 * FLUSHED),
  };
}

describe('cross entropy', () => {
  for (const shape of SHAPES) {
    const { R, B, C } = shape;
    test(title('softmax_cross_entropy', shape), async () => {
      const z = random(1, R * B * C, 3);
      const label = labelsOf(shape);
      const { compare, gpu } = await runLoss('softmax_cross_entropy', shape, z, label);
      const rows = Array.from({ length: R * B }, (_, row) => softmax([...z.slice(row * C, (row + 1) * C)]));
      compare('dz', (n) => {
        const [row, c] = [Math.floor(n / C), n % C];
        const p = rows[row].p[c] - (c === label[row] ? 1 : 0);
        return (rows[row].pError[c] + gamma(1 + COST.divide) * Math.abs(p)) / B + FLUSHED;
      });
      compare('rows', (n) => {
        if (n % 2 === 1) return 0;
        const { top, log, lossError } = rows[n >> 1];
        const row = n >> 1;
        return label[row] === NO_LABEL ? 0 : lossError + gamma(2) * (log + top - z[row * C + label[row]]);
      });
      const empty = [...label].flatMap((y, row) => (y === NO_LABEL ? [row] : []));
      expect(empty.flatMap((row) => [gpu.rows[2 * row], gpu.rows[2 * row + 1]])).toEqual(Array(2 * empty.length).fill(0));
    });
  }

  test('softmax_cross_entropy takes finite logits of any size, and carries NaN and Inf on', async () => {
    const inf = Number.POSITIVE_INFINITY;
    const nan = Number.NaN;
    // logits, label → loss, correct
    const cases: [number[], number, number, number][] = [
      [[0, 0, 0], 0, Math.log(3), 1],
      [[1e4, 0, -1e4], 0, 0, 1],
      [[1e4, 0, -1e4], 2, 2e4, 0],
      [[1e38, -1e38, 0], 0, 0, 1],
      [[1e38, -1e38, 0], 1, Math.fround(2e38), 0],
      [[3e38, -3e38, 0], 1, inf, 0],
      [[-3e38, -3e38, -3e38], 2, Math.log(3), 0],
      [[1, 1, 0], 1, Math.log(2 + Math.exp(-1)), 0],
      [[nan, 0, 1], 2, nan, 0],
      [[5, 0, nan], 0, nan, 0],
      [[inf, 0, 1], 0, nan, 0],
      [[-inf, 0, 0], 1, Math.log(2), 1],
    ];
    const shape = { R: 1, B: cases.length, C: 3 };
    const z = Float32Array.from(cases.flatMap(([logits]) => logits));
    const { gpu, cpu } = await runLoss(
      'softmax_cross_entropy',
      shape,
      z,
      Uint32Array.from(cases, ([, y]) => y),
    );
    cases.forEach(([logits, , loss, correct], row) => {
      for (const { rows, dz } of [gpu, cpu]) {
        // Relative 1e-6 is 17u; the sum of at most 3 exponentials and its logarithm have fewer than 8 (and 2^-21 near 1).
        const close = rows[2 * row] === loss || Math.abs(rows[2 * row] - loss) <= 1e-6 * Math.abs(loss) + 2 ** -20;
        expect(close || (Number.isNaN(loss) && Number.isNaN(rows[2 * row])), `loss of ${logits} is ${rows[2 * row]}`).toBe(true);
        expect(rows[2 * row + 1], `whether ${logits} is correct`).toBe(correct);
        const gradient = [...dz.slice(3 * row, 3 * row + 3)];
        expect(gradient.every(Number.isNaN), `gradient of ${logits} is ${gradient}`).toBe(Number.isNaN(loss));
        if (!Number.isNaN(loss)) expect(gradient.every(Number.isFinite), `gradient of ${logits} is ${gradient}`).toBe(true);
      }
    });
  });
});

describe('mean squared error', () => {
  for (const shape of SHAPES) {
    const { R, B, C } = shape;
    test(title('mean_squared_error', shape), async () => {
      const z = random(2, R * B * C, 2);
      const t = random(3, R * B * C);
      const { compare } = await runLoss('mean_squared_error', shape, z, labelsOf(shape), t);
      // A difference and, for dz, a division and a product.
      compare('dz', (n) => (gamma(2 + COST.divide) * 2 * Math.abs(z[n] - t[n])) / (B * C));
      compare('rows', (n) => {
        if (n % 2 === 1) return 0;
        const base = (n >> 1) * C;
        let sum = 0;
        for (let c = base; c < base + C; c++) sum += (z[c] - t[c]) ** 2;
        // Terms: a difference twice, a product; a division.
        return (gamma(C + 3 + COST.divide) * sum) / C;
      });
    });
  }

  test('mean_squared_error overflows in the loss before the gradient, and keeps NaN', async () => {
    const z = Float32Array.of(1e20, 0, Number.NaN, 0, 1, 2);
    const { gpu, compare } = await runLoss(
      'mean_squared_error',
      { R: 1, B: 3, C: 2 },
      z,
      Uint32Array.of(0, 0, 0),
      new Float32Array(6),
    );
    compare('rows', gamma(10) * 5);
    compare('dz', (n) => gamma(8) * z[n]);
    expect([gpu.rows[0], gpu.rows[2], Number.isFinite(gpu.dz[0])]).toEqual([Number.POSITIVE_INFINITY, Number.NaN, true]);
  });

  test('mean_squared_error counts a row without an example as 0', async () => {
    const { gpu } = await runLoss(
      'mean_squared_error',
      { R: 1, B: 2, C: 1 },
      Float32Array.of(3, 3),
      Uint32Array.of(0, NO_LABEL),
      new Float32Array(2),
    );
    expect([...gpu.rows]).toEqual([9, 1, 0, 0]);
    expect([...gpu.dz]).toEqual([3, 0]);
  });
});
