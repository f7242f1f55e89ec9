/** What is exact of gradients through time, on a reference in double precision that is itself held to finite differences. */
import { describe, expect, test } from 'vitest';
import { largestSingularValue, spectralRadius } from '../../src/math/eigen.ts';
import { CURVES } from '../../src/model/activation.ts';
import { gateDecay, pascanuBound } from '../../src/theory/recurrent.ts';
import {
  type DoubleCell,
  gaussianWeight,
  multiplyTransposed,
  noise,
  norm,
  orthogonalWeight,
  plainCell,
  TANH,
  type Vector,
  walkBackward,
  walkForward,
} from './double-recurrence.ts';

const GATES = { rnn: 1, lstm: 4, gru: 3 } as const;
const CELLS = ['rnn', 'lstm', 'gru'] as const;
const quiet = (T: number, size: number) => Array.from({ length: T }, () => new Float64Array(size));

/** A cell without weights; biases by gate. */
function gatesAlone(cell: 'lstm' | 'gru', n: number, biases: readonly number[]): DoubleCell {
  const bias = Float64Array.from({ length: GATES[cell] * n }, (_, k) => biases[Math.floor(k / n)]);
  return { cell, n, weight: new Float64Array(bias.length * n), bias };
}

describe('the reference', () => {
  const [n, T] = [5, 6];
  test.each(CELLS)('%s: gradients are central differences', (cell) => {
    const size = GATES[cell] * n;
    const given: DoubleCell = { cell, n, weight: noise(1, 0, size * n, 0.3), bias: noise(1, 1, size, 0.3) };
    const inputs = Array.from({ length: T }, (_, t) => noise(1, 2 + t, size));
    const [v, w] = [noise(1, 20, n), noise(1, 21, n)];
    const walk = walkForward(given, inputs, noise(1, 22, n), cell === 'lstm' ? noise(1, 23, n) : undefined);
    const { dh, dc } = walkBackward(walk, v, cell === 'lstm' ? w : undefined);
    const loss = (t: number, h: Vector, c: Vector) => {
      const last = walkForward(given, inputs.slice(t), h, c).steps[T - t - 1];
      return v.reduce((sum, x, k) => sum + x * last.h[k] + (cell === 'lstm' ? w[k] * last.c[k] : 0), 0);
    };
    const moved = (x: Vector, k: number, by: number) => x.map((value, i) => (i === k ? value + by : value));
    const step = 1e-5;
    for (const t of [0, 3]) {
      const { h, c } = t === 0 ? walk.first : walk.steps[t - 1];
      for (let k = 0; k < n; k++) {
        // step² times a third derivative of order 1, and ε/step: 1e-10 each; gradients are of the order of 0.1.
        const byH = (loss(t, moved(h, k, step), c) - loss(t, moved(h, k, -step), c)) / (2 * step);
        expect(Math.abs(dh[t][k] - byH)).toBeLessThan(1e-9);
        // dL/dc counts what goes through the step's own h as well, which a changed c alone does not reach.
        if (cell !== 'lstm' || t > 0) continue;
        const byC = (loss(t, h, moved(c, k, step)) - loss(t, h, moved(c, k, -step))) / (2 * step);
        expect(Math.abs(dc[t][k] - byC)).toBeLessThan(1e-9);
      }
    }
    // Control: the differences see a gradient, not zeros.
    expect(norm(dh[0])).toBeGreaterThan(1e-4);
  });

  test('gates in PyTorch’s order: i f g o; r z n', () => {
    const [h, c, x] = [Float64Array.of(0.3), Float64Array.of(0.7), Float64Array.of(0, 0, 0, 0)];
    // 40 opens a gate to the last digit.
    const keeps = walkForward(gatesAlone('lstm', 1, [-40, 40, 1, 40]), [x], h, c).steps[0];
    expect([keeps.c[0], keeps.h[0]]).toEqual([expect.closeTo(0.7, 14), expect.closeTo(Math.tanh(0.7), 14)]);
    const writes = walkForward(gatesAlone('lstm', 1, [40, -40, 1, -40]), [x], h, c).steps[0];
    expect([writes.c[0], writes.h[0]]).toEqual([expect.closeTo(Math.tanh(1), 14), expect.closeTo(0, 14)]);
    const held = walkForward(gatesAlone('gru', 1, [0, 40, 1]), [x], h).steps[0];
    expect(held.h[0]).toBeCloseTo(0.3, 14);
    // r closes the recurrent part of n with its bias: what is left is tanh of the input.
    const reset = walkForward(gatesAlone('gru', 1, [-40, -40, 1]), [Float64Array.of(0, 0, 0.5)], h).steps[0];
    expect(reset.h[0]).toBeCloseTo(Math.tanh(0.5), 14);
  });
});

