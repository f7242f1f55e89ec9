/** Twins of shaders/recurrent: sums in double precision, rounded once. */

import { floatBits } from '../../../math/norm-pair.ts';
import type { CellActivation } from '../../../model/recurrent-schema.ts';
import { NORM_WORDS, SEQUENCE } from '../../../plan/records.ts';
import { CELL_CODE } from '../../../plan/walk.ts';
import { multiply } from '../product.ts';
import { exponentOf, peakOf, raisePeak, writeExponent } from '../range.ts';
import { moved, NOTHING, STEP, StepRange } from '../step-range.ts';
import { activationOf, four, sixteen, type Twins } from '../twin.ts';
import { CACHED_OF, GATES_OF, gateOf, gru, gruGradient, keptShare, lstm, lstmGradient, rnn, rnnGradient } from './cells.ts';
import { firstUnitNorm, recordedReplicas } from './units.ts';

/** Where things lie: rows of a step, numbers of a row of a gated tensor, of a cache, of h. */
export function layoutOf({ B, H, CELL }: { readonly B: number; readonly H: number; readonly CELL: number }) {
  return { B4: four(B), H4: four(H), gates: GATES_OF[CELL], cached: CACHED_OF[CELL] };
}

/** The steps of the dispatch under way of replica `r`: from `first` to below `end`. */
export function stepsOf(sequence: Uint32Array, r: number, { STEPS, SEQ }: { readonly STEPS: number; readonly SEQ: number }) {
  const first = sequence[r * SEQ + SEQUENCE.clock];
  return { first, end: Math.min(first + STEPS, sequence[r * SEQ + SEQUENCE.walk]) };
}

export const lengthOf = (sequence: Uint32Array, r: number, SEQ: number, b: number) => sequence[r * SEQ + SEQUENCE.lengths + b];

const z = new Float64Array(4);
const dz = new Float64Array(4);
const c = new Float64Array(1);

/** Whether what step `t + 1` has found is handed back to `t`: a replica's own length and truncation say so. */
export function isLinkedAt(t: number, own: number, truncation: number): boolean {
  return t + 1 < own && (truncation === 0 || (own - t - 1) % truncation !== 0);
}

type RecurrentKernel =
  | 'gate_probe'
  | 'rescale_steps'
  | 'recurrent_forward'
  | 'recurrent_backward'
  | 'advance_clock'
  | 'read_out_forward'
  | 'read_out_backward';

