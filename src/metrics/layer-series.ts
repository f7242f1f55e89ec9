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
  /** log2 ‖dL/dh_t‖, back-propagated through time: layer by layer, of each all steps. */
  'log2Dh',
  /** log2 ‖dL/dc_t‖ of LSTM layers, likewise. */
  'log2Dc',
  /** Mean of a gate over examples and units: layer by layer, of each gate by gate, of each all steps. */
  'gateMean',
  /** Share of a gate that is saturated, or of a vanilla ReLU layer that is 0; NaN where neither can be. Likewise. */
  'gateSaturated',
  /** Histogram of log2 |g| of each weight's gradient g before clipping: of each the `HISTOGRAM_WORDS` numbers of `histogramsOf`. */
  'histogram',
] as const;
export type LayerSeries = (typeof LAYER_SERIES)[number];

/** A recurrent layer as its records see it. */
export interface RecurrentLayer {
  /** `h0`… */
  readonly name: string;
  readonly gates: readonly string[];
  readonly steps: number;
  /** Whether it has a second state, c. */
  readonly hasCell: boolean;
}

/** Names of the layers: what has a ‖dL/dz‖, which weights, whose outputs are measured, and what walks along sequences. */
export interface LayerNames {
  readonly gradientLayers: readonly string[];
  readonly weightLayers: readonly string[];
  readonly unitLayers: readonly string[];
  readonly recurrentLayers: readonly RecurrentLayer[];
  /** Whether weights and gates are measured, or gradients alone. */
  readonly isAll: boolean;
  /** Whether overflows of float16 are counted. */
  readonly isHalf: boolean;
  /** Whether histograms of the weights' gradients are recorded. */
  readonly hasHistograms: boolean;
}

/**
 * A histogram of log2 |g| in a record: `HISTOGRAM_HEAD` numbers, then `BINS` counts of numbers within `OCTAVES` of each other, from the
 * smallest subnormal number of float32 to its largest; `shaders/probe/gradient_histogram.wgsl` holds the same numbers.
 */
export const BINS = 140;
export const OCTAVES = 2;
export const HISTOGRAM_HEAD = 4;
export const HISTOGRAM_WORDS = HISTOGRAM_HEAD + BINS;

/** How many numbers each series has in a record; 0 for one that is not measured. */
export type LayerShape = Readonly<Record<LayerSeries, number>>;

/** The shape of a plan's records. */
export function shapeOf(names: LayerNames): LayerShape {
  const { gradientLayers, weightLayers, unitLayers, recurrentLayers, isAll, isHalf, hasHistograms } = names;
  const [gradients, weights, units] = [gradientLayers.length, weightLayers.length, unitLayers.length];
  const sum = (of: (layer: RecurrentLayer) => number) => recurrentLayers.reduce((total, layer) => total + of(layer), 0);
  const gates = isAll ? sum(({ gates, steps }) => gates.length * steps) : 0;
  return {
    log2Dz: gradients,
    log2Dw: weights,
    log2Rms: units,
    blocked: units,
    log2Weight: isAll ? weights : 0,
    log2Update: isAll ? weights : 0,
    overflowDz: isHalf ? gradients : 0,
    overflowH: isHalf ? units : 0,
    log2Dh: sum(({ steps }) => steps),
    log2Dc: sum(({ steps, hasCell }) => (hasCell ? steps : 0)),
    gateMean: gates,
    gateSaturated: gates,
    histogram: hasHistograms ? HISTOGRAM_WORDS * weights : 0,
  };
}

/** The shape of records of a network without sequences, in float32. @param units hidden layers; with none gradients alone are measured */
export function layerShape(gradients: number, weights: number, units: number): LayerShape {
  const names = (n: number) => new Array<string>(n).fill('');
  return shapeOf({
    gradientLayers: names(gradients),
    weightLayers: names(weights),
    unitLayers: names(units),
    recurrentLayers: [],
    isAll: units > 0,
    isHalf: false,
    hasHistograms: false,
  });
}

/** Name of the rows of one step of a tensor. */
export function stepName(tensor: string, t: number): string {
  return `${tensor}[${t}]`;
}

/** Names of the rows of all steps. */
export function stepNames(tensor: string, steps: number): string[] {
  return Array.from({ length: steps }, (_, t) => stepName(tensor, t));
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
