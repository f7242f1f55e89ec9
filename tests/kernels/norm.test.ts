import { describe, expect, test } from 'vitest';
import { STATUS_WORDS } from '../../src/plan/records.ts';
import { statusOf } from '../support/records.ts';
import {
  absent,
  flat,
  matrix,
  type Operand,
  random,
  reads,
  records,
  repeated,
  runKernel,
  title,
  updates,
  useEngines,
  vector,
  writes,
} from '../support/run-kernel.ts';
import { COST, gamma, U } from '../support/tolerance.ts';

const engines = useEngines();
const EPSILON = 1e-5;

// Reductions run over B in batch norm and over C in layer norm; a workgroup holds 64 of the other.
const SHAPES = [
  { R: 1, B: 2, C: 1 },
  { R: 3, B: 3, C: 5 },
  { R: 1, B: 9, C: 63 },
  { R: 3, B: 65, C: 4 },
  { R: 1, B: 4, C: 65 },
  { R: 3, B: 197, C: 2 },
  { R: 1, B: 8, C: 197 },
] as const;

interface Shape {
  readonly R: number;
  readonly B: number;
  readonly C: number;
}

/** Numbers with a mean of their own per feature, so that a wrong mean shows. */
function inputs({ R, B, C }: Shape): Float32Array {
  return random(1, R * B * C).map((x, n) => x + Math.sin(n % C));
}

/** (R, 2, C16): mean and rstd, or mean and variance. */
const twoRows = (R: number, C: number) => {
  const C16 = 16 * Math.ceil(C / 16);
  const dims = [
    [R, 2 * C16],
    [2, C16],
    [C, 1],
  ] as const;
  return { dims, words: 2 * R * C16 };
};

/** Statistics of n numbers in double precision, and how far float32 may be from them. Not centred, the mean is 0. */
function statistics(values: readonly number[], centered = true) {
  const n = values.length;
  const mean = centered ? values.reduce((sum, x) => sum + x, 0) / n : 0;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const variance = squares / n;
  // A sum of n terms, and a division.
  const meanError = centered ? (gamma(n + COST.divide) * values.reduce((sum, x) => sum + Math.abs(x), 0)) / n : 0;
  // d = z - mean errs by meanError and a rounding; sum of d^2: 2 |d| of it each, and n + 1 roundings.
  const spread = values.reduce((sum, x) => sum + Math.abs(x - mean), 0);
  const squaresError = 2 * spread * meanError + n * meanError ** 2 + gamma(n + 4) * squares;
  const rstd = 1 / Math.sqrt(variance + EPSILON);
  // rstd = (variance + eps)^(-1/2): half the relative error of the argument, the division by n, a square root and a division.
  const relative = (0.5 * (squaresError / n + (COST.divide + 3) * U * variance)) / (variance + EPSILON);
  const rstdRelative = relative + (COST.sqrt + COST.divide + 2) * U;
  // xhat = (z - mean) rstd
  const xhatError = (z: number) => rstd * (meanError + 3 * U * Math.abs(z - mean)) + Math.abs((z - mean) * rstd) * rstdRelative;
  return { mean, squares, rstd, meanError, squaresError, rstdError: rstd * rstdRelative, xhatError };
}

/** γ xhat + β: xhat's error, a product, a sum and the twin's rounding. */
function outputTolerance(gamma1: number, beta: number, xhat: number, xhatError: number): number {
  return Math.abs(gamma1) * xhatError + gamma(2) * (Math.abs(gamma1 * xhat) + Math.abs(beta));
}

const buffersOf = (k: number) => (k % 2 === 0 ? 'one' : 'several');

