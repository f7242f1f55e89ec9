/** Twin of shaders/lib/schedule.wgsl. */
import { shareAt } from '../../model/schedule.ts';
import { HYPER, HYPER_WORDS, STATUS, STATUS_WORDS } from '../../plan/records.ts';

/** The learning rate of replica `r` in this iteration. */
export function learningRateOf(r: number, hyper: Float32Array, status: Uint32Array): number {
  const integers = new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length);
  const h = r * HYPER_WORDS;
  const numbers = {
    code: integers[h + HYPER.schedule],
    warmup: integers[h + HYPER.warmup],
    warmupStart: hyper[h + HYPER.warmup_start],
    period: integers[h + HYPER.schedule_period],
    low: hyper[h + HYPER.schedule_low],
    peak: hyper[h + HYPER.schedule_peak],
    start: hyper[h + HYPER.schedule_start],
    end: hyper[h + HYPER.schedule_end],
  };
  return hyper[h + HYPER.learning_rate] * shareAt(numbers, status[r * STATUS_WORDS + STATUS.iteration]);
}
