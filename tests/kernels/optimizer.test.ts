import { describe, expect, test } from 'vitest';
import { CLIP_RULE, CONTROL_WORDS, HYPER_WORDS, STATUS_WORDS } from '../../src/plan/records.ts';
import { wrongPairs } from '../support/compare.ts';
import { type ControlFields, controlOf, type HyperFields, hyperOf, type StatusFields, statusOf } from '../support/records.ts';
import { flat, random, reads, runKernel, title, updates, useEngines, writes } from '../support/run-kernel.ts';
import { COST, gamma, U } from '../support/tolerance.ts';

const engines = useEngines();
const CELL = 16;
const APPLIED: ControlFields = { active: 1, apply: 1, scale: 1, power: 1, correction1: 1, correction2: 1 };

type Optimizer = 'sgd_update' | 'adam_update' | 'rmsprop_update';
const STATES: Readonly<Record<Optimizer, number>> = { sgd_update: 1, adam_update: 2, rmsprop_update: 3 };

interface Replica {
  readonly hyper: HyperFields;
  readonly control?: ControlFields;
  readonly status?: StatusFields;
}

interface Update {
  readonly kernel: Optimizer;
  readonly cells: number;
  readonly replicas: readonly Replica[];
  /** Default: random, W ~ 1, dW ~ 1, state ~ 1 and its squares positive. */
  readonly dW?: Float32Array;
  readonly W?: Float32Array;
}

const ownerOf = (cells: number, R: number) => Uint32Array.from({ length: cells }, (_, k) => Math.floor((k * R) / cells));

/** Runs kernel and twin, compares W, state and the norm pairs. */
async function update({ kernel, cells, replicas, ...given }: Update) {
  const n = cells * CELL;
  const R = replicas.length;
  const owner = ownerOf(cells, R);
  const W = given.W ?? random(1, n);
  const dW = given.dW ?? random(2, n);
  const state = initialState(kernel, n);
  const operands = {
    W: updates(flat(cells, CELL), W),
    dW: reads(flat(cells, CELL), dW),
    owner: reads(flat(cells), owner),
    control: reads(
      flat(R, CONTROL_WORDS),
      controlOf(replicas.map(({ hyper, control }) => ({ ...APPLIED, learning_rate: hyper.learning_rate ?? 0, ...control }))),
    ),
    hyper: reads(flat(R, HYPER_WORDS), hyperOf(replicas.map(({ hyper }) => hyper))),
    partial: writes(flat(2 * cells, 2)),
    state: updates(flat(STATES[kernel], n), state),
  };
  const common = { grid: [cells, 1, 1] as const, buffers: R === 1 ? ('one' as const) : ('several' as const) };
  const result =
    kernel === 'sgd_update'
      ? await runKernel(engines(), kernel, {
          ...common,
          constants: { CELLS: cells },
          operands: { ...operands, status: reads(flat(R, STATUS_WORDS), statusOf(replicas.map(({ status }) => status ?? {}))) },
        })
      : await runKernel(engines(), kernel, { ...common, constants: { CELLS: cells }, operands });
  const error = (i: number) => errors(kernel, replicas[owner[Math.floor((i % n) / CELL)]], W, dW, state, i % n);
  result.compare('W', (i) => error(i).W);
  result.compare('state', (i) => error(i).state[Math.floor(i / n)]);
  const after = result.gpu.W;
  const cell = (values: ArrayLike<number>, k: number) => Array.from(values).slice(CELL * k, CELL * (k + 1));
  const change = Float32Array.from(after, (w, i) => w - W[i]);
  const cellsOf = (values: ArrayLike<number>) => Array.from({ length: cells }, (_, k) => cell(values, k));
  expect(wrongPairs('partial', result.gpu.partial, [...cellsOf(after), ...cellsOf(change)])).toEqual([]);
  return { W, dW, after, state: result.gpu.state, stateBefore: state, owner };
}

