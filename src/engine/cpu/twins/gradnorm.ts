/** Twins of shaders/gradnorm. */
import {
  floatBits,
  isFinitePair,
  type JoinedNorm,
  joinEntries,
  joinPairs,
  log2Norm,
  referenceExponent,
  wordsOf,
  writePair,
} from '../../../math/norm-pair.ts';
import {
  CLIP_RULE,
  CONTROL,
  CONTROL_WORDS,
  HYPER,
  HYPER_WORDS,
  NO_EXPONENT,
  NO_NORM,
  NORM_WORDS,
  POLICY,
  SEGMENT_WORDS,
  SHAPE,
  SHAPE_WORDS,
  STATUS,
  STATUS_WORDS,
} from '../../../plan/records.ts';
import { isActive } from '../active.ts';
import { endingOf } from '../ending.ts';
import { exponentOf, powerOfTwo } from '../range.ts';
import { learningRateOf } from '../schedule.ts';
import { four, type Twins } from '../twin.ts';

/** log2 of a sum of squares from which float32 has Inf, and below which it has 0. */
const SQUARES_OVERFLOW = 128;
const SQUARES_VANISH = -150;

/** The clip coefficient as scale · 2^exponent; see shaders/lib/control.wgsl. */
export function clipScale(norm: JoinedNorm, rule: number, max: number, extended: boolean): { scale: number; exponent: number } {
  if (rule !== CLIP_RULE.torch_norm && rule !== CLIP_RULE.tensorflow_global_norm) return { scale: 1, exponent: 0 };
  const torch = rule === CLIP_RULE.torch_norm;
  const log2 = log2Norm(norm);
  const isInfinite = log2 === Number.POSITIVE_INFINITY || (!extended && 2 * log2 >= SQUARES_OVERFLOW);
  if (isInfinite || Number.isNaN(log2)) return { scale: torch && isInfinite ? 0 : Number.NaN, exponent: 0 };
  const level = norm.m === 0 ? 0 : referenceExponent(norm.m) - 127 + norm.exponent;
  const mantissa = Math.sqrt(norm.sum);
  if (extended && level > 60) {
    const clips = (max / mantissa) * 2 ** -level < 1;
    return clips ? { scale: max / mantissa, exponent: -level } : { scale: 1, exponent: 0 };
  }
  const value = !extended && 2 * log2 < SQUARES_VANISH ? 0 : mantissa * 2 ** level;
  return { scale: torch ? Math.min(1, max / (value + 1e-6)) : max / Math.max(value, max), exponent: 0 };
}

const SMALLEST_NORMAL = 2 ** -126;

/** Writes the exponents of the segments' norms: those of up to two tensors in `range`, added. */
export function writeExponents(segments: Uint32Array, count: number, range: Uint32Array, norms: Uint32Array): void {
  const exponent = (at: number) => (at === NO_EXPONENT ? 0 : range[at]);
  for (let s = 0; s < SEGMENT_WORDS * count; s += SEGMENT_WORDS) {
    norms[NORM_WORDS * segments[s + 2] + 2] = exponent(segments[s + 3]) + exponent(segments[s + 4]);
  }
}

