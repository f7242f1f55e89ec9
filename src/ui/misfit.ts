/** Whether experiments that come from elsewhere fit the device, asked before they take the place of runs that train. */
import type { AdapterReport } from '../engine/report.ts';
import type { Experiment } from '../model/schema.ts';
import { EstimateClient } from '../sweep/estimate-client.ts';
import { areSmall } from './form/size.ts';
import type { LabState } from './state.ts';

/**
 * The device against which a change is held. There is none as long as none is known, and none where no runs have been loaded, or could
 * not be: nothing is to be lost then, and every change is a way out, even one that does not suffice yet.
 */
export function heldAgainst({ report, traces }: Pick<LabState, 'report' | 'traces'>): AdapterReport | undefined {
  return traces && report;
}

/**
 * Does what replaces the runs: at once where the new ones are small, else when it is known that they fit.
 *
 * @param report of the device; without one, the load itself says it
 * @param refuse told what they need and the device lacks
 */
export async function whenFitting(
  experiments: readonly Experiment[],
  report: AdapterReport | undefined,
  take: () => void,
  refuse: (message: string) => void,
  client = new EstimateClient(),
): Promise<void> {
  if (!report || areSmall(experiments)) {
    take();
    return;
  }
  const answer = await client.ask({ experiments, report });
  client.terminate();
  if (answer?.type === 'refused') refuse(`Too large for this device: ${answer.message}.`);
  else take();
}
