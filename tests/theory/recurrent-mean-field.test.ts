/** Growth through time of wide vanilla cells with the same random weights in every step, measured in double precision. */
import { describe, expect, test } from 'vitest';
import { normals, PURPOSE, uniforms } from '../../src/math/philox.ts';
import { varianceSlope } from '../../src/theory/mean-field.ts';
import { recurrentMeanField, recurrentVariance } from '../../src/theory/recurrent.ts';
import { curveOf } from './curves.ts';
import {
  gaussianWeight,
  multiply,
  noise,
  norm,
  plainCell,
  slopeBackInTime,
  type Vector,
  walkBackward,
  walkForward,
} from './double-recurrence.ts';
import { sized } from './scale.ts';

const MINUTES = 10;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

interface Request {
  readonly activation: 'tanh' | 'relu';
  readonly weights: (seed: number) => Vector;
  readonly n: number;
  /** Variance of the inputs. */
  readonly input: number;
  /** Of the state before the first step; default 1. */
  readonly start?: number;
  readonly seeds: number;
  /** Steps in all, and those after the first step that count. */
  readonly steps: number;
  readonly first: number;
}

/** Means over seeds: slope of ln ‖dL/dh_t‖² per step back in time, and the variance of pre-activations at the same steps. */
function measure({ activation, weights, n, input, start = 1, seeds, steps, first }: Request): { slope: number; q: number } {
  const [slopes, variances]: [number[], number[]] = [[], []];
  for (let seed = 100; seed < 100 + seeds; seed++) {
    const inputs = Array.from({ length: steps }, (_, t) => noise(seed, t, n, input));
    const cell = plainCell(weights(seed), n, curveOf(activation));
    const walk = walkForward(cell, inputs, noise(seed, 1000, n, start));
    const { dh } = walkBackward(walk, noise(seed, 1001, n));
    const logs = dh.map((x) => 2 * Math.log(norm(x)));
    slopes.push(slopeBackInTime(logs, first, steps));
    variances.push(mean(walk.steps.slice(first).map(({ gates }) => norm(gates) ** 2 / n)));
  }
  return { slope: mean(slopes), q: mean(variances) };
}

describe('tanh cells with Gaussian weights (Chen, Pennington, Schoenholz 2018; Schoenholz et al. 2017)', () => {
  const curve = curveOf('tanh');
  const [n, steps, first] = [512, 60, 10];
  const seeds = sized(6, 12);
  const counted = steps - first;
  /** Four deviations √(κ/n) of independent steps, for the largest κ here, 5.4, and 6 seeds, and 0.005 for the line's own error. */
  const CLOSE = 0.03;
  const kept = new Map<string, ReturnType<typeof measure>>();
  const measured = (weight: number, input: number) => {
    const known = kept.get(`${weight} ${input}`);
    if (known) return known;
    const weights = (seed: number) => gaussianWeight(seed, n, weight);
    const found = measure({ activation: 'tanh', weights, n, input, seeds, steps, first });
    kept.set(`${weight} ${input}`, found);
    return found;
  };
  const theory = (weight: number, input: number) => recurrentMeanField(curve, { weight, bias: 0, input });

  test('the tolerance is what it is said to be', () => {
    expect(4 * Math.sqrt(theory(4, 0.05).kappa / (n * counted * 6)) + 0.005).toBeLessThan(CLOSE);
  });

  test.each([
    [1, 0.05],
    [1.5, 0.05],
    [2.5, 0.05],
    [4, 0.05],
    [4, 0],
    [0.5, 0],
  ])(
    'weight variance %d, input variance %d',
    (weight, input) => {
      const { qStar, chi1 } = theory(weight, input);
      const { slope, q } = measured(weight, input);
      expect(Math.abs(slope - Math.log(chi1))).toBeLessThanOrEqual(CLOSE);
      if (qStar === 0) {
        // What is left of the state after ten halvings of its variance, spread over the others.
        expect(q).toBeLessThan((4 * 2 ** -first) / counted);
        return;
      }
      // A mean of n squares has relative variance 2/n, which the map hands on by its slope: 1/(1 − slope) in all. Four deviations.
      const deviation = Math.sqrt(2 / (n * counted * seeds)) / (1 - varianceSlope(curve, weight, qStar as number));
      expect(Math.abs(q / (qStar as number) - 1)).toBeLessThanOrEqual(4 * deviation);
    },
    MINUTES * 60_000,
  );

  test(
    'control: neither other weights nor other inputs meet the prediction',
    () => {
      const { slope, q } = measured(1, 0.05);
      for (const other of [theory(1.5, 0.05), theory(1, 0)]) {
        expect(Math.abs(slope - Math.log(other.chi1))).toBeGreaterThan(5 * CLOSE);
        // Chance moves q = 0.194 by 0.007, the four deviations of above; the others are 0.19 and 0.22 away.
        expect(Math.abs(q - (other.qStar as number))).toBeGreaterThan(0.15);
      }
    },
    MINUTES * 60_000,
  );
});

