/**
 * One step of the walks: kernel and twin against the cells' formulas (`tests/support/cells.ts`), where every operation's error is
 * followed through (`tests/support/bounded.ts`). A gate's z is a sum of H + 2 terms, H products, a and the bias; what it makes of h,
 * c and the gradients takes its error over by the slope of each curve, and adds the curve's own. Both engines are held to the
 * formula, and to each other within the same tolerance.
 */
import { describe, expect, test } from 'vitest';
import { ACTIVATIONS } from '../../src/model/schema.ts';
import { sequenceWords } from '../../src/plan/records.ts';
import { type Bounded, toleranceOf } from '../support/bounded.ts';
import {
  type BackwardInputs,
  backwardStep,
  type CellShape,
  cachedOf,
  type ForwardInputs,
  forwardStep,
  gatesOf,
  rowsOf,
  secondBlocksOf,
  type WalkedStep,
} from '../support/cells.ts';
import { differences, type Words } from '../support/compare.ts';
import { sequencesOf } from '../support/records.ts';
import {
  absent,
  flat,
  gated,
  gatedVector,
  inBrowser,
  type KernelResult,
  matrix,
  random,
  reads,
  runKernel,
  title,
  updates,
  useEngines,
  writesPadded,
} from '../support/run-kernel.ts';

const engines = useEngines();

const FORMS = [
  { cell: 'rnn', activation: 'tanh' },
  { cell: 'rnn', activation: 'relu' },
  { cell: 'rnn', activation: 'linear' },
  { cell: 'lstm', activation: 'tanh' },
  { cell: 'gru', activation: 'tanh' },
] as const;

/** Steps t of T, with a workgroup's tiles of examples and of units where they are not all. */
interface Shape {
  readonly R: number;
  readonly B: number;
  readonly H: number;
  readonly T: number;
  readonly t: number;
  readonly rowTiles?: number;
  readonly unitTiles?: number;
}

// Around a tile's 4 examples and 4 units; first, middle and last steps; several workgroups; more tiles than a workgroup's 64.
const SHAPES: readonly Shape[] = [
  { R: 1, B: 1, H: 1, T: 1, t: 0 },
  { R: 3, B: 4, H: 4, T: 3, t: 1 },
  { R: 1, B: 5, H: 5, T: 4, t: 3 },
  { R: 3, B: 9, H: 17, T: 3, t: 1, rowTiles: 2, unitTiles: 2 },
  { R: 1, B: 9, H: 64, T: 2, t: 0 },
  { R: 3, B: 1, H: 5, T: 3, t: 0 },
  { R: 1, B: 20, H: 64, T: 3, t: 1, rowTiles: 5 },
  { R: 3, B: 5, H: 64, T: 2, t: 1, unitTiles: 5 },
];

const tiles = (n: number) => Math.ceil(n / 4);
type Form = (typeof FORMS)[number];

/** Replica 1 is one step shorter than the rest, the last of several takes no part, and examples have lengths from 1 on. */
function stepOf({ R, B, T, t }: Shape): WalkedStep {
  const own = Array.from({ length: R }, (_, r) => (r === 1 ? T - 1 : T));
  const walk = own.map((steps, r) => (r === 2 ? 0 : steps));
  return { t, own, walk, length: (r, b) => (b < B ? 1 + ((5 * b + 3 * r + own[r] - 1) % own[r]) : 0) };
}

function sequenceOperand({ R, B }: Shape, { t, own, walk, length }: WalkedStep) {
  const list = Array.from({ length: R }, (_, r) => ({
    walk: walk[r],
    steps: own[r],
    clock: t,
    lengths: Array.from({ length: B }, (_, b) => length(r, b)),
  }));
  return reads(flat(R, sequenceWords(B)), sequencesOf(list));
}

function walkConstants({ B, H, T, rowTiles = tiles(B), unitTiles = tiles(H) }: Shape, { cell, activation }: Form) {
  const code = { CELL: ['rnn', 'lstm', 'gru'].indexOf(cell), ACT: ACTIVATIONS.indexOf(activation) };
  return { B, T, H, ...code, STEPS: 1, ROW_TILES: rowTiles, UNIT_TILES: unitTiles, SEQ: sequenceWords(B) };
}

