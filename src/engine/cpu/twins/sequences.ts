/** Twins of the kernels of shaders/data that draw sequences. */
import { GENERATORS } from '../../../data/generators.ts';
import { orderKey, PURPOSE, permute, philox } from '../../../math/philox.ts';
import { GENERATED_TASKS } from '../../../model/task-schema.ts';
import { HYPER, HYPER_WORDS, NO_LABEL, SEQUENCE, STATUS, STATUS_WORDS } from '../../../plan/records.ts';
import { isActive } from '../active.ts';
import { four, type Twins } from '../twin.ts';

/** Where a sequence starts in its data, or its key, and how many steps it has; none for a row without an example. */
interface Drawn {
  readonly from: number;
  readonly steps: number;
}

/** What one replica draws from. */
interface Source {
  readonly iteration: number;
  readonly testBatch: number;
  readonly seed: number;
  /** The replica's own steps. */
  readonly own: number;
}

interface Shape {
  readonly B: number;
  readonly T: number;
  readonly I: number;
  readonly EVERY: number;
  readonly SEQUENTIAL: number;
  readonly SEQ: number;
}

interface Views {
  readonly hyper: Float32Array;
  readonly status: Uint32Array;
  readonly x: Float32Array;
  readonly label: Uint32Array;
  readonly sequence: Uint32Array;
}

/** How a task fills the rows of an example. */
interface Rows {
  readonly draw: (b: number, source: Source) => Drawn | undefined;
  /** Writes the inputs of a step, without their scale, to `x` from `at` on, where zeros lie. */
  readonly write: (example: Drawn, t: number, at: number) => void;
  readonly label: (example: Drawn, t: number) => number;
  /** Called for every row of labels; undefined for one without an example or step. */
  readonly target?: ((example: Drawn | undefined, row: number) => void) | undefined;
}

/** x, labels, lengths and the sequence record of all replicas; every row is written, those without an example or step as padding. */
function drawSequences({ hyper, status, x, label, sequence }: Views, shape: Shape, R: number, rows: Rows): void {
  const { B, T, I, EVERY, SEQUENTIAL, SEQ } = shape;
  const seeds = new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length);
  const [B4, I4] = [four(B), four(I)];
  for (let r = 0; r < R; r++) {
    const [s, h, q] = [r * STATUS_WORDS, r * HYPER_WORDS, r * SEQ];
    const takesPart = SEQUENTIAL ? status[s + STATUS.evaluate] !== 0 : isActive(status, hyper, r);
    const own = Math.min(sequence[q + SEQUENCE.steps], T);
    status[s + STATUS.present] = Number(takesPart);
    sequence[q + SEQUENCE.walk] = takesPart ? own : 0;
    sequence[q + SEQUENCE.clock] = 0;
    if (!takesPart) continue;
    const [iteration, testBatch] = [status[s + STATUS.iteration], status[s + STATUS.test_batch]];
    const source = { iteration, testBatch, seed: seeds[h + HYPER.seed], own };
    const scale = hyper[h + HYPER.input_scale];
    x.fill(0, r * T * B4 * I4, (r + 1) * T * B4 * I4);
    for (let b = 0; b < B4; b++) {
      const example = b < B ? rows.draw(b, source) : undefined;
      const steps = example?.steps ?? 0;
      sequence[q + SEQUENCE.lengths + b] = steps;
      const setLabel = (row: number, t: number) => {
        const labelled = t < steps ? example : undefined;
        label[row] = labelled ? rows.label(labelled, t) : NO_LABEL;
        rows.target?.(labelled, row);
      };
      if (!EVERY) setLabel(r * B4 + b, Math.max(steps - 1, 0));
      for (let t = 0; t < T; t++) {
        const row = (r * T + t) * B4 + b;
        if (EVERY) setLabel(row, t);
        if (!example || t >= steps) continue;
        rows.write(example, t, row * I4);
        for (let at = row * I4; at < row * I4 + I; at++) x[at] *= scale;
      }
    }
  }
}

/** First character of window `w` of a text of N, undefined for none. */
function windowOf(
  b: number,
  { iteration, testBatch, seed, own }: Source,
  N: number,
  B: number,
  isTest: boolean,
): number | undefined {
  const windows = Math.floor((N - 1) / own);
  if (isTest) return testBatch * B + b < windows ? (testBatch * B + b) * own : undefined;
  const batches = Math.floor(windows / B);
  if (batches === 0) return undefined;
  // As orderKey; the second word is the phase's.
  const [key, phase] = philox(Math.floor(iteration / batches), PURPOSE.order, seed);
  const w = permute((iteration % batches) * B + b, windows, key);
  return Math.min((phase % own) + w * own, N - 1 - own);
}

export const sequenceTwins: Twins<'draw_frames' | 'draw_text' | 'draw_generated'> = {
  draw_frames(views, constants, [, , R]) {
    const { data, labels, lengths, x } = views;
    const { N, FRAMES, B, I, SEQUENTIAL } = constants;
    const stride = four(FRAMES * I);
    const batches = Math.floor(N / B);
    drawSequences(views, constants, R, {
      draw(b, { iteration, testBatch, seed, own }) {
        const key = orderKey(seed, Math.floor(iteration / batches));
        const n = SEQUENTIAL ? testBatch * B + b : permute((iteration % batches) * B + b, N, key);
        return n < N ? { from: n, steps: Math.min(lengths[n], FRAMES, own) } : undefined;
      },
      write({ from }, t, at) {
        for (let i = 0; i < I; i++) x[at + i] = data[from * stride + t * I + i];
      },
      label: ({ from }) => labels[from],
    });
  },
  draw_text(views, constants, [, , R]) {
    const { codes, x } = views;
    const { N, B, SEQUENTIAL } = constants;
    drawSequences(views, constants, R, {
      draw(b, source) {
        const from = windowOf(b, source, N, B, SEQUENTIAL !== 0);
        return from === undefined ? undefined : { from, steps: source.own };
      },
      write({ from }, t, at) {
        x[at + codes[from + t]] = 1;
      },
      label: ({ from }, t) => codes[from + t + 1],
    });
  },
  draw_generated(views, constants, [, , R]) {
    const { x, target_rows } = views;
    const { N, B, TASK, BITS, SEQUENTIAL } = constants;
    const name = GENERATED_TASKS[TASK];
    const { example, testSeed } = GENERATORS[name];
    const make = ({ from, steps }: Drawn) => example(from, steps, BITS);
    // A row's example does not change from step to step.
    let last: { readonly drawn: Drawn; readonly made: ReturnType<typeof make> } | undefined;
    const made = (drawn: Drawn) => {
      if (last?.drawn !== drawn) last = { drawn, made: make(drawn) };
      return last.made;
    };
    drawSequences(views, constants, R, {
      draw(b, { iteration, testBatch, seed, own }) {
        const e = Math.imul(SEQUENTIAL ? testBatch : iteration, B) + b;
        if (SEQUENTIAL && e >= N) return undefined;
        const [key] = SEQUENTIAL ? philox(e, PURPOSE.sequence_test, testSeed) : philox(e, PURPOSE.sequence, seed);
        return { from: key, steps: own };
      },
      write: (drawn, t, at) => made(drawn).write(t, x, at),
      label: (drawn, t) => made(drawn).label(t),
      target:
        name === 'adding'
          ? (drawn, row) => {
              target_rows.fill(0, 4 * row, 4 * row + 4);
              if (drawn) target_rows[4 * row] = made(drawn).target ?? 0;
            }
          : undefined,
    });
  },
};
