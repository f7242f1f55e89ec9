/** Whole walks: how they are shared out changes no bit, and what reaches what along the steps. */
import { describe, expect, test } from 'vitest';
import { ACTIVATIONS } from '../../src/model/schema.ts';
import { SEQUENCE, sequenceWords } from '../../src/plan/records.ts';
import { cachedOf, gatesOf, rowsOf, secondBlocksOf } from '../support/cells.ts';
import { sequencesOf } from '../support/records.ts';
import {
  absent,
  flat,
  gated,
  gatedVector,
  inBrowser,
  matrix,
  type Operand,
  random,
  reads,
  updates,
  useEngines,
} from '../support/run-kernel.ts';
import { type Dispatch, runSteps } from '../support/run-steps.ts';

const engines = useEngines();

const FORMS = [
  { cell: 'rnn', activation: 'tanh' },
  { cell: 'rnn', activation: 'relu' },
  { cell: 'rnn', activation: 'linear' },
  { cell: 'lstm', activation: 'tanh' },
  { cell: 'gru', activation: 'tanh' },
] as const;
type Form = (typeof FORMS)[number];

/** The twins walk in Node, beside the CPU engine's kernels. */
const SIDES = inBrowser ? (['gpu'] as const) : (['gpu', 'cpu'] as const);

// Three tiles of units and two of examples; replicas of different lengths, and one that takes no part.
const [R, B, T, H] = [4, 5, 6, 9];
const B4 = rowsOf(B);
const [UNITS, TILES, SEQ] = [3, 2, sequenceWords(B)];
const OWN = [6, 4, 1, 5];
const ABSENT = 3;
const lengthOf = (r: number, b: number) => 1 + ((3 * b + r) % OWN[r]);

interface Sharing {
  readonly steps: number;
  readonly rowTiles?: number;
  readonly unitTiles?: number;
}

interface Walked {
  readonly sharing?: Sharing;
  readonly truncation?: number;
  /** Of replica and example; default `lengthOf`. */
  readonly lengths?: (r: number, b: number) => number;
  /** Changes what the tensors hold before, each in logical order. */
  readonly prepare?: (tensors: Readonly<Record<'a' | 'dh', Float32Array>>) => void;
  readonly absent?: number;
}

/** Forward and back, with the clock moved between dispatches as a plan moves it: the bits of every tensor, or its numbers. */
async function walk({ cell, activation }: Form, engine: 'gpu' | 'cpu', given: Walked = {}) {
  const { sharing = { steps: T }, truncation = 0, lengths = lengthOf, prepare, absent: without = ABSENT } = given;
  const { steps, rowTiles = TILES, unitTiles = UNITS } = sharing;
  const [G, C, S, rows] = [gatesOf(cell), cachedOf(cell), secondBlocksOf(cell), T * B4];
  const a = random(1, R * rows * G * H);
  const dh = random(4, R * rows * H);
  prepare?.({ a, dh });
  const records = Array.from({ length: R }, (_, r) => ({
    walk: r === without ? 0 : OWN[r],
    steps: OWN[r],
    lengths: Array.from({ length: B }, (_, b) => lengths(r, b)),
  }));
  // States of the first step are 0; what the walks write is something else before.
  const initial = (stream: number, blocks: number) =>
    random(stream, R * rows * blocks * H).map((x, n) => (Math.floor(n / (B4 * blocks * H)) % T === 0 ? 0 : x));
  const before: Record<string, Operand> = {
    a: reads(gated(R, rows, G, H), a),
    W: reads(gated(R, H, G, H), random(2, R * H * G * H, 1 / Math.sqrt(H))),
    bias: reads(gatedVector(R, G, H), random(3, R * G * H)),
    h: updates(matrix(R, rows, H), random(5, R * rows * H)),
    h_prev: updates(matrix(R, rows, H), initial(6, 1)),
    cache: updates(gated(R, rows, C, H), initial(7, C)),
    dh: updates(matrix(R, rows, H), dh),
    da: updates(gated(R, rows, G, H), random(8, R * rows * G * H)),
    second: S === 0 ? absent : updates(gated(R, rows, S, H), random(9, R * rows * S * H)),
    sequence: updates(flat(R, SEQ), sequencesOf(records)),
    range: absent,
  };
  const code = { CELL: ['rnn', 'lstm', 'gru'].indexOf(cell), ACT: ACTIVATIONS.indexOf(activation) };
  const common = { B, T, H, ...code, STEPS: steps, ROW_TILES: rowTiles, UNIT_TILES: unitTiles, SEQ, EXTENDED: 0, STEPS_AT: 0 };
  const grid = [64 * Math.ceil(UNITS / unitTiles), Math.ceil(TILES / rowTiles), R] as const;
  const forward: Dispatch = { kernel: 'recurrent_forward', constants: { ...common, HAS_BIAS: 1 }, grid };
  const backward: Dispatch = { kernel: 'recurrent_backward', constants: { ...common, TRUNCATION: truncation }, grid };
  const clock = (DELTA: number): Dispatch => ({ kernel: 'advance_clock', constants: { R, DELTA, SEQ }, grid: [R, 1, 1] });
  const count = Math.ceil(T / steps);
  const all = Array.from({ length: count }, (_, k) => (k === 0 ? [forward] : [clock(steps), forward])).flat();
  // The clock stands at the last dispatch's first step, from where the gradients walk back.
  const back = Array.from({ length: count }, (_, k) => (k === 0 ? [backward] : [clock(-steps), backward])).flat();
  const bits = await runSteps(engines()[engine], before, [...all, ...back]);
  expect(bits.sequence, 'the record of sequences').toEqual(sequencesOf(records));
  const floats = Object.fromEntries(Object.entries(bits).map(([name, words]) => [name, new Float32Array(words.buffer)]));
  const numbersBefore = Object.fromEntries(Object.entries(before).map(([name, { values }]) => [name, values ?? []]));
  return { bits, floats, before: numbersBefore, widths: { h: H, dh: H, da: G * H, second: S * H, cache: C * H } };
}

