/** Twins of shaders/gradnorm/clip_per_tensor.wgsl and clip_adaptive.wgsl. */
import { joinPairs } from '../../../math/norm-pair.ts';
import { CLIP_RULE, CONTROL, CONTROL_WORDS, HYPER, HYPER_WORDS, NO_NORM } from '../../../plan/records.ts';
import type { Twins } from '../twin.ts';
import { clipScale } from './gradnorm.ts';

const CELL = 16;

/** Whether replica `r` is updated and clipped by that rule. */
function clips(hyper: Float32Array, control: Uint32Array, r: number, rule: number): boolean {
  const words = new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length);
  return words[r * HYPER_WORDS + HYPER.clip_rule] === rule && control[r * CONTROL_WORDS + CONTROL.apply] !== 0;
}

export const clipTwins: Twins<'clip_per_tensor' | 'clip_adaptive'> = {
  clip_per_tensor({ dW, owner, entries, norms, control, hyper }, { CELLS, NORM_WORDS }) {
    let [entry, factor] = [NO_NORM, 1];
    for (let cell = 0; cell < CELLS; cell++) {
      if (entries[cell] !== entry) {
        entry = entries[cell];
        const r = owner[cell];
        const applies = entry !== NO_NORM && clips(hyper, control, r, CLIP_RULE.torch_norm_per_tensor);
        const norm = applies
          ? { ...joinPairs(norms, NORM_WORDS * entry, 1), exponent: norms[NORM_WORDS * entry + 2] | 0 }
          : undefined;
        const { scale, exponent } = norm
          ? clipScale(norm, CLIP_RULE.torch_norm, hyper[r * HYPER_WORDS + HYPER.clip_max], true)
          : { scale: 1, exponent: 0 };
        factor = scale * 2 ** exponent;
      }
      // A factor of 0 makes Inf NaN, as IEEE-754 and torch have it.
      if (factor !== 1) for (let n = CELL * cell; n < CELL * (cell + 1); n++) dW[n] *= factor;
    }
  },

  clip_adaptive({ W, dW, units, control, hyper }, { UNITS }) {
    for (let k = 0; k < UNITS; k++) {
      const [first, count, apart, r] = units.subarray(4 * k, 4 * k + 4);
      if (!clips(hyper, control, r, CLIP_RULE.adaptive)) continue;
      const ratio = hyper[r * HYPER_WORDS + HYPER.clip_max];
      const epsilon = hyper[r * HYPER_WORDS + HYPER.clip_epsilon];
      // A whole vector, or four columns of a weight.
      if (apart === 0) clipUnit(W, dW, 4 * first, 4 * count, 1, ratio, epsilon);
      else for (let c = 0; c < 4; c++) clipUnit(W, dW, 4 * first + c, count, 4 * apart, ratio, epsilon);
    }
  },
};

/** The formula of Brock et al. 2021 in double precision; Math.max and comparisons keep NaN. */
function clipUnit(
  W: Float32Array,
  dW: Float32Array,
  first: number,
  count: number,
  apart: number,
  ratio: number,
  epsilon: number,
): void {
  const end = first + count * apart;
  const limit = ratio * Math.max(normOf(W, first, end, apart), epsilon);
  const norm = normOf(dW, first, end, apart);
  if (norm < limit) return;
  const factor = limit / Math.max(norm, 1e-6);
  for (let n = first; n < end; n += apart) dW[n] *= factor;
}

function normOf(values: Float32Array, first: number, end: number, apart: number): number {
  let sum = 0;
  for (let n = first; n < end; n += apart) sum += values[n] * values[n];
  return Math.sqrt(sum);
}