describe('batch norm', () => {
  for (const [k, shape] of SHAPES.entries()) {
    const { R, B, C } = shape;
    const z = inputs(shape);
    const gammas = random(2, R * C).map((x) => x + 1);
    const betas = random(3, R * C);
    const column = (rc: number) => {
      const [r, c] = [Math.floor(rc / C), rc % C];
      return Array.from({ length: B }, (_, b) => z[(r * B + b) * C + c]);
    };
    /** Replica and feature of element n of (R, B, C). */
    const feature = (n: number) => Math.floor(n / (B * C)) * C + (n % C);
    const stats = Array.from({ length: R * C }, (_, rc) => statistics(column(rc)));

    test(title('batch_norm_forward', shape), async () => {
      // The middle replica takes no part: its running statistics stay as they are.
      const active = Array.from({ length: R }, (_, r) => r !== 1);
      const status = statusOf(active.map((on) => ({ present: Number(on) })));
      const running = random(4, R * 2 * C).map(Math.abs);
      const { compare, gpu } = await runKernel(engines(), 'batch_norm_forward', {
        constants: { B, C, EPSILON },
        grid: [C, R, 1],
        buffers: buffersOf(k),
        operands: {
          z: reads(matrix(R, B, C), z),
          gamma: reads(vector(R, C), gammas),
          beta: reads(vector(R, C), betas),
          y: writes(matrix(R, B, C)),
          stats: writes(twoRows(R, C)),
          running: updates(twoRows(R, C), running),
          status: reads(flat(R, STATUS_WORDS), status),
        },
      });
      const at = (n: number) => stats[Math.floor(n / (2 * C)) * C + (n % C)];
      const isMean = (n: number) => Math.floor(n / C) % 2 === 0;
      compare('stats', (n) => (!active[Math.floor(n / (2 * C))] ? 0 : isMean(n) ? at(n).meanError : at(n).rstdError));
      compare('y', (n) => {
        if (!active[Math.floor(n / (B * C))]) return 0;
        const { mean, rstd, xhatError } = stats[feature(n)];
        return outputTolerance(gammas[feature(n)], betas[feature(n)], (z[n] - mean) * rstd, xhatError(z[n]));
      });
      compare('running', (n) => {
        if (!active[Math.floor(n / (2 * C))]) return 0;
        const { mean, squares, meanError, squaresError } = at(n);
        const [value, error] = isMean(n) ? [Math.abs(mean), meanError] : [squares / (B - 1), squaresError / (B - 1)];
        // 0.9 and 0.1 are rounded, two products, one sum, one division.
        return 0.1 * error + gamma(4 + COST.divide) * (0.9 * running[n] + 0.1 * value);
      });
      if (R > 1) expect(gpu.running.slice(2 * C, 4 * C)).toEqual(running.slice(2 * C, 4 * C));
    });

    test(title('batch_norm_evaluate', shape), async () => {
      const running = random(5, R * 2 * C).map(Math.abs);
      const { compare } = await runKernel(engines(), 'batch_norm_evaluate', {
        constants: { B, C, EPSILON },
        grid: [C, R, 1],
        buffers: buffersOf(k),
        operands: {
          z: reads(matrix(R, B, C), z),
          gamma: reads(vector(R, C), gammas),
          beta: reads(vector(R, C), betas),
          running: reads(twoRows(R, C), running),
          y: writes(matrix(R, B, C)),
        },
      });
      compare('y', (n) => {
        const [r, c] = [Math.floor(n / (B * C)), n % C];
        const [mean, variance] = [running[2 * r * C + c], running[(2 * r + 1) * C + c]];
        const scale = Math.abs(gammas[r * C + c]) / Math.sqrt(variance + EPSILON);
        // variance + eps and its epsilon's rounding, a root, a division, a difference, a product, a sum
        return gamma(2 + COST.sqrt + COST.divide + 3) * (scale * Math.abs(z[n] - mean) + Math.abs(betas[r * C + c]));
      });
    });

    test(title('batch_norm_backward', shape), async () => {
      const dy = random(6, R * B * C);
      const DBETA = vector(R, C).words + 32;
      const given = Float32Array.from({ length: R * 2 * C }, (_, n) => {
        const { mean, rstd } = stats[Math.floor(n / (2 * C)) * C + (n % C)];
        return Math.floor(n / C) % 2 === 0 ? mean : rstd;
      });
      const { compare } = await runKernel(engines(), 'batch_norm_backward', {
        // dbeta lies a gap behind dgamma.
        constants: { B, C, DBETA },
        grid: [C, R, 1],
        buffers: buffersOf(k),
        operands: {
          dy: reads(matrix(R, B, C), dy),
          z: reads(matrix(R, B, C), z),
          stats: reads(twoRows(R, C), given),
          gamma: reads(vector(R, C), gammas),
          dz: writes(matrix(R, B, C)),
          daffine: writes(repeated(2, DBETA, vector(R, C))),
        },
      });
      const sums = stats.map(({ mean, rstd }, rc) => {
        const [r, c] = [Math.floor(rc / C), rc % C];
        const d = Array.from({ length: B }, (_, b) => Math.abs(dy[(r * B + b) * C + c]));
        const xhat = column(rc).map((x) => Math.abs(x - mean) * rstd);
        return {
          sum: d.reduce((a, b) => a + b, 0),
          product: d.reduce((total, x, b) => total + x * xhat[b], 0),
          scale: Math.abs(gammas[rc]) * rstd,
          xhat: (x: number) => Math.abs(x - mean) * rstd,
        };
      });
      // dgamma's terms: a difference, two products.
      compare('daffine', (n) => (n < R * C ? gamma(B + 3) * sums[n].product : gamma(B) * sums[n - R * C].sum));
      compare('dz', (n) => {
        const { sum, product, scale, xhat } = sums[feature(n)];
        // The sums' roundings, a division each, four products and two differences.
        return gamma(B + 3 + COST.divide + 6) * scale * (Math.abs(dy[n]) + sum / B + (xhat(z[n]) * product) / B);
      });
    });
  }
});

