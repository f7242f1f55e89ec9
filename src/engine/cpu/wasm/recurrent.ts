/** The kernels that walk along sequences, in WebAssembly. */
import { NORM_WORDS, SEQUENCE } from '../../../plan/records.ts';
import { CELL_CODE } from '../../../plan/walk.ts';
import { four, sixteen, type Twins } from '../twin.ts';
import { CACHED_OF, GATES_OF } from '../twins/cells.ts';
import { recurrentTwins, stepsOf } from '../twins/recurrent.ts';
import { firstUnitNorm, recordedReplicas } from '../twins/units.ts';
import type { KernelExports } from './module.ts';
import { address } from './replicas.ts';

export interface Sizes {
  readonly B: number;
  readonly T: number;
  readonly H: number;
  readonly CELL: number;
}

/** Numbers of a replica's states, of its gates and of its cache, all of whose rows have T B4. */
export function wordsOf({ B, T, H, CELL }: Sizes) {
  const states = T * four(B) * four(H);
  return { states, gated: GATES_OF[CELL] * states, cached: CACHED_OF[CELL] * states };
}

/** Numbers of scratch memory that a walk needs: the products of a step, and W in panels of 8 columns. */
export function walkWords({ B, H, CELL }: Omit<Sizes, 'T'>): number {
  const [H4, gates] = [four(H), GATES_OF[CELL]];
  return gates * H4 * (four(B) + H4 + 4);
}

/** Byte address of the lengths of a replica's examples. */
export function lengthsAt(sequence: Uint32Array, r: number, SEQ: number): number {
  return address(sequence, r * SEQ + SEQUENCE.lengths);
}

type WalkKernel = 'recurrent_forward' | 'recurrent_backward' | 'read_out_forward' | 'read_out_backward' | 'gate_probe';

/** @param scratch byte address of `walkWords` numbers, aligned to 16 bytes */
export function recurrentKernels(wasm: KernelExports, scratch: number): Twins<WalkKernel> {
  return orTwins({
    recurrent_forward({ a, W, bias, h, h_prev, cache, sequence }, constants, [, , R]) {
      const { B, T, H, CELL, ACT, HAS_BIAS, SEQ } = constants;
      const { states, gated, cached } = wordsOf(constants);
      const width = GATES_OF[CELL] * four(H);
      for (let r = 0; r < R; r++) {
        const { first, end } = stepsOf(sequence, r, constants);
        wasm.recurrent_forward(
          address(a, r * gated),
          address(W, r * four(H) * width),
          HAS_BIAS ? address(bias, r * sixteen(width)) : 0,
          address(h, r * states),
          address(h_prev, r * states),
          address(cache, r * cached),
          lengthsAt(sequence, r, SEQ),
          B,
          T,
          H,
          CELL,
          Math.max(ACT, 0),
          first,
          end,
          scratch,
        );
      }
    },

    recurrent_backward({ dh, W, cache, h_prev, da, second, sequence }, constants, [, , R]) {
      const { B, H, CELL, ACT, TRUNCATION, SEQ } = constants;
      const { states, gated, cached } = wordsOf(constants);
      for (let r = 0; r < R; r++) {
        const { first, end } = stepsOf(sequence, r, constants);
        wasm.recurrent_backward(
          address(dh, r * states),
          address(W, r * GATES_OF[CELL] * four(H) ** 2),
          address(cache, r * cached),
          address(h_prev, r * states),
          address(da, r * gated),
          CELL === CELL_CODE.rnn ? 0 : address(second, r * (CELL === CELL_CODE.lstm ? states : gated)),
          lengthsAt(sequence, r, SEQ),
          B,
          H,
          CELL,
          Math.max(ACT, 0),
          TRUNCATION,
          sequence[r * SEQ + SEQUENCE.steps],
          first,
          end,
          scratch,
        );
      }
    },

    read_out_forward({ h, y, sequence }, { B, T, H, MEAN, SEQ }, [, , R]) {
      const words = four(B) * four(H);
      for (let r = 0; r < R; r++) {
        if (sequence[r * SEQ + SEQUENCE.walk] === 0) continue;
        wasm.read_out_forward(address(h, r * T * words), address(y, r * words), lengthsAt(sequence, r, SEQ), B, H, MEAN);
      }
    },

    read_out_backward({ dy, dh, sequence }, { B, T, H, MEAN, SEQ }, [, , R]) {
      const words = four(B) * four(H);
      for (let r = 0; r < R; r++) {
        const walk = sequence[r * SEQ + SEQUENCE.walk];
        const lengths = lengthsAt(sequence, r, SEQ);
        wasm.read_out_backward(address(dy, r * words), address(dh, r * T * words), lengths, B, H, walk, MEAN);
      }
    },

    gate_probe({ cache, norms, status, shapes, sequence }, constants, [threads, gates, R]) {
      const { LAYER, B, H, CELL, ACT, EVERY, SEQ } = constants;
      const { cached } = wordsOf(constants);
      for (const r of recordedReplicas(status, 0, R, EVERY)) {
        const own = sequence[r * SEQ + SEQUENCE.steps];
        wasm.gate_probe(
          address(cache, r * cached),
          address(norms, NORM_WORDS * (firstUnitNorm(shapes, r) + LAYER * gates * own)),
          lengthsAt(sequence, r, SEQ),
          B,
          H,
          CELL,
          Math.max(ACT, 0),
          own,
          Math.min(threads / 64, own),
        );
      }
    },
  });
}

/** Exponents of steps are the twins' alone. */
function orTwins(kernels: Twins<WalkKernel>): Twins<WalkKernel> {
  const of = ({ EXTENDED }: { readonly EXTENDED: number }) => (EXTENDED ? recurrentTwins : kernels);
  return {
    recurrent_forward: (views, constants, grid) => of(constants).recurrent_forward(views, constants, grid),
    recurrent_backward: (views, constants, grid) => of(constants).recurrent_backward(views, constants, grid),
    read_out_forward: (views, constants, grid) => of(constants).read_out_forward(views, constants, grid),
    read_out_backward: (views, constants, grid) => of(constants).read_out_backward(views, constants, grid),
    gate_probe: (views, constants, grid) => of(constants).gate_probe(views, constants, grid),
  };
}
