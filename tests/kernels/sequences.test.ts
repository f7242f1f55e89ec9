import { describe, expect, test } from 'vitest';
import { orderKey, PURPOSE, permute, philox } from '../../src/math/philox.ts';
import { GENERATED_TASKS } from '../../src/model/task-schema.ts';
import { HYPER_WORDS, NO_LABEL, SEQUENCE, STATUS, STATUS_WORDS, sequenceWords } from '../../src/plan/records.ts';
import { hyperOf, type StatusFields, statusOf } from '../support/records.ts';
import {
  absent,
  flat,
  type Layout,
  matrix,
  random,
  reads,
  runKernel,
  title,
  updates,
  useEngines,
  writes,
  writesPadded,
} from '../support/run-kernel.ts';

const engines = useEngines();
const four = (n: number) => Math.ceil(n / 4) * 4;

interface Replica extends StatusFields {
  readonly seed: number;
  /** Its own steps. */
  readonly steps: number;
  readonly scale?: number;
}

interface Shape {
  readonly B: number;
  readonly T: number;
  readonly I: number;
  readonly every?: boolean;
  readonly sequential?: boolean;
  readonly replicas: readonly Replica[];
}

/** What the three kernels have in common: constants, invocations, and the operands that all of them have. */
function common({ B, T, I, every = false, sequential = false, replicas }: Shape) {
  const [R, B4, SEQ] = [replicas.length, four(B), sequenceWords(B)];
  const sequence = new Uint32Array(R * SEQ).fill(0xdead);
  replicas.forEach(({ steps }, r) => {
    sequence[r * SEQ + SEQUENCE.steps] = steps;
  });
  const rows = every ? T * B4 : B4;
  return {
    rows,
    constants: { B, T, I, EVERY: Number(every), SEQUENTIAL: Number(sequential), SEQ },
    grid: [(B4 * four(I)) / 4, T, R] as const,
    buffers: R === 1 ? ('one' as const) : ('several' as const),
    operands: {
      hyper: reads(
        flat(R, HYPER_WORDS),
        hyperOf(replicas.map(({ seed, scale = 1 }) => ({ seed, input_scale: scale, iterations: 2 ** 31 }))),
      ),
      status: updates(
        flat(R, STATUS_WORDS),
        statusOf(replicas.map(({ seed: _seed, steps: _steps, scale: _scale, ...fields }) => ({ evaluate: 1, ...fields }))),
      ),
      x: writesPadded(matrix(R, T * B4, I)),
      label: writes(flat(R, rows)),
      sequence: updates(flat(R, SEQ), sequence),
    },
  };
}

const COMPARED = ['x', 'label', 'status', 'sequence'] as const;

/** Labels are the example's number, so that they show which was drawn. */
async function drawFrames(shape: Shape, N: number, FRAMES: number, lengths: readonly number[]) {
  const { constants, operands, ...rest } = common(shape);
  const columns = FRAMES * shape.I;
  const data: Layout = {
    dims: [
      [N, four(columns)],
      [columns, 1],
    ],
    words: N * four(columns),
  };
  const result = await runKernel(engines(), 'draw_frames', {
    ...rest,
    constants: { ...constants, N, FRAMES },
    operands: {
      ...operands,
      data: reads(data, random(3, N * columns)),
      labels: reads(
        flat(N),
        Uint32Array.from({ length: N }, (_, n) => n),
      ),
      lengths: reads(flat(N), Uint32Array.from(lengths)),
    },
  });
  // Copies, and a product that is rounded alike on both: equal bits.
  for (const name of COMPARED) result.compare(name, 0);
  return result.gpu;
}

async function drawText(shape: Shape, codes: Uint32Array) {
  const { constants, operands, ...rest } = common(shape);
  const result = await runKernel(engines(), 'draw_text', {
    ...rest,
    constants: { ...constants, N: codes.length },
    operands: { ...operands, codes: reads(flat(codes.length), codes) },
  });
  for (const name of COMPARED) result.compare(name, 0);
  return result.gpu;
}

const INPUTS = [2, 10, 6, 2];

