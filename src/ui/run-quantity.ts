/** What the chart of norms can show of a run: a curve over the iterations each. */
import { formatLog2, formatPercent, LOG10_2 } from '../metrics/format.ts';
import type { Trace } from '../metrics/trace.ts';
import type { Experiment } from '../model/schema.ts';
import { clippedShare, log2UpdateRatio } from './derived.ts';
import type { Level } from './frame.ts';

export const RUN_QUANTITIES = ['norm', 'clippedShare', 'weightNorm', 'updateRatio'] as const;
export type RunQuantity = (typeof RUN_QUANTITIES)[number];

/** What the chart of norms can show: such a quantity, or what the profile shows at some places. */
export const SERIES = ['norm', 'places', 'clippedShare', 'weightNorm', 'updateRatio'] as const;
export type SeriesChoice = RunQuantity | 'places';

interface Description {
  readonly label: string;
  /** Where there is little room. */
  readonly symbol: string;
  readonly unit: string;
  readonly scale: 'log' | 'share';
  /** log2, or the share, by index of the iteration. */
  readonly values: (trace: Trace) => Float32Array;
}

export const RUN_QUANTITY: Readonly<Record<RunQuantity, Description>> = {
  norm: {
    label: 'Gradient norm',
    symbol: '‖g‖',
    unit: 'global, before clipping',
    scale: 'log',
    values: ({ scalars }) => scalars.log2GradientNorm.view(),
  },
  clippedShare: {
    label: 'Share clipped',
    symbol: '% clipped',
    unit: 'of the iterations so far',
    scale: 'share',
    values: (trace) => clippedShare.of(trace),
  },
  weightNorm: {
    label: 'Weight norm',
    symbol: '‖w‖',
    unit: 'all, after the update',
    scale: 'log',
    values: ({ scalars }) => scalars.log2WeightNorm.view(),
  },
  updateRatio: {
    label: 'Update ratio',
    symbol: '‖Δw‖ / ‖w‖',
    unit: 'of all parameters',
    scale: 'log',
    values: (trace) => log2UpdateRatio.of(trace),
  },
};

/** The ratio of an update to its weights that is usual in training that goes well, as a level of charts of log10. */
export function usualRatio(): Level {
  return { y: -3, label: 'about 0.001 is usual', color: '--accent' };
}

/** Whether the clip coefficient says what clipping does to the global norm; other rules clip elements, tensors or units. */
export function clipsGlobalNorm({ clip }: Experiment): boolean {
  return clip.rule === 'torch_norm' || clip.rule === 'tensorflow_global_norm';
}

/** Whether there is anything to say of a global norm after clipping: also of a run that has been clipped before it was changed. */
export function hasClipping(trace: Trace, experiment: Experiment | undefined): boolean {
  if (experiment && clipsGlobalNorm(experiment)) return true;
  const share = clippedShare.of(trace);
  return share.length > 0 && share[share.length - 1] > 0;
}

/** Whether a quantity can be shown of a run. */
export function isMeasured(quantity: RunQuantity, trace: Trace, experiment: Experiment | undefined): boolean {
  return quantity !== 'clippedShare' || hasClipping(trace, experiment);
}

/** From a recorded value to a place on the axis. */
export function runPosition(quantity: RunQuantity): (value: number) => number {
  return RUN_QUANTITY[quantity].scale === 'log' ? (log2) => log2 * LOG10_2 : (share) => share;
}

export function formatRunValue(quantity: RunQuantity): (value: number) => string {
  return RUN_QUANTITY[quantity].scale === 'log' ? formatLog2 : formatPercent;
}