/** Second moments are positive, and exceed the squared mean where the variance is centred. */
function initialState(kernel: Optimizer, n: number): Float32Array {
  const values = random(3, STATES[kernel] * n);
  if (kernel === 'adam_update') for (let i = n; i < 2 * n; i++) values[i] = Math.abs(values[i]) + 0.5;
  if (kernel === 'rmsprop_update') {
    for (let i = 0; i < n; i++) values[i] = Math.abs(values[i]) + 2;
    for (let i = 2 * n; i < 3 * n; i++) values[i] *= 0.2;
  }
  return values;
}

/** Absolute errors of W and of each state, from the magnitudes of what is added. */
function errors(
  kernel: Optimizer,
  { hyper, control, status }: Replica,
  W: Float32Array,
  dW: Float32Array,
  state: Float32Array,
  i: number,
): { W: number; state: number[] } {
  const n = W.length;
  const { scale, power, apply, correction1 = 1, correction2 = 1 } = { ...APPLIED, ...control } as Required<ControlFields>;
  if (apply === 0) return { W: 0, state: [0, 0, 0] };
  const at = (name: keyof HyperFields) => hyper[name] ?? 0;
  const byValue = hyper.clip_rule === CLIP_RULE.value;
  const clipped = byValue ? Math.min(Math.abs(dW[i]), at('clip_max')) : Math.abs(dW[i] * scale * power);
  const decoupled = at('decoupled') !== 0;
  const decay = decoupled ? 0 : at('weight_decay');
  // g = c dW + wd W: two products, a product and a sum.
  const g = clipped + decay * Math.abs(W[i]);
  const gError = gamma(4) * g;
  const rate = at('learning_rate');
  const w = Math.abs(W[i]);
  // 1 - lr wd: two roundings, and a product.
  const base = decoupled ? 4 * U * w * (1 + rate * at('weight_decay')) : 0;
  switch (kernel) {
    case 'sgd_update': {
      const momentum = at('momentum');
      const first = (status?.updates ?? 0) === 0;
      const buf = first ? g : momentum * Math.abs(state[i]) + (1 - at('dampening')) * g;
      // 1 - damp, two products, a sum; then Nesterov's product and sum, lr's product and the difference.
      const step = at('nesterov') ? g + momentum * buf : momentum ? buf : g;
      return { W: gamma(12) * rate * step + base + 2 * U * (w + rate * step), state: [gamma(8) * buf] };
    }
    case 'adam_update': {
      const [b1, b2] = [at('one_minus_beta1'), at('one_minus_beta2')];
      const m = at('beta1') * Math.abs(state[i]) + b1 * g;
      const signed =
        (byValue ? Math.max(-at('clip_max'), Math.min(at('clip_max'), dW[i])) : dW[i] * scale * power) + decay * W[i];
      const v = at('beta2') * state[n + i] + b2 * signed * signed;
      const vError = 2 * b2 * g * gError + gamma(4) * v;
      const root = Math.sqrt(v) / Math.sqrt(correction2) + at('epsilon');
      // m/root: the root's argument halved, two roots, three divisions, eps and the products.
      const relative = (0.5 * vError) / v + gamma(2 * COST.sqrt + 3 * COST.divide + 6);
      const step = ((rate / correction1) * m) / root;
      const mError = b1 * gError + gamma(4) * m;
      return { W: step * (relative + mError / m) + base + 3 * U * (w + step), state: [mError, vError] };
    }
    case 'rmsprop_update': {
      const [alpha, rest] = [at('alpha'), at('one_minus_alpha')];
      const signed =
        (byValue ? Math.max(-at('clip_max'), Math.min(at('clip_max'), dW[i])) : dW[i] * scale * power) + decay * W[i];
      const v = alpha * state[i] + rest * signed * signed;
      const vError = 2 * rest * g * gError + gamma(4) * v;
      const mean = alpha * Math.abs(state[2 * n + i]) + rest * g;
      const meanError = rest * gError + gamma(4) * mean;
      const centred = at('centered') !== 0;
      const exact = alpha * state[2 * n + i] + rest * signed;
      const variance = centred ? v - exact * exact : v;
      // v - mean^2 cancels: absolute errors add.
      const varianceError = vError + (centred ? 2 * mean * meanError + 2 * U * mean * mean + U * v : 0);
      const root = Math.sqrt(variance) + at('epsilon');
      const relative = (0.5 * varianceError) / variance + gamma(COST.sqrt + COST.divide + 3);
      const step = g / root;
      const stepError = step * relative + gError / root;
      const buf = at('momentum') * Math.abs(state[n + i]) + step;
      const bufError = stepError + gamma(3) * buf;
      return { W: rate * bufError + base + gamma(2) * (w + rate * buf), state: [vError, bufError, meanError] };
    }
  }
}