type Result = Awaited<ReturnType<typeof walk>>;

/** Where two walks' bits differ: tensor, replica, step, example. */
function differing(one: Result, other: Result): string[] {
  return Object.entries(one.widths).flatMap(([name, width]) => {
    const n = one.bits[name].findIndex((word, k) => width > 0 && word !== other.bits[name][k]);
    return n < 0 ? [] : [`${name}[${placeOf(n, width).join(',')}]`];
  });
}

/** Replica, step, example and number in the row of an element. */
function placeOf(n: number, width: number) {
  const row = Math.floor(n / width);
  return [Math.floor(row / (T * B4)), Math.floor(row / B4) % T, row % B4, n % width] as const;
}

/** Elements of a tensor for which something holds, as `replica,step,example` without repetition. */
function rowsWhere({ floats, widths }: Result, name: keyof Result['widths'], holds: (x: number, n: number) => boolean) {
  const rows = new Set<string>();
  floats[name].forEach((x, n) => {
    if (holds(x, n)) rows.add(placeOf(n, widths[name]).slice(0, 3).join());
  });
  return rows;
}

const EACH_ROW = Array.from({ length: R * T * B4 }, (_, n) => placeOf(n, 1));

describe.each(FORMS)('recurrent_forward and recurrent_backward of $cell with $activation', (form) => {
  const SHARINGS: readonly Sharing[] = [
    { steps: 1 },
    { steps: 2 },
    { steps: 4 },
    { steps: T, rowTiles: 1 },
    { steps: 1, unitTiles: 1, rowTiles: 1 },
    { steps: 1, unitTiles: 2 },
  ];

  test('walks of T steps, of 1, 2 and 4 of them, groups of units and of examples leave the same bits', async () => {
    for (const engine of SIDES) {
      const whole = await walk(form, engine);
      for (const sharing of SHARINGS) {
        expect(differing(whole, await walk(form, engine, { sharing })), `${engine}, ${JSON.stringify(sharing)}`).toEqual([]);
      }
      // A control: that the weights and the clock count, another order of steps would be found.
      const other = await walk(form, engine, { truncation: 1 });
      expect(differing(whole, other)).toEqual(expect.arrayContaining([expect.stringMatching(/^da/)]));
      expect([...whole.floats.h].every(Number.isFinite)).toBe(true);
    }
  });

  test('rows beyond an example’s length are 0, and nothing is written for a replica that takes no part or beyond its own length', async () => {
    for (const engine of SIDES) {
      const result = await walk(form, engine, {
        prepare: ({ a, dh }) => {
          // Whatever the layer below and the one above have there.
          dh.forEach((_, n) => {
            const [r, t, b] = placeOf(n, H);
            if (t < OWN[r] && r !== ABSENT && !(b < B && t < lengthOf(r, b))) dh[n] = Number.NaN;
          });
          a.forEach((_, n) => {
            const [r, t, b] = placeOf(n, gatesOf(form.cell) * H);
            if (t < OWN[r] && !(b < B && t < lengthOf(r, b))) a[n] = 1e30;
          });
        },
      });
      for (const name of ['h', 'dh', 'da', 'second'] as const) {
        if (result.widths[name] === 0) continue;
        const notZero = rowsWhere(result, name, (x) => x !== 0);
        const changed = rowsWhere(result, name, (x, n) => !Object.is(x, result.before[name][n]));
        for (const [r, t, b] of EACH_ROW) {
          const row = [r, t, b].join();
          const isWalked = t < OWN[r] && r !== ABSENT;
          const isInside = b < B && t < lengthOf(r, b);
          if (!isWalked) expect(changed.has(row), `${engine}: ${name}[${row}] has changed`).toBe(false);
          else if (!isInside) expect(notZero.has(row), `${engine}: ${name}[${row}] is not 0`).toBe(false);
          // At an example's last step dh is what it was.
          else if (name !== 'dh') expect(changed.has(row), `${engine}: ${name}[${row}] is written`).toBe(true);
        }
        expect([...rowsWhere(result, name, (x) => !Number.isFinite(x))], name).toEqual([]);
      }
    }
  });

  test('NaN in a of one example reaches that example alone', async () => {
    const [r0, t0, b0] = [0, 2, 1];
    const lengths = (r: number) => OWN[r];
    const width = gatesOf(form.cell) * H;
    const poisoned = (a: Float32Array) => {
      a[((r0 * T + t0) * B4 + b0) * width] = Number.NaN;
    };
    for (const engine of SIDES) {
      const clean = await walk(form, engine, { lengths });
      const broken = await walk(form, engine, { lengths, prepare: ({ a }) => poisoned(a) });
      const nan = rowsWhere(broken, 'h', Number.isNaN);
      expect([...nan], `${engine}: h`).toEqual([2, 3, 4, 5].map((t) => [r0, t, b0].join()));
      // From the unit's own step on all units have it.
      const own = broken.floats.h.slice(((r0 * T + t0) * B4 + b0) * H).slice(0, H);
      expect(Number.isNaN(own[0]) && own.slice(1).every(Number.isFinite)).toBe(true);
      for (const name of ['h', 'dh', 'da', 'second'] as const) {
        if (broken.widths[name] === 0) continue;
        const changed = rowsWhere(broken, name, (x, n) => !Object.is(x, clean.floats[name][n]));
        const others = [...changed].filter((row) => !row.startsWith(`${r0},`) || !row.endsWith(`,${b0}`));
        expect(others, `${engine}: ${name}`).toEqual([]);
        // A relu whose z is NaN passes gradients, as in torch.
        if (name === 'da' && form.activation === 'tanh') expect(rowsWhere(broken, 'da', Number.isNaN).has('0,2,1')).toBe(true);
      }
    }
  });

  test('truncation to k steps cuts what a step hands back in front of each block of k that ends with the last', async () => {
    const lengths = (r: number) => OWN[r];
    for (const engine of SIDES) {
      const uncut = await walk(form, engine, { lengths });
      for (const truncation of [1, 2, 3, 4, T, T + 3]) {
        // A gradient from above at step s alone reaches the steps of s's block that are not behind s.
        for (const s of truncation < T ? [3, 0] : [3]) {
          const result = await walk(form, engine, {
            lengths,
            truncation,
            prepare: ({ dh }) => {
              dh.forEach((_, n) => {
                if (placeOf(n, H)[1] !== s) dh[n] = 0;
              });
            },
          });
          const reached = rowsWhere(result, 'dh', (x) => x !== 0);
          for (const [r, t, b] of EACH_ROW) {
            if (t >= OWN[r] || r === ABSENT) continue;
            const blockOf = (step: number) => Math.floor((OWN[r] - 1 - step) / truncation);
            const isReached = b < B && s < OWN[r] && t <= s && blockOf(t) === blockOf(s);
            // A row of ReLUs may be off as a whole, and pass nothing.
            if (isReached && form.activation === 'relu') continue;
            expect(reached.has([r, t, b].join()), `${engine}, k = ${truncation}, s = ${s}: dh[${r},${t},${b}]`).toBe(isReached);
          }
        }
        // One block changes nothing.
        const cut = differing(uncut, await walk(form, engine, { lengths, truncation }));
        expect(cut.length > 0, `k = ${truncation}: ${cut}`).toBe(truncation < T);
      }
    }
  });

  test('replicas of different lengths walk as if each were alone', async () => {
    for (const engine of SIDES) {
      const all = await walk(form, engine);
      const fewer = await walk(form, engine, { absent: 0 });
      for (const [name, width] of Object.entries(all.widths)) {
        const changed = all.bits[name].findIndex((word, n) => {
          const [r] = width > 0 ? placeOf(n, width) : [0];
          return (r === 1 || r === 2) && word !== fewer.bits[name][n];
        });
        expect(changed, `${engine}: ${name}`).toBe(-1);
      }
      const last = all.floats.h.slice((1 * T + OWN[1] - 1) * B4 * H, (1 * T + OWN[1]) * B4 * H);
      expect(last.some((x) => x !== 0)).toBe(true);
    }
  });
});

describe('advance_clock', () => {
  // A workgroup holds 64 replicas.
  test.each([
    [1, 5, 3],
    [3, 5, -5],
    [65, 7, 1],
  ])('adds to the clock of %i replicas alone: %i %i', async (replicas, from, DELTA) => {
    const list = Array.from({ length: replicas }, (_, r) => ({ walk: 9, steps: 10, clock: from + r, lengths: [1, 2, 3, 4, 5] }));
    const record = sequencesOf(list);
    const expected = record.map((word, n) => (n % SEQ === SEQUENCE.clock ? word + DELTA : word));
    for (const side of SIDES) {
      const dispatch: Dispatch = { kernel: 'advance_clock', constants: { R: replicas, DELTA, SEQ }, grid: [replicas, 1, 1] };
      const { sequence } = await runSteps(engines()[side], { sequence: updates(flat(replicas, SEQ), record) }, [dispatch]);
      expect(sequence).toEqual(expected);
    }
  });
});
