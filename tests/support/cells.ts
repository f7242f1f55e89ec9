/** One step of a recurrent layer by its formulas, forward and backward, every number with its bound (`bounded.ts`). */
import { GATES } from '../../src/model/recurrent-network.ts';
import type { Cell, CellActivation } from '../../src/model/recurrent-schema.ts';
import { type Bounded, curved, dot, exact, negative, plus, product, sloped, times } from './bounded.ts';

export interface CellShape {
  readonly cell: Cell;
  readonly activation: CellActivation;
  readonly R: number;
  readonly B: number;
  /** Steps of the tensors. */
  readonly T: number;
  readonly H: number;
}

/** The step that is walked, of which replicas and examples. */
export interface WalkedStep {
  readonly t: number;
  /** Steps that a replica walks, and its own, by replica. */
  readonly walk: readonly number[];
  readonly own: readonly number[];
  /** By replica and example; 0 for a row without an example. */
  readonly length: (r: number, b: number) => number;
}

/** What squashes each gate, in the order of `GATES`; that of the vanilla cell is chosen. */
const GATE_CURVES = {
  lstm: ['sigmoid', 'sigmoid', 'tanh', 'sigmoid'],
  gru: ['sigmoid', 'sigmoid', 'tanh'],
} as const satisfies Record<Exclude<Cell, 'rnn'>, readonly string[]>;
export const curveOf = (cell: Cell, activation: CellActivation, g: number) =>
  cell === 'rnn' ? activation : GATE_CURVES[cell][g];

export const gatesOf = (cell: Cell): number => GATES[cell].length;
/** Numbers of a unit in the cache: each gate's z, then c of the step before (LSTM) or q (GRU). */
export const cachedOf = (cell: Cell): number => ({ rnn: 1, lstm: 5, gru: 4 })[cell];

/** Rows of a step. */
export const rowsOf = (B: number) => 4 * Math.ceil(B / 4);

/** In logical order: a (R, T B4, G, H), W (R, H, G, H), bias (R, G, H), h_prev (R, T B4, H), cache (R, T B4, CACHE, H). */
export interface ForwardInputs {
  readonly a: Float32Array;
  readonly W: Float32Array;
  /** None: zeros. */
  readonly bias?: Float32Array;
  readonly h: Float32Array;
  readonly h_prev: Float32Array;
  readonly cache: Float32Array;
}

/** dh (R, T B4, H), da (R, T B4, G, H), second as `secondBlocksOf` blocks of H; the rest as above. */
export interface BackwardInputs {
  readonly W: Float32Array;
  readonly cache: Float32Array;
  readonly h_prev: Float32Array;
  readonly dh: Float32Array;
  readonly da: Float32Array;
  readonly second: Float32Array;
}

/** dc of the LSTM, dhh of the GRU; the vanilla cell has nothing of the kind. */
export const secondBlocksOf = (cell: Cell): number => ({ rnn: 0, lstm: 1, gru: 3 })[cell];

const bounds = (values: Float32Array): Bounded[] => Array.from(values, exact);

/** Calls back for every row of the step that is walked: numbers of the row and of the same example's in the step after. */
function eachRow(
  { R, B, T }: CellShape,
  { t, walk, length }: WalkedStep,
  call: (row: number, next: number, r: number, isWalked: boolean) => void,
): void {
  const B4 = rowsOf(B);
  for (let r = 0; r < R; r++) {
    if (t >= walk[r]) continue;
    for (let b = 0; b < B4; b++) {
      const row = (r * T + t) * B4 + b;
      call(row, row + B4, r, t < length(r, b));
    }
  }
}

