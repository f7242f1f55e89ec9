/** Twins of shaders/linear: sums in double precision, rounded once. */
import { wordsOf, writePair } from '../../../math/norm-pair.ts';
import { CURVES, chain } from '../../../model/activation.ts';
import { presentReplicas } from '../active.ts';
import { multiply } from '../product.ts';
import { exponentOf, leadingExponent, peakOf, powerOfTwo, raisePeak, writeExponent } from '../range.ts';
import { activationOf, four, sixteen, type Twins } from '../twin.ts';
import { phiExponent, scaledPhi } from './activation.ts';

/** Norm pairs of the 4×4 tiles of a (rows, columns) matrix, both multiples of 4. */
function tilePairs(values: Float32Array, base: number, rows: number, columns: number, out: Uint32Array, at: number): void {
  const words = wordsOf(values);
  let to = at;
  for (let row = 0; row < rows; row += 4) {
    for (let column = 0; column < columns; column += 4) {
      writePair(words, base + row * columns + column, 4, 4, columns, out, to);
      to += 2;
    }
  }
}

/** Exponents beyond which a bias would lose digits, or make its sum lose them, in double precision. */
const FAR = 300;

/** The exponent of x W + bias: that of the product, but high enough for the largest bias. */
export function exponentOfSum(product: number, bias: Float32Array | undefined): number {
  const largest = bias ? peakOf(bias) : 0;
  return largest < 0x00800000 || largest >= 0x7f800000 ? product : Math.max(product, (largest >>> 23) - 127);
}