const gridOf = ({ R, B, H, rowTiles = tiles(B), unitTiles = tiles(H) }: Shape) =>
  [64 * Math.ceil(tiles(H) / unitTiles), Math.ceil(tiles(B) / rowTiles), R] as const;

/** Overwritten as a whole where there is one step: then its padding too, which on the CPU is 0 from the start. */
const states = ({ T }: Shape, layout: ReturnType<typeof matrix>, before: Float32Array) =>
  T === 1 && inBrowser ? writesPadded(layout) : updates(layout, before);

/** Weights of variance 1/H, so that a step has a gain of about 1. */
function forwardInputs({ R, B, T, H }: Shape, { cell }: Form, bias: boolean): ForwardInputs {
  const [G, C, rows] = [gatesOf(cell), cachedOf(cell), R * T * rowsOf(B)];
  return {
    a: random(1, rows * G * H),
    W: random(2, R * H * G * H, 1 / Math.sqrt(H)),
    ...(bias ? { bias: random(3, R * G * H) } : {}),
    h: random(4, rows * H),
    h_prev: random(5, rows * H),
    cache: random(6, rows * C * H),
  };
}

function backwardInputs({ R, B, T, H }: Shape, { cell }: Form): BackwardInputs {
  const [G, C, S, rows] = [gatesOf(cell), cachedOf(cell), secondBlocksOf(cell), R * T * rowsOf(B)];
  return {
    W: random(2, R * H * G * H, 1 / Math.sqrt(H)),
    cache: random(6, rows * C * H),
    h_prev: random(5, rows * H),
    dh: random(7, rows * H),
    da: random(8, rows * G * H),
    second: random(9, rows * S * H),
  };
}

function runForward(shape: Shape, form: Form, step: WalkedStep, inputs: ForwardInputs) {
  const { R, B, H, T } = shape;
  const [G, C, rows] = [gatesOf(form.cell), cachedOf(form.cell), T * rowsOf(B)];
  return runKernel(engines(), 'recurrent_forward', {
    constants: { ...walkConstants(shape, form), HAS_BIAS: Number(inputs.bias !== undefined) },
    grid: gridOf(shape),
    buffers: R === 1 ? 'one' : 'several',
    operands: {
      a: reads(gated(R, rows, G, H), inputs.a),
      W: reads(gated(R, H, G, H), inputs.W),
      bias: inputs.bias ? reads(gatedVector(R, G, H), inputs.bias) : absent,
      h: states(shape, matrix(R, rows, H), inputs.h),
      h_prev: updates(matrix(R, rows, H), inputs.h_prev),
      cache: updates(gated(R, rows, C, H), inputs.cache),
      sequence: sequenceOperand(shape, step),
    },
  });
}

function runBackward(shape: Shape, form: Form, step: WalkedStep, inputs: BackwardInputs, TRUNCATION: number) {
  const { R, B, H, T } = shape;
  const [G, C, S, rows] = [gatesOf(form.cell), cachedOf(form.cell), secondBlocksOf(form.cell), T * rowsOf(B)];
  return runKernel(engines(), 'recurrent_backward', {
    constants: { ...walkConstants(shape, form), TRUNCATION },
    grid: gridOf(shape),
    buffers: R === 1 ? 'one' : 'several',
    operands: {
      dh: updates(matrix(R, rows, H), inputs.dh),
      W: reads(gated(R, H, G, H), inputs.W),
      cache: reads(gated(R, rows, C, H), inputs.cache),
      h_prev: reads(matrix(R, rows, H), inputs.h_prev),
      da: states(shape, gated(R, rows, G, H), inputs.da),
      second: S === 0 ? absent : states(shape, gated(R, rows, S, H), inputs.second),
      sequence: sequenceOperand(shape, step),
    },
  });
}

type Expected = Readonly<Record<string, readonly Bounded[]>>;

