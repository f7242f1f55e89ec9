/** Twins of shaders/precision. */
import { roundHalf } from '../../../math/half.ts';
import { wordsOf, writePair } from '../../../math/norm-pair.ts';
import type { Constants } from '../../../plan/kernels.ts';
import { CONTROL, CONTROL_WORDS, HYPER, HYPER_WORDS, STATUS, STATUS_WORDS } from '../../../plan/records.ts';
import { presentReplicas } from '../active.ts';
import type { Twins } from '../twin.ts';

/** Loss scales lie between 2^−24 and 2^24. */
const LARGEST_EXPONENT = 24;

/** First cell and how many of each run of cells of 16 numbers whose replica takes part. */
export function roundedCells(
  status: Uint32Array,
  owner: Uint32Array,
  { FIRST, STRIDE, OWNED }: Constants<'round_half'>,
  R: number,
): { readonly first: number; readonly count: number }[] {
  const cells = STRIDE / 16;
  if (!OWNED) return presentReplicas(status, FIRST, R).map((r) => ({ first: r * cells, count: cells }));
  const runs: { first: number; count: number }[] = [];
  for (let cell = 0; cell < cells; cell++) {
    if (status[owner[cell] * STATUS_WORDS + STATUS.present] === 0) continue;
    const last = runs.at(-1);
    if (last && last.first + last.count === cell) last.count += 1;
    else runs.push({ first: cell, count: 1 });
  }
  return runs;
}

export const precisionTwins: Twins<'round_half' | 'copy_half' | 'scale_half' | 'loss_scale'> = {
  round_half({ v, partial, status, owner }, constants, [, R]) {
    const words = wordsOf(v);
    for (const { first, count } of roundedCells(status, owner, constants, R)) {
      for (let n = 16 * first; n < 16 * (first + count); n++) v[n] = roundHalf(v[n]);
      for (let k = first; k < first + count; k++) writePair(words, 16 * k, 1, 16, 0, partial, 2 * k);
    }
  },

  scale_half({ v, partial, control, status }, { STRIDE }, [, R]) {
    const words = wordsOf(v);
    for (const r of presentReplicas(status, 0, R)) {
      const scale = 2 ** (control[r * CONTROL_WORDS + CONTROL.loss_exponent] | 0);
      const base = r * STRIDE;
      for (let n = base; n < base + STRIDE; n++) v[n] = roundHalf(v[n] * scale);
      for (let n = base; n < base + STRIDE; n += 16) writePair(words, n, 1, 16, 0, partial, n / 8);
    }
  },

  loss_scale({ hyper, status, control, exponents }, { R }) {
    const bits = new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length);
    for (const r of presentReplicas(status, 0, R)) {
      const [h, c] = [r * HYPER_WORDS, r * CONTROL_WORDS];
      const interval = bits[h + HYPER.loss_growth];
      const isFirst = status[r * STATUS_WORDS + STATUS.iteration] === 0;
      let k = isFirst ? hyper[h + HYPER.loss_exponent] : control[c + CONTROL.loss_exponent] | 0;
      let good = isFirst ? 0 : control[c + CONTROL.loss_good] + 1;
      if (!isFirst && interval > 0 && control[c + CONTROL.non_finite] !== 0) {
        k = Math.max(k - 1, -LARGEST_EXPONENT);
        good = 0;
      } else if (!isFirst && interval > 0 && good >= interval) {
        k = Math.min(k + 1, LARGEST_EXPONENT);
        good = 0;
      }
      control[c + CONTROL.loss_exponent] = k;
      control[c + CONTROL.loss_good] = good;
      exponents.set([-k, 0], 2 * r);
    }
  },

  copy_half({ v, y }, { COUNT }) {
    for (let n = 0; n < 16 * COUNT; n++) y[n] = roundHalf(v[n]);
  },
};