describe.each([true, false])('layer norm, centred: %s', (centered) => {
  const CENTERED = Number(centered);
  // RMS norm has no beta.
  const withBeta = (operand: Operand) => (centered ? operand : absent);
  for (const [k, shape] of SHAPES.entries()) {
    const { R, B, C } = shape;
    const z = inputs(shape);
    const gammas = random(2, R * C).map((x) => x + 1);
    const betas = random(3, R * C);
    const rows = Array.from({ length: R * B }, (_, row) => statistics([...z.slice(row * C, (row + 1) * C)], centered));
    const dy = random(7, R * B * C);
    const given = Float32Array.from(rows.flatMap(({ mean, rstd }) => [mean, rstd]));
    const inputsOfBackward = {
      dy: reads(matrix(R, B, C), dy),
      z: reads(matrix(R, B, C), z),
      stats: reads(records(R, B, 2), given),
    } satisfies Record<string, Operand>;
    /** γ of element n of (R, B, C). */
    const gammaOf = (n: number) => gammas[Math.floor(n / (B * C)) * C + (n % C)];
    const xhatOf = (n: number) => Math.abs(z[n] - given[2 * Math.floor(n / C)]) * given[2 * Math.floor(n / C) + 1];

    test(title('layer_norm_forward', { ...shape, CENTERED }), async () => {
      const { compare } = await runKernel(engines(), 'layer_norm_forward', {
        constants: { B, C, EPSILON, CENTERED },
        grid: [B, R, 1],
        buffers: buffersOf(k),
        operands: {
          z: reads(matrix(R, B, C), z),
          gamma: reads(vector(R, C), gammas),
          beta: withBeta(reads(vector(R, C), betas)),
          y: writes(matrix(R, B, C)),
          stats: writes(records(R, B, 2)),
        },
      });
      compare('stats', (n) => (n % 2 === 0 ? rows[n >> 1].meanError : rows[n >> 1].rstdError));
      compare('y', (n) => {
        const { mean, rstd, xhatError } = rows[Math.floor(n / C)];
        const beta = centered ? betas[Math.floor(n / (B * C)) * C + (n % C)] : 0;
        return outputTolerance(gammaOf(n), beta, (z[n] - mean) * rstd, xhatError(z[n]));
      });
    });

    test(title('layer_norm_backward', { ...shape, CENTERED }), async () => {
      const { compare } = await runKernel(engines(), 'layer_norm_backward', {
        constants: { B, C, CENTERED },
        grid: [B, R, 1],
        buffers: buffersOf(k),
        operands: { ...inputsOfBackward, gamma: reads(vector(R, C), gammas), dz: writes(matrix(R, B, C)) },
      });
      compare('dz', (n) => {
        const base = n - (n % C);
        let [sum, product] = [0, 0];
        for (let i = base; i < base + C; i++) {
          const g = Math.abs(dy[i] * gammaOf(i));
          if (centered) sum += g;
          product += g * xhatOf(i);
        }
        const rstd = given[2 * Math.floor(n / C) + 1];
        const magnitude = Math.abs(dy[n] * gammaOf(n)) + sum / C + (xhatOf(n) * product) / C;
        // The sums' roundings, a division each, five products and two differences.
        return gamma(C + 4 + COST.divide + 7) * rstd * magnitude;
      });
    });

    test(title('layer_norm_backward_affine', { ...shape, CENTERED }), async () => {
      const { compare } = await runKernel(engines(), 'layer_norm_backward_affine', {
        constants: { B, C, CENTERED },
        grid: [C, R, 1],
        buffers: buffersOf(k),
        operands: { ...inputsOfBackward, dgamma: writes(vector(R, C)), dbeta: withBeta(writes(vector(R, C))) },
      });
      const overBatch = (rc: number, of: (n: number) => number) => {
        let sum = 0;
        for (let b = 0; b < B; b++) sum += of((Math.floor(rc / C) * B + b) * C + (rc % C));
        return sum;
      };
      if (centered) compare('dbeta', (rc) => gamma(B) * overBatch(rc, (n) => Math.abs(dy[n])));
      compare('dgamma', (rc) => gamma(B + 3) * overBatch(rc, (n) => Math.abs(dy[n]) * xhatOf(n)));
    });
  }

  test('layer_norm_forward of equal features gives beta, or gamma without a mean, and NaN stays in its row', async () => {
    const [B, C] = [3, 5];
    // Row 0: all equal, so xhat = 0. Row 1: a NaN. Row 2: ordinary.
    const z = Float32Array.from({ length: B * C }, (_, n) => (n < C ? 8 : n === C + 2 ? Number.NaN : n));
    const betas = random(3, C);
    const { gpu } = await runKernel(engines(), 'layer_norm_forward', {
      constants: { B, C, EPSILON, CENTERED },
      grid: [B, 1, 1],
      operands: {
        z: reads(matrix(1, B, C), z),
        gamma: reads(vector(1, C), new Float32Array(C).fill(2)),
        beta: withBeta(reads(vector(1, C), betas)),
        y: writes(matrix(1, B, C)),
        stats: writes(records(1, B, 2)),
      },
    });
    // The mean of five 8s errs by a few roundings of 40, so xhat ≤ γ_10 · 8/√1e-5. Without a mean xhat is 8/√(64 + 1e-5).
    for (let c = 0; c < C; c++) {
      if (centered) expect(Math.abs(gpu.y[c] - betas[c])).toBeLessThanOrEqual((2 * gamma(10) * 8) / Math.sqrt(EPSILON));
      else expect(Math.abs(gpu.y[c] - 2)).toBeLessThanOrEqual(2 * (gamma(5 + 10) + EPSILON / 128));
    }
    expect([...gpu.y.slice(C, 2 * C)]).toEqual(Array(C).fill(Number.NaN));
    expect([...gpu.y.slice(2 * C)].every(Number.isFinite)).toBe(true);
  });
});
