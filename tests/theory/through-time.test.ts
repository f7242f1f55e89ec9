/** Recurrent networks at initialisation against exact laws, by the product's own plans on the CPU engine. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open.ts';
import { tensorOf, writeReplica } from '../../src/engine/tensor-io.ts';
import { joinEntries, log2Norm } from '../../src/math/norm-pair.ts';
import { initialWeight } from '../../src/model/initialise.ts';
import { parametersOf } from '../../src/model/network.ts';
import { GATES, type RecurrentSpec, recurrentNetwork } from '../../src/model/recurrent-network.ts';
import type { NumberRange } from '../../src/model/schema.ts';
import { planOf } from '../support/plans.ts';
import { random } from '../support/run-kernel.ts';

const engine: Engine = await openEngine('cpu', undefined, 'refuse');
const B = 4;

type Values = (name: string, rows: number, columns: number) => Float32Array;

interface Walked {
  /** log2 of the norm of the gradient of each step's h, and of the LSTM's c. */
  readonly dh: readonly number[];
  readonly dc: readonly number[];
}

/** One iteration of a network whose parameters are given; inputs are 0 but where `x` says so. */
async function walk(
  spec: Partial<RecurrentSpec> & { readonly steps: number; readonly hidden: number },
  values: Values,
  { x = 0, range = 'ieee' }: { readonly x?: number; readonly range?: NumberRange } = {},
): Promise<Walked> {
  const network = recurrentNetwork({
    inputs: 1,
    outputs: 2,
    cell: 'rnn',
    activation: 'linear',
    layers: 1,
    readout: 'last',
    truncation: 0,
    bias: true,
    loss: 'mse',
    ...spec,
  });
  const plan = planOf(network, { batchSize: B, layers: 'gradients', range, limits: engine.limits });
  const session = await engine.load(plan);
  for (const { name, rows, columns } of parametersOf(network)) writeReplica(session, name, 0, values(name, rows, columns));
  writeReplica(session, 'x', 0, random(1, spec.steps * B, x));
  writeReplica(session, 'target', 0, random(2, B * network.outputs));
  await session.run('iteration', 1);
  const [norms] = await session.read([tensorOf(session, 'norms')]);
  session.destroy();
  const names = plan.summary.measured.filter((name) => name !== 'loss');
  const of = (state: string) =>
    Array.from({ length: spec.steps }, (_, t) => log2Norm(joinEntries(norms, names.indexOf(`d${state}0[${t}]`), 1)));
  return { dh: of('h'), dc: spec.cell === 'lstm' ? of('c') : [] };
}

/** W_hh as given, a random head, everything else 0. */
const recurrent =
  (hidden: Float32Array): Values =>
  (name, rows, columns) => {
    if (name === 'l0.hh.weight') return hidden;
    return name === 'head.weight' ? random(3, rows * columns) : new Float32Array(rows * columns);
  };
const orthogonal = (n: number, gain: number, seed = 1) =>
  initialWeight(n, n, { scheme: 'orthogonal', gain, weightVariance: 1, biasVariance: 0 }, seed, 0);

/**
 * What rounding does to log2 of g^T: W's elements are rounded by at most u each, which moves a singular value by at most
 * u ‖W‖_F / g = u √n relatively, and each step's sums are rounded by u.
 */
const drift = (steps: number, n: number) => (steps * 2 ** -24 * (Math.sqrt(n) + 1)) / Math.LN2;

describe('D1: an orthogonal linear RNN multiplies the gradient by g at each step, exactly', () => {
  const [n, T] = [64, 100];
  test.each([0.9, 1, 1.1])('g = %d over 100 steps', async (g) => {
    const { dh } = await walk({ steps: T + 1, hidden: n }, recurrent(orthogonal(n, g)), { x: 1 });
    expect(Math.abs(dh[0] - dh[T] - T * Math.log2(g))).toBeLessThan(drift(T, n));
  });
  test('control: a Gaussian matrix does not', async () => {
    const { dh } = await walk({ steps: T + 1, hidden: n }, recurrent(random(5, n * n, 1.1 / Math.sqrt(n))), { x: 1 });
    expect(Math.abs(dh[0] - dh[T] - T * Math.log2(1.1))).toBeGreaterThan(0.5);
  });

  test('g = 1.1 over 10,000 steps in the extended range, where float32 ends after 930', async () => {
    const [steps, hidden] = [10_000, 16];
    const weights = recurrent(orthogonal(hidden, 1.1));
    const { dh } = await walk({ steps, hidden }, weights, { x: 1, range: 'extended' });
    const expected = (steps - 1) * Math.log2(1.1);
    expect(expected).toBeGreaterThan(1374);
    expect(Math.abs(dh[0] - dh[steps - 1] - expected)).toBeLessThan(drift(steps, hidden));
    const ieee = await walk({ steps, hidden }, weights, { x: 1 });
    expect(Number.isFinite(ieee.dh[0])).toBe(false);
  });
  test.each(['lstm', 'gru'] as const)('%s vanishes over 10,000 steps in the extended range as its gate says', async (cell) => {
    const [steps, hidden] = [10_000, 4];
    const { dh, dc } = await walk({ steps, hidden, cell, activation: 'tanh' }, gated(cell, 1), { range: 'extended' });
    const path = cell === 'lstm' ? dc : dh;
    expect(Math.abs(path[0] - path[steps - 1] - (steps - 1) * Math.log2(SIGMA_1))).toBeLessThan(gateDrift(steps));
    expect(path[0]).toBeLessThan(-4000);
  });
});

