/** Activations of the published points: the product's, and two that it does not have. */
import { CURVES, erfc } from '../../src/model/activation.ts';
import type { Activation } from '../../src/model/schema.ts';
import type { Curve } from '../../src/theory/mean-field.ts';

const EXTRA: Readonly<Record<string, Curve>> = {
  erf: { phi: (z) => 1 - erfc(z), dphi: (z) => (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) },
  'leaky_relu_0.2': { phi: (z) => (z < 0 ? 0.2 * z : z), dphi: (z) => (z > 0 ? 1 : 0.2) },
};

export function curveOf(name: string): Curve {
  return EXTRA[name] ?? CURVES[name as Activation];
}