const CELLS = [1, 3, 63, 64, 65, 197];
const SGD: readonly HyperFields[] = [
  { learning_rate: 0.1, momentum: 0.9, weight_decay: 0.01 },
  { learning_rate: 0.01 },
  { learning_rate: 1, momentum: 0.5, dampening: 0.25 },
];
const ADAM = { learning_rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, one_minus_beta1: 0.1, one_minus_beta2: 0.001 };
const RMSPROP = { learning_rate: 0.01, alpha: 0.99, one_minus_alpha: 0.01, epsilon: 1e-8 };
const ADAMS: readonly HyperFields[] = [
  ADAM,
  { ...ADAM, weight_decay: 0.1, epsilon: 1 },
  { ...ADAM, beta1: 0.5, one_minus_beta1: 0.5 },
];
const RMSPROPS: readonly HyperFields[] = [
  { ...RMSPROP, momentum: 0.9 },
  { ...RMSPROP, centered: 1, weight_decay: 0.02 },
  { ...RMSPROP, centered: 1, momentum: 0.5, epsilon: 0.1 },
];
/** Replicas with settings, clip coefficients and counts of their own. */
const replicasOf = (hypers: readonly HyperFields[], R: number): Replica[] =>
  hypers.slice(0, R).map((hyper, r) => ({
    hyper,
    control: { scale: [0.5, 1, 0.125][r], power: [1, 0.5, 1][r], correction1: [0.1, 0.9, 1][r], correction2: [0.001, 0.5, 1][r] },
    status: { updates: [3, 0, 1][r] },
  }));

for (const [k, cells] of CELLS.entries()) {
  const R = cells >= 3 && k % 2 === 1 ? 3 : 1;
  // The first replica of every third case decays its weights apart from the gradient.
  const decoupled = k % 3 === 0;
  const hypers = (list: readonly HyperFields[]) =>
    list.map((hyper, r) => (decoupled && r === 0 ? { ...hyper, decoupled: 1, weight_decay: 0.3 } : hyper));
  for (const [kernel, list] of [
    ['sgd_update', SGD],
    ['adam_update', ADAMS],
    ['rmsprop_update', RMSPROPS],
  ] as const) {
    test(title(kernel, { R, CELLS: cells, decoupled }), () => update({ kernel, cells, replicas: replicasOf(hypers(list), R) }));
  }
}

