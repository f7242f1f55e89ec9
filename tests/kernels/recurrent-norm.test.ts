/**
 * Recurrent cells with layer norm inside: one step of each walk against the formulas (`tests/support/normed-cells.ts`), every error
 * followed through; whole walks against themselves, cut and shared out otherwise.
 */
import { describe, expect, test } from 'vitest';
import { ACTIVATIONS } from '../../src/model/schema.ts';
import { NORM_EPSILON } from '../../src/plan/norm.ts';
import { sequenceWords } from '../../src/plan/records.ts';
import { CELL_CODE } from '../../src/plan/walk.ts';
import { type Bounded, exact, plus, times, toleranceOf } from '../support/bounded.ts';
import { cachedOf, gatesOf, rowsOf, secondBlocksOf, type WalkedStep } from '../support/cells.ts';
import { differences, type Words } from '../support/compare.ts';
import { type NormedInputs, normBlocksOf, normedBackward, normedForward } from '../support/normed-cells.ts';
import { sequencesOf } from '../support/records.ts';
import {
  absent,
  flat,
  gated,
  gatedVector,
  inBrowser,
  type Layout,
  matrix,
  type Operand,
  random,
  reads,
  runKernel,
  title,
  updates,
  useEngines,
} from '../support/run-kernel.ts';
import { type Dispatch, runSteps } from '../support/run-steps.ts';

const engines = useEngines();

const FORMS = [
  { cell: 'rnn', activation: 'tanh' },
  { cell: 'rnn', activation: 'relu' },
  { cell: 'lstm', activation: 'tanh' },
  { cell: 'gru', activation: 'tanh' },
] as const;
type Form = (typeof FORMS)[number];

interface Shape {
  readonly R: number;
  readonly B: number;
  readonly H: number;
  readonly T: number;
  readonly t: number;
}

// One unit, whose norm is its shift; around a tile; a replica that is shorter and one that takes no part.
const SHAPES: readonly Shape[] = [
  { R: 1, B: 1, H: 1, T: 1, t: 0 },
  { R: 3, B: 4, H: 4, T: 3, t: 1 },
  { R: 1, B: 5, H: 5, T: 3, t: 1 },
  { R: 3, B: 9, H: 17, T: 2, t: 0 },
];

const tiles = (n: number) => Math.ceil(n / 4);

function stepOf({ R, B, T, t }: Shape): WalkedStep {
  const own = Array.from({ length: R }, (_, r) => (r === 1 ? T - 1 : T));
  const walk = own.map((steps, r) => (r === 2 ? 0 : steps));
  return { t, own, walk, length: (r, b) => (b < B ? 1 + ((5 * b + 3 * r + own[r] - 1) % own[r]) : 0) };
}

function sequenceOperand({ R, B }: Shape, { t, own, walk, length }: WalkedStep) {
  const list = Array.from({ length: R }, (_, r) => {
    return { walk: walk[r], steps: own[r], clock: t, lengths: Array.from({ length: B }, (_, b) => length(r, b)) };
  });
  return reads(flat(R, sequenceWords(B)), sequencesOf(list));
}

function constantsOf({ B, H, T }: Shape, { cell, activation }: Form) {
  const code = { CELL: CELL_CODE[cell], ACT: ACTIVATIONS.indexOf(activation) };
  return { B, T, H, ...code, STEPS: 1, PART: 0, ROW_TILES: tiles(B), UNIT_TILES: tiles(H), SEQ: sequenceWords(B) };
}

/** Gain and shift one behind the other. */
function affineLayout(R: number, G: number, H: number): { readonly layout: Layout; readonly BETA: number } {
  const { dims, words: BETA } = gatedVector(R, G, H);
  return { layout: { dims: [[2, BETA], ...dims], words: 2 * BETA }, BETA };
}

