import { describe, expect, test } from 'vitest';
import { NO_LABEL, sequenceWords } from '../../src/plan/records.ts';
import { sequencesOf } from '../support/records.ts';
import {
  absent,
  flat,
  matrix,
  random,
  reads,
  records,
  runKernel,
  title,
  useEngines,
  writesPadded,
} from '../support/run-kernel.ts';
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

/** A loss at every step of sequences: T steps of B examples, whose lengths are `lengthOf`. */
interface StepShape {
  readonly R: number;
  readonly B: number;
  readonly T: number;
  readonly C: number;
}

// Lengths of 1 to 3, 5 or 7; a workgroup holds 64 rows, 16 steps of 4 examples.
const STEP_SHAPES: readonly StepShape[] = [
  { R: 1, B: 1, T: 1, C: 2 },
  { R: 3, B: 5, T: 3, C: 3 },
  { R: 1, B: 4, T: 17, C: 5 },
  { R: 3, B: 9, T: 7, C: 1 },
];
const ownOf = ({ T }: StepShape, r: number) => (r === 1 ? T - 1 : T);
const lengthOf = (shape: StepShape, r: number, b: number) => (b < shape.B ? 1 + ((3 * b + r) % ownOf(shape, r)) : 0);

/** Replica, step and example of a row. */
function placeOf({ B, T }: StepShape, row: number) {
  return { r: Math.floor(row / (T * padded(B))), t: Math.floor(row / padded(B)) % T, b: row % padded(B) };
}

/** Steps that share the loss of a row's example, 0 for a row that has none. */
function stepsOf(shape: StepShape, row: number): number {
  const { r, t, b } = placeOf(shape, row);
  const length = lengthOf(shape, r, b);
  return t < length ? length : 0;
}

/** Labels: the sequence's class at each of its steps, none elsewhere. */
function runEvery(kernel: 'softmax_cross_entropy' | 'mean_squared_error', shape: StepShape, z: Float32Array, t?: Float32Array) {
  const { R, B, T, C } = shape;
  const rows = T * padded(B);
  const label = Uint32Array.from({ length: R * rows }, (_, row) =>
    stepsOf(shape, row) > 0 ? (placeOf(shape, row).r + placeOf(shape, row).b) % C : NO_LABEL,
  );
  const list = Array.from({ length: R }, (_, r) => ({
    walk: ownOf(shape, r),
    steps: ownOf(shape, r),
    lengths: Array.from({ length: B }, (_, b) => lengthOf(shape, r, b)),
  }));
  const common = {
    z: reads(matrix(R, rows, C), z),
    label: reads(records(R, rows, 1), label),
    dz: writesPadded(matrix(R, rows, C)),
    rows: writesPadded(records(R, rows, 2)),
    sequence: reads(flat(R, sequenceWords(B)), sequencesOf(list)),
  };
  const given = {
    constants: { B: rows, C, BATCH: B, EVERY: 1, SEQ: sequenceWords(B) },
    grid: [rows, R, 1] as const,
    buffers: R === 1 ? ('one' as const) : ('several' as const),
  };
  const run =
    kernel === 'softmax_cross_entropy'
      ? runKernel(engines(), kernel, { ...given, operands: common })
      : runKernel(engines(), kernel, { ...given, operands: { ...common, target_values: reads(matrix(R, rows, C), t ?? []) } });
  return { run, label };
}