describe('Ba, Kiros, Hinton 2016, table 1: layer norm takes the scale of the weights away', () => {
  const [hidden, steps] = [16, 30];
  /** Shifts of their own keep the states apart from 0, without inputs. */
  const withShift =
    (gain: number): Values =>
    (name, rows, columns) => {
      if (name === 'l0.hh.gamma') return new Float32Array(columns).fill(1);
      if (name === 'l0.hh.beta' || name === 'l0.hh.bias') return random(4, columns);
      return recurrent(orthogonal(hidden, gain))(name, rows, columns);
    };
  // Powers of two are exact, and ε is beyond the last bit of a variance of 2^24 times that of the states: no bit may differ.
  const gains = [2 ** 12, 2 ** 14] as const;

  test('of the recurrent weights: gradients at every step are the same at gain 4,096 and at 16,384', async () => {
    const [one, four] = await Promise.all(
      gains.map((g) => walk({ steps, hidden, activation: 'tanh', norm: 'layer' }, withShift(g))),
    );
    expect(four.dh).toEqual(one.dh);
    expect(one.dh.every(Number.isFinite)).toBe(true);
    // The gradient is not constant, so that the comparison says something.
    expect(new Set(one.dh).size).toBe(steps);
  });
  test('control: without it they are not', async () => {
    const [one, four] = await Promise.all(gains.map((g) => walk({ steps: 5, hidden, activation: 'linear' }, withShift(g))));
    expect(four.dh[0] - four.dh[4] - (one.dh[0] - one.dh[4])).toBeCloseTo(4 * 2, 3);
  });
});

/** 1 / (1 + e^-1) */
const SIGMA_1 = 1 / (1 + Math.exp(-1));
/** All weights 0, the head random, and a bias b of the gate that keeps the state: f of the LSTM, z of the GRU. */
const gated =
  (cell: 'lstm' | 'gru', b: number): Values =>
  (name, rows, columns) => {
    const out = name === 'head.weight' ? random(3, rows * columns) : new Float32Array(rows * columns);
    const hidden = columns / GATES[cell].length;
    if (name === 'l0.ih.bias') out.fill(b, hidden, 2 * hidden);
    return out;
  };
/** σ in float32 errs by at most 2 u, its product with the gradient by u. */
const gateDrift = (steps: number) => (3 * steps * 2 ** -24) / Math.LN2;

describe('D6: with weights of 0 a gate’s bias alone decides what passes', () => {
  const T = 50;
  test.each([0, 1, 2])('LSTM: dL/dc keeps σ(%d) of itself at each step', async (b) => {
    const { dc } = await walk({ steps: T + 1, hidden: 5, cell: 'lstm', activation: 'tanh' }, gated('lstm', b));
    expect(Math.abs(dc[0] - dc[T] - T * Math.log2(1 / (1 + Math.exp(-b))))).toBeLessThan(gateDrift(T));
  });
  test.each([0, 1, 2])('GRU: dL/dh keeps σ(%d) of itself at each step', async (b) => {
    const { dh } = await walk({ steps: T + 1, hidden: 5, cell: 'gru', activation: 'tanh' }, gated('gru', b));
    expect(Math.abs(dh[0] - dh[T] - T * Math.log2(1 / (1 + Math.exp(-b))))).toBeLessThan(gateDrift(T));
  });
  test('control: another bias is another decay', async () => {
    const { dc } = await walk({ steps: T + 1, hidden: 5, cell: 'lstm', activation: 'tanh' }, gated('lstm', 1.1));
    expect(Math.abs(dc[0] - dc[T] - T * Math.log2(SIGMA_1))).toBeGreaterThan(1);
  });
});

describe('D9: the IRNN at its start', () => {
  const identity = (n: number, gain: number) => Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? gain : 0));
  /** Inputs reach every unit through a weight of 1, and are positive on the whole: states stay above 0. */
  const positive =
    (n: number, gain: number): Values =>
    (name, rows, columns) =>
      name === 'l0.ih.bias' ? new Float32Array(columns).fill(1) : recurrent(identity(n, gain))(name, rows, columns);
  test('the gradient is the same at all of 200 steps', async () => {
    const { dh } = await walk({ steps: 201, hidden: 6, activation: 'relu' }, positive(6, 1));
    expect(new Set(dh)).toEqual(new Set([dh[200]]));
  });
  test('control: with a gain of 0.99 it is not', async () => {
    const { dh } = await walk({ steps: 201, hidden: 6, activation: 'relu' }, positive(6, 0.99));
    expect(dh[0] - dh[200]).toBeCloseTo(200 * Math.log2(0.99), 2);
  });
});

test('D10: a largest singular value below 1 bounds what reaches the first step', async () => {
  const [n, T] = [32, 100];
  const { dh } = await walk(
    { steps: T + 1, hidden: n, activation: 'tanh' },
    (name, rows, columns) =>
      name === 'l0.ih.weight' ? random(7, rows * columns) : recurrent(orthogonal(n, 0.95))(name, rows, columns),
    { x: 1 },
  );
  expect(dh[0] - dh[T]).toBeLessThan(T * Math.log2(0.95));
});

describe('truncated back-propagation', () => {
  const [n, T] = [8, 23];
  test.each([1, 4, 23])('k = %i: gradients reach the last k steps, no others', async (k) => {
    const { dh } = await walk({ steps: T, hidden: n, truncation: k }, recurrent(orthogonal(n, 1)), { x: 1 });
    expect(dh.map((log2) => log2 > -Infinity)).toEqual(Array.from({ length: T }, (_, t) => t >= T - k));
  });
});