describe('ReLU cells with Gaussian weights (derived, as for layers)', () => {
  const n = 256;
  const seeds = sized(8, 24);
  const slopeOf = (weight: number) => {
    const weights = (seed: number) => gaussianWeight(seed, n, weight);
    return measure({ activation: 'relu', weights, n, input: 0.05, seeds, steps: 60, first: 10 }).slope;
  };
  const theory = (weight: number) => recurrentMeanField(curveOf('relu'), { weight, bias: 0, input: 0.05 });
  /** States of ReLU cells have a mean that stays, and so does who is active: steps deviate together, four times √(κ/n) of one. */
  const close = 4 * Math.sqrt(theory(1).kappa / (n * seeds));
  test(
    'weight variance 1 halves the square, 3 lets it grow; the control: neither does the other’s',
    () => {
      const [one, three] = [slopeOf(1), slopeOf(3)];
      expect(theory(1).chi1).toBeCloseTo(0.5, 12);
      expect(theory(3).chi1).toBeCloseTo(1.5, 12);
      expect(Math.abs(one - Math.log(0.5))).toBeLessThanOrEqual(close);
      expect(Math.abs(three - Math.log(1.5))).toBeLessThanOrEqual(close);
      expect(three - one).toBeGreaterThan(5 * close);
    },
    MINUTES * 60_000,
  );
});

describe('PyTorch’s U(±1/√H) with tanh and a small state: 1/3 per step', () => {
  const [n, counted] = [256, 20];
  const seeds = sized(8, 24);
  const weightsOf = (bound: number) => (seed: number) =>
    Float64Array.from(uniforms(seed, PURPOSE.weights, 0, n * n, bound / Math.sqrt(n)));
  const slopeOf = (bound: number) => {
    const weights = weightsOf(bound);
    return measure({ activation: 'tanh', weights, n, input: 1e-8, start: 1e-6, seeds, steps: counted, first: 0 }).slope;
  };
  /** κ = 2. */
  const close = 4 * Math.sqrt(2 / (n * counted * seeds)) + 0.005;
  test('ln 1/3', () => {
    expect(recurrentVariance('torch_default', 1)).toBeCloseTo(1 / 3, 15);
    expect(Math.abs(slopeOf(1) - Math.log(1 / 3))).toBeLessThanOrEqual(close);
  });
  test('control: a variance that is a fifth larger does not pass', () => {
    expect(Math.abs(slopeOf(Math.sqrt(1.2)) - Math.log(1 / 3))).toBeGreaterThan(4 * close);
  });
});

describe('largest Lyapunov exponent of h ← tanh(W h): ½ ln χ₁ (dynamic mean field in discrete time; cf. Engelken et al. 2023)', () => {
  const curve = curveOf('tanh');
  const [n, steps] = sized([400, 300], [1000, 600]);
  const [first, seeds] = [50, 3];
  const theory = (g: number) => recurrentMeanField(curve, { weight: g * g, bias: 0, input: 0 });
  const exponents = new Map<number, number>();
  // Median over networks: a finite one may lock into a cycle, which is not chaos.
  const exponentOf = (g: number) => {
    const known = exponents.get(g);
    if (known !== undefined) return known;
    const found = Array.from({ length: seeds }, (_, k) => lyapunovExponent(200 + k, g)).sort((a, b) => a - b);
    exponents.set(g, found[1]);
    return found[1];
  };
  /** Mean growth of a small deviation after the first steps. */
  function lyapunovExponent(seed: number, g: number): number {
    const weight = normals(seed, PURPOSE.weights, 0, n * n, g / Math.sqrt(n));
    let [h, u] = [noise(seed, 0, n), noise(seed, 1, n)];
    let sum = 0;
    for (let t = 0; t < steps; t++) {
      h = multiply(weight, h, new Float64Array(n)).map(Math.tanh);
      u = multiply(weight, u, new Float64Array(n)).map((x, i) => x * (1 - h[i] * h[i]));
      const length = norm(u);
      u = u.map((x) => x / length);
      if (t >= first) sum += Math.log(length);
    }
    return sum / (steps - first);
  }
  /** Four deviations of one network whose steps are independent, halved for the norm; 0.01 at the published size, where it is less. */
  const close = (g: number) => Math.max(2 * Math.sqrt(theory(g).kappa / (n * (steps - first))), n === 1000 ? 0.01 : 0);

  test.each([
    [1.5, 0.06522],
    [2, 0.15472],
    [3, 0.31025],
  ])(
    'g = %d: %d',
    (g, expected) => {
      expect(0.5 * Math.log(theory(g).chi1)).toBeCloseTo(expected, 5);
      expect(Math.abs(exponentOf(g) - expected)).toBeLessThanOrEqual(close(g));
    },
    MINUTES * 60_000,
  );
  test(
    'control: at g = 0.8 the state dies and deviations with it; 1.5 does not grow as 2 does',
    () => {
      expect(exponentOf(0.8)).toBeLessThan(-0.1);
      expect(Math.abs(exponentOf(1.5) - 0.15472)).toBeGreaterThan(5 * close(2));
    },
    MINUTES * 60_000,
  );
});
