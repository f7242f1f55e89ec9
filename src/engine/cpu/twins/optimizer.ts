/** Twins of shaders/optimizer. */
import { bitsFloat, wordsOf, writePair } from '../../../math/norm-pair.ts';
import type { Views } from '../../../plan/kernels.ts';
import { CLIP_RULE, CONTROL, CONTROL_WORDS, HYPER, HYPER_WORDS, STATUS, STATUS_WORDS } from '../../../plan/records.ts';
import type { Twins } from '../twin.ts';

const CELL = 16;
const changes = wordsOf(new Float32Array(CELL));

type UpdateViews = Views<'adam_update'>;
/** The new value of parameter n from its value w and its clipped gradient g. */
type Next = (n: number, w: number, g: number) => number;

/** Weight decay: l2 W is added to the gradient, and W is first multiplied by shrink. One of them does nothing. */
export function decayOf(hyper: Float32Array, h: number, rate: number): { readonly l2: number; readonly shrink: number } {
  const decay = hyper[h + HYPER.weight_decay];
  return hyper[h + HYPER.decoupled] === 0 ? { l2: decay, shrink: 1 } : { l2: 0, shrink: 1 - rate * decay };
}

/** Walks the cells; `nextOf(r)` is the rule with the settings of replica r. */
function eachParameter({ W, dW, owner, control, hyper, partial }: UpdateViews, cells: number, nextOf: (r: number) => Next): void {
  const bits = new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length);
  const weights = wordsOf(W);
  let [r, applied, byValue, max, scale] = [-1, false, false, 0, 0];
  let next: Next = (_, w) => w;
  for (let cell = 0; cell < cells; cell++) {
    if (owner[cell] !== r) {
      r = owner[cell];
      const c = r * CONTROL_WORDS;
      applied = control[c + CONTROL.apply] !== 0;
      byValue = bits[r * HYPER_WORDS + HYPER.clip_rule] === CLIP_RULE.value;
      max = hyper[r * HYPER_WORDS + HYPER.clip_max];
      scale = bitsFloat(control[c + CONTROL.scale]) * bitsFloat(control[c + CONTROL.power]);
      next = nextOf(r);
    }
    const start = CELL * cell;
    for (let k = 0; k < CELL; k++) {
      const n = start + k;
      const w = W[n];
      if (applied) {
        // Math.min and Math.max keep NaN, as torch's clamp does.
        const g = byValue ? Math.min(Math.max(dW[n], -max), max) : dW[n] * scale;
        W[n] = next(n, w, g);
      }
      changes.values[k] = W[n] - w;
    }
    writePair(weights, start, 1, CELL, 0, partial, 2 * cell);
    writePair(changes, 0, 1, CELL, 0, partial, 2 * (cells + cell));
  }
}

export const optimizerTwins: Twins<'sgd_update' | 'adam_update' | 'rmsprop_update'> = {
  sgd_update(views, { CELLS }) {
    const { hyper, control, state, status } = views;
    eachParameter(views, CELLS, (r) => {
      const h = r * HYPER_WORDS;
      const rate = bitsFloat(control[r * CONTROL_WORDS + CONTROL.learning_rate]);
      const momentum = hyper[h + HYPER.momentum];
      const { l2, shrink } = decayOf(hyper, h, rate);
      const dampening = hyper[h + HYPER.dampening];
      const nesterov = hyper[h + HYPER.nesterov] !== 0;
      const first = status[r * STATUS_WORDS + STATUS.updates] === 0;
      return (n, w, gradient) => {
        let g = l2 === 0 ? gradient : gradient + l2 * w;
        if (momentum !== 0) {
          const buf = first ? g : momentum * state[n] + (1 - dampening) * g;
          state[n] = buf;
          g = nesterov ? g + momentum * buf : buf;
        }
        return w * shrink - rate * g;
      };
    });
  },

  adam_update(views, { CELLS }) {
    const { hyper, control, state } = views;
    eachParameter(views, CELLS, (r) => {
      const h = r * HYPER_WORDS;
      const rate = bitsFloat(control[r * CONTROL_WORDS + CONTROL.learning_rate]);
      const { l2, shrink } = decayOf(hyper, h, rate);
      const [beta1, beta2] = [hyper[h + HYPER.beta1], hyper[h + HYPER.beta2]];
      const [rest1, rest2] = [hyper[h + HYPER.one_minus_beta1], hyper[h + HYPER.one_minus_beta2]];
      const epsilon = hyper[h + HYPER.epsilon];
      const correction = (word: number) => bitsFloat(control[r * CONTROL_WORDS + word]);
      const step = rate / correction(CONTROL.correction1);
      const unbias = Math.sqrt(correction(CONTROL.correction2));
      return (n, w, gradient) => {
        const g = l2 === 0 ? gradient : gradient + l2 * w;
        const second = CELL * CELLS + n;
        const m = beta1 * state[n] + rest1 * g;
        const v = beta2 * state[second] + rest2 * g * g;
        state[n] = m;
        state[second] = v;
        return w * shrink - step * (m / (Math.sqrt(v) / unbias + epsilon));
      };
    });
  },

  rmsprop_update(views, { CELLS }) {
    const { hyper, control, state } = views;
    eachParameter(views, CELLS, (r) => {
      const h = r * HYPER_WORDS;
      const rate = bitsFloat(control[r * CONTROL_WORDS + CONTROL.learning_rate]);
      const { l2, shrink } = decayOf(hyper, h, rate);
      const [alpha, rest] = [hyper[h + HYPER.alpha], hyper[h + HYPER.one_minus_alpha]];
      const [momentum, epsilon] = [hyper[h + HYPER.momentum], hyper[h + HYPER.epsilon]];
      const centered = hyper[h + HYPER.centered] !== 0;
      return (n, w, gradient) => {
        const g = l2 === 0 ? gradient : gradient + l2 * w;
        const v = alpha * state[n] + rest * g * g;
        state[n] = v;
        let variance = v;
        if (centered) {
          const mean = alpha * state[2 * CELL * CELLS + n] + rest * g;
          state[2 * CELL * CELLS + n] = mean;
          variance = v - mean * mean;
        }
        const buf = momentum * state[CELL * CELLS + n] + g / (Math.sqrt(variance) + epsilon);
        state[CELL * CELLS + n] = buf;
        return w * shrink - rate * buf;
      };
    });
  },
};
