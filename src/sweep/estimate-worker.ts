/** The worker that says what plans would need: apart from those that train, so that neither waits for the other. */
import { limitsOf } from '../engine/device-limits.ts';
import { LimitError } from '../model/errors.ts';
import { estimatePlans } from './estimate.ts';
import type { FromEstimateWorker, ToEstimateWorker } from './estimate-protocol.ts';

function answer({ experiments, report }: ToEstimateWorker): FromEstimateWorker {
  try {
    return { type: 'estimated', estimate: estimatePlans(experiments, limitsOf(report)) };
  } catch (error) {
    if (error instanceof LimitError) return { type: 'refused', message: error.message };
    return { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

self.addEventListener('message', ({ data }: MessageEvent<ToEstimateWorker>) => self.postMessage(answer(data)));
