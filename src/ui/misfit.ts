/** Whether experiments that come from elsewhere fit the device, asked before they take the place of runs that train. */
import type { AdapterReport } from '../engine/report.ts';
import type { Experiment } from '../model/schema.ts';
import { EstimateClient } from '../sweep/estimate-client.ts';
import { areSmall } from './form/size.ts';

/**
 * Does what replaces the runs: at once where the new ones are small, else when it is known that they fit.
 *
 * @param report of the device; where it is not known yet, the load itself says it
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