async function drawGenerated(shape: Omit<Shape, 'I'>, TASK: number, N = 10, BITS = 3) {
  const { constants, operands, rows, ...rest } = common({ ...shape, I: INPUTS[TASK] });
  const adding = GENERATED_TASKS[TASK] === 'adding';
  const result = await runKernel(engines(), 'draw_generated', {
    ...rest,
    constants: { ...constants, N, TASK, BITS },
    operands: { ...operands, target_rows: adding ? writes(flat(shape.replicas.length, rows, 4)) : absent },
  });
  // Integers, and multiples of 2^-24 below 2, which float32 holds: equal bits.
  for (const name of [...COMPARED, 'target_rows'] as const) result.compare(name, 0);
  return result.gpu;
}

/** Of so many replicas: of T steps, fewer, and one; at the start, late and at the edge of a word. */
const replicasOf = (R: number, T: number): readonly Replica[] =>
  [
    { seed: 7, steps: T, iteration: 3, test_batch: 0 },
    { seed: 0xffffffff, steps: Math.ceil(T / 2), iteration: 1e6, test_batch: 1, scale: -2.5 },
    { seed: 123, steps: 1, iteration: 0x7ffffffe, test_batch: 4, scale: 1e30 },
  ].slice(0, R);

const SHAPES = [
  [1, 1],
  [3, 1],
  [1, 5],
  [3, 8],
].flatMap(([R, B]) =>
  [1, 2, 7].flatMap((T) =>
    [false, true].flatMap((every) =>
      [false, true].map((sequential) => ({ B, T, every, sequential, replicas: replicasOf(R, T) })),
    ),
  ),
);

describe('frames', () => {
  for (const shape of SHAPES) {
    const { B, T, every, sequential, replicas } = shape;
    const [N, FRAMES] = [19, 5];
    const lengths = Array.from({ length: N }, (_, n) => 1 + (n % FRAMES));
    const batches = Math.floor(N / B);
    test(title('draw_frames', { R: replicas.length, B, T, every, sequential }), async () => {
      const { label, sequence } = await drawFrames({ ...shape, I: B === 8 ? 6 : 1 }, N, FRAMES, lengths);
      replicas.forEach(({ seed, steps, iteration = 0, test_batch = 0 }, r) => {
        const key = orderKey(seed, Math.floor(iteration / batches));
        for (let b = 0; b < four(B); b++) {
          const drawn = sequential ? test_batch * B + b : permute((iteration % batches) * B + b, N, key);
          const n = b < B && drawn < N ? drawn : undefined;
          const own = n === undefined ? 0 : Math.min(lengths[n], steps);
          expect(sequence[r * sequenceWords(B) + SEQUENCE.lengths + b]).toBe(own);
          for (let t = 0; t < (every ? T : 1); t++) {
            expect(label[(r * (every ? T : 1) + t) * four(B) + b]).toBe(t < own ? n : NO_LABEL);
          }
        }
      });
    });
  }

  test('draw_frames scales the frames of each example, and fills the rest with zeros', async () => {
    const [N, FRAMES, B, T, I] = [3, 4, 3, 6, 5];
    const lengths = [4, 1, 2];
    const replicas = [{ seed: 1, steps: 3, scale: 2 }];
    const { x } = await drawFrames({ B, T, I, sequential: true, replicas }, N, FRAMES, lengths);
    const data = random(3, N * FRAMES * I);
    const expected = Array.from({ length: T }, (_, t) =>
      Array.from({ length: 4 }, (_, b) =>
        Array.from({ length: I }, (_, i) => (t < Math.min(lengths[b] ?? 0, 3) ? 2 * data[(b * FRAMES + t) * I + i] : 0)),
      ),
    );
    expect([...x]).toEqual(expected.flat(2));
  });
});

/** Codes that name their place: 31 and 83 have no common factor, so the first 83 differ. */
const place = (n: number) => (n * 31) % 83;