export const gradnormTwins: Twins<'sum_squares' | 'norm_reduce' | 'clip_coefficient' | 'scale_gradients'> = {
  sum_squares({ v, partial }, { COUNT }) {
    const words = wordsOf(v);
    for (let k = 0; k < COUNT; k++) writePair(words, 16 * k, 1, 16, 0, partial, 2 * k);
  },

  norm_reduce({ partial, segments, norms, range }, { SEGMENTS, EXTENDED }) {
    for (let s = 0; s < SEGMENTS; s++) {
      const [first, count, n] = segments.subarray(SEGMENT_WORDS * s, SEGMENT_WORDS * s + 3);
      const joined = joinPairs(partial, 2 * first, count);
      norms.set([joined.m, isFinitePair(joined) ? floatBits(joined.sum) : joined.count, 0, 0], NORM_WORDS * n);
    }
    if (EXTENDED) writeExponents(segments, SEGMENTS, range, norms);
  },

  clip_coefficient({ norms, rows, hyper, status, shapes, control, range }, { B, BATCH, EXTENDED, ROWS_AT }, [threads]) {
    const bits = new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length);
    for (let r = 0; r < threads / 64; r++) {
      const [Z, D, G, base] = [SHAPE.z, SHAPE.d, SHAPE.g, SHAPE.norms].map((word) => shapes[r * SHAPE_WORDS + word]);
      let mean = 0;
      let correct = 0;
      for (let b = 0; b < B; b++) {
        mean += rows[2 * (r * four(B) + b)] / BATCH;
        correct += rows[2 * (r * four(B) + b) + 1] / BATCH;
      }
      // The loss stands between the pre-activations and the gradients in execution order.
      const broken = (t: number) => norms[NORM_WORDS * (base + t)] >= 0x7f800000;
      const lossBroken = !Number.isFinite(Math.fround(mean));
      const loss = EXTENDED ? mean * powerOfTwo(exponentOf(range, ROWS_AT, r)) : mean;
      let first = -1;
      for (let t = 0; t < Z && first < 0; t++) if (broken(t)) first = t;
      if (first < 0 && lossBroken) first = Z;
      for (let t = Z; t < Z + D + G && first < 0; t++) if (broken(t)) first = t + 1;

      const norm = joinEntries(norms, base + Z + D, G);
      const h = r * HYPER_WORDS;
      const s = r * STATUS_WORDS;
      const policy = bits[h + HYPER.policy];
      // A loss scale that adapts answers to gradients that are not finite itself.
      const adapts = bits[h + HYPER.loss_growth] > 0;
      const skipped = adapts && !isFinitePair(norm);
      const failed = lossBroken || (!adapts && !isFinitePair(norm));
      const active = isActive(status, hyper, r);
      const { scale, exponent } = clipScale(norm, bits[h + HYPER.clip_rule], hyper[h + HYPER.clip_max], EXTENDED !== 0);
      const correction = (logBeta: number) => -Math.expm1((status[s + STATUS.updates] + 1) * hyper[h + logBeta]);
      const c = r * CONTROL_WORDS;
      control[c + CONTROL.active] = Number(active);
      control[c + CONTROL.apply] = Number(active && !skipped && !(failed && policy !== POLICY.continue));
      control[c + CONTROL.stop] = endingOf(r, loss, failed && policy === POLICY.stop, hyper, status, control);
      control[c + CONTROL.stop_weights] = bits[h + HYPER.stop_weights];
      control[c + CONTROL.scale] = floatBits(scale);
      control[c + CONTROL.exponent] = exponent;
      control[c + CONTROL.coefficient] = floatBits(scale * 2 ** exponent);
      control[c + CONTROL.log2_norm] = floatBits(log2Norm(norm));
      control[c + CONTROL.non_finite] = norm.count;
      control[c + CONTROL.first] = first + 1;
      control[c + CONTROL.loss] = floatBits(loss);
      control[c + CONTROL.accuracy] = floatBits(correct);
      control[c + CONTROL.learning_rate] = floatBits(learningRateOf(r, hyper, status));
      control[c + CONTROL.correction1] = floatBits(correction(HYPER.log_beta1));
      control[c + CONTROL.correction2] = floatBits(correction(HYPER.log_beta2));
    }
  },
  scale_gradients({ dW, cell_norms, owner, norms, control }, { CELLS }) {
    for (let cell = 0; cell < CELLS; cell++) {
      const n = cell_norms[cell];
      // A replica at rest keeps what it has.
      if (n === NO_NORM || control[owner[cell] * CONTROL_WORDS + CONTROL.active] === 0) continue;
      const exponent = (norms[NORM_WORDS * n + 2] | 0) + (control[owner[cell] * CONTROL_WORDS + CONTROL.exponent] | 0);
      if (exponent === 0) continue;
      const factor = powerOfTwo(exponent);
      for (let k = 16 * cell; k < 16 * cell + 16; k++) dW[k] *= Math.abs(dW[k]) < SMALLEST_NORMAL ? 0 : factor;
    }
  },
};