/** Elements that are not what the formulas say. */
function wrong(found: Readonly<Record<string, Words>>, expected: Expected): string[] {
  return Object.entries(expected).flatMap(([name, list]) => {
    if (list.length === 0) return [];
    const values = list.map(({ value }) => value);
    return differences(name, [list.length], found[name], values, (n) => toleranceOf(list[n]));
  });
}

/** Holds kernel and twin to the formulas. */
function check<K extends 'recurrent_forward' | 'recurrent_backward'>(result: KernelResult<K>, expected: Expected): void {
  expect(wrong(result.gpu, expected), 'the kernel').toEqual([]);
  expect(wrong(result.cpu, expected), 'the twin').toEqual([]);
  for (const [name, list] of Object.entries(expected)) {
    if (list.length > 0) result.compare(name as Parameters<typeof result.compare>[0], (n) => toleranceOf(list[n]));
  }
}

/** Largest tolerance relative to the larger of 1 and the number. */
function loosest(expected: Expected): number {
  const all = Object.values(expected).flat();
  return Math.max(...all.map((x) => toleranceOf(x) / Math.max(1, Math.abs(x.value))));
}

const cellShape = ({ R, B, T, H }: Shape, form: Form): CellShape => ({ ...form, R, B, T, H });
const named = ({ R, B, H, T, t }: Shape, { cell, activation }: Form) => ({
  cell,
  ...(cell === 'rnn' ? { activation } : {}),
  R,
  B,
  H,
  T,
  t,
});

for (const [f, form] of FORMS.entries()) {
  for (const [k, shape] of SHAPES.entries()) {
    // The vanilla cell's non-linearities differ in one function: each has a part of the shapes.
    if (form.cell === 'rnn' && k % 2 === f % 2) continue;
    const bias = (f + k) % 3 !== 0;
    test(title('recurrent_forward', { ...named(shape, form), bias }), async () => {
      const [step, inputs] = [stepOf(shape), forwardInputs(shape, form, bias)];
      const expected = forwardStep(cellShape(shape, form), step, inputs);
      check(await runForward(shape, form, step, inputs), expected);
      // A control of the tolerances themselves: γ of 66 terms that sum to some tens in magnitude is 4e-6 times that.
      expect(loosest(expected)).toBeLessThan(2e-4);
    });
    const truncation = (f + k) % 2 === 0 ? 0 : 2;
    test(title('recurrent_backward', { ...named(shape, form), truncation }), async () => {
      const [step, inputs] = [stepOf(shape), backwardInputs(shape, form)];
      const expected = backwardStep(cellShape(shape, form), step, inputs, truncation);
      check(await runBackward(shape, form, step, inputs, truncation), expected);
      // A sum of up to 4 · 64 + 1 terms: γ is 1.6e-5.
      expect(loosest(expected)).toBeLessThan(1e-3);
    });
  }
}

/** With the blocks of gates 0 and 1 exchanged. */
function exchanged(values: Float32Array, blocks: number, H: number): Float32Array {
  return values.map((_, n) => {
    const block = Math.floor(n / H) % blocks;
    return block < 2 ? values[n + (block === 0 ? H : -H)] : values[n];
  });
}
const zeros = (values: Float32Array | undefined) => new Float32Array(values?.length ?? 0);

