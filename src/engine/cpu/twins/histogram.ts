/** Twin of shaders/probe/gradient_histogram. */
import { floatBits } from '../../../math/norm-pair.ts';
import { HISTOGRAM_HEAD, HISTOGRAM_WORDS } from '../../../metrics/layer-series.ts';
import { MATRIX_WORDS } from '../../../plan/histograms.ts';
import { NORM_WORDS, SHAPE, SHAPE_WORDS, STATUS, STATUS_WORDS } from '../../../plan/records.ts';
import { four, type Twins } from '../twin.ts';
import { recordedReplicas } from './units.ts';

const INF_BITS = 0x7f800000;
const SMALLEST_NORMAL = 0x00800000;
/** Even, and not above the exponent of the smallest subnormal number, 2^−149. */
const LEAST = -150;

/** Where a number is counted, whose stored exponents are to be raised by 0 or 1. */
function placeOf(bits: number, odd: number): number {
  const u = bits & 0x7fffffff;
  if (u === 0) return 1;
  if (u >= INF_BITS) return u > INF_BITS ? 2 : 3;
  const exponent = u < SMALLEST_NORMAL ? 31 - Math.clz32(u) - 149 : (u >>> 23) - 127;
  return HISTOGRAM_HEAD + ((exponent + odd - LEAST) >> 1);
}

export const histogramTwins: Twins<'gradient_histogram'> = {
  gradient_histogram({ dW, matrices, norms, status, shapes, layers }, { MATRICES, LAYER_WORDS, EVERY, SLOTS }) {
    const counts = new Uint32Array(HISTOGRAM_WORDS);
    for (let n = 0; n < MATRICES * MATRIX_WORDS; n += MATRIX_WORDS) {
      const [at, rows, columns, stride, width, norm, r, l] = matrices.subarray(n, n + MATRIX_WORDS);
      if (recordedReplicas(status, r, 1, EVERY).length === 0) continue;
      const e = norms[NORM_WORDS * norm + 2] | 0;
      counts.fill(0);
      for (let i = 0; i < rows; i++) {
        for (let block = 0, from = at + i * stride; block < columns; block += width, from += four(width)) {
          for (let k = from; k < from + width; k++) counts[placeOf(dW[k], e & 1)]++;
        }
      }
      const slot = Math.floor(status[r * STATUS_WORDS + STATUS.ticks] / EVERY) % SLOTS;
      const record = shapes[r * SHAPE_WORDS + SHAPE.layers] + shapes[r * SHAPE_WORDS + SHAPE.layer_count];
      const first = slot * LAYER_WORDS + record + HISTOGRAM_WORDS * l;
      layers[first] = floatBits(e - (e & 1) + LEAST);
      for (let k = 1; k < HISTOGRAM_WORDS; k++) layers[first + k] = floatBits(counts[k]);
    }
  },
};
