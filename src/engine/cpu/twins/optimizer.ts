/** Twins of shaders/optimizer. */
import { bitsFloat, PairCollector } from '../../../math/norm-pair.ts';
import type { Views } from '../../../plan/kernels.ts';
import { CLIP_RULE, CONTROL, CONTROL_WORDS, HYPER, HYPER_WORDS, STATUS, STATUS_WORDS } from '../../../plan/records.ts';
import type { Twins } from '../twin.ts';

const CELL = 16;
const weights = new PairCollector();
const changes = new PairCollector();

type UpdateViews = Views<'adam_update'>;

/** Walks the cells; `next(r, n, w, g)` is the rule: the new value of parameter n of replica r from w and its clipped gradient g. */
function eachParameter(
  { W, dW, owner, control, hyper, partial }: UpdateViews,
  cells: number,
  next: (r: number, n: number, w: number, g: number) => number,
): void {
  const bits = new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length);
  for (let cell = 0; cell < cells; cell++) {
    const r = owner[cell];
    const h = r * HYPER_WORDS;
    const c = r * CONTROL_WORDS;
    const applied = control[c + CONTROL.apply] !== 0;
    const byValue = bits[h + HYPER.clip_rule] === CLIP_RULE.value;
    const max = hyper[h + HYPER.clip_max];
    const scale = bitsFloat(control[c + CONTROL.scale]) * bitsFloat(control[c + CONTROL.power]);
    for (let n = CELL * cell; n < CELL * (cell + 1); n++) {
      const w = W[n];
      if (applied) {
        // Math.min and Math.max keep NaN, as torch's clamp does.
        const g = byValue ? Math.min(Math.max(dW[n], -max), max) : dW[n] * scale;
        W[n] = next(r, n, w, g);
      }
      weights.add(W[n]);
      changes.add(W[n] - w);
    }
    weights.finish(partial, 2 * cell);
    changes.finish(partial, 2 * (cells + cell));
  }
}

export const optimizerTwins: Twins<'sgd_update' | 'adam_update' | 'rmsprop_update'> = {
  sgd_update(views, { CELLS }) {
    const { hyper, state, status } = views;
    eachParameter(views, CELLS, (r, n, w, gradient) => {
      const h = r * HYPER_WORDS;
      const momentum = hyper[h + HYPER.momentum];
      const decay = hyper[h + HYPER.weight_decay];
      let g = decay === 0 ? gradient : gradient + decay * w;
      if (momentum !== 0) {
        const first = status[r * STATUS_WORDS + STATUS.updates] === 0;
        const buf = first ? g : momentum * state[n] + (1 - hyper[h + HYPER.dampening]) * g;
        state[n] = buf;
        g = hyper[h + HYPER.nesterov] !== 0 ? g + momentum * buf : buf;
      }
      return w - hyper[h + HYPER.learning_rate] * g;
    });
  },

  adam_update(views, { CELLS, DECOUPLED }) {
    const { hyper, control, state } = views;
    eachParameter(views, CELLS, (r, n, w, gradient) => {
      const h = r * HYPER_WORDS;
      const rate = hyper[h + HYPER.learning_rate];
      const decay = hyper[h + HYPER.weight_decay];
      const g = DECOUPLED || decay === 0 ? gradient : gradient + decay * w;
      const base = DECOUPLED ? w * (1 - rate * decay) : w;
      const second = CELL * CELLS + n;
      const m = hyper[h + HYPER.beta1] * state[n] + hyper[h + HYPER.one_minus_beta1] * g;
      const v = hyper[h + HYPER.beta2] * state[second] + hyper[h + HYPER.one_minus_beta2] * g * g;
      state[n] = m;
      state[second] = v;
      const correction = (word: number) => bitsFloat(control[r * CONTROL_WORDS + word]);
      const root = Math.sqrt(v) / Math.sqrt(correction(CONTROL.correction2)) + hyper[h + HYPER.epsilon];
      return base - (rate / correction(CONTROL.correction1)) * (m / root);
    });
  },

  rmsprop_update(views, { CELLS }) {
    const { hyper, state } = views;
    eachParameter(views, CELLS, (r, n, w, gradient) => {
      const h = r * HYPER_WORDS;
      const decay = hyper[h + HYPER.weight_decay];
      const g = decay === 0 ? gradient : gradient + decay * w;
      const alpha = hyper[h + HYPER.alpha];
      const rest = hyper[h + HYPER.one_minus_alpha];
      const v = alpha * state[n] + rest * g * g;
      state[n] = v;
      let variance = v;
      if (hyper[h + HYPER.centered] !== 0) {
        const mean = alpha * state[2 * CELL * CELLS + n] + rest * g;
        state[2 * CELL * CELLS + n] = mean;
        variance = v - mean * mean;
      }
      const buf = hyper[h + HYPER.momentum] * state[CELL * CELLS + n] + g / (Math.sqrt(variance) + hyper[h + HYPER.epsilon]);
      state[CELL * CELLS + n] = buf;
      return w - hyper[h + HYPER.learning_rate] * buf;
    });
  },
};
