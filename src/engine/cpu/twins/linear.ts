/** Twins of shaders/linear: sums in double precision, rounded once. */
import { PairCollector } from '../../../math/norm-pair.ts';
import { CURVES, chain } from '../../../model/activation.ts';
import { activationOf, four, sixteen, type Twins } from '../twin.ts';

const collector = new PairCollector();

/** Norm pairs of the 4×4 tiles of a (rows, columns) matrix, both multiples of 4. */
function tilePairs(values: Float32Array, base: number, rows: number, columns: number, out: Uint32Array, at: number): void {
  for (let row = 0; row < rows; row += 4) {
    for (let column = 0; column < columns; column += 4) {
      for (let k = 0; k < 16; k++) collector.add(values[base + (row + (k >> 2)) * columns + column + (k & 3)]);
      collector.finish(out, at + 2 * ((row / 4) * (columns / 4) + column / 4));
    }
  }
}

export const linearTwins: Twins<'linear_forward' | 'linear_backward_input' | 'linear_backward_weight'> = {
  linear_forward({ x, W, bias, z, h, partial }, { B, I, O, HAS_BIAS, ACT }, [, , R]) {
    const [B4, I4, O4] = [four(B), four(I), four(O)];
    const activation = activationOf(ACT);
    const sum = new Float64Array(O);
    for (let r = 0; r < R; r++) {
      for (let b = 0; b < B; b++) {
        // z[b,o] = sum_i x[b,i] W[i,o] + bias[o]
        for (let o = 0; o < O; o++) sum[o] = HAS_BIAS ? bias[r * sixteen(O) + o] : 0;
        for (let i = 0; i < I; i++) {
          const xi = x[(r * B4 + b) * I4 + i];
          const row = (r * I4 + i) * O4;
          for (let o = 0; o < O; o++) sum[o] += xi * W[row + o];
        }
        const at = (r * B4 + b) * O4;
        for (let o = 0; o < O; o++) z[at + o] = sum[o];
        if (activation) for (let o = 0; o < O; o++) h[at + o] = CURVES[activation].phi(z[at + o]);
      }
      tilePairs(z, r * B4 * O4, B4, O4, partial, (r * B4 * O4) / 8);
    }
  },

  linear_backward_input({ dz, W, zx, dx, partial }, { B, I, O, ACT }, [, , R]) {
    const [B4, I4, O4] = [four(B), four(I), four(O)];
    const activation = activationOf(ACT);
    for (let r = 0; r < R; r++) {
      for (let b = 0; b < B; b++) {
        const from = (r * B4 + b) * O4;
        for (let i = 0; i < I; i++) {
          // forward: z[b,o] = sum_i x[b,i] W[i,o], x = phi(zx)
          // dx[b,i] = phi'(zx[b,i]) sum_o dz[b,o] W[i,o]
          const row = (r * I4 + i) * O4;
          let sum = 0;
          for (let o = 0; o < O; o++) sum += dz[from + o] * W[row + o];
          const at = (r * B4 + b) * I4 + i;
          dx[at] = activation ? chain(activation, sum, zx[at]) : sum;
        }
      }
      tilePairs(dx, r * B4 * I4, B4, I4, partial, (r * B4 * I4) / 8);
    }
  },

  linear_backward_weight({ x, dz, dW, dbias, partial, partial_bias }, constants, [, , depth]) {
    const { R, B, I, O, HAS_BIAS, X_STRIDE, DZ_STRIDE, DW_STRIDE, DBIAS_STRIDE, PARTIAL_STRIDE, PARTIAL_BIAS_STRIDE } = constants;
    const [B4, I4, O4] = [four(B), four(I), four(O)];
    const sum = new Float64Array(O);
    for (let n = 0; n < depth; n++) {
      const [layer, r] = [Math.floor(n / R), n % R];
      const xBase = 4 * layer * X_STRIDE + r * B4 * I4;
      const dzBase = 4 * layer * DZ_STRIDE + r * B4 * O4;
      const dwBase = 4 * layer * DW_STRIDE + r * I4 * O4;
      for (let i = 0; i < I; i++) {
        // forward: z[b,o] = sum_i x[b,i] W[i,o]
        // dW[i,o] = sum_b x[b,i] dz[b,o]
        sum.fill(0);
        for (let b = 0; b < B; b++) {
          const xi = x[xBase + b * I4 + i];
          for (let o = 0; o < O; o++) sum[o] += xi * dz[dzBase + b * O4 + o];
        }
        for (let o = 0; o < O; o++) dW[dwBase + i * O4 + o] = sum[o];
      }
      tilePairs(dW, dwBase, I4, O4, partial, 2 * layer * PARTIAL_STRIDE + (r * I4 * O4) / 8);
      if (!HAS_BIAS) continue;
      // forward: z[b,o] = ... + bias[o]
      // dbias[o] = sum_b dz[b,o]
      sum.fill(0);
      for (let b = 0; b < B; b++) for (let o = 0; o < O; o++) sum[o] += dz[dzBase + b * O4 + o];
      const biasBase = 4 * layer * DBIAS_STRIDE + r * sixteen(O);
      for (let o = 0; o < O; o++) dbias[biasBase + o] = sum[o];
      for (let o = 0; o < O4; o += 4) {
        for (let k = 0; k < 4; k++) collector.add(dbias[biasBase + o + k]);
        collector.finish(partial_bias, 2 * layer * PARTIAL_BIAS_STRIDE + 2 * ((r * O4) / 4 + o / 4));
      }
    }
  },
};
