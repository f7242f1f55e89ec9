/** Twins of shaders/linear: sums in double precision, rounded once. */
import { wordsOf, writePair } from '../../../math/norm-pair.ts';
import { CURVES, chain } from '../../../model/activation.ts';
import { presentReplicas } from '../active.ts';
import { multiply } from '../product.ts';
import { activationOf, four, sixteen, type Twins } from '../twin.ts';

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

export const linearTwins: Twins<'linear_forward' | 'linear_backward_input' | 'linear_backward_weight'> = {
  linear_forward({ x, W, bias, z, h, partial, status }, { FIRST, B, I, O, HAS_BIAS, ACT }, [, , R]) {
    const [B4, I4, O4] = [four(B), four(I), four(O)];
    const activation = activationOf(ACT);
    const phi = activation && CURVES[activation].phi;
    for (const r of presentReplicas(status, FIRST, R)) {
      // z[b,o] = sum_i x[b,i] W[i,o] + bias[o]
      const sum = multiply(
        { values: x, base: r * B4 * I4, rowStride: I4, columnStride: 1 },
        { values: W, base: r * I4 * O4, rowStride: O4, columnStride: 1 },
        [B, I, O],
        HAS_BIAS ? bias.subarray(r * sixteen(O)) : undefined,
      );
      for (let b = 0; b < B; b++) {
        const at = (r * B4 + b) * O4;
        for (let o = 0; o < O; o++) z[at + o] = sum[b * O4 + o];
        if (phi) for (let o = 0; o < O; o++) h[at + o] = phi(z[at + o]);
      }
      tilePairs(z, r * B4 * O4, B4, O4, partial, (r * B4 * O4) / 8);
    }
  },

  linear_backward_input({ dz, W, zx, dx, partial, status }, { FIRST, B, I, O, ACT }, [, , R]) {
    const [B4, I4, O4] = [four(B), four(I), four(O)];
    const activation = activationOf(ACT);
    for (const r of presentReplicas(status, FIRST, R)) {
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
          dx[at + i] = activation ? chain(activation, sum[b * I4 + i], zx[at + i]) : sum[b * I4 + i];
        }
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