function inputsOf(shape: Shape, form: Form): NormedInputs {
  const { R, B, T, H } = shape;
  const [G, C, S, N, rows] = [
    gatesOf(form.cell),
    cachedOf(form.cell),
    secondBlocksOf(form.cell),
    normBlocksOf(form),
    R * T * rowsOf(B),
  ];
  // Padding is 0, and deviations are near 1, gate by gate in the first 4 numbers of their block.
  const norm = random(7, rows * N * rowsOf(H)).map((x, n) => {
    const [block, j] = [Math.floor(n / rowsOf(H)) % N, n % rowsOf(H)];
    if (block === 2 * G) return j < 4 ? 1 + 0.25 * x ** 2 : 0;
    return j < H ? x : 0;
  });
  return {
    a: random(1, rows * G * H),
    W: random(2, R * H * G * H, 1 / Math.sqrt(H)),
    gamma: random(3, R * G * H).map((x) => 1 + 0.25 * x),
    beta: random(4, R * G * H),
    h_prev: random(5, rows * H),
    cache: random(6, rows * C * H),
    norm,
    dh: random(8, rows * H),
    da: random(9, rows * G * H),
    second: random(10, rows * S * H),
  };
}

function layoutsOf({ R, B, T, H }: Shape, form: Form) {
  const [G, C, S, rows] = [gatesOf(form.cell), cachedOf(form.cell), secondBlocksOf(form.cell), T * rowsOf(B)];
  return {
    states: matrix(R, rows, H),
    gates: gated(R, rows, G, H),
    cache: gated(R, rows, C, H),
    second: gated(R, rows, S, H),
    norm: gated(R, rows, normBlocksOf(form), rowsOf(H)),
    W: gated(R, H, G, H),
    ...affineLayout(R, G, H),
  };
}

function runForward(shape: Shape, form: Form, step: WalkedStep, inputs: NormedInputs) {
  const { states, gates, cache, norm, W, layout, BETA } = layoutsOf(shape, form);
  return runKernel(engines(), 'recurrent_norm_forward', {
    constants: { ...constantsOf(shape, form), BETA, EPSILON: NORM_EPSILON },
    grid: [64, 1, shape.R],
    operands: {
      a: reads(gates, inputs.a),
      W: reads(W, inputs.W),
      affine: reads(layout, [...inputs.gamma, ...inputs.beta]),
      h: updates(states, inputs.dh),
      h_prev: updates(states, inputs.h_prev),
      cache: updates(cache, inputs.cache),
      norm: updates(norm, inputs.norm),
      sequence: sequenceOperand(shape, step),
    },
  });
}

function runBackward(shape: Shape, form: Form, step: WalkedStep, inputs: NormedInputs, TRUNCATION: number) {
  const { states, gates, cache, second, norm, W } = layoutsOf(shape, form);
  const gamma = gatedVector(shape.R, gatesOf(form.cell), shape.H);
  return runKernel(engines(), 'recurrent_norm_backward', {
    constants: { ...constantsOf(shape, form), TRUNCATION },
    grid: [64, 1, shape.R],
    operands: {
      dh: updates(states, inputs.dh),
      W: reads(W, inputs.W),
      cache: reads(cache, inputs.cache),
      norm: updates(norm, inputs.norm),
      da: updates(gates, inputs.da),
      second: form.cell === 'rnn' ? absent : updates(second, inputs.second),
      affine: reads(gamma, inputs.gamma),
      sequence: sequenceOperand(shape, step),
    },
  });
}

/** What differs from the formulas, of numbers at these places. */
function wrong(name: string, found: Words, expected: readonly { readonly at: number; readonly x: Bounded }[]): string[] {
  const values = expected.map(({ x }) => x.value);
  const own = expected.map(({ at }) => found[at]);
  return differences(name, [own.length], Float32Array.from(own), Float32Array.from(values), (n) => toleranceOf(expected[n].x));
}

