/** Twins of shaders/precision. */
import { roundHalf } from '../../../math/half.ts';
import { wordsOf, writePair } from '../../../math/norm-pair.ts';
import { CONTROL, CONTROL_WORDS, HYPER, HYPER_WORDS, STATUS, STATUS_WORDS } from '../../../plan/records.ts';
import { presentReplicas } from '../active.ts';
import type { Twins } from '../twin.ts';

/** Loss scales lie between 2^−24 and 2^24. */
const LARGEST_EXPONENT = 24;

/** Those that take part, or all. */
export function roundedReplicas(status: Uint32Array, first: number, count: number, always: number): number[] {
  return always ? Array.from({ length: count }, (_, k) => first + k) : presentReplicas(status, first, count);
}

export const precisionTwins: Twins<'round_half' | 'copy_half' | 'scale_half' | 'loss_scale'> = {
  round_half({ v, partial, status }, { FIRST, STRIDE, ALWAYS }, [, R]) {
    const words = wordsOf(v);
    for (const r of roundedReplicas(status, FIRST, R, ALWAYS)) {
      const base = r * STRIDE;
      for (let n = base; n < base + STRIDE; n++) v[n] = roundHalf(v[n]);
      for (let n = base; n < base + STRIDE; n += 16) writePair(words, n, 1, 16, 0, partial, n / 8);
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