export const linearTwins: Twins<'linear_forward' | 'linear_backward_input' | 'linear_backward_weight'> = {
  linear_forward({ x, W, bias, z, h, partial, status, range }, constants, [, , R]) {
    const { FIRST, B, I, O, HAS_BIAS, ACT, EXTENDED, X_AT, Z_AT, H_AT } = constants;
    const [B4, I4, O4] = [four(B), four(I), four(O)];
    const activation = activationOf(ACT);
    for (const r of presentReplicas(status, FIRST, R)) {
      const shift = HAS_BIAS ? bias.subarray(r * sixteen(O), r * sixteen(O) + O) : undefined;
      const ex = EXTENDED ? exponentOf(range, X_AT, r) : 0;
      const e = EXTENDED ? exponentOfSum(leadingExponent(range, X_AT, r), shift) : 0;
      const phi = activation && (EXTENDED ? scaledPhi(activation, e) : CURVES[activation].phi);
      const [up, down] = [powerOfTwo(ex - e), powerOfTwo(-e)];
      // Sums start from the bias wherever it fits their exponent, so that they are rounded as they are at exponent 0.
      const isFar = Math.abs(ex) > FAR;
      const start = isFar ? undefined : shift && Array.from(shift, (value) => value * powerOfTwo(-ex));
      // z[b,o] = sum_i x[b,i] W[i,o] + bias[o]
      const sum = multiply(
        { values: x, base: r * B4 * I4, rowStride: I4, columnStride: 1 },
        { values: W, base: r * I4 * O4, rowStride: O4, columnStride: 1 },
        [B, I, O],
        start,
      );
      for (let b = 0; b < B; b++) {
        const at = (r * B4 + b) * O4;
        for (let o = 0; o < O; o++) z[at + o] = sum[b * O4 + o] * up + (isFar && shift ? shift[o] * down : 0);
        if (phi) for (let o = 0; o < O; o++) h[at + o] = phi(z[at + o]);
      }
      if (EXTENDED) {
        const next = activation ? h : z;
        writeExponent(range, Z_AT, r, e);
        writeExponent(range, H_AT, r, phiExponent(activation ?? 'linear', e));
        raisePeak(range, H_AT, r, peakOf(next.subarray(r * B4 * O4, (r + 1) * B4 * O4)));
      }
      tilePairs(z, r * B4 * O4, B4, O4, partial, (r * B4 * O4) / 8);
    }
  },

  linear_backward_input({ dz, W, zx, dx, partial, status, range }, constants, [, , R]) {
    const { FIRST, B, I, O, ACT, EXTENDED, DZ_AT, ZX_AT, DX_AT } = constants;
    const [B4, I4, O4] = [four(B), four(I), four(O)];
    const activation = activationOf(ACT);
    for (const r of presentReplicas(status, FIRST, R)) {
      const e = EXTENDED ? leadingExponent(range, DZ_AT, r) : 0;
      const scale = EXTENDED ? powerOfTwo(exponentOf(range, DZ_AT, r) - e) : 1;
      const up = EXTENDED ? powerOfTwo(exponentOf(range, ZX_AT, r)) : 1;
      // forward: z[b,o] = sum_i x[b,i] W[i,o], x = phi(zx)
      // dx[b,i] = phi'(zx[b,i]) sum_o dz[b,o] W[i,o]
      const sum = multiply(
        { values: dz, base: r * B4 * O4, rowStride: O4, columnStride: 1 },
        { values: W, base: r * I4 * O4, rowStride: 1, columnStride: O4 },
        [B, O, I],
      );
      for (let b = 0; b < B; b++) {
        const at = (r * B4 + b) * I4;
        for (let i = 0; i < I; i++) {
          const d = sum[b * I4 + i] * scale;
          dx[at + i] = activation ? chain(activation, d, zx[at + i] * up) : d;
        }
      }
      if (EXTENDED) {
        writeExponent(range, DX_AT, r, e);
        raisePeak(range, DX_AT, r, peakOf(dx.subarray(r * B4 * I4, (r + 1) * B4 * I4)));
      }
      tilePairs(dx, r * B4 * I4, B4, I4, partial, (r * B4 * I4) / 8);
    }
  },

  linear_backward_weight({ x, dz, dW, dbias, partial, partial_bias, status }, constants, [, , depth]) {
    const { R, FIRST, B, I, O, HAS_BIAS, X_STRIDE, DZ_STRIDE, DW_STRIDE, DBIAS_STRIDE, PARTIAL_STRIDE, PARTIAL_BIAS_STRIDE } =
      constants;
    const [B4, I4, O4] = [four(B), four(I), four(O)];
    const biasWords = wordsOf(dbias);
    const biasSum = new Float64Array(O);
    const replicas = presentReplicas(status, FIRST, R);
    for (let n = 0; n < (depth / R) * replicas.length; n++) {
      const [layer, r] = [Math.floor(n / replicas.length), replicas[n % replicas.length]];
      const xBase = 4 * layer * X_STRIDE + r * B4 * I4;
      const dzBase = 4 * layer * DZ_STRIDE + r * B4 * O4;
      const dwBase = 4 * layer * DW_STRIDE + r * I4 * O4;
      // forward: z[b,o] = sum_i x[b,i] W[i,o]
      // dW[i,o] = sum_b x[b,i] dz[b,o]
      const sum = multiply(
        { values: x, base: xBase, rowStride: 1, columnStride: I4 },
        { values: dz, base: dzBase, rowStride: O4, columnStride: 1 },
        [I, B, O],
      );
      for (let i = 0; i < I; i++) for (let o = 0; o < O; o++) dW[dwBase + i * O4 + o] = sum[i * O4 + o];
      tilePairs(dW, dwBase, I4, O4, partial, 2 * layer * PARTIAL_STRIDE + (r * I4 * O4) / 8);
      if (!HAS_BIAS) continue;
      // forward: z[b,o] = ... + bias[o]
      // dbias[o] = sum_b dz[b,o]
      biasSum.fill(0);
      for (let b = 0; b < B; b++) for (let o = 0; o < O; o++) biasSum[o] += dz[dzBase + b * O4 + o];
      const biasBase = 4 * layer * DBIAS_STRIDE + r * sixteen(O);
      for (let o = 0; o < O; o++) dbias[biasBase + o] = biasSum[o];
      for (let o = 0; o < O4; o += 4) {
        writePair(biasWords, biasBase + o, 1, 4, 0, partial_bias, 2 * layer * PARTIAL_BIAS_STRIDE + 2 * ((r * O4) / 4 + o / 4));
      }
    }
  },
};
