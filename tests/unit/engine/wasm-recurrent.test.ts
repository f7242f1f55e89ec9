/** The walks along sequences in WebAssembly: against their twins step by step, in whole plans, and the gates' curves. */
import { describe, expect, test } from 'vitest';
import type { CpuEngine } from '../../../src/engine/cpu/engine.ts';
import { tensorOf, writeReplica } from '../../../src/engine/tensor-io.ts';
import { recurrentNetwork } from '../../../src/model/recurrent-network.ts';
import { CELL_ACTIVATIONS, CELLS, type CellActivation, READOUTS } from '../../../src/model/recurrent-schema.ts';
import { ACTIVATIONS } from '../../../src/model/schema.ts';
import { SEQUENCE, sequenceWords } from '../../../src/plan/records.ts';
import { differentTensors } from '../../support/compare-plans.ts';
import { planOf } from '../../support/plans.ts';
import { hyperOf } from '../../support/records.ts';
import { absent, flat, random, reads, runKernel, twinEngine, updates, wasmEngine } from '../../support/run-kernel.ts';
import { gamma, U } from '../../support/tolerance.ts';
import {
  backwardErrors,
  blocked,
  blockedVector,
  CACHED_OF_CELL,
  forwardErrors,
  GATES_OF_CELL,
  largest,
  raggedSequences,
  type WalkInputs,
  type WalkShape,
  walkInputs,
} from '../../support/walks.ts';

const engines = { gpu: wasmEngine(), cpu: twinEngine() };
const T = 3;

interface Shape extends WalkShape {
  readonly activation: CellActivation;
  readonly bias: boolean;
  readonly truncation: number;
}

const KINDS = [
  ...CELL_ACTIVATIONS.map((activation) => ({ cell: 'rnn', activation }) as const),
  { cell: 'lstm', activation: 'tanh' } as const,
  { cell: 'gru', activation: 'tanh' } as const,
];
// Units on both sides of a vector and of a panel's 8 columns; W of 64 units in panels above 32 KiB where there are several gates.
const SHAPES: readonly Shape[] = [1, 5, 8].flatMap((B, b) =>
  [1, 4, 5, 17, 64].flatMap((H, h) =>
    KINDS.map((kind, k) => {
      const n = b + h + k;
      return { R: n % 2 === 0 ? 3 : 1, B, H, T, ...kind, bias: (b * h + k) % 2 === 0, truncation: n % 3 };
    }),
  ),
);

/** Steps of the dispatch, and the one that it begins with. */
interface Dispatch {
  readonly steps: number;
  readonly clock: number;
}
const WALK: Dispatch = { steps: T, clock: 0 };

function constantsOf({ B, H, cell, activation }: Shape, { steps }: Dispatch) {
  const CELL = CELLS.indexOf(cell);
  const shared = { ROW_TILES: 1, UNIT_TILES: 1, SEQ: sequenceWords(B) };
  return { B, T, H, CELL, ACT: ACTIVATIONS.indexOf(activation), STEPS: steps, ...shared };
}

/** Operands of both walks. */
function operandsOf(shape: Shape, inputs: WalkInputs, { clock }: Dispatch) {
  const { R, B, H, cell } = shape;
  const rows = T * 4 * Math.ceil(B / 4);
  return {
    W: reads(blocked(R, H, GATES_OF_CELL[cell], H), inputs.W),
    sequence: reads(flat(R, sequenceWords(B)), raggedSequences(shape, clock)),
    states: blocked(R, rows, 1, H),
    gated: blocked(R, rows, GATES_OF_CELL[cell], H),
    cached: blocked(R, rows, CACHED_OF_CELL[cell], H),
  };
}

function forward(shape: Shape, inputs: WalkInputs, dispatch = WALK) {
  const { R, H, cell, bias } = shape;
  const { W, sequence, states, gated, cached } = operandsOf(shape, inputs, dispatch);
  return runKernel(engines, 'recurrent_forward', {
    constants: { ...constantsOf(shape, dispatch), HAS_BIAS: Number(bias) },
    grid: [64, 1, R],
    operands: {
      a: reads(gated, inputs.a),
      W,
      bias: bias ? reads(blockedVector(R, GATES_OF_CELL[cell], H), inputs.bias) : absent,
      h: updates(states, inputs.dh),
      h_prev: updates(states, inputs.h_prev),
      cache: updates(cached, inputs.cache),
      sequence,
    },
  });
}