describe('a text', () => {
  const codes = Uint32Array.from({ length: 60 }, (_, n) => place(n));
  for (const shape of SHAPES) {
    const { B, T, every, sequential, replicas } = shape;
    test(title('draw_text', { R: replicas.length, B, T, every, sequential }), async () => {
      const { x, label, sequence } = await drawText({ ...shape, I: 83 }, codes);
      const B4 = four(B);
      replicas.forEach(({ steps, test_batch = 0, scale = 1 }, r) => {
        for (let b = 0; b < B4; b++) {
          const own = sequence[r * sequenceWords(B) + SEQUENCE.lengths + b];
          const w = test_batch * B + b;
          const exists = b < B && (sequential ? w < Math.floor(59 / steps) : Math.floor(59 / steps) >= B);
          expect(own).toBe(exists ? steps : 0);
          // The character of each step, by the column that is not 0.
          const characters = Array.from({ length: own }, (_, t) => {
            const at = ((r * T + t) * B4 + b) * 83;
            const row = [...x.slice(at, at + 83)];
            expect(row.filter((value) => value !== 0)).toEqual([Math.fround(scale)]);
            return row.findIndex((value) => value !== 0);
          });
          const start = codes.indexOf(characters[0]);
          if (sequential && exists) expect(start).toBe(w * steps);
          expect(characters).toEqual([...codes.slice(start, start + own)]);
          const labels = Array.from({ length: every ? T : 1 }, (_, t) => label[(r * (every ? T : 1) + t) * B4 + b]);
          if (every) expect(labels.slice(own)).toEqual(Array(T - own).fill(NO_LABEL));
          if (every) expect(labels.slice(0, own)).toEqual([...codes.slice(start + 1, start + 1 + own)]);
          if (!every) expect(labels).toEqual([exists ? codes[start + own] : NO_LABEL]);
        }
      });
    });
  }

  test('draw_text walks through all windows of an epoch, the last one moved to the end', async () => {
    // 59 pairs of a character and its next: 8 windows of 7, two batches of 4.
    const starts = await Promise.all(
      [0, 1, 2, 3].map(async (iteration) => {
        const { x } = await drawText({ B: 4, T: 7, I: 83, replicas: [{ seed: 5, steps: 7, iteration }] }, codes);
        return [0, 1, 2, 3].map((b) => codes.indexOf(x.slice(b * 83, (b + 1) * 83).indexOf(1)));
      }),
    );
    const epoch = (k: number) => [...starts[2 * k], ...starts[2 * k + 1]].sort((a, b) => a - b);
    const phases = [0, 1].map((k) => philox(k, PURPOSE.order, 5)[1] % 7);
    for (const k of [0, 1]) {
      expect(epoch(k)).toEqual(Array.from({ length: 8 }, (_, w) => Math.min(phases[k] + 7 * w, 52)));
    }
    expect(starts[0]).not.toEqual(starts[2]);
  });

  test('draw_text draws nothing from a text with fewer windows than the batch has rows', async () => {
    const { label, x } = await drawText({ B: 5, T: 20, I: 83, replicas: [{ seed: 5, steps: 20 }] }, codes);
    expect([...label]).toEqual(Array(8).fill(NO_LABEL));
    expect(x.every((value) => value === 0)).toBe(true);
  });
});

describe.each(GENERATED_TASKS.map((name, TASK) => [name, TASK] as const))('%s', (name, TASK) => {
  for (const shape of SHAPES) {
    const { B, T, every, sequential, replicas } = shape;
    test(title('draw_generated', { R: replicas.length, B, T, every, sequential }), async () => {
      const { sequence } = await drawGenerated(shape, TASK);
      replicas.forEach(({ steps, test_batch = 0 }, r) => {
        for (let b = 0; b < four(B); b++) {
          const exists = b < B && (!sequential || test_batch * B + b < 10);
          expect(sequence[r * sequenceWords(B) + SEQUENCE.lengths + b]).toBe(exists ? steps : 0);
        }
      });
    });
  }

  // Lengths that every task allows.
  test.each([21, 30, 101])('draw_generated of up to %i steps, with all labels', async (T) => {
    const replicas = [
      { seed: 1, steps: T },
      { seed: 1, steps: 21, iteration: 1 },
      { seed: 2, steps: T },
    ];
    await drawGenerated({ B: 6, T, every: true, replicas }, TASK, 10, 16);
    await drawGenerated({ B: 6, T, every: false, sequential: true, replicas }, TASK, 10, 1);
  });

  test('draw_generated holds out the same examples whatever the seed, and trains on others', async () => {
    const B = 8;
    const replicas = [1, 2].map((seed) => ({ seed, steps: 30 }));
    const [held, drawn] = await Promise.all(
      [true, false].map((sequential) => drawGenerated({ B, T: 30, sequential, replicas }, TASK)),
    );
    const half = held.x.length / 2;
    expect(held.x.slice(half)).toEqual(held.x.slice(0, half));
    expect(drawn.x.slice(half)).not.toEqual(drawn.x.slice(0, half));
    expect(drawn.x.slice(half)).not.toEqual(held.x.slice(half));
    // Only the first few bits of `delayed_parity` differ: with three there are eight examples.
    if (name !== 'delayed_parity') expect(new Set(Array.from({ length: B }, (_, b) => columnOf(held.x, b))).size).toBe(B);
  });

  /** All numbers of an example, as text. */
  function columnOf(x: ArrayLike<number>, b: number): string {
    const I = INPUTS[TASK];
    return Array.from({ length: 30 * I }, (_, k) => x[(Math.floor(k / I) * 8 + b) * I + (k % I)]).join();
  }
});

