/** What can be looked at layer by layer. */
import { formatLog2, formatPercent, LOG10_2, nonFiniteName } from '../metrics/format.ts';
import { type LayerNames, stepNames } from '../metrics/layer-series.ts';
import type { Stack } from '../metrics/stack.ts';
import type { LayerRecord } from '../metrics/trace.ts';
import { cellState } from '../model/recurrent-network.ts';
import type { Experiment } from '../model/schema.ts';
import { formatTick } from './format.ts';
import { linearTicks } from './ticks.ts';

export const LAYER_QUANTITIES = [
  'gradient',
  'weightGradient',
  'rms',
  'blocked',
  'weight',
  'ratio',
  'state',
  'cell',
  'gateMean',
  'gateSaturated',
] as const;
export type LayerQuantity = (typeof LAYER_QUANTITIES)[number];

interface Description {
  readonly label: string;
  /** What it says, in a few words. */
  readonly text: string;
  /** A logarithm, a share from 0 to 1, or a mean of squashed values, from −1 where these can be negative to 1. */
  readonly scale: 'log' | 'share' | 'mean';
  /** Names of what it is measured of. */
  readonly names: (layers: LayerNames) => readonly string[];
  /** The series whose growth is fitted, where it is one of those. */
  readonly series?: Stack['series'];
  /** Whether it is measured step by step, along sequences. */
  readonly ofSteps?: true;
  /** log2 per layer, or the share; NaN where it does not apply. */
  readonly values: (record: LayerRecord) => Float32Array;
}

export const LAYER_QUANTITY: Readonly<Record<LayerQuantity, Description>> = {
  gradient: {
    label: '‖∂L/∂z‖',
    text: 'norm of the gradient that reaches a layer',
    scale: 'log',
    names: ({ gradientLayers }) => gradientLayers,
    series: 'log2Dz',
    values: ({ log2Dz }) => log2Dz,
  },
  weightGradient: {
    label: '‖∂L/∂W‖',
    text: 'norm of a weight’s gradient',
    scale: 'log',
    names: ({ weightLayers }) => weightLayers,
    values: ({ log2Dw }) => log2Dw,
  },
  rms: {
    label: 'Activation RMS',
    text: 'root mean square of a hidden layer’s outputs',
    scale: 'log',
    names: ({ unitLayers }) => unitLayers,
    values: ({ log2Rms }) => log2Rms,
  },
  blocked: {
    label: 'Dead or saturated',
    text: 'share of ReLU units that are 0 for the whole batch, or of outputs of tanh or sigmoid at less than a twentieth of the slope',
    scale: 'share',
    names: ({ unitLayers }) => unitLayers,
    values: ({ blocked }) => blocked,
  },
  weight: {
    label: '‖W‖',
    text: 'norm of a weight after the update',
    scale: 'log',
    names: ({ weightLayers }) => weightLayers,
    values: ({ log2Weight }) => log2Weight,
  },
  ratio: {
    label: '‖ΔW‖ / ‖W‖',
    text: 'norm of an update over that of its weight; about 1e−3 is usual',
    scale: 'log',
    names: ({ weightLayers }) => weightLayers,
    values: ({ log2Update, log2Weight }) => log2Update.map((update, l) => update - log2Weight[l]),
  },
  state: {
    label: '‖∂L/∂h_t‖',
    text: 'norm of the gradient that reaches the hidden state of a step, back-propagated through time',
    scale: 'log',
    names: ({ recurrentLayers }) => recurrentLayers.flatMap(({ name, steps }) => stepNames(name, steps)),
    series: 'log2Dh',
    ofSteps: true,
    values: ({ log2Dh }) => log2Dh,
  },
  cell: {
    label: '‖∂L/∂c_t‖',
    text: 'norm of the gradient that reaches the cell state of a step of an LSTM',
    scale: 'log',
    names: ({ recurrentLayers }) =>
      recurrentLayers.flatMap(({ name, steps, hasCell }) => (hasCell ? stepNames(cellState(name), steps) : [])),
    ofSteps: true,
    values: ({ log2Dc }) => log2Dc,
  },
  gateMean: {
    label: 'Gate mean',
    text: 'mean of a gate over examples and units at a step; of a vanilla cell, of its state',
    scale: 'mean',
    names: gateNames,
    ofSteps: true,
    values: ({ gateMean }) => gateMean,
  },
  gateSaturated: {
    label: 'Gate saturated',
    text: 'share of a gate’s values at a step with less than a twentieth of the slope; of a ReLU cell the share of states that are 0',
    scale: 'share',
    names: gateNames,
    ofSteps: true,
    values: ({ gateSaturated }) => gateSaturated,
  },
};