function backward(shape: Shape, inputs: WalkInputs, dispatch = WALK) {
  const { R, cell, truncation } = shape;
  const { W, sequence, states, gated, cached } = operandsOf(shape, inputs, dispatch);
  return runKernel(engines, 'recurrent_backward', {
    constants: { ...constantsOf(shape, dispatch), TRUNCATION: truncation },
    grid: [64, 1, R],
    operands: {
      dh: updates(states, inputs.dh),
      W,
      cache: reads(cached, inputs.cache),
      h_prev: reads(states, inputs.h_prev),
      da: updates(gated, inputs.da),
      second: cell === 'rnn' ? absent : updates(cell === 'lstm' ? states : gated, inputs.second),
      sequence,
    },
  });
}

type Found<K extends string> = Readonly<Record<K, ArrayLike<number>>>;

function forwardTolerances(shape: Shape, inputs: WalkInputs, { h, h_prev, cache }: Found<'h' | 'h_prev' | 'cache'>) {
  return forwardErrors(shape, inputs, [Math.max(largest(h_prev), largest(h)), largest(cache)]);
}

function backwardTolerances(shape: Shape, inputs: WalkInputs, { dh, da, second }: Found<'dh' | 'da' | 'second'>) {
  return backwardErrors(shape, inputs, { d: largest(dh), dc: largest(second), dhh: Math.max(largest(da), largest(second)) });
}

/** `after` but for the rows of step t, which are as they were. */
function withStep({ B, H }: Shape, after: Float32Array, before: Float32Array, t: number): Float32Array {
  const words = 4 * Math.ceil(B / 4) * H;
  return after.map((x, n) => (Math.floor(n / words) % T === t ? before[n] : x));
}

const STEPS = Array.from({ length: T }, (_, t) => t);

describe.each(SHAPES)('R=$R B=$B H=$H $cell $activation bias=$bias truncation=$truncation', (shape) => {
  const inputs = walkInputs(shape);

  // Each step once more by itself, from the states that the walk has come to: the same bits, and what the twin makes of them.
  test('a walk forward is its steps, and each matches its twin', async () => {
    const { gpu } = await forward(shape, inputs);
    const states = { dh: gpu.h, h_prev: gpu.h_prev, cache: gpu.cache } as Pick<WalkInputs, 'dh' | 'h_prev' | 'cache'>;
    for (const t of STEPS) {
      const one = await forward(shape, { ...inputs, ...states }, { steps: 1, clock: t });
      for (const name of ['h', 'h_prev', 'cache'] as const) expect(one.gpu[name], `${name} of step ${t}`).toEqual(gpu[name]);
      const errors = forwardTolerances(shape, inputs, gpu);
      one.compare('h', errors.h);
      one.compare('h_prev', errors.h);
      one.compare('cache', Math.max(errors.z, errors.c));
    }
  });

  test('a walk backward is its steps, and each matches its twin', async () => {
    const { gpu } = await backward(shape, inputs);
    const dh = gpu.dh as Float32Array;
    const later = { da: gpu.da, ...(shape.cell === 'rnn' ? {} : { second: gpu.second }) } as Pick<WalkInputs, 'da' | 'second'>;
    for (const t of STEPS) {
      const own = { ...inputs, ...later, dh: withStep(shape, dh, inputs.dh, t) };
      const one = await backward(shape, own, { steps: 1, clock: t });
      for (const name of ['dh', 'da', 'second'] as const) expect(one.gpu[name], `${name} of step ${t}`).toEqual(gpu[name]);
      const errors = backwardTolerances(shape, inputs, gpu);
      one.compare('dh', errors.dh);
      one.compare('da', errors.gates);
      one.compare('second', shape.cell === 'lstm' ? errors.dc : errors.gates);
    }
  });
});