describe('controls: what the formulas would say of another cell is not what the kernels do', () => {
  const shape: Shape = { R: 1, B: 5, H: 5, T: 3, t: 1 };
  const full: WalkedStep = { t: 1, own: [3], walk: [3], length: (_, b) => (b < 5 ? 3 : 0) };

  for (const form of FORMS) {
    const name = form.cell === 'rnn' ? `rnn with ${form.activation}` : form.cell;
    const [G, C, S] = [gatesOf(form.cell), cachedOf(form.cell), secondBlocksOf(form.cell)];
    const isGated = form.cell !== 'rnn';

    test(`recurrent_forward of ${name}: gates in another order, a missing term`, async () => {
      const inputs = forwardInputs(shape, form, true);
      const { gpu } = await runForward(shape, form, full, inputs);
      const changed: Readonly<Record<string, Partial<ForwardInputs>>> = {
        'no h W': { W: zeros(inputs.W) },
        'no bias': { bias: zeros(inputs.bias) },
        'no a': { a: zeros(inputs.a) },
        'the h before last': { h_prev: inputs.h_prev.map((_, n) => inputs.h_prev[n - rowsOf(5) * 5] ?? 0) },
        ...(isGated
          ? {
              'gates exchanged': {
                a: exchanged(inputs.a, G, 5),
                W: exchanged(inputs.W, G, 5),
                bias: exchanged(inputs.bias ?? zeros(inputs.bias), G, 5),
              },
              'weights alone exchanged': { W: exchanged(inputs.W, G, 5) },
            }
          : {}),
        ...(form.cell === 'lstm' ? { 'no c of the step before': { cache: zeros(inputs.cache) } } : {}),
      };
      for (const [what, other] of Object.entries(changed)) {
        const { h } = forwardStep(cellShape(shape, form), full, { ...inputs, ...other });
        expect(wrong(gpu, { h }), what).not.toEqual([]);
      }
    });

    test(`recurrent_backward of ${name}: gates in another order, a missing term`, async () => {
      const inputs = backwardInputs(shape, form);
      const { gpu } = await runBackward(shape, form, full, inputs, 0);
      const laterZeroed = (values: Float32Array, width: number) =>
        values.map((x, n) => (Math.floor(n / width / rowsOf(5)) === 2 ? 0 : x));
      const changed: Readonly<Record<string, Partial<BackwardInputs>>> = {
        'nothing through W': { W: zeros(inputs.W) },
        'nothing from above': { dh: inputs.dh.map((d, n) => (Math.floor(n / 5 / rowsOf(5)) === 1 ? 0 : d)) },
        ...(isGated
          ? {
              'gates exchanged': { cache: exchanged(inputs.cache, C, 5) },
              'weights exchanged': { W: exchanged(inputs.W, G, 5) },
              [form.cell === 'lstm' ? 'nothing through c' : 'nothing through the update gate']:
                form.cell === 'lstm' ? { second: laterZeroed(inputs.second, S * 5) } : { dh: laterZeroed(inputs.dh, 5) },
            }
          : {}),
      };
      for (const [what, other] of Object.entries(changed)) {
        const { da } = backwardStep(cellShape(shape, form), full, { ...inputs, ...other }, 0);
        expect(wrong(gpu, { da }), what).not.toEqual([]);
      }
      // A link that is cut where it is not.
      expect(wrong(gpu, backwardStep(cellShape(shape, form), full, inputs, 1)), 'truncated').not.toEqual([]);
    });
  }
});