describe('the settings of a replica', () => {
  test.each<[string, HyperFields, StatusFields]>([
    ['first update with momentum', { learning_rate: 0.1, momentum: 0.9, dampening: 0.5 }, { updates: 0 }],
    ['later update with momentum and dampening', { learning_rate: 0.1, momentum: 0.9, dampening: 0.5 }, { updates: 1 }],
    ['Nesterov', { learning_rate: 0.1, momentum: 0.9, nesterov: 1, weight_decay: 0.1 }, { updates: 2 }],
  ])('sgd_update: %s', async (_, hyper, status) => {
    const { W, dW, after, stateBefore } = await update({ kernel: 'sgd_update', cells: 1, replicas: [{ hyper, status }] });
    const { learning_rate: lr = 0, momentum = 0, dampening = 0, nesterov = 0, weight_decay: wd = 0 } = hyper;
    for (let i = 0; i < CELL; i++) {
      const g = dW[i] + wd * W[i];
      const buf = status.updates === 0 ? g : momentum * stateBefore[i] + (1 - dampening) * g;
      // Numbers below 10, a dozen roundings.
      expect(Math.abs(after[i] - (W[i] - lr * (nesterov ? g + momentum * buf : buf)))).toBeLessThan(gamma(12) * 10);
    }
  });

  for (const kernel of ['sgd_update', 'adam_update', 'rmsprop_update'] as const) {
    const hyper = { sgd_update: SGD[0], adam_update: ADAM, rmsprop_update: RMSPROPS[0] }[kernel];
    const n = 3 * CELL;

    test(`${kernel} leaves a replica alone whose update is not applied, whatever its gradient`, async () => {
      const dW = random(2, n);
      dW.fill(Number.NaN, CELL, 2 * CELL);
      const replicas = [{ hyper }, { hyper, control: { apply: 0, scale: Number.NaN } }, { hyper }];
      const { W, after, state, stateBefore } = await update({ kernel, cells: 3, replicas, dW });
      expect(after.slice(CELL, 2 * CELL)).toEqual(W.slice(CELL, 2 * CELL));
      for (let s = 0; s < STATES[kernel]; s++) {
        expect(state.slice(s * n + CELL, s * n + 2 * CELL)).toEqual(stateBefore.slice(s * n + CELL, s * n + 2 * CELL));
      }
      expect([...after].every((w, i) => Math.floor(i / CELL) === 1 || w !== W[i])).toBe(true);
    });

    test(`${kernel} clamps by value and keeps NaN, in that replica alone`, async () => {
      const dW = random(2, n);
      dW.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30, -1e30], CELL);
      const byValue = { ...hyper, clip_rule: CLIP_RULE.value, clip_max: 0.25 };
      const { after } = await update({ kernel, cells: 3, replicas: [{ hyper }, { hyper: byValue }, { hyper }], dW });
      expect([...after].map((w, i) => (Number.isFinite(w) ? -1 : i)).filter((i) => i >= 0)).toEqual([CELL]);
    });

    test(`${kernel} multiplies by power before scale, so that 1e38 clipped to 1 is neither 0 nor Inf`, async () => {
      const dW = random(2, CELL).map((x) => Math.sign(x) * 1e38);
      // 1e-38 = 0.68 · 2^-126, which as one float32 would be subnormal.
      const control = { scale: 0.8, power: 2 ** -126 };
      const { W, after } = await update({ kernel, cells: 1, replicas: [{ hyper: { ...hyper, weight_decay: 0 }, control }], dW });
      expect([...after].every((w, i) => Number.isFinite(w) && w !== W[i])).toBe(true);
    });

    test(`${kernel} carries a NaN gradient and a NaN coefficient into the weights`, async () => {
      const dW = random(2, n);
      dW[CELL + 3] = Number.NaN;
      const replicas = [{ hyper, control: { scale: Number.NaN } }, { hyper }, { hyper }];
      const { after } = await update({ kernel, cells: 3, replicas, dW });
      const broken = [...after].flatMap((w, i) => (Number.isNaN(w) ? [i] : []));
      expect(broken).toEqual([...Array(CELL).keys(), CELL + 3]);
    });
  }

  test('adam_update decays the weights apart from the gradient where that is decoupled', async () => {
    const hyper = { ...ADAM, weight_decay: 0.5 };
    const zero = new Float32Array(CELL);
    const plain = await update({ kernel: 'adam_update', cells: 1, replicas: [{ hyper }], dW: zero });
    const decoupled = await update({
      kernel: 'adam_update',
      cells: 1,
      replicas: [{ hyper: { ...hyper, decoupled: 1 } }],
      dW: zero,
    });
    // With dW = 0 the decoupled moments are beta times the old ones.
    for (let i = 0; i < CELL; i++) {
      expect(Math.abs(decoupled.state[i] - 0.9 * decoupled.stateBefore[i])).toBeLessThan(gamma(3) * 5);
    }
    expect(plain.state).not.toEqual(decoupled.state);
  });
});
