/** Section A's points that First light covers: ln χ₁ and κ from the closed forms and the mean-field integrals. */
import type { Activation } from '../../src/model/schema.ts';

export interface MeanFieldPoint {
  readonly activation: Activation;
  readonly weightVariance: number;
  readonly biasVariance: number;
  /** χ₁ = σw² E[φ′(√q* z)²]: the factor of ‖dL/dz‖² per layer towards the input. Poole et al. 2016; Schoenholz et al. 2017. */
  readonly chi1: number;
  /** κ = 3 E[φ′⁴]/E[φ′²]² − 1: finite width adds −κ/2n to the mean of ln(ratio) and gives it variance κ/n. Hanin, Nica 2018. */
  readonly kappa: number;
}

export const MEAN_FIELD_POINTS: readonly MeanFieldPoint[] = [
  // linear: χ₁ = σw², φ′ = 1 so κ = 2
  { activation: 'linear', weightVariance: 1.21, biasVariance: 0, chi1: 1.21, kappa: 2 },
  // ReLU: χ₁ = σw²/2, φ′⁴ = φ′² = φ′ with mean 1/2 so κ = 3·(1/2)/(1/4) − 1 = 5
  { activation: 'relu', weightVariance: 1, biasVariance: 0.1, chi1: 0.5, kappa: 5 },
  { activation: 'relu', weightVariance: 2, biasVariance: 0, chi1: 1, kappa: 5 },
  { activation: 'relu', weightVariance: 4, biasVariance: 0, chi1: 2, kappa: 5 },
  // tanh, sigmoid, GELU and SELU: Gaussian quadrature of the fixed point q* = σw² E[φ(√q* z)²] + σb²
  { activation: 'tanh', weightVariance: 0.5, biasVariance: 0, chi1: 0.5, kappa: 2 },
  { activation: 'tanh', weightVariance: 1, biasVariance: 0.05, chi1: 0.75903, kappa: 2.3 },
  { activation: 'tanh', weightVariance: 1.5, biasVariance: 0.05, chi1: 0.93864, kappa: 2.74 },
  { activation: 'tanh', weightVariance: 2.5, biasVariance: 0.05, chi1: 1.13352, kappa: 3.85 },
  { activation: 'tanh', weightVariance: 4, biasVariance: 0.05, chi1: 1.3424, kappa: 5.36 },
  { activation: 'sigmoid', weightVariance: 16, biasVariance: 0, chi1: 0.39888, kappa: 4.43 },
  { activation: 'gelu', weightVariance: 1, biasVariance: 0.2, chi1: 0.37017, kappa: 4.93 },
  { activation: 'selu', weightVariance: 1, biasVariance: 0, chi1: 1.07157, kappa: 2.95 },
];

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