describe('at the edges', () => {
  // Gates from 1e-20 to 90 of either sign, around the formulas' boundaries at 0.25 and 0.5.
  const MAGNITUDES = [1e-20, 1e-7, 0.2499, 0.25, 0.4999, 0.5001, 1, 5, 9, 20, 44, 87, 88, 90];
  const shape: Shape = { R: 1, B: 4, H: 33, T: 3, t: 1 };
  const step: WalkedStep = { t: 1, own: [3], walk: [3], length: () => 3 };
  /** Each number of the list beside every other one in the gates of some unit. */
  const spread = (n: number, stream: number) => {
    const order = random(stream, 2 * n);
    const pick = (x: number) => Math.floor(Math.abs(x) * 1e4);
    return Float32Array.from({ length: n }, (_, k) => {
      const z = MAGNITUDES[pick(order[k]) % MAGNITUDES.length];
      return pick(order[n + k]) % 2 === 0 ? z : -z;
    });
  };

  for (const form of FORMS) {
    const name = form.cell === 'rnn' ? `rnn with ${form.activation}` : form.cell;

    test(`recurrent_forward of ${name} saturates, up to |z| = 90`, async () => {
      // h′ W of 1e-12 beside, so that the smallest z is not swamped.
      const usual = forwardInputs(shape, form, false);
      const inputs = { ...usual, a: spread(usual.a.length, 20), W: usual.W.map((w) => w * 1e-12) };
      const result = await runForward(shape, form, step, inputs);
      check(result, forwardStep(cellShape(shape, form), step, inputs));
      expect([...result.gpu.h].filter((h) => !Number.isFinite(h))).toEqual([]);
    });

    test(`recurrent_backward of ${name} saturates, up to |z| = 90`, async () => {
      const usual = backwardInputs(shape, form);
      const inputs = { ...usual, cache: spread(usual.cache.length, 21) };
      const result = await runBackward(shape, form, step, inputs, 0);
      check(result, backwardStep(cellShape(shape, form), step, inputs, 0));
      expect([...result.gpu.da].filter((d) => !Number.isFinite(d))).toEqual([]);
    });

    test(`${name} is accurate in relative error at 1e-20`, async () => {
      const tiny = (values: Float32Array) => values.map((x) => x * 1e-20);
      const usual = forwardInputs(shape, form, false);
      // The gates that are sigmoids stay where they are: theirs would be 1/2.
      const inputs = { ...usual, a: tiny(usual.a), h_prev: tiny(usual.h_prev), cache: tiny(usual.cache) };
      const result = await runForward(shape, form, step, inputs);
      const expected = forwardStep(cellShape(shape, form), step, inputs);
      check(result, expected);
      // h is next to linear there: its error is that of sums of 35 terms below 1e-19, and it is not 0.
      const rows = expected.h.slice(rowsOf(4) * 33, 2 * rowsOf(4) * 33);
      expect(Math.max(...rows.map(toleranceOf))).toBeLessThan(1e-24);
      expect(Math.max(...rows.map(({ value }) => Math.abs(value)))).toBeGreaterThan(1e-21);
      const back = backwardInputs(shape, form);
      const small = { ...back, cache: tiny(back.cache), dh: tiny(back.dh), da: tiny(back.da), second: tiny(back.second) };
      check(await runBackward(shape, form, step, small, 0), backwardStep(cellShape(shape, form), step, small, 0));
    });
  }
});

describe('rows beyond an example’s length', () => {
  const shape: Shape = { R: 1, B: 5, H: 6, T: 2, t: 1 };
  const step: WalkedStep = { t: 1, own: [2], walk: [2], length: (_, b) => [2, 1, 2, 1, 1][b] ?? 0 };
  /** Rows of the step under way that no example has, in a tensor of `width` numbers a row. */
  const isBeyond = (n: number, width: number) => {
    const row = Math.floor(n / width) - rowsOf(5);
    return row >= 0 && step.length(0, row) < 2;
  };
  const broken = (values: Float32Array, width: number) => values.map((x, n) => (isBeyond(n, width) ? Number.NaN : x));

  test.each(FORMS)('are 0 in $cell with $activation, whatever a, the cache and dh hold there', async (form) => {
    const [G, C, S] = [gatesOf(form.cell), cachedOf(form.cell), secondBlocksOf(form.cell)];
    const usual = forwardInputs(shape, form, true);
    const forward = await runForward(shape, form, step, { ...usual, a: broken(usual.a, G * 6) });
    const back = backwardInputs(shape, form);
    const inputs = { ...back, cache: broken(back.cache, C * 6), h_prev: broken(back.h_prev, 6), dh: broken(back.dh, 6) };
    const backward = await runBackward(shape, form, step, inputs, 0);
    for (const side of ['gpu', 'cpu'] as const) {
      const tensors: [string, Words, number][] = [
        ['h', forward[side].h, 6],
        ['dh', backward[side].dh, 6],
        ['da', backward[side].da, G * 6],
        ['second', backward[side].second, S * 6],
      ];
      for (const [name, words, width] of tensors.filter(([, , width]) => width > 0)) {
        const beyond = [...words].filter((_, n) => isBeyond(n, width));
        expect(beyond.length, name).toBe(6 * width);
        expect(
          beyond.filter((x) => x !== 0),
          `${side}: ${name}`,
        ).toEqual([]);
        expect([...words].filter((x) => !Number.isFinite(x))).toEqual([]);
      }
    }
  });
});
