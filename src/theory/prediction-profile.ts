/** Predicted log2 norms by layer, relative to the last one. */
import { type Curve, finiteWidthVariance, gradientFactor, isHomogeneous, nextVariance, type Variances } from './mean-field.ts';

/** A change of the variance per layer, relative, below which it has settled. */
const SETTLED = 1e-9;
/** A prediction is drawn, not compared digit by digit. */
const NODES = 32;

/** One slope throughout. */
export function straightProfile(log2PerLayer: number, layers: number): Float64Array {
  return Float64Array.from({ length: layers }, (_, l) => (layers - 1 - l) * log2PerLayer);
}

/**
 * The variance q_l is followed from layer to layer, so that the profile holds before it has settled, too: the norm changes from
 * layer l + 1 to l by √χ₁(q_l), and at width n by −κ(q_l)/4n more in its logarithm.
 *
 * @param kappaLess what κ lacks beside Gaussian weights: 2 for orthogonal ones
 * @param first variance of the first pre-activations
 */
export function gaussianProfile(
  curve: Curve,
  variances: Variances,
  { width, kappaLess }: { readonly width: number; readonly kappaLess: number },
  first: number,
  layers: number,
): Float64Array {
  const log2Factor = (q: number) =>
    (Math.log(gradientFactor(curve, variances.weight, q, NODES)) -
      (finiteWidthVariance(curve, q, NODES) - kappaLess) / (2 * width)) /
    (2 * Math.LN2);
  if (isHomogeneous(curve)) return straightProfile(log2Factor(1), layers);
  const steps = new Float64Array(layers);
  let [q, settled] = [first, false];
  for (let l = 0; l < layers - 1; l++) {
    steps[l] = settled ? steps[l - 1] : log2Factor(q);
    if (settled) continue;
    const next = nextVariance(curve, variances, q, NODES);
    settled = Math.abs(next - q) <= SETTLED * q || !Number.isFinite(next);
    q = next;
  }
  const profile = new Float64Array(layers);
  for (let l = layers - 2; l >= 0; l--) profile[l] = profile[l + 1] + steps[l];
  return profile;
}
