/** The points at which growth rates are measured, what theory predicts there and how close a measurement must come. */
import { ACTIVATIONS, type Activation } from '../../src/model/schema.ts';
import { finiteWidthVariance, fixedVariance, gradientFactor } from '../../src/theory/mean-field.ts';
import { curveOf } from './curves.ts';
import table from './mean-field-table.json' with { type: 'json' };

export interface MeanFieldPoint {
  /** A name that `curveOf` knows. */
  readonly activation: string;
  readonly weightVariance: number;
  readonly biasVariance: number;
  /** χ₁: the factor of ‖dL/dz‖² per layer towards the input. */
  readonly chi1: number;
  /** Finite width n adds −κ/2n to the mean of ln(ratio) and gives it variance κ/n. */
  readonly kappa: number;
}

/** A point on theory of `src/theory`, which is held to the table by a test of its own. */
export function pointOf(activation: string, weightVariance: number, biasVariance: number): MeanFieldPoint {
  const curve = curveOf(activation);
  const q = fixedVariance(curve, { weight: weightVariance, bias: biasVariance });
  const at = q === 'any' ? 1 : q;
  const chi1 = gradientFactor(curve, weightVariance, at);
  return { activation, weightVariance, biasVariance, chi1, kappa: finiteWidthVariance(curve, at) };
}

export const MEAN_FIELD_POINTS: readonly MeanFieldPoint[] = table.points.map(({ activation, weightVariance, biasVariance }) =>
  pointOf(activation, weightVariance, biasVariance),
);

export function isProductActivation(name: string): name is Activation {
  return (ACTIVATIONS as readonly string[]).includes(name);
}

/** Predicted slope of ln ‖dL/dz‖² per layer towards the input at width n. */
export function predictedSlope({ chi1, kappa }: MeanFieldPoint, n: number): number {
  return Math.log(chi1) - kappa / (2 * n);
}

/**
 * A-priori tolerance: four standard errors of the mean over `seeds` networks and `layers` independent layers, each of
 * variance κ/n, plus 0.005 for the integral's and the fit's own error.
 */
export function slopeTolerance({ kappa }: MeanFieldPoint, n: number, layers: number, seeds: number): number {
  return 4 * Math.sqrt(kappa / (n * layers * seeds)) + 0.005;
}
