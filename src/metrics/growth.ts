/** How fast gradients grow from layer to layer, measured. */

/** Growth of a norm per layer, fitted over a stack. */
export interface Growth {
  /** Factor per layer towards the input: above 1 the gradient explodes on its way back, below 1 it vanishes. */
  readonly factor: number;
  /** Standard error of `factor`. */
  readonly standardError: number;
  /** log2 of the fitted norm at layer 0, the input side. */
  readonly log2AtInput: number;
  /** log2 growth per layer towards the input, `log2(factor)`. */
  readonly log2PerLayer: number;
  /** Layers that had a finite, non-zero norm. */
  readonly layers: number;
}

/** Below three points a line leaves no residual and the standard error has no meaning. */
const FEWEST_LAYERS = 3;

/**
 * Least squares of log2 ‖dL/dz_l‖ over the layer index l. With y_l = a + b l the norm changes by 2^b per layer away from the
 * input, so by 2^−b towards it; the standard error follows from that of b by the delta method, |d 2^−b / db| = ln 2 · 2^−b.
 *
 * @param log2Dz log2 norms, input side first; non-finite entries (a zero norm is −Infinity) are left out
 * @returns undefined with fewer than three usable layers
 * ref: Glorot and Bengio 2010, section 3.2; Montgomery, Peck and Vining 2012, eq. 2.24 (standard error of a slope)
 */
export function fitGrowth(log2Dz: ArrayLike<number>): Growth | undefined {
  const layers: number[] = [];
  for (let l = 0; l < log2Dz.length; l++) if (Number.isFinite(log2Dz[l])) layers.push(l);
  const n = layers.length;
  if (n < FEWEST_LAYERS) return undefined;
  const meanX = layers.reduce((sum, l) => sum + l, 0) / n;
  const meanY = layers.reduce((sum, l) => sum + log2Dz[l], 0) / n;
  let sxx = 0;
  let sxy = 0;
  for (const l of layers) {
    sxx += (l - meanX) ** 2;
    sxy += (l - meanX) * (log2Dz[l] - meanY);
  }
  const b = sxy / sxx;
  const a = meanY - b * meanX;
  let residual = 0;
  for (const l of layers) residual += (log2Dz[l] - a - b * l) ** 2;
  const errorOfB = Math.sqrt(residual / (n - 2) / sxx);
  const factor = 2 ** -b;
  return { factor, standardError: Math.LN2 * factor * errorOfB, log2AtInput: a, log2PerLayer: -b, layers: n };
}
