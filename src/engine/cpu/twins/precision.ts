/** Twins of shaders/precision. */
import { roundHalf } from '../../../math/half.ts';
import { wordsOf, writePair } from '../../../math/norm-pair.ts';
import { presentReplicas } from '../active.ts';
import type { Twins } from '../twin.ts';

export const precisionTwins: Twins<'round_half' | 'copy_half'> = {
  round_half({ v, partial, status }, { FIRST, STRIDE }, [, R]) {
    const words = wordsOf(v);
    for (const r of presentReplicas(status, FIRST, R)) {
      const base = r * STRIDE;
      for (let n = base; n < base + STRIDE; n++) v[n] = roundHalf(v[n]);
      for (let n = base; n < base + STRIDE; n += 16) writePair(words, n, 1, 16, 0, partial, n / 8);
    }
  },

  copy_half({ v, y }, { COUNT }) {
    for (let n = 0; n < 16 * COUNT; n++) y[n] = roundHalf(v[n]);
  },
};