/** (row, block, unit) of a tensor of so many blocks of so many numbers, of lists by block. */
function placed(row: number, count: number, width: number, lists: readonly (readonly Bounded[])[], first = 0) {
  return lists.flatMap((list, block) => list.map((x, j) => ({ at: (row * count + first + block) * width + j, x })));
}

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
  const [G, C, S, N] = [gatesOf(form.cell), cachedOf(form.cell), secondBlocksOf(form.cell), normBlocksOf(form)];
  for (const [k, shape] of SHAPES.entries()) {
    const { H } = shape;
    const H4 = rowsOf(H);
    const step = stepOf(shape);
    const inputs = inputsOf(shape, form);
    test(title('recurrent_norm_forward', named(shape, form)), async () => {
      const result = await runForward(shape, form, step, inputs);
      const rows = normedForward({ ...form, ...shape }, step, inputs, NORM_EPSILON);
      expect(rows.length).toBeGreaterThan(0);
      for (const side of ['gpu', 'cpu'] as const) {
        const of = result[side];
        const found = rows.flatMap(({ row, h, gates }) => [
          ...wrong(`h of row ${row}`, of.h, placed(row, 1, H, [h])),
          ...wrong(
            `z of row ${row}`,
            of.cache,
            placed(
              row,
              C,
              H,
              gates.map(({ z }) => z),
            ),
          ),
          ...wrong(
            `xhat of row ${row}`,
            of.norm,
            placed(
              row,
              N,
              H4,
              gates.map(({ hat }) => hat),
            ),
          ),
          ...wrong(`rstd of row ${row}`, of.norm, placed(row, N, H4, [gates.map(({ rstd }) => rstd)], 2 * G)),
        ]);
        expect(found, side).toEqual([]);
      }
      // A control of the tolerances: statistics of some tens of terms; one unit has no variance but its own roundings'.
      const loosest = Math.max(...rows.flatMap(({ h }) => h.map(toleranceOf)));
      expect(loosest).toBeLessThan(H === 1 ? 1e-2 : 1e-3);
    });
    const truncation = (f + k) % 2 === 0 ? 0 : 2;
    test(title('recurrent_norm_backward', { ...named(shape, form), truncation }), async () => {
      const result = await runBackward(shape, form, step, inputs, truncation);
      const rows = normedBackward({ ...form, ...shape }, step, inputs, truncation);
      expect(rows.length).toBeGreaterThan(0);
      for (const side of ['gpu', 'cpu'] as const) {
        const of = result[side];
        const found = rows.flatMap(({ row, d, du, ds, dhh }) => [
          ...wrong(`dh of row ${row}`, of.dh, placed(row, 1, H, [d])),
          ...wrong(`du of row ${row}`, of.norm, placed(row, N, H4, du, G)),
          ...wrong(`da of row ${row}`, of.da, placed(row, G, H, ds)),
          ...(form.cell === 'gru' ? wrong(`dhh of row ${row}`, of.second, placed(row, S, H, dhh)) : []),
        ]);
        expect(found, side).toEqual([]);
      }
    });
    test(title('recurrent_norm_affine', named(shape, form)), async () => {
      const { norm, layout, BETA } = layoutsOf(shape, form);
      const { B, T, CELL, SEQ } = constantsOf(shape, form);
      const result = await runKernel(engines(), 'recurrent_norm_affine', {
        constants: { B, T, H, CELL, BETA, SEQ },
        grid: [64 * G * tiles(H), 1, shape.R],
        operands: {
          norm: reads(norm, inputs.norm),
          affine: updates(layout, [...inputs.gamma, ...inputs.beta]),
          sequence: sequenceOperand(shape, step),
        },
      });
      const expected = step.walk.flatMap((steps, r) =>
        steps === 0
          ? []
          : Array.from({ length: G * H }, (_, n) => {
              const [g, j] = [Math.floor(n / H), n % H];
              const rows = Array.from({ length: steps * rowsOf(B) }, (_, row) => (r * T * rowsOf(B) + row) * N);
              const du = rows.map((row) => exact(inputs.norm[(row + G + g) * H4 + j]));
              const hat = rows.map((row) => exact(inputs.norm[(row + g) * H4 + j]));
              const at = (r * G + g) * H + j;
              return [
                { at, x: plus(...du.map((x, i) => times(x, hat[i]))) },
                { at: shape.R * G * H + at, x: plus(...du) },
              ];
            }).flat(),
      );
      expect(wrong('affine', result.gpu.affine, expected), 'the kernel').toEqual([]);
      expect(wrong('affine', result.cpu.affine, expected), 'the twin').toEqual([]);
    });
  }
}