describe('linear cells with orthogonal weights: g per step (Saxe, McClelland, Ganguli 2014)', () => {
  const [n, T] = [64, 100];
  const ratio = (weight: Vector) => {
    const walk = walkForward(plainCell(weight, n, CURVES.linear), quiet(T, n), noise(2, 0, n));
    const { dh } = walkBackward(walk, noise(2, 1, n));
    return norm(dh[0]) / norm(dh[T]);
  };
  test.each([
    [0.9, 2.6561398887587544e-5],
    [1, 1],
    [1.1, 13780.61233982238],
  ])('g = %d', (g, expected) => {
    // T products of n terms, and Q orthogonal to n roundings: twice T n ε.
    expect(Math.abs(ratio(orthogonalWeight(3, n, g)) / expected - 1)).toBeLessThan(2 * T * n * Number.EPSILON);
  });
  test('control: Gaussian weights of the same g are another matter', () => {
    expect(Math.abs(ratio(gaussianWeight(3, n, 1)) - 1)).toBeGreaterThan(0.1);
  });
});

describe('linear cells with Gaussian weights: g at first, ρ(W) in the long run (Gelfand 1941)', () => {
  const [g, early, late] = [1.1, 1000, 5000];
  /** ln of the gradient's norm after 0, 10, `early` and `late` steps back, the vector rescaled at each. */
  const logs = (weight: Vector, n: number, seed: number) => {
    let dh = noise(seed, 0, n);
    let log = 0;
    const at: number[] = [];
    for (let t = 0; t <= late; t++) {
      const length = norm(dh);
      log += Math.log(length);
      if (t === 0 || t === 10 || t === early || t === late) at.push(log);
      dh = multiplyTransposed(
        weight,
        dh.map((x) => x / length),
        n,
      );
    }
    return at;
  };
  test.each([
    [32, 5],
    [256, 5],
  ])('n = %i', (n, seed) => {
    const weight = gaussianWeight(seed, n, g * g);
    const [start, ten, from, to] = logs(weight, n, seed);
    const rho = spectralRadius(weight, n);
    const slope = (to - from) / (late - early);
    // What is left of the other eigenvectors, and the turning of the last pair, change the norm by a factor of e^8 at most.
    const close = 8 / (late - early);
    expect(Math.abs(slope - Math.log(rho))).toBeLessThanOrEqual(close);
    // ln of a step's squared factor has variance 2/n: four deviations of the mean of ten, halved for the norm.
    expect(Math.abs((ten - start) / 10 - Math.log(g))).toBeLessThanOrEqual(2 * Math.sqrt(2 / (10 * n)));
    // Controls: the long run is not ln g, nor ρ of another matrix of the kind.
    expect(Math.abs(slope - Math.log(g))).toBeGreaterThan(4 * close);
    expect(Math.abs(slope - Math.log(spectralRadius(gaussianWeight(seed + 1, n, g * g), n)))).toBeGreaterThan(4 * close);
  });
});

describe('gated cells without weights: σ(b) per step (Gers et al. 2000; Jozefowicz et al. 2015)', () => {
  const [n, T] = [4, 50];
  const lstm = (biases: readonly number[]) => {
    const walk = walkForward(gatesAlone('lstm', n, biases), quiet(T, 4 * n), noise(4, 0, n), noise(4, 1, n));
    const { dc } = walkBackward(walk, new Float64Array(n), noise(4, 2, n));
    return norm(dc[0]) / norm(dc[T]);
  };
  const gru = (biases: readonly number[]) => {
    const { dh } = walkBackward(walkForward(gatesAlone('gru', n, biases), quiet(T, 3 * n), noise(4, 0, n)), noise(4, 2, n));
    return norm(dh[0]) / norm(dh[T]);
  };
  /** Rounding of σ and of a product in each step. */
  const close = 4 * T * Number.EPSILON;
  test.each([
    [0, 8.881784197001252e-16],
    [1, 1.5761911545634347e-7],
    [2, 0.0017530457905259604],
  ])('bias %d, %d after 50 steps', (b, expected) => {
    for (const found of [lstm([0, b, 0, 0]), gru([0, b, 0]), gateDecay(b) ** T]) {
      expect(Math.abs(found / expected - 1)).toBeLessThan(close);
    }
  });
  test('control: the same bias at another gate keeps nothing', () => {
    expect(Math.abs(lstm([2, 0, 2, 2]) / gateDecay(0) ** T - 1)).toBeLessThan(close);
    expect(gru([2, 0, 0])).toBeLessThan(1e-10);
  });
  test('control: recurrent weights let other paths in', () => {
    const cell = gatesAlone('gru', n, [0, 2, 0]);
    const walk = walkForward({ ...cell, weight: noise(4, 3, 3 * n * n, 4 / n) }, quiet(T, 3 * n), noise(4, 0, n));
    const { dh } = walkBackward(walk, noise(4, 2, n));
    expect(Math.abs(norm(dh[0]) / norm(dh[T]) / gateDecay(2) ** T - 1)).toBeGreaterThan(0.1);
  });
});

