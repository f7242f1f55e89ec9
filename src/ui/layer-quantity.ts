/** What can be looked at layer by layer. */
import { formatLog2, formatPercent, LOG10_2 } from '../metrics/format.ts';
import type { LayerRecord } from '../metrics/trace.ts';

export const LAYER_QUANTITIES = ['gradient', 'weightGradient', 'rms', 'blocked', 'weight', 'ratio'] as const;
export type LayerQuantity = (typeof LAYER_QUANTITIES)[number];

interface Description {
  readonly label: string;
  /** What it says, in a few words. */
  readonly text: string;
  /** A logarithm, or a share from 0 to 1. */
  readonly scale: 'log' | 'share';
  /** The tensors it is measured of. */
  readonly of: 'gradientLayers' | 'weightLayers' | 'unitLayers';
  /** log2 per layer, or the share; NaN where it does not apply. */
  readonly values: (record: LayerRecord) => Float32Array;
}

export const LAYER_QUANTITY: Readonly<Record<LayerQuantity, Description>> = {
  gradient: {
    label: '‖∂L/∂z‖',
    text: 'norm of the gradient that reaches a layer',
    scale: 'log',
    of: 'gradientLayers',
    values: ({ log2Dz }) => log2Dz,
  },
  weightGradient: {
    label: '‖∂L/∂W‖',
    text: 'norm of a weight’s gradient',
    scale: 'log',
    of: 'weightLayers',
    values: ({ log2Dw }) => log2Dw,
  },
  rms: {
    label: 'Activation RMS',
    text: 'root mean square of a hidden layer’s outputs',
    scale: 'log',
    of: 'unitLayers',
    values: ({ log2Rms }) => log2Rms,
  },
  blocked: {
    label: 'Dead or saturated',
    text: 'share of ReLU units that are 0 for the whole batch, or of outputs of tanh or sigmoid at less than a twentieth of the slope',
    scale: 'share',
    of: 'unitLayers',
    values: ({ blocked }) => blocked,
  },
  weight: {
    label: '‖W‖',
    text: 'norm of a weight after the update',
    scale: 'log',
    of: 'weightLayers',
    values: ({ log2Weight }) => log2Weight,
  },
  ratio: {
    label: '‖ΔW‖ / ‖W‖',
    text: 'norm of an update over that of its weight; about 1e−3 is usual',
    scale: 'log',
    of: 'weightLayers',
    values: ({ log2Update, log2Weight }) => log2Update.map((update, l) => update - log2Weight[l]),
  },
};

/** From a recorded value to a place on the axis: log10, or the share itself. */
export function positionOf(quantity: LayerQuantity): (value: number) => number {
  return LAYER_QUANTITY[quantity].scale === 'log' ? (log2) => log2 * LOG10_2 : (share) => share;
}

export function formatLayer(quantity: LayerQuantity): (value: number) => string {
  if (LAYER_QUANTITY[quantity].scale === 'log') return formatLog2;
  return (share) => (Number.isNaN(share) ? 'none' : formatPercent(share));
}