describe.each(FORMS)('walks of $cell with $activation and layer norm', (form) => {
  const [R, B, T, H] = [3, 5, 4, 9];
  const [UNITS, TILES, SEQ] = [tiles(H), tiles(B), sequenceWords(B)];
  const shape = { R, B, T, H, t: 0 };
  const OWN = [4, 3, 4];

  /** Forward and back in dispatches of `steps`, with parts of their own where units are shared. @returns bits of what was written */
  async function walk(side: 'gpu' | 'cpu', steps: number, unitTiles: number) {
    const inputs = inputsOf(shape, form);
    const { states, gates, cache, second, norm, W, layout, BETA } = layoutsOf(shape, form);
    const isFirst = (n: number, width: number) => Math.floor(n / (rowsOf(B) * width)) % T === 0;
    const start = (values: Float32Array, width: number) => values.map((x, n) => (isFirst(n, width) ? 0 : x));
    const record = sequencesOf(
      OWN.map((own, r) => ({
        walk: r === 2 ? 0 : own,
        steps: own,
        lengths: Array.from({ length: B }, (_, b) => 1 + ((3 * b + r) % own)),
      })),
    );
    const affine = [...inputs.gamma, ...inputs.beta];
    const tensors: Record<string, Operand> = {
      a: reads(gates, inputs.a),
      W: reads(W, inputs.W),
      affine: reads(layout, affine),
      gradient: updates(layout, affine),
      h: updates(states, inputs.dh),
      h_prev: updates(states, start(inputs.h_prev, H)),
      cache: updates(cache, start(inputs.cache, cachedOf(form.cell) * H)),
      norm: updates(norm, inputs.norm),
      dh: updates(states, inputs.dh),
      da: updates(gates, inputs.da),
      second: form.cell === 'rnn' ? absent : updates(second, inputs.second),
      sequence: updates(flat(R, SEQ), record),
    };
    const common = { ...constantsOf(shape, form), STEPS: steps, UNIT_TILES: unitTiles };
    const grid = [64 * Math.ceil(UNITS / unitTiles), 1, R] as const;
    const isShared = unitTiles < UNITS;
    const forward = (PART: number): Dispatch => {
      return { kernel: 'recurrent_norm_forward', constants: { ...common, PART, BETA, EPSILON: NORM_EPSILON }, grid };
    };
    const backward = (PART: number): Dispatch => {
      return { kernel: 'recurrent_norm_backward', constants: { ...common, PART, TRUNCATION: 0 }, grid };
    };
    const clock = (DELTA: number): Dispatch => ({ kernel: 'advance_clock', constants: { R, DELTA, SEQ }, grid: [R, 1, 1] });
    const count = Math.ceil(T / steps);
    const all = (parts: readonly Dispatch[], delta: number) =>
      Array.from({ length: count }, (_, k) => (k === 0 ? parts : [clock(delta), ...parts])).flat();
    const gains: Dispatch = {
      kernel: 'recurrent_norm_affine',
      constants: { B, T, H, CELL: common.CELL, BETA, SEQ },
      grid: [64 * gatesOf(form.cell) * UNITS, 1, R],
      named: { affine: 'gradient' },
    };
    const dispatches = [
      ...all((isShared ? [1, 2, 3] : [0]).map(forward), steps),
      ...all((isShared ? [1, 2] : [0]).map(backward), -steps),
      gains,
    ];
    expect(TILES).toBe(common.ROW_TILES);
    return runSteps(engines()[side], tensors, dispatches);
  }

  test('cut into dispatches, and shared out in parts, leave the same bits', async () => {
    for (const side of inBrowser ? (['gpu'] as const) : (['gpu', 'cpu'] as const)) {
      const whole = await walk(side, T, UNITS);
      for (const [steps, unitTiles] of [
        [3, UNITS],
        [1, 2],
      ]) {
        const other = await walk(side, steps, unitTiles);
        const names = Object.keys(whole).filter((name) => whole[name].some((word, n) => word !== other[name][n]));
        expect(names, `${steps} steps, ${unitTiles} of ${UNITS} tiles`).toEqual([]);
      }
      expect(new Float32Array(whole.gradient.buffer).every(Number.isFinite)).toBe(true);
      // The walk has written: states of the first step are not what was there.
      expect(whole.h).not.toEqual(new Uint32Array(inputsOf(shape, form).dh.buffer));
    }
  });
});