describe('a loss at every step', () => {
  for (const shape of STEP_SHAPES) {
    const { R, B, T, C } = shape;
    const rows = R * T * padded(B);

    /** Rows of no step of an example must be 0; n steps share 1/n each. */
    const checkCounts = (
      found: { readonly rows: ArrayLike<number>; readonly dz: ArrayLike<number> },
      correct: readonly boolean[],
    ) => {
      for (let row = 0; row < rows; row++) {
        const n = stepsOf(shape, row);
        const gradient = Array.from({ length: C }, (_, c) => found.dz[row * C + c]);
        if (n === 0) expect([found.rows[2 * row], found.rows[2 * row + 1], ...gradient].every((x) => x === 0)).toBe(true);
        // One division.
        else expect(Math.abs(found.rows[2 * row + 1] - Number(correct[row]) / n)).toBeLessThanOrEqual(gamma(COST.divide) / n);
      }
    };

    test(title('softmax_cross_entropy', { ...shape, every: 1 }), async () => {
      const z = random(1, rows * C, 3);
      const { run, label } = runEvery('softmax_cross_entropy', shape, z);
      const { compare, gpu } = await run;
      const each = Array.from({ length: rows }, (_, row) => softmax([...z.slice(row * C, (row + 1) * C)]));
      const gradient = (n: number) => {
        const [row, c] = [Math.floor(n / C), n % C];
        const p = each[row].p[c] - (c === label[row] ? 1 : 0);
        const steps = stepsOf(shape, row);
        const tolerance = (each[row].pError[c] + gamma(1 + COST.divide) * Math.abs(p)) / (B * steps) + FLUSHED;
        return steps === 0 ? { value: 0, tolerance: 0 } : { value: p / (B * steps), tolerance };
      };
      const loss = (row: number) => {
        const steps = stepsOf(shape, row);
        const value = each[row].log + each[row].top - z[row * C + label[row]];
        // As of one row, and a division.
        const tolerance = (each[row].lossError + gamma(2 + COST.divide) * value) / steps;
        return steps === 0 ? { value: 0, tolerance: 0 } : { value: value / steps, tolerance };
      };
      compare('dz', (n) => gradient(n).tolerance);
      compare('rows', (n) => (n % 2 === 0 ? loss(n >> 1).tolerance : gamma(COST.divide) / Math.max(1, stepsOf(shape, n >> 1))));
      expect([...gpu.dz].filter((d, n) => Math.abs(d - gradient(n).value) > gradient(n).tolerance)).toEqual([]);
      const losses = Array.from({ length: rows }, (_, row) => gpu.rows[2 * row]);
      expect(losses.filter((x, row) => Math.abs(x - loss(row).value) > loss(row).tolerance)).toEqual([]);
      checkCounts(
        gpu,
        each.map(({ p }, row) => p.indexOf(Math.max(...p)) === label[row]),
      );
      // A control: n counts, where an example has more than one step. One class alone has no gradient.
      if (T > 1 && C > 1)
        expect(
          [...gpu.dz].filter(
            (d, n) => Math.abs(d * stepsOf(shape, Math.floor(n / C)) - gradient(n).value) > gradient(n).tolerance,
          ),
        ).not.toEqual([]);
    });

    test(title('mean_squared_error', { ...shape, every: 1 }), async () => {
      const [z, t] = [random(2, rows * C, 2), random(3, rows * C)];
      const { run, label } = runEvery('mean_squared_error', shape, z, t);
      const { compare, gpu } = await run;
      const gradient = (n: number) => {
        const steps = stepsOf(shape, Math.floor(n / C));
        const value = steps === 0 ? 0 : (2 * (z[n] - t[n])) / (B * C * steps);
        // A difference, a division, a product and the product of the counts.
        return { value, tolerance: gamma(3 + COST.divide) * Math.abs(value) };
      };
      const loss = (row: number) => {
        const steps = stepsOf(shape, row);
        let sum = 0;
        for (let n = row * C; n < (row + 1) * C; n++) sum += (z[n] - t[n]) ** 2;
        const value = steps === 0 ? 0 : sum / C / steps;
        // Terms: a difference twice, a product; two divisions.
        return { value, tolerance: gamma(C + 3 + 2 * COST.divide) * value };
      };
      compare('dz', (n) => gradient(n).tolerance);
      compare('rows', (n) => (n % 2 === 0 ? loss(n >> 1).tolerance : gamma(COST.divide) / Math.max(1, stepsOf(shape, n >> 1))));
      expect([...gpu.dz].filter((d, n) => Math.abs(d - gradient(n).value) > gradient(n).tolerance)).toEqual([]);
      const losses = Array.from({ length: rows }, (_, row) => gpu.rows[2 * row]);
      expect(losses.filter((x, row) => Math.abs(x - loss(row).value) > loss(row).tolerance)).toEqual([]);
      const largest = (row: number) => {
        const own = [...z.slice(row * C, (row + 1) * C)];
        return own.indexOf(Math.max(...own)) === label[row];
      };
      checkCounts(
        gpu,
        Array.from({ length: rows }, (_, row) => largest(row)),
      );
    });
  }

  test('is NaN in the steps of one example alone', async () => {
    const shape = STEP_SHAPES[1];
    const { T, B, C } = shape;
    const z = random(1, 3 * T * padded(B) * C, 3);
    // Replica 0, step 0, example 2.
    const row = 2;
    z[row * C] = Number.NaN;
    for (const kernel of ['softmax_cross_entropy', 'mean_squared_error'] as const) {
      const { gpu } = await runEvery(kernel, shape, z, random(3, z.length)).run;
      expect([...gpu.rows].flatMap((x, n) => (Number.isNaN(x) ? [n] : []))).toEqual([2 * row]);
      const broken = [...gpu.dz].flatMap((d, n) => (Number.isNaN(d) ? [n] : []));
      const all = Array.from({ length: C }, (_, c) => row * C + c);
      expect(broken).toEqual(kernel === 'softmax_cross_entropy' ? all : [row * C]);
    }
  });
});