/** h, h_prev and cache after the step; what it leaves alone is as it was. */
export function forwardStep(shape: CellShape, step: WalkedStep, inputs: ForwardInputs) {
  const { cell, activation, T, H } = shape;
  const { a, W, bias, h_prev } = inputs;
  const [G, C] = [gatesOf(cell), cachedOf(cell)];
  const after = { h: bounds(inputs.h), h_prev: bounds(h_prev), cache: bounds(inputs.cache) };
  eachRow(shape, step, (row, next, r, isWalked) => {
    for (let j = 0; j < H; j++) {
      const before = exact(h_prev[row * H + j]);
      /** h′ W + bias of a gate, and a where it stands outside of it. */
      const gate = (g: number, ...a: readonly number[]) =>
        dot(
          H,
          (k) => h_prev[row * H + k],
          (k) => W[((r * H + k) * G + g) * H + j],
          bias?.[(r * G + g) * H + j] ?? 0,
          ...a,
        );
      const input = (g: number) => a[(row * G + g) * H + j];
      const z = (g: number) => gate(g, input(g));
      const keep = (at: number, block: number, value: Bounded) => {
        after.cache[(at * C + block) * H + j] = value;
      };
      let h: Bounded;
      if (cell === 'rnn') {
        keep(row, 0, z(0));
        h = curved(activation, z(0));
      } else if (cell === 'lstm') {
        const [i, f, g, o] = [z(0), z(1), z(2), z(3)];
        [i, f, g, o].forEach((value, block) => {
          keep(row, block, value);
        });
        const cBefore = exact(inputs.cache[(row * C + 4) * H + j]);
        const c = plus(times(curved('sigmoid', f), cBefore), times(curved('sigmoid', i), curved('tanh', g)));
        if (step.t + 1 < T) keep(next, 4, isWalked ? c : exact(0));
        h = times(curved('sigmoid', o), curved('tanh', c));
      } else {
        const [reset, update, q] = [z(0), z(1), gate(2)];
        const n = plus(exact(input(2)), times(curved('sigmoid', reset), q));
        [reset, update, n, q].forEach((value, block) => {
          keep(row, block, value);
        });
        // 1 - s(z) = s(-z)
        const fresh = times(curved('sigmoid', negative(update)), curved('tanh', n));
        h = plus(fresh, times(curved('sigmoid', update), before));
      }
      after.h[row * H + j] = isWalked ? h : exact(0);
      if (step.t + 1 < T) after.h_prev[next * H + j] = isWalked ? h : exact(0);
    }
  });
  return after;
}

/** dh, da and second after the step; what it leaves alone is as it was. @param truncation 0: none */
export function backwardStep(shape: CellShape, step: WalkedStep, inputs: BackwardInputs, truncation: number) {
  const { cell, activation, H } = shape;
  const { W, cache, h_prev, dh } = inputs;
  const [G, C, S] = [gatesOf(cell), cachedOf(cell), secondBlocksOf(cell)];
  const after = { dh: bounds(dh), da: bounds(inputs.da), second: bounds(inputs.second) };
  const dhh = cell === 'gru' ? inputs.second : inputs.da;
  eachRow(shape, step, (row, next, r, isWalked) => {
    const toEnd = step.own[r] - 1 - step.t;
    const isLinked = toEnd > 0 && (truncation === 0 || toEnd % truncation !== 0);
    for (let j = 0; j < H; j++) {
      const cached = (block: number, at = row) => exact(cache[(at * C + block) * H + j]);
      const write = (to: Bounded[], blocks: number, values: readonly Bounded[]) =>
        values.forEach((value, block) => {
          to[(row * blocks + block) * H + j] = isWalked ? value : exact(0);
        });
      let d = exact(dh[row * H + j]);
      if (isLinked) {
        // dh + dhh W^T: element (g, k) of both
        d = dot(
          G * H,
          (n) => dhh[next * G * H + n],
          (n) => W[(r * H + j) * G * H + n],
          d.value,
        );
        // h[t+1] = ... + s(z) h[t]
        if (cell === 'gru') d = plus(d, times(exact(dh[next * H + j]), curved('sigmoid', cached(1, next))));
      }
      write(after.dh, 1, [d]);
      if (cell === 'rnn') {
        // ReLU passes d or nothing.
        const z = cached(0);
        write(after.da, G, [activation === 'relu' ? (z.value > 0 ? d : exact(0)) : times(d, sloped(activation, z))]);
      } else if (cell === 'lstm') {
        const [i, f, g, o, cBefore] = [0, 1, 2, 3, 4].map((block) => cached(block));
        const c = plus(times(curved('sigmoid', f), cBefore), times(curved('sigmoid', i), curved('tanh', g)));
        const ownPart = product(d, curved('sigmoid', o), sloped('tanh', c));
        const handed = times(exact(inputs.second[next * S * H + j] ?? 0), curved('sigmoid', cached(1, next)));
        const dc = isLinked ? plus(ownPart, handed) : ownPart;
        write(after.second, S, [dc]);
        write(after.da, G, [
          product(dc, curved('tanh', g), sloped('sigmoid', i)),
          product(dc, cBefore, sloped('sigmoid', f)),
          product(dc, curved('sigmoid', i), sloped('tanh', g)),
          product(d, curved('tanh', c), sloped('sigmoid', o)),
        ]);
      } else {
        const [reset, update, n, q] = [0, 1, 2, 3].map((block) => cached(block));
        const dn = product(d, curved('sigmoid', negative(update)), sloped('tanh', n));
        const dr = product(dn, q, sloped('sigmoid', reset));
        const difference = plus(exact(h_prev[row * H + j]), negative(curved('tanh', n)));
        const dz = product(d, difference, sloped('sigmoid', update));
        write(after.da, G, [dr, dz, dn]);
        write(after.second, S, [dr, dz, times(dn, curved('sigmoid', reset))]);
      }
    }
  });
  return after;
}
