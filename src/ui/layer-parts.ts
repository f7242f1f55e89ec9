/** What of a quantity is looked at together: all layers of a network, or the steps of one recurrent layer. */
import type { Trace } from '../metrics/trace.ts';
import { GATES } from '../model/recurrent-network.ts';
import type { Experiment } from '../model/schema.ts';
import { LAYER_QUANTITY, type LayerQuantity } from './layer-quantity.ts';

/** Neighbouring values of a record that make one curve. */
export interface Curve {
  /** `h0`, `c0`; empty for the layers of a network. */
  readonly name: string;
  /** `f`; empty where it is of no gate. */
  readonly gate: string;
  /** Index of the first value in the record's series, and how many. */
  readonly first: number;
  readonly count: number;
}

type Shaped = Pick<Trace, 'shape'>;

/** Names of the recurrent layers of which a quantity is measured; empty for a quantity that has no steps. */
export function partsOf(quantity: LayerQuantity, { model }: Experiment): readonly string[] {
  if (!LAYER_QUANTITY[quantity].ofSteps || model.kind !== 'recurrent') return [];
  if (quantity === 'cell' && model.cell !== 'lstm') return [];
  return Array.from({ length: model.layers }, (_, k) => `${quantity === 'cell' ? 'c' : 'h'}${k}`);
}

/**
 * The curves of a quantity: one, or one for each gate; none where nothing is measured.
 *
 * @param part recurrent layer; by default, and beyond the last, the last
 */
export function curvesOf(quantity: LayerQuantity, trace: Shaped, experiment: Experiment, part = Infinity): readonly Curve[] {
  const { shape } = trace;
  const { model } = experiment;
  if (!LAYER_QUANTITY[quantity].ofSteps) return [{ name: '', gate: '', first: 0, count: lengthOf(quantity, trace) }];
  const parts = partsOf(quantity, experiment);
  if (model.kind !== 'recurrent' || parts.length === 0 || lengthOf(quantity, trace) === 0) return [];
  const k = Math.min(part, parts.length - 1);
  const count = shape.log2Dh / model.layers;
  const isOfGates = quantity === 'gateMean' || quantity === 'gateSaturated';
  const gates: readonly string[] = isOfGates ? GATES[model.cell] : [''];
  return gates.map((gate, g) => ({
    name: parts[k],
    // The only gate of a vanilla cell is its state.
    gate: gates.length > 1 ? gate : '',
    first: (k * gates.length + g) * count,
    count,
  }));
}

const SERIES = {
  gradient: 'log2Dz',
  weightGradient: 'log2Dw',
  rms: 'log2Rms',
  blocked: 'blocked',
  weight: 'log2Weight',
  ratio: 'log2Update',
  state: 'log2Dh',
  cell: 'log2Dc',
  gateMean: 'gateMean',
  gateSaturated: 'gateSaturated',
} as const satisfies Record<LayerQuantity, keyof Trace['shape']>;

function lengthOf(quantity: LayerQuantity, { shape }: Shaped): number {
  return shape[SERIES[quantity]];
}

/** The gate that a map shows unless another is chosen: the one that keeps the state. */
export function mapCurve(curves: readonly Curve[], gate: string | undefined): Curve | undefined {
  const keeps = ['f', 'z'];
  return curves.find((curve) => curve.gate === gate) ?? curves.find((curve) => keeps.includes(curve.gate)) ?? curves[0];
}

/** `h0`, `h0.f`. */
export function curveName({ name, gate }: Curve): string {
  return gate === '' ? name : `${name}.${gate}`;
}

/** What stands at a place of a curve: `step 17 of h0`, `step 17 of h0.f`. */
export function stepName(curve: Curve, step: number): string {
  return `step ${step} of ${curveName(curve)}`;
}