describe.each(CELLS)('control: %s, one weight of 4096 and more that is left out changes more than the tolerance', (cell) => {
  const shape: Shape = { R: 1, B: 8, H: 64, T, cell, activation: 'tanh', bias: true, truncation: 0 };
  const inputs = walkInputs(shape);
  const W = inputs.W.slice();
  W[W.findIndex((w) => Math.abs(w) > 1 / 8)] = 0;
  const apart = (a: ArrayLike<number>, b: ArrayLike<number>) => largest(Float64Array.from(a, (x, n) => x - b[n]));

  test('forward', async () => {
    const [all, other] = [await forward(shape, inputs), await forward(shape, { ...inputs, W })];
    expect(apart(all.gpu.h, other.gpu.h)).toBeGreaterThan(20 * forwardTolerances(shape, inputs, all.gpu).h);
  });

  test('backward', async () => {
    const [all, other] = [await backward(shape, inputs), await backward(shape, { ...inputs, W })];
    expect(apart(all.gpu.dh, other.gpu.dh)).toBeGreaterThan(20 * backwardTolerances(shape, inputs, all.gpu).dh);
  });
});

describe('curves of gates err by 8 u at most', () => {
  // Around 0, on both sides of where tanh changes its formula and of multiples of ln 2, and to where exponentials vanish.
  const near = Array.from({ length: 4000 }, (_, n) => (n - 2000) / 1000);
  const far = Array.from({ length: 3440 }, (_, n) => (n - 1720) / 20);
  const tiny = [1e-30, -1e-20, 1e-10, -1e-5, 0.25, 0.2499999, -0.25, Math.LN2, Math.LN2 / 2];
  const values = Float32Array.from([...tiny, ...near, ...far]);
  const B = values.length;
  const lengths = new Uint32Array(sequenceWords(B)).fill(1, 0, 2).fill(1, SEQUENCE.lengths, SEQUENCE.lengths + B);
  const one = { B, T: 1, H: 1, STEPS: 1, ROW_TILES: 1, UNIT_TILES: 1, SEQ: sequenceWords(B) };
  const rows = 4 * Math.ceil(B / 4);
  const states = blocked(1, rows, 1, 1);
  const filled = (blocks: readonly (ArrayLike<number> | number)[]) =>
    Float32Array.from({ length: rows * blocks.length }, (_, n) => {
      const block = blocks[n % blocks.length];
      const row = Math.floor(n / blocks.length);
      return typeof block === 'number' ? block : (block[row] ?? 0);
    });
  const zeros = new Float32Array(rows);
  const sequence = reads(flat(1, sequenceWords(B)), lengths);

  /** Largest relative error in u, of values whose exponential is a normal number. */
  const worst = (found: ArrayLike<number>, exact: (z: number) => number) =>
    largest([...values].map((z, n) => (Math.abs(exact(z)) < 2 ** -123 ? 0 : (found[n] - exact(z)) / exact(z) / U)));
  const sigmoid = (z: number) => (z < 0 ? Math.exp(z) / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z)));
  const slope = (z: number) => Math.exp(-Math.abs(z)) / (1 + Math.exp(-Math.abs(z))) ** 2;

  test('tanh and its slope, of the vanilla cell', async () => {
    const constants = { ...one, CELL: 0, ACT: ACTIVATIONS.indexOf('tanh') };
    const W = reads(blocked(1, 1, 1, 1), [0]);
    const z = filled([values]);
    const ahead = await runKernel(engines, 'recurrent_forward', {
      constants: { ...constants, HAS_BIAS: 0 },
      grid: [64, 1, 1],
      operands: {
        a: reads(states, z),
        W,
        bias: absent,
        h: updates(states, zeros),
        h_prev: updates(states, zeros),
        cache: updates(states, zeros),
        sequence,
      },
    });
    expect(worst(ahead.gpu.h, Math.tanh)).toBeLessThan(8);
    const back = await runKernel(engines, 'recurrent_backward', {
      constants: { ...constants, TRUNCATION: 0 },
      grid: [64, 1, 1],
      operands: {
        dh: updates(states, filled([1])),
        W,
        cache: reads(states, z),
        h_prev: reads(states, zeros),
        da: updates(states, zeros),
        second: absent,
        sequence,
      },
    });
    expect(worst(back.gpu.da, (x) => 4 * slope(2 * x))).toBeLessThan(8);
  });

  test('sigmoid and its slope, of the output gate where tanh(c) = 1', async () => {
    // s(f) = 1, c' = 30, s(i) = 0: h = s(o), dL/do = s'(o) of dh = 1
    const constants = { ...one, CELL: 1, ACT: ACTIVATIONS.indexOf('tanh') };
    const W = reads(blocked(1, 1, 4, 1), [0, 0, 0, 0]);
    const cached = blocked(1, rows, 5, 1);
    const gated = blocked(1, rows, 4, 1);
    const cache = filled([-100, 100, 0, values, 30]);
    const ahead = await runKernel(engines, 'recurrent_forward', {
      constants: { ...constants, HAS_BIAS: 0 },
      grid: [64, 1, 1],
      operands: {
        a: reads(gated, filled([-100, 100, 0, values])),
        W,
        bias: absent,
        h: updates(states, zeros),
        h_prev: updates(states, zeros),
        cache: updates(cached, cache),
        sequence,
      },
    });
    expect(worst(ahead.gpu.h, sigmoid)).toBeLessThan(8);
    const back = await runKernel(engines, 'recurrent_backward', {
      constants: { ...constants, TRUNCATION: 0 },
      grid: [64, 1, 1],
      operands: {
        dh: updates(states, filled([1])),
        W,
        cache: reads(cached, cache),
        h_prev: reads(states, zeros),
        da: updates(gated, filled([0, 0, 0, 0])),
        second: updates(states, zeros),
        sequence,
      },
    });
    const output = Float32Array.from({ length: rows }, (_, n) => back.gpu.da[4 * n + 3]);
    expect(worst(output, slope)).toBeLessThan(8);
  });
});