export const recurrentTwins: Twins<RecurrentKernel> = {
  recurrent_forward({ a, W, bias, h, h_prev, cache, sequence, range }, constants, [, , R]) {
    const { T, H, CELL, ACT, HAS_BIAS, SEQ, EXTENDED, STEPS_AT } = constants;
    const { B4, H4, gates, cached } = layoutOf(constants);
    const width = gates * H4;
    const activation = (activationOf(ACT) ?? 'linear') as CellActivation;
    for (let r = 0; r < R; r++) {
      const { first, end } = stepsOf(sequence, r, constants);
      const shift = HAS_BIAS ? bias.subarray(r * sixteen(width), r * sixteen(width) + width) : undefined;
      const steps = new StepRange(range, STEPS_AT, r, T);
      const grows = EXTENDED && CELL === CELL_CODE.rnn && activation !== 'tanh';
      for (let t = first; t < end; t++) {
        const row = (r * T + t) * B4;
        // Of a relu or linear cell h and z move with h; a has no exponent.
        const before = grows && t > 0 ? steps.exponent(t - 1, STEP.state) : 0;
        const e = grows && t > 0 ? Math.max(steps.leading(t - 1, STEP.state), 0) : 0;
        // s[b,:] = h[t-1,b] W + bias
        const sum = multiply(
          { values: h_prev, base: row * H4, rowStride: H4, columnStride: 1 },
          { values: W, base: r * H4 * width, rowStride: width, columnStride: 1 },
          [B4, H, width],
          before === 0 ? shift : undefined,
        );
        const isFar = before !== 0;
        for (let b = 0; b < B4; b++) {
          const isWalked = t < lengthOf(sequence, r, SEQ, b);
          for (let j = 0; j < H; j++) {
            const at = (row + b) * H4 + j;
            const kept = (row + b) * cached * H4 + j;
            for (let g = 0; g < gates; g++) z[g] = a[(row + b) * width + g * H4 + j] + sum[b * width + g * H4 + j];
            if (grows) {
              const late = isFar && shift ? shift[j] : 0;
              z[0] = moved(a[(row + b) * width + j] + late, -e) + moved(sum[b * width + j], before - e);
            }
            let next = 0;
            if (CELL === CELL_CODE.rnn) {
              next = rnn(activation, z[0]);
            } else if (CELL === CELL_CODE.lstm) {
              c[0] = cache[kept + 4 * H4];
              next = lstm(z, c);
              if (t + 1 < T) cache[kept + B4 * cached * H4 + 4 * H4] = isWalked ? c[0] : 0;
            } else {
              // n = a_n + s(r) q
              const q = sum[b * width + 2 * H4 + j];
              z[2] = a[(row + b) * width + 2 * H4 + j] + keptShare(z[0]) * q;
              next = gru(z, h_prev[at]);
              cache[kept + 3 * H4] = q;
            }
            for (let g = 0; g < gates; g++) cache[kept + g * H4] = z[g];
            h[at] = isWalked ? next : 0;
            if (t + 1 < T) h_prev[at + B4 * H4] = isWalked ? next : 0;
          }
        }
        if (!grows) continue;
        steps.write(t, STEP.state, e);
        steps.raise(t, STEP.state, peakOf(h.subarray(row * H4, (row + B4) * H4)));
      }
    }
  },

  recurrent_backward({ dh, W, cache, h_prev, da, second, sequence, range }, constants, [, , R]) {
    const { T, H, CELL, ACT, TRUNCATION, SEQ, EXTENDED, STEPS_AT } = constants;
    const { B4, H4, gates, cached } = layoutOf(constants);
    const width = gates * H4;
    const activation = (activationOf(ACT) ?? 'linear') as CellActivation;
    const dhh = CELL === CELL_CODE.gru ? second : da;
    for (let r = 0; r < R; r++) {
      const { first, end } = stepsOf(sequence, r, constants);
      const own = sequence[r * SEQ + SEQUENCE.steps];
      const steps = new StepRange(range, STEPS_AT, r, T);
      const grows = CELL === CELL_CODE.rnn && activation !== 'tanh';
      for (let t = end - 1; t >= first; t--) {
        const row = (r * T + t) * B4;
        const isLinked = isLinkedAt(t, own, TRUNCATION);
        // forward: s[t+1] = h[t] W + bias
        // dh[t] += dhh[t+1] W^T
        const back = isLinked
          ? multiply(
              { values: dhh, base: (row + B4) * width, rowStride: width, columnStride: 1 },
              { values: W, base: r * H4 * width, rowStride: 1, columnStride: width },
              [B4, width, H],
            )
          : undefined;
        const e = EXTENDED ? gradientExponent(steps, t, own, isLinked, grows) : 0;
        const n = EXTENDED && isLinked ? steps.exponent(t + 1, STEP.gradient) - e : 0;
        const outside = EXTENDED ? steps.exponent(t, STEP.outside) - e : 0;
        for (let b = 0; b < B4; b++) {
          const isWalked = t < lengthOf(sequence, r, SEQ, b);
          for (let j = 0; j < H; j++) {
            const at = (row + b) * H4 + j;
            const kept = (row + b) * cached * H4 + j;
            const later = kept + B4 * cached * H4;
            const x = (row + b) * width + j;
            for (let g = 0; g < gates; g++) z[g] = cache[kept + g * H4];
            let d = moved(dh[at], outside) + (back ? moved(back[b * H4 + j], n) : 0);
            if (CELL === CELL_CODE.gru && back) d += moved(dh[at + B4 * H4], n) * keptShare(cache[later + H4]);
            if (!isWalked) d = 0;
            dh[at] = d;
            if (CELL === CELL_CODE.rnn) {
              dz[0] = rnnGradient(activation, d, z[0]);
            } else if (CELL === CELL_CODE.lstm) {
              const handed = back ? moved(second[at + B4 * H4], n) * keptShare(cache[later + H4]) : 0;
              const dc = lstmGradient(z, d, handed, cache[kept + 4 * H4], dz);
              second[at] = isWalked ? dc : 0;
            } else {
              const dq = gruGradient(z, d, cache[kept + 3 * H4], h_prev[at], dz);
              for (let g = 0; g < 2; g++) second[x + g * H4] = isWalked ? dz[g] : 0;
              second[x + 2 * H4] = isWalked ? dq : 0;
            }
            for (let g = 0; g < gates; g++) da[x + g * H4] = isWalked ? dz[g] : 0;
          }
        }
        if (!EXTENDED) continue;
        steps.raise(t, STEP.gradient, peakOf(dh.subarray(row * H4, (row + B4) * H4)));
        steps.raise(t, STEP.gradient, peakOf(da.subarray(row * width, (row + B4) * width)));
        if (CELL === CELL_CODE.lstm) steps.raise(t, STEP.gradient, peakOf(second.subarray(row * H4, (row + B4) * H4)));
      }
    }
  },

  rescale_steps({ v, y, sequence, range }, { T, WORDS, COPY, PRODUCT, SEQ, STEPS_AT, Y_AT }, [, , R]) {
    for (let r = 0; r < R; r++) {
      const walk = sequence[r * SEQ + SEQUENCE.walk];
      const steps = new StepRange(range, STEPS_AT, r, T);
      if (walk === 0) continue;
      const gradients = Math.max(steps.exponent(0, STEP.largest), steps.leading(0, STEP.gradient));
      const most = PRODUCT ? steps.exponent(0, STEP.largestProduct) : gradients;
      const e = most <= NOTHING ? 0 : most;
      for (let t = 0; t < walk; t++) {
        const s = steps.exponent(t, STEP.gradient) + (PRODUCT && t > 0 ? steps.exponent(t - 1, STEP.state) : 0);
        const from = COPY ? v : y;
        for (let n = (r * T + t) * WORDS; n < (r * T + t + 1) * WORDS; n++) y[n] = moved(from[n], s - e);
      }
      writeExponent(range, Y_AT, r, e);
    }
  },

  gate_probe({ cache, norms, status, shapes, sequence, range }, constants, [threads, gates, R]) {
    const { LAYER, B, T, H, CELL, ACT, EVERY, SEQ, EXTENDED, STEPS_AT } = constants;
    const { B4, H4, cached } = layoutOf(constants);
    for (const r of recordedReplicas(status, 0, R, EVERY)) {
      const own = sequence[r * SEQ + SEQUENCE.steps];
      const steps = new StepRange(range, STEPS_AT, r, T);
      for (let t = 0; t < Math.min(threads / 64, own); t++) {
        const e = EXTENDED ? steps.exponent(t, STEP.state) : 0;
        for (let g = 0; g < gates; g++) {
          const { value, isSaturated } = gateOf(CELL, g, activationOf(ACT));
          let [sum, saturated, count] = [0, 0, 0];
          for (let b = 0; b < B; b++) {
            if (t >= lengthOf(sequence, r, SEQ, b)) continue;
            for (let j = 0; j < H; j++) {
              const v = value(cache[(((r * T + t) * B4 + b) * cached + g) * H4 + j]);
              sum += v;
              saturated += Number(isSaturated?.(v) ?? false);
              count += 1;
            }
          }
          const hasShare = isSaturated && count > 0 && !Number.isNaN(sum);
          const entry = firstUnitNorm(shapes, r) + (LAYER * gates + g) * own + t;
          const words = [
            0,
            0,
            floatBits(count > 0 ? moved(sum / count, e) : Number.NaN),
            floatBits(hasShare ? saturated / count : Number.NaN),
          ];
          norms.set(words, NORM_WORDS * entry);
        }
      }
    }
  },

  advance_clock({ sequence }, { R, DELTA, SEQ }) {
    for (let r = 0; r < R; r++) sequence[r * SEQ + SEQUENCE.clock] += DELTA;
  },

  read_out_forward({ h, y, sequence, range }, { B, T, H, MEAN, SEQ, EXTENDED, STEPS_AT, Y_AT }, [, , R]) {
    const [B4, H4] = [four(B), four(H)];
    for (let r = 0; r < R; r++) {
      if (sequence[r * SEQ + SEQUENCE.walk] === 0) continue;
      const steps = new StepRange(range, STEPS_AT, r, T);
      const exponents = Array.from({ length: EXTENDED ? B : 0 }, (_, b) => lengthOf(sequence, r, SEQ, b))
        .filter((length) => length > 0)
        .map((length) => steps.exponent(length - 1, STEP.state));
      const e = exponents.length > 0 ? Math.max(...exponents) : 0;
      for (let b = 0; b < B4; b++) {
        const length = lengthOf(sequence, r, SEQ, b);
        for (let j = 0; j < H4; j++) {
          // y[b] = h[length - 1, b], or the mean over t < length
          let sum = 0;
          for (let t = MEAN ? 0 : Math.max(length, 1) - 1; t < length; t++) sum += h[((r * T + t) * B4 + b) * H4 + j];
          const n = EXTENDED ? steps.exponent(Math.max(length, 1) - 1, STEP.state) - e : 0;
          y[(r * B4 + b) * H4 + j] = MEAN ? sum / Math.max(length, 1) : moved(sum, n);
        }
      }
      if (!EXTENDED) continue;
      writeExponent(range, Y_AT, r, e);
      raisePeak(range, Y_AT, r, peakOf(y.subarray(r * B4 * H4, (r + 1) * B4 * H4)));
    }
  },

  read_out_backward({ dy, dh, sequence, range }, { B, T, H, MEAN, SEQ, EXTENDED, STEPS_AT, DY_AT }, [, , R]) {
    const [B4, H4] = [four(B), four(H)];
    for (let r = 0; r < R; r++) {
      const steps = new StepRange(range, STEPS_AT, r, T);
      for (let t = 0; t < sequence[r * SEQ + SEQUENCE.walk]; t++) {
        for (let b = 0; b < B4; b++) {
          const length = lengthOf(sequence, r, SEQ, b);
          const isRead = MEAN ? t < length : t + 1 === length;
          // forward: y[b] = h[length - 1, b], or the mean over t < length
          for (let j = 0; j < H4; j++) {
            const d = dy[(r * B4 + b) * H4 + j];
            dh[((r * T + t) * B4 + b) * H4 + j] = isRead ? (MEAN ? d / length : d) : 0;
          }
        }
        if (!EXTENDED) continue;
        const row = (r * T + t) * B4 * H4;
        steps.write(t, STEP.outside, exponentOf(range, DY_AT, r));
        steps.raise(t, STEP.outside, peakOf(dh.subarray(row, row + B4 * H4)));
      }
    }
  },
};

/** The exponent of the gradients of step t, from what reaches them; keeps it, and the largest leading exponents of later steps. */
function gradientExponent(steps: StepRange, t: number, own: number, isLinked: boolean, grows: boolean): number {
  const leading = Math.max(steps.leading(t, STEP.outside), isLinked ? steps.leading(t + 1, STEP.gradient) : NOTHING);
  const e = leading <= NOTHING ? 0 : leading;
  steps.write(t, STEP.gradient, e);
  const isInside = t + 1 < own;
  const later = isInside ? steps.leading(t + 1, STEP.gradient) : NOTHING;
  const product = later + (grows && isInside ? steps.leading(t, STEP.state) : 0);
  steps.write(t, STEP.largest, isInside ? Math.max(later, steps.exponent(t + 1, STEP.largest)) : NOTHING);
  steps.write(t, STEP.largestProduct, isInside ? Math.max(product, steps.exponent(t + 1, STEP.largestProduct)) : NOTHING);
  return e;
}
