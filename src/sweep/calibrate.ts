/** Short measurements on the device: how many slots train fastest, and how fast. */
import type { Dataset } from '../data/dataset.ts';
import type { Engine } from '../engine/engine.ts';
import { LimitError } from '../model/errors.ts';
import type { SlotRequest } from './cohort-plan.ts';
import { type DepthGroup, shareSlots } from './cohorts.ts';
import { Trainer } from './trainer.ts';

/** A plan's size and speed. */
export interface Calibration {
  readonly slots: readonly SlotRequest[];
  readonly iterationMs: number;
  /** Of matrix products and updates, all slots together. */
  readonly flopPerSecond: number;
  readonly bytes: number;
}

/** A measurement lasts at least this long. */
const MEASURED_MS = 80;
/** An iteration of all slots may take this long, so that a pause is answered in a second or two; submissions are cut anyway. */
const LONGEST_ITERATION_MS = 1000;
/** Four times the slots must bring at least this much more. */
const WORTH = 1.15;
const MOST_SLOTS = 1024;

/**
 * Tries four times the slots again and again, until twice that has not trained markedly faster, it does not fit the device, or an
 * iteration becomes long.
 *
 * @param most slots at most
 * @returns undefined where not even one slot for each depth fits
 */
export async function calibrate(
  engine: Engine,
  depths: readonly DepthGroup[],
  dataset: Dataset,
  most = MOST_SLOTS,
  now: () => number = () => performance.now(),
): Promise<Calibration | undefined> {
  const runs = depths.reduce((sum, group) => sum + group.runs.length, 0);
  const end = Math.min(most, runs);
  let best: Calibration | undefined;
  let idle = 0;
  // A handful of runs train at once: nothing would be won by trying fewer.
  for (let total = runs <= 8 ? runs : depths.length; ; total *= 4) {
    const slots = shareSlots(depths, Math.min(total, end));
    const measured = await measure(engine, slots, depths, dataset, now);
    if (!measured) {
      if (best || total <= depths.length) return best;
      total = depths.length / 4;
      continue;
    }
    const isWorth = !best || measured.flopPerSecond >= WORTH * best.flopPerSecond;
    if (isWorth) best = measured;
    // One measurement without a gain may be a moment in which the machine was busy.
    idle = isWorth ? 0 : idle + 1;
    if (idle === 2 || total >= end || 4 * measured.iterationMs > LONGEST_ITERATION_MS) return best;
  }
}

async function measure(
  engine: Engine,
  slots: readonly SlotRequest[],
  depths: readonly DepthGroup[],
  dataset: Dataset,
  now: () => number,
): Promise<Calibration | undefined> {
  let trainer: Trainer;
  try {
    trainer = await Trainer.open(engine, slots, dataset);
  } catch (error) {
    if (error instanceof LimitError) return undefined;
    throw error;
  }
  try {
    let slot = 0;
    for (const [k, request] of slots.entries()) {
      // Iterations without end: a short run would not train during the measurement.
      const [{ experiment }] = depths[k].runs;
      const endless = { ...experiment, iterations: 2 ** 31, stop: { ...experiment.stop, weightsNotFinite: false } };
      for (let n = 0; n < request.slots; n++) trainer.load(slot++, endless);
    }
    await trainer.advance(1);
    let count = 1;
    let elapsed = 0;
    for (;;) {
      const start = now();
      await trainer.advance(count);
      elapsed = now() - start;
      if (elapsed >= MEASURED_MS || count === trainer.longestBlock) break;
      count = Math.min(trainer.longestBlock, Math.max(2 * count, Math.ceil((1.2 * count * MEASURED_MS) / Math.max(elapsed, 1))));
    }
    const flop = slots.reduce((sum, request, k) => sum + request.slots * depths[k].flop, 0);
    const iterationMs = elapsed / count;
    return { slots, iterationMs, flopPerSecond: (1000 * flop) / iterationMs, bytes: trainer.summary.bytes };
  } finally {
    trainer.destroy();
  }
}