describe('whole plans', () => {
  const [batchSize, steps, hidden] = [5, 6, 9];
  const FORMS = CELLS.flatMap((cell) => READOUTS.map((readout, k) => ({ cell, readout, layers: 1 + (k % 2) })));

  test.each(FORMS)("$cell, read out $readout, $layers layers: every tensor is the twins'", async ({ cell, readout, layers }) => {
    const sizes = { inputs: 3, outputs: 4, activation: 'tanh', hidden, steps, truncation: 4, bias: true } as const;
    const network = recurrentNetwork({ ...sizes, cell, layers, readout, loss: 'mse' });
    const plan = planOf(network, { replicas: 2, batchSize });
    const open = async (engine: CpuEngine) => {
      const session = await engine.load(plan);
      let stream = 0;
      for (const [name, { rows, columns, type }] of plan.tensors) {
        stream++;
        const isParameter = /^(l\d|head).*(weight|bias)$/.test(name);
        if (type !== 'f32' || !(isParameter || name === 'x' || name === 'target')) continue;
        for (const r of [0, 1]) writeReplica(session, name, r, random(10 * stream + r, rows * columns, isParameter ? 0.3 : 1));
      }
      const record = new Uint32Array(2 * sequenceWords(batchSize));
      for (const r of [0, 1]) {
        record.set([steps, steps], r * sequenceWords(batchSize) + SEQUENCE.walk);
        record.set([6, 1, 4, 6, 3], r * sequenceWords(batchSize) + SEQUENCE.lengths);
      }
      session.write(tensorOf(session, 'sequence'), record);
      const settings = { iterations: 9, learning_rate: 0.1 };
      session.write(tensorOf(session, 'hyper'), hyperOf([settings, settings]));
      return session;
    };
    const [wasm, twins] = [await open(wasmEngine()), await open(twinEngine())];
    // As in wasm-plan.test.ts, each step of a walk being a step of the plan; a walk's curves err by 8 u.
    const each = (plan.iteration.length + 2 * layers * steps) * gamma(steps * 8 + hidden + 8);
    for (const iteration of [1, 2, 3]) {
      await Promise.all([wasm.run('iteration', 1), twins.run('iteration', 1)]);
      expect(await differentTensors(wasm, twins, iteration * each), `iteration ${iteration}`).toEqual([]);
    }
  });
});
