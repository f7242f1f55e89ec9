/** Twins of shaders/probe. */

import { floatBits, joinPairs, log2Norm } from '../../../math/norm-pair.ts';
import { SCALARS } from '../../../metrics/block.ts';
import { CONTROL, CONTROL_WORDS, STATUS, STATUS_WORDS } from '../../../plan/records.ts';
import { four, type Twins } from '../twin.ts';

export const probeTwins: Twins<'record_iteration' | 'record_evaluation'> = {
  record_iteration({ control, norms, weights, layer_map, status, ring, layers }, constants) {
    const { R, Z, D, G, LAYERS, EVERY, RING, SLOTS } = constants;
    for (let r = 0; r < R; r++) {
      const s = r * STATUS_WORDS;
      const c = r * CONTROL_WORDS;
      const tick = status[s + STATUS.ticks];
      const weight = joinPairs(weights, 4 * r * G, G);
      const change = joinPairs(weights, 2 * (2 * r + 1) * G, G);
      let first = control[c + CONTROL.first];
      for (let t = 0; t < G && first === 0; t++) if (weights[2 * (2 * r * G + t)] >= 0x7f800000) first = Z + D + G + 2 + t;
      if (tick % EVERY === 0) {
        const at = ((Math.floor(tick / EVERY) % SLOTS) * R + r) * LAYERS;
        for (let l = 0; l < LAYERS; l++) {
          layers[at + l] = floatBits(log2Norm(joinPairs(norms, 2 * (r * (Z + D + G) + layer_map[l]), 1)));
        }
      }
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
      status[s + STATUS.iteration] += control[c + CONTROL.active];
      status[s + STATUS.updates] += control[c + CONTROL.apply];
      status[s + STATUS.stopped] |= control[c + CONTROL.stop];
      status[s + STATUS.ticks] = tick + 1;
    }
  },

  record_evaluation({ rows, status, evaluation }, { R, B }) {
    for (let r = 0; r < R; r++) {
      const s = r * STATUS_WORDS;
      if (status[s + STATUS.test_batch] === 0) evaluation.fill(0, 4 * r, 4 * r + 4);
      for (let b = 0; b < B; b++) {
        evaluation[4 * r] += rows[2 * (r * four(B) + b)];
        evaluation[4 * r + 1] += rows[2 * (r * four(B) + b) + 1];
      }
      evaluation[4 * r + 2] += 1;
      status[s + STATUS.test_batch] += 1;
    }
  },
};
