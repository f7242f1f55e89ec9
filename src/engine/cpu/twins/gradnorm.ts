/** Twins of shaders/gradnorm. */
import {
  floatBits,
  isFinitePair,
  type JoinedNorm,
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
  NORM_WORDS,
  POLICY,
  SHAPE,
  SHAPE_WORDS,
  STATUS,
  STATUS_WORDS,
} from '../../../plan/records.ts';
import { isActive } from '../active.ts';
import { endingOf } from '../ending.ts';
import { learningRateOf } from '../schedule.ts';
import { four, type Twins } from '../twin.ts';

/** The clip coefficient as scale × power, power a power of two that differs from 1 where the norm leaves float32's range. */
export function clipScale(norm: JoinedNorm, rule: number, max: number): { scale: number; power: number } {
  if (rule !== CLIP_RULE.torch_norm && rule !== CLIP_RULE.tensorflow_global_norm) return { scale: 1, power: 1 };
  const torch = rule === CLIP_RULE.torch_norm;
  if (!isFinitePair(norm)) return { scale: torch && log2Norm(norm) === Number.POSITIVE_INFINITY ? 0 : Number.NaN, power: 1 };
  const exponent = referenceExponent(norm.m) - 127;
  const mantissa = Math.sqrt(norm.sum);
  const value = mantissa * 2 ** exponent;
  const scale = torch ? Math.min(1, max / (value + 1e-6)) : max / Math.max(value, max);
  return exponent > 60 && scale < 1 ? { scale: max / mantissa, power: 2 ** -exponent } : { scale, power: 1 };
}

export const gradnormTwins: Twins<'sum_squares' | 'norm_reduce' | 'clip_coefficient'> = {
  sum_squares({ v, partial }, { COUNT }) {
    const words = wordsOf(v);
    for (let k = 0; k < COUNT; k++) writePair(words, 16 * k, 1, 16, 0, partial, 2 * k);
  },

  norm_reduce({ partial, segments, norms }, { SEGMENTS }) {
    for (let s = 0; s < SEGMENTS; s++) {
      const joined = joinPairs(partial, 2 * segments[3 * s], segments[3 * s + 1]);
      const n = segments[3 * s + 2];
      norms.set([joined.m, isFinitePair(joined) ? floatBits(joined.sum) : joined.count, 0, 0], NORM_WORDS * n);
    }
  },

  clip_coefficient({ norms, rows, hyper, status, shapes, control }, { B }, [threads]) {
    const bits = new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length);
    for (let r = 0; r < threads / 64; r++) {
      const [Z, D, G, base] = [SHAPE.z, SHAPE.d, SHAPE.g, SHAPE.norms].map((word) => shapes[r * SHAPE_WORDS + word]);
      let loss = 0;
      let correct = 0;
      for (let b = 0; b < B; b++) {
        loss += rows[2 * (r * four(B) + b)] / B;
        correct += rows[2 * (r * four(B) + b) + 1] / B;
      }
      // The loss stands between the pre-activations and the gradients in execution order.
      const broken = (t: number) => norms[NORM_WORDS * (base + t)] >= 0x7f800000;
      const lossBroken = !Number.isFinite(Math.fround(loss));
      let first = -1;
      for (let t = 0; t < Z && first < 0; t++) if (broken(t)) first = t;
      if (first < 0 && lossBroken) first = Z;
      for (let t = Z; t < Z + D + G && first < 0; t++) if (broken(t)) first = t + 1;

      const norm = joinPairs(norms, NORM_WORDS * (base + Z + D), G, NORM_WORDS);
      const h = r * HYPER_WORDS;
      const s = r * STATUS_WORDS;
      const policy = bits[h + HYPER.policy];
      const failed = lossBroken || !isFinitePair(norm);
      const active = isActive(status, hyper, r);
      const { scale, power } = clipScale(norm, bits[h + HYPER.clip_rule], hyper[h + HYPER.clip_max]);
      const correction = (logBeta: number) => -Math.expm1((status[s + STATUS.updates] + 1) * hyper[h + logBeta]);
      const c = r * CONTROL_WORDS;
      control[c + CONTROL.active] = Number(active);
      control[c + CONTROL.apply] = Number(active && !(failed && policy !== POLICY.continue));
      control[c + CONTROL.stop] = endingOf(r, loss, failed && policy === POLICY.stop, hyper, status, control);
      control[c + CONTROL.stop_weights] = bits[h + HYPER.stop_weights];
      control[c + CONTROL.scale] = floatBits(scale);
      control[c + CONTROL.power] = floatBits(power);
      control[c + CONTROL.coefficient] = floatBits(scale * power);
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
};
