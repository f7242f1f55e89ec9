/** What is measured of every layer, in the order in which the device writes it; input side first within each. */
export const LAYER_SERIES = [
  /** log2 ‖dL/dz‖, of pre-activations or of the residual stream. */
  'log2Dz',
  /** log2 ‖dL/dW‖ before clipping, of weight matrices. */
  'log2Dw',
  /** log2 of the root mean square of a hidden layer's outputs over batch and units. */
  'log2Rms',
  /** Share of a hidden layer that passes no gradient on: dead ReLUs, saturated outputs of tanh or sigmoid; NaN where there is neither. */
  'blocked',
  /** log2 ‖W‖ after the update. */
  'log2Weight',
  /** log2 ‖ΔW‖ of the update itself. */
  'log2Update',
  /** Elements of dL/dz that are not finite; in float16 alone, where overflow is no accident. */
  'overflowDz',
  /** Outputs of a hidden layer that are not finite; in float16 alone. */
  'overflowH',
] as const;
export type LayerSeries = (typeof LAYER_SERIES)[number];

/** Names of the layers: what has a ‖dL/dz‖, which weights, and whose outputs are measured. */
export interface LayerNames {
  readonly gradientLayers: readonly string[];
  readonly weightLayers: readonly string[];
  readonly unitLayers: readonly string[];
}

/** How many layers each series has; 0 for one that is not measured. */
export type LayerShape = Readonly<Record<LayerSeries, number>>;

/**
 * @param units hidden layers whose outputs are measured, with which the weights' own norms are; 0 for neither
 * @param isHalf whether overflows of float16 are counted
 */
export function layerShape(gradients: number, weights: number, units: number, isHalf = false): LayerShape {
  const norms = units > 0 ? weights : 0;
  return {
    log2Dz: gradients,
    log2Dw: weights,
    log2Rms: units,
    blocked: units,
    log2Weight: norms,
    log2Update: norms,
    overflowDz: isHalf ? gradients : 0,
    overflowH: isHalf ? units : 0,
  };
}

/** The shape of a plan's records. */
export function shapeOf({
  gradientLayers,
  weightLayers,
  unitLayers,
  isHalf,
}: LayerNames & { readonly isHalf: boolean }): LayerShape {
  return layerShape(gradientLayers.length, weightLayers.length, unitLayers.length, isHalf);
}

/** Numbers in a record. */
export function layerWords(shape: LayerShape): number {
  return LAYER_SERIES.reduce((sum, name) => sum + shape[name], 0);
}

/** The series of a record, as views. */
export function splitLayers(record: Float32Array, shape: LayerShape): Readonly<Record<LayerSeries, Float32Array>> {
  let at = 0;
  const parts = LAYER_SERIES.map((name) => {
    at += shape[name];
    return [name, record.subarray(at - shape[name], at)] as const;
  });
  return Object.fromEntries(parts) as Record<LayerSeries, Float32Array>;
}
