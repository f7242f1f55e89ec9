/** The walks of cells with layer norm inside, in WebAssembly. */
import { SEQUENCE } from '../../../plan/records.ts';
import { CELL_CODE } from '../../../plan/walk.ts';
import { four, sixteen, type Twins } from '../twin.ts';
import { GATES_OF } from '../twins/cells.ts';
import { stepsOf } from '../twins/recurrent.ts';
import type { KernelExports } from './module.ts';
import { lengthsAt, type Sizes, walkWords, wordsOf } from './recurrent.ts';
import { address } from './replicas.ts';

/** Numbers of scratch memory that a normalised walk needs: those of a walk, and once more every gate and two states. */
export function normedWords(sizes: Omit<Sizes, 'T'>): number {
  const [H4, gates] = [four(sizes.H), GATES_OF[sizes.CELL]];
  return walkWords(sizes) + (gates + 2) * four(sizes.B) * H4;
}

/** Numbers of a replica's part of `norm`: shaders/lib/norm_blocks. */
function normWords(sizes: Sizes): number {
  const { states, gated } = wordsOf(sizes);
  return 2 * gated + (sizes.CELL === CELL_CODE.gru ? 2 : 1) * states;
}

/** Parts of a step follow one another, so the first can do all of it. */
const isDone = (part: number) => part > 1;

/** @param scratch byte address of `normedWords` numbers, aligned to 16 bytes */
export function recurrentNormKernels(
  wasm: KernelExports,
  scratch: number,
): Twins<'recurrent_norm_forward' | 'recurrent_norm_backward' | 'recurrent_norm_affine'> {
  return {
    recurrent_norm_forward({ a, W, affine, h, h_prev, cache, norm, sequence }, constants, [, , R]) {
      const { B, T, H, CELL, ACT, PART, BETA, EPSILON, SEQ } = constants;
      if (isDone(PART)) return;
      const { states, gated, cached } = wordsOf(constants);
      const width = GATES_OF[CELL] * four(H);
      for (let r = 0; r < R; r++) {
        const { first, end } = stepsOf(sequence, r, constants);
        wasm.recurrent_norm_forward(
          address(a, r * gated),
          address(W, r * four(H) * width),
          address(affine, r * sixteen(width)),
          address(affine, r * sixteen(width) + BETA),
          address(h, r * states),
          address(h_prev, r * states),
          address(cache, r * cached),
          address(norm, r * normWords(constants)),
          lengthsAt(sequence, r, SEQ),
          B,
          T,
          H,
          CELL,
          Math.max(ACT, 0),
          EPSILON,
          first,
          end,
          scratch,
        );
      }
    },

    recurrent_norm_backward({ dh, W, cache, norm, da, second, affine, sequence }, constants, [, , R]) {
      const { B, H, CELL, ACT, PART, TRUNCATION, SEQ } = constants;
      if (isDone(PART)) return;
      const { states, gated, cached } = wordsOf(constants);
      const width = GATES_OF[CELL] * four(H);
      for (let r = 0; r < R; r++) {
        const { first, end } = stepsOf(sequence, r, constants);
        wasm.recurrent_norm_backward(
          address(dh, r * states),
          address(W, r * four(H) * width),
          address(cache, r * cached),
          address(norm, r * normWords(constants)),
          address(da, r * gated),
          CELL === CELL_CODE.rnn ? 0 : address(second, r * (CELL === CELL_CODE.lstm ? states : gated)),
          address(affine, r * sixteen(width)),
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

    recurrent_norm_affine({ norm, affine, sequence }, constants, [, , R]) {
      const { B, H, CELL, BETA, SEQ } = constants;
      const width = sixteen(GATES_OF[CELL] * four(H));
      for (let r = 0; r < R; r++) {
        const rows = sequence[r * SEQ + SEQUENCE.walk] * four(B);
        if (rows === 0) continue;
        const [gamma, beta] = [address(affine, r * width), address(affine, r * width + BETA)];
        wasm.recurrent_norm_affine(address(norm, r * normWords(constants)), gamma, beta, rows, H, CELL);
      }
    },
  };
}
