/** Deep Gaussian networks in double precision with any φ: for activations that the product does not have. */
import { normals, PURPOSE } from '../../src/math/philox.ts';
import type { Curve } from '../../src/theory/mean-field.ts';

export interface DoubleRequest {
  readonly curve: Curve;
  readonly weightVariance: number;
  readonly biasVariance: number;
  readonly width: number;
  readonly layers: number;
  readonly seeds: number;
}

/** ln ‖dL/dz_l‖², (seeds, layers), of one example and a random gradient at the top. */
export function doubleProfile({ seeds, ...request }: DoubleRequest): number[][] {
  return Array.from({ length: seeds }, (_, k) => profileOf(request, 1000 + k));
}

function profileOf(request: Omit<DoubleRequest, 'seeds'>, seed: number): number[] {
  const { curve, weightVariance, biasVariance, width: n, layers } = request;
  const weights = Array.from({ length: layers }, (_, l) =>
    normals(seed, PURPOSE.weights, 2 * l, n * n, Math.sqrt(weightVariance / n)),
  );
  let h = Float64Array.from(normals(seed, PURPOSE.teacher, 0, n, 1));
  const z = weights.map((W, l) => {
    const out = Float64Array.from(normals(seed, PURPOSE.weights, 2 * l + 1, n, Math.sqrt(biasVariance)));
    for (let i = 0; i < n; i++) for (let o = 0; o < n; o++) out[o] += h[i] * W[i * n + o];
    h = out.map(curve.phi);
    return out;
  });
  let dz = Float64Array.from(normals(seed, PURPOSE.noise, 0, n, 1));
  const logs = new Array<number>(layers);
  for (let l = layers - 1; l >= 0; l--) {
    logs[l] = Math.log(dz.reduce((sum, value) => sum + value * value, 0));
    if (l === 0) break;
    const W = weights[l];
    const above = dz;
    dz = z[l - 1].map((value, i) => {
      let sum = 0;
      for (let o = 0; o < n; o++) sum += W[i * n + o] * above[o];
      return sum * curve.dphi(value);
    });
  }
  return logs;
}
