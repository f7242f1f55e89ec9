/** The table of twins: a kernel without one does not compile. */
import type { KernelName } from '../../plan/kernels.ts';
import type { Twins } from './twin.ts';
import { activationTwins } from './twins/activation.ts';
import { clipTwins } from './twins/clip.ts';
import { dataTwins } from './twins/data.ts';
import { gradnormTwins } from './twins/gradnorm.ts';
import { histogramTwins } from './twins/histogram.ts';
import { linearTwins } from './twins/linear.ts';
import { lossTwins } from './twins/loss.ts';
import { batchNormTwins, layerNormTwins } from './twins/norm.ts';
import { optimizerTwins } from './twins/optimizer.ts';
import { precisionTwins } from './twins/precision.ts';
import { probeTwins } from './twins/probe.ts';
import { recurrentTwins } from './twins/recurrent.ts';
import { recurrentNormTwins } from './twins/recurrent-norm.ts';
import { sequenceTwins } from './twins/sequences.ts';
import { unitTwins } from './twins/units.ts';

export const TWINS: Twins<KernelName> = {
  ...dataTwins,
  ...linearTwins,
  ...activationTwins,
  ...batchNormTwins,
  ...layerNormTwins,
  ...lossTwins,
  ...gradnormTwins,
  ...clipTwins,
  ...optimizerTwins,
  ...precisionTwins,
  ...probeTwins,
  ...unitTwins,
  ...histogramTwins,
  ...recurrentTwins,
  ...recurrentNormTwins,
  ...sequenceTwins,
};