/** Whether NaN says that it does not apply, rather than that it is not finite. */
export function mayBeNone(quantity: LayerQuantity): boolean {
  return quantity === 'blocked' || quantity === 'gateSaturated';
}

/** What runs are looked at with unless something else is chosen: along the steps where there are any. */
export function usualQuantity(experiments: readonly Experiment[]): LayerQuantity {
  return experiments.some(({ model }) => model.kind === 'recurrent') ? 'state' : 'gradient';
}

/** A quantity to choose; with a reason where there is nothing to see of it. */
export interface Offer {
  readonly quantity: LayerQuantity;
  readonly reason?: string;
}

/** What can be chosen for these runs; last, and with the reason, what is not measured, and the chosen one if no run has it. */
export function offersOf(experiments: readonly Experiment[], chosen: LayerQuantity): readonly Offer[] {
  const known = LAYER_QUANTITIES.filter((quantity) => experiments.some((experiment) => hasQuantity(quantity, experiment)));
  const ofGates = (quantity: LayerQuantity) => quantity === 'gateMean' || quantity === 'gateSaturated';
  const isMissing = (quantity: LayerQuantity) =>
    ofGates(quantity) && experiments.every(({ model, probes }) => model.kind !== 'recurrent' || probes.layers === 'gradients');
  return [
    ...known.filter((quantity) => !isMissing(quantity)).map((quantity) => ({ quantity })),
    ...known.filter(isMissing).map((quantity) => ({ quantity, reason: 'Not measured: probes.layers is “gradients”.' })),
    ...(known.includes(chosen) ? [] : [{ quantity: chosen, reason: 'Neither run has it.' }]),
  ];
}

/** Whether a network of this kind has what the quantity is of. */
function hasQuantity(quantity: LayerQuantity, { model }: Experiment): boolean {
  const isRecurrent = model.kind === 'recurrent';
  if (quantity === 'cell') return isRecurrent && model.cell === 'lstm';
  if (LAYER_QUANTITY[quantity].ofSteps) return isRecurrent;
  return quantity === 'rms' || quantity === 'blocked' ? !isRecurrent : true;
}

function gateNames({ recurrentLayers, isAll }: LayerNames): string[] {
  if (!isAll) return [];
  return recurrentLayers.flatMap(({ name, gates, steps }) => gates.flatMap((gate) => stepNames(`${name}.${gate}`, steps)));
}

/** From a recorded value to a place on the axis: log10, or the share itself. */
export function positionOf(quantity: LayerQuantity): (value: number) => number {
  return LAYER_QUANTITY[quantity].scale === 'log' ? (log2) => log2 * LOG10_2 : (share) => share;
}

export function formatLayer(quantity: LayerQuantity): (value: number) => string {
  switch (LAYER_QUANTITY[quantity].scale) {
    case 'log':
      return formatLog2;
    case 'mean':
      return (mean) => (Number.isFinite(mean) ? formatMean(mean) : nonFiniteName(mean));
    case 'share':
      return (share) => (Number.isNaN(share) ? 'none' : formatPercent(share));
  }
}

function formatMean(mean: number): string {
  return (Math.abs(mean) < 0.005 ? 0 : mean).toFixed(2).replace('-', '−');
}

/** Range and ticks of an axis that is no logarithm. */
export function linearAxis(quantity: LayerQuantity, hasNegative: boolean) {
  const label = axisLabel(quantity);
  const low = LAYER_QUANTITY[quantity].scale === 'mean' && hasNegative ? -1 : 0;
  return { range: [low, 1] as const, ticks: linearTicks(low, 1, 5, label, 0.01) };
}

/** What stands at a position of a quantity's axis or colour scale. */
export function axisLabel(quantity: LayerQuantity): (position: number) => string {
  switch (LAYER_QUANTITY[quantity].scale) {
    case 'log':
      return formatTick;
    case 'mean':
      return (mean) => String(Number(mean.toPrecision(2))).replace('-', '−');
    case 'share':
      return (share) => `${Math.round(100 * share)} %`;
  }
}
