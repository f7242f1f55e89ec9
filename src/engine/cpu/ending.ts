/** Twin of shaders/lib/ending.wgsl. */
import { ENDINGS } from '../../metrics/block.ts';
import { CONTROL, CONTROL_WORDS, HYPER, HYPER_WORDS, STATUS, STATUS_WORDS } from '../../plan/records.ts';

/** Index into ENDINGS of how this iteration ends replica `r`, 0 if it does not; keeps the smoothed loss in `control`. */
export function endingOf(
  r: number,
  loss: number,
  byPolicy: boolean,
  hyper: Float32Array,
  status: Uint32Array,
  control: Uint32Array,
): number {
  const integers = new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length);
  const floats = new Float32Array(control.buffer, control.byteOffset, control.length);
  const [c, h] = [r * CONTROL_WORDS, r * HYPER_WORDS];
  const iteration = status[r * STATUS_WORDS + STATUS.iteration];
  if (byPolicy) return ENDINGS.indexOf('policy');
  if (Number.isFinite(Math.fround(loss))) {
    const seen = iteration === 0 ? 0 : control[c + CONTROL.losses];
    const before = floats[c + CONTROL.smoothed];
    const smoothed = seen === 0 ? loss : before + (loss - before) / Math.min(seen + 1, hyper[h + HYPER.stop_window]);
    const best = floats[c + CONTROL.best];
    if (seen === 0) floats[c + CONTROL.first_loss] = loss;
    if (seen === 0 || smoothed < best - hyper[h + HYPER.stop_share] * Math.abs(best)) {
      floats[c + CONTROL.best] = smoothed;
      control[c + CONTROL.best_iteration] = iteration;
    }
    control[c + CONTROL.losses] = seen + 1;
    floats[c + CONTROL.smoothed] = smoothed;
    const below = hyper[h + HYPER.stop_loss_below];
    const factor = hyper[h + HYPER.stop_loss_factor];
    const plateau = integers[h + HYPER.stop_plateau];
    if (below > 0 && smoothed <= below) return ENDINGS.indexOf('loss_reached');
    if (factor > 0 && smoothed > factor * floats[c + CONTROL.first_loss]) return ENDINGS.indexOf('loss_rose');
    if (plateau > 0 && iteration - control[c + CONTROL.best_iteration] >= plateau) return ENDINGS.indexOf('plateau');
  }
  return iteration + 1 >= integers[h + HYPER.iterations] ? ENDINGS.indexOf('iterations') : 0;
}
