/** Recurrent kernels walking along sequences: inputs, and how far apart two engines' steps may end. */
import type { Cell } from '../../src/model/recurrent-schema.ts';
import { SEQUENCE, sequenceWords } from '../../src/plan/records.ts';
import { type Layout, random } from './run-kernel.ts';
import { sumTolerance, U } from './tolerance.ts';

export const GATES_OF_CELL = { rnn: 1, lstm: 4, gru: 3 } as const satisfies Record<Cell, number>;
/** Blocks of a row of the cache. */
export const CACHED_OF_CELL = { rnn: 1, lstm: 5, gru: 4 } as const satisfies Record<Cell, number>;

const four = (n: number) => 4 * Math.ceil(n / 4);

/** (R, rows, blocks, H): each block padded to a multiple of 4 numbers, and `rows` to one of 4 rows. */
export function blocked(R: number, rows: number, blocks: number, H: number): Layout {
  const row = blocks * four(H);
  const dims = [
    [R, four(rows) * row],
    [rows, row],
    [blocks, four(H)],
    [H, 1],
  ] as const;
  return { dims, words: R * four(rows) * row };
}

/** (R, blocks, H), a replica's numbers padded to a multiple of 16. */
export function blockedVector(R: number, blocks: number, H: number): Layout {
  const stride = 16 * Math.ceil((blocks * four(H)) / 16);
  const dims = [
    [R, stride],
    [blocks, four(H)],
    [H, 1],
  ] as const;
  return { dims, words: R * stride };
}

export interface WalkShape {
  readonly R: number;
  readonly B: number;
  readonly H: number;
  readonly T: number;
  readonly cell: Cell;
}

/** Replica r walks T − r steps of its T − r, at least one; sequences of all lengths. */
export function raggedSequences({ R, B, T }: WalkShape, clock = 0): Uint32Array {
  const words = sequenceWords(B);
  const record = new Uint32Array(R * words);
  for (let r = 0; r < R; r++) {
    const own = Math.max(T - r, 1);
    record.set([own, own, clock], r * words + SEQUENCE.walk);
    for (let b = 0; b < B; b++) record[r * words + SEQUENCE.lengths + b] = own - (b % own);
  }
  return record;
}

/** Random weights, numbers of every step, and states. Weights are as large as training begins with. */
export function walkInputs({ R, B, H, T, cell }: WalkShape) {
  const [G, rows] = [GATES_OF_CELL[cell], T * four(B)];
  return {
    W: random(1, R * H * G * H, 1 / Math.sqrt(H)),
    bias: random(2, R * G * H, 0.5),
    a: random(3, R * rows * G * H),
    h_prev: random(4, R * rows * H, 0.5),
    cache: random(5, R * rows * CACHED_OF_CELL[cell] * H, 0.5),
    dh: random(6, R * rows * H),
    da: random(7, R * rows * G * H),
    second: random(8, R * rows * (cell === 'lstm' ? 1 : G) * H),
  };
}

export type WalkInputs = ReturnType<typeof walkInputs>;

export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}

/** Largest Σ|W| along the rows (`k` outside) or the columns of a replica's W, (R, H, N). */
function heaviest(W: Float32Array, H: number, N: number, along: 'rows' | 'columns'): number {
  const sums = new Float64Array(W.length);
  W.forEach((w, at) => {
    const [r, k, n] = [Math.floor(at / (H * N)), Math.floor(at / N) % H, at % N];
    sums[along === 'columns' ? r * N + n : r * H + k] += Math.abs(w);
  });
  return largest(sums);
}

/** Relative error of the curves of gates, and with the twin's rounding beside it. */
const CURVE = 9 * U;

/**
 * Absolute errors of z, h and c of one step from the same state, on numbers of the given largest magnitudes: a sigmoid's slope is
 * a quarter at most, tanh's, ReLU's and the identity's 1.
 */
export function forwardErrors({ H, cell }: WalkShape, { W, bias, a }: WalkInputs, [h, c]: readonly [number, number]) {
  const product = heaviest(W, H, GATES_OF_CELL[cell] * H, 'columns') * h + largest(bias);
  const z = sumTolerance(H + 2, product + largest(a), 1);
  const gate = z / 4 + CURVE;
  if (cell === 'rnn') return { z, h: z + CURVE * Math.max(h, 1), c: 0 };
  if (cell === 'lstm') {
    // c = s(f) c' + s(i) tanh(g), h = s(o) tanh(c)
    const state = c * gate + gate + (z + CURVE) + 4 * U * (c + 1);
    return { z, h: gate + state + CURVE + 4 * U, c: state };
  }
  // n = a_n + s(r) q, h = (1 - s(z)) tanh(n) + s(z) h', q being a sum without a
  const n = z + product * gate + 4 * U * (product + largest(a));
  return { z: n, h: gate * (h + 1) + (n + CURVE) + 4 * U * (h + 1), c: 0 };
}

/**
 * Absolute errors of dh, of the gates' gradients and of the LSTM's dc of one step, from the same step after it.
 *
 * @param d,dc,dhh largest gradients of h, of c and of the sums
 */
export function backwardErrors(
  { H, cell }: WalkShape,
  { W, cache, h_prev }: WalkInputs,
  { d, dc, dhh }: { readonly d: number; readonly dc: number; readonly dhh: number },
) {
  const N = GATES_OF_CELL[cell] * H;
  const kept = largest(cache);
  const dh = sumTolerance(N + 2, heaviest(W, H, N, 'rows') * dhh + 2 * d, 1) + (cell === 'gru' ? d * CURVE : 0);
  if (cell === 'rnn') return { dh, gates: dh + d * (CURVE + 2 * U), dc: 0 };
  if (cell === 'lstm') {
    // c = s(f) c' + s(i) tanh(g); tanh' changes by twice what its argument does, relatively
    const state = (2 * CURVE + 4 * U) * (kept + 1);
    const total = dh + d * (2 * CURVE + 2 * state) + dc * CURVE + 4 * U * (d + dc);
    const each = total + dc * (2 * CURVE + 4 * U);
    return { dh, gates: Math.max(each, (each * kept) / 4, dh + d * (2 * CURVE + state + 4 * U)), dc: total };
  }
  const fresh = dh + d * (2 * CURVE + 4 * U);
  const update = ((largest(h_prev) + 1) * (dh + d * (3 * CURVE + 4 * U))) / 4;
  const reset = (kept * (fresh + d * (CURVE + 4 * U))) / 4;
  return { dh, gates: Math.max(fresh + d * CURVE, update, reset), dc: 0 };
}
