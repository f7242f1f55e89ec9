/** Twins of shaders/probe. */

import { floatBits, isFinitePair, joinEntries, log2Norm } from '../../../math/norm-pair.ts';
import { ENDINGS, SCALARS } from '../../../metrics/block.ts';
import {
  CONTROL,
  CONTROL_WORDS,
  LAYER_INDEX,
  LAYER_KIND,
  LAYER_KIND_SHIFT,
  NORM_WORDS,
  SHAPE,
  SHAPE_WORDS,
  STATUS,
  STATUS_WORDS,
} from '../../../plan/records.ts';
import { presentReplicas } from '../active.ts';
import { exponentOf, powerOfTwo } from '../range.ts';
import { four, type Twins } from '../twin.ts';

/** What an entry of the layer map names, of a replica whose norms and weights begin there. */
function layerWord(entry: number, norms: Uint32Array, ownNorms: number, weights: Uint32Array, ownWeights: number): number {
  const [kind, index] = [entry >>> LAYER_KIND_SHIFT, entry & LAYER_INDEX];
  if (kind === LAYER_KIND.weight) return floatBits(log2Norm(joinEntries(weights, ownWeights + index, 1)));
  if (kind === LAYER_KIND.share) return norms[NORM_WORDS * (ownNorms + index) + 3];
  if (kind === LAYER_KIND.mean) return norms[NORM_WORDS * (ownNorms + index) + 2];
  const norm = joinEntries(norms, ownNorms + index, 1);
  return floatBits(kind === LAYER_KIND.overflow ? norm.count : log2Norm(norm));
}

export const probeTwins: Twins<'record_iteration' | 'record_evaluation'> = {
  record_iteration({ control, norms, weights, layer_map, shapes, status, ring, layers }, constants) {
    const { R, LAYER_WORDS, EVERY, RING, SLOTS } = constants;
    for (let r = 0; r < R; r++) {
      const s = r * STATUS_WORDS;
      const c = r * CONTROL_WORDS;
      const shape = (word: keyof typeof SHAPE) => shapes[r * SHAPE_WORDS + SHAPE[word]];
      const G = shape('g');
      const tick = status[s + STATUS.ticks];
      const weight = joinEntries(weights, shape('weights'), G);
      const change = joinEntries(weights, shape('weights') + G, G);
      let first = control[c + CONTROL.first];
      for (let t = 0; t < G && first === 0; t++) {
        if (weights[NORM_WORDS * (shape('weights') + t)] >= 0x7f800000) first = shape('z') + shape('d') + G + 2 + t;
      }
      if (status[s + STATUS.iteration] % EVERY === 0) {
        const at = (Math.floor(tick / EVERY) % SLOTS) * LAYER_WORDS + shape('layers');
        for (let l = 0; l < shape('layer_count'); l++) {
          layers[at + l] = layerWord(layer_map[shape('layer_map') + l], norms, shape('norms'), weights, shape('weights'));
        }
      }
      let end = control[c + CONTROL.stop];
      const prolongable = end <= ENDINGS.indexOf('iterations');
      if (prolongable && !isFinitePair(weight) && control[c + CONTROL.stop_weights]) end = ENDINGS.indexOf('weights_not_finite');
      if (control[c + CONTROL.active] === 0) end = 0;
      const at = ((tick % RING) * R + r) * SCALARS.length;
      ring[at] = floatBits(status[s + STATUS.iteration]);
      ring[at + 1] = control[c + CONTROL.loss];
      ring[at + 2] = control[c + CONTROL.accuracy];
      ring[at + 3] = control[c + CONTROL.log2_norm];
      ring[at + 4] = control[c + CONTROL.coefficient];
      ring[at + 5] = floatBits(log2Norm(weight));
      ring[at + 6] = floatBits(log2Norm(change));
      ring[at + 7] = floatBits(control[c + CONTROL.non_finite]);
      ring[at + 8] = floatBits(first);
      ring[at + 9] = floatBits(control[c + CONTROL.active]);
      ring[at + 10] = floatBits(end);
      ring[at + 11] = control[c + CONTROL.learning_rate];
      ring[at + 12] = floatBits(control[c + CONTROL.loss_exponent] | 0);
      status[s + STATUS.iteration] += control[c + CONTROL.active];
      status[s + STATUS.updates] += control[c + CONTROL.apply];
      // Reaching the last iteration is told by the iteration itself, so that a longer run can go on.
      if (end > ENDINGS.indexOf('iterations')) status[s + STATUS.stopped] |= end;
      status[s + STATUS.ticks] = tick + 1;
    }
  },

  record_evaluation({ rows, status, evaluation, range }, { R, B, EXTENDED, ROWS_AT }) {
    for (const r of presentReplicas(status, 0, R)) {
      const s = r * STATUS_WORDS;
      if (status[s + STATUS.test_batch] === 0) evaluation.fill(0, 4 * r, 4 * r + 4);
      const factor = EXTENDED ? powerOfTwo(exponentOf(range, ROWS_AT, r)) : 1;
      for (let b = 0; b < B; b++) {
        evaluation[4 * r] += rows[2 * (r * four(B) + b)] * factor;
        evaluation[4 * r + 1] += rows[2 * (r * four(B) + b) + 1];
      }
      evaluation[4 * r + 2] += 1;
      status[s + STATUS.test_batch] += 1;
    }
  },
};