describe.each(['draw_frames', 'draw_text', 'draw_generated'] as const)('%s decides who takes part', (kernel) => {
  test.each([
    ['training', false, [1, 0, 0, 1]],
    ['an evaluation', true, [0, 1, 0, 1]],
  ] as const)('in %s', async (_, sequential, expected) => {
    const [B, T, I, R, N] = [3, 2, 2, 4, 20];
    const statuses = [
      { iteration: 4 },
      { iteration: 5, evaluate: 1 },
      { iteration: 1, stopped: 3 },
      { iteration: 0, evaluate: 1, present: 1 },
    ];
    const replicas = statuses.map(() => ({ seed: 1, steps: 2 }));
    const { constants, operands, rows, ...rest } = common({ B, T, I, sequential, replicas });
    // A garbage x stays where nothing is drawn.
    const garbage = random(9, R * T * four(B) * I);
    const changed = {
      ...operands,
      hyper: reads(flat(R, HYPER_WORDS), hyperOf(statuses.map(() => ({ seed: 1, input_scale: 1, iterations: 5 })))),
      status: updates(flat(R, STATUS_WORDS), statusOf(statuses)),
      x: updates(matrix(R, T * four(B), I), garbage),
      label: updates(flat(R, rows), new Uint32Array(R * rows)),
    };
    const run = () => {
      if (kernel === 'draw_text')
        return runKernel(engines(), kernel, {
          ...rest,
          constants: { ...constants, N },
          operands: { ...changed, codes: reads(flat(N), new Uint32Array(N)) },
        });
      if (kernel === 'draw_generated')
        return runKernel(engines(), kernel, {
          ...rest,
          constants: { ...constants, N, TASK: 3, BITS: 1 },
          operands: { ...changed, target_rows: absent },
        });
      return runKernel(engines(), kernel, {
        ...rest,
        constants: { ...constants, N, FRAMES: 2 },
        operands: {
          ...changed,
          data: reads(flat(N, 4), random(2, 4 * N)),
          labels: reads(flat(N), new Uint32Array(N)),
          lengths: reads(flat(N), new Uint32Array(N).fill(2)),
        },
      });
    };
    const { compare, gpu } = await run();
    for (const name of COMPARED) compare(name, 0);
    expect(statuses.map((_, r) => gpu.status[r * STATUS_WORDS + STATUS.present])).toEqual(expected);
    const SEQ = sequenceWords(B);
    expect(statuses.map((_, r) => gpu.sequence[r * SEQ + SEQUENCE.walk])).toEqual(expected.map((part) => 2 * part));
    expect(statuses.map((_, r) => gpu.sequence[r * SEQ + SEQUENCE.clock])).toEqual([0, 0, 0, 0]);
    const words = T * four(B) * I;
    const drawn = statuses.map((_, r) => gpu.x.slice(r * words, (r + 1) * words).some((v, i) => v !== garbage[r * words + i]));
    expect(drawn.map(Number)).toEqual(expected);
  });
});