describe('the identity with ReLU: exactly 1 while units are above 0 (Le, Jaitly, Hinton 2015)', () => {
  const [n, T] = [16, 200];
  const identity = Float64Array.from({ length: n * n }, (_, k) => Number(Math.floor(k / n) === k % n));
  const start = noise(5, 0, n).map((x) => Math.abs(x) + 0.1);
  const gradient = (inputs: Vector[], curve = CURVES.relu) => {
    const { dh } = walkBackward(walkForward(plainCell(identity, n, curve), inputs, start), noise(5, 1, n));
    return norm(dh[0]) / norm(dh[T]);
  };
  test('every state and every gradient stay what they were', () => {
    expect(gradient(quiet(T, n))).toBe(1);
  });
  test('control: an input that drives half of the units below 0 cuts them off, and tanh loses', () => {
    const inputs = quiet(T, n);
    inputs[100].fill(-10, 0, n / 2);
    expect(gradient(inputs)).toBeLessThan(0.9);
    expect(gradient(quiet(T, n), TANH)).toBeLessThan(0.01);
  });
});

describe('the bound of Pascanu, Mikolov, Bengio 2013', () => {
  const [n, T] = [64, 100];
  const norms = (weight: Vector, curve = TANH) => {
    const inputs = Array.from({ length: T }, (_, t) => noise(6, t, n, 0.05));
    const { dh } = walkBackward(walkForward(plainCell(weight, n, curve), inputs, noise(6, 200, n)), noise(6, 201, n));
    return dh.map(norm);
  };
  const scaledTo = (sigma: number) => {
    const weight = gaussianWeight(7, n, 1);
    const factor = sigma / largestSingularValue(weight, n, n);
    return weight.map((x) => factor * x);
  };
  test.each([
    ['tanh', 0.95],
    ['relu', 0.95],
    ['linear', 0.95],
    // γ = 1/4.
    ['sigmoid', 3.8],
  ] as const)('%s, σ_max = %d: at most 0.95 in every step, 0.95^100 in all', (activation, sigma) => {
    const weight = scaledTo(sigma);
    const bound = pascanuBound(largestSingularValue(weight, n, n), activation);
    expect(bound).toBeCloseTo(0.95, 12);
    const found = norms(weight, CURVES[activation]);
    for (let t = 0; t < T; t++) expect(found[t]).toBeLessThanOrEqual(bound * found[t + 1] * (1 + n * Number.EPSILON));
    expect(found[0] / found[T]).toBeLessThanOrEqual(0.0059205292203339975);
  });
  test('orthogonal linear cells reach it', () => {
    const found = norms(orthogonalWeight(7, n, 0.95), CURVES.linear);
    expect(Math.abs(found[0] / found[T] / 0.95 ** T - 1)).toBeLessThan(2 * T * n * Number.EPSILON);
  });
  test('control: a spectral radius below 1 guarantees nothing', () => {
    // 0.95 on the diagonal, 1 beside it.
    const jordan = Float64Array.from({ length: n * n }, (_, k) => {
      const [i, j] = [Math.floor(k / n), k % n];
      return i === j ? 0.95 : Number(j === i + 1);
    });
    expect(spectralRadius(jordan, n)).toBe(0.95);
    expect(pascanuBound(largestSingularValue(jordan, n, n), 'linear')).toBeGreaterThan(1.9);
    const found = norms(jordan, CURVES.linear);
    expect(found[0] / found[T]).toBeGreaterThan(1e6);
  });
});
