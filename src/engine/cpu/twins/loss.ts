/** Twins of shaders/loss. */
import { NO_LABEL } from '../../../plan/records.ts';
import { presentReplicas } from '../active.ts';
import { four, type Twins } from '../twin.ts';

/** Writes zeros for a row without an example. */
function clearRow(dz: Float32Array, rows: Float32Array, row: number, stride: number): void {
  rows[2 * row] = 0;
  rows[2 * row + 1] = 0;
  dz.fill(0, row * stride, (row + 1) * stride);
}

/** The rows of the given replicas. */
function rowsOf(replicas: readonly number[], B4: number): number[] {
  return replicas.flatMap((r) => Array.from({ length: B4 }, (_, b) => r * B4 + b));
}

/** Index of the largest of C numbers, the first among equals; NaN loses. */
function largest(z: Float32Array, base: number, C: number): number {
  let best = 0;
  for (let c = 1; c < C; c++) if (z[base + c] > z[base + best]) best = c;
  return best;
}

export const lossTwins: Twins<'softmax_cross_entropy' | 'mean_squared_error'> = {
  softmax_cross_entropy({ z, label, dz, rows, status }, { B, C }, [, R]) {
    const [B4, C4] = [four(B), four(C)];
    for (const row of rowsOf(presentReplicas(status, 0, R), B4)) {
      const y = label[row];
      if (row % B4 >= B || y === NO_LABEL) {
        clearRow(dz, rows, row, C4);
        continue;
      }
      const base = row * C4;
      const best = largest(z, base, C);
      let top = z[base + best];
      let sum = 0;
      for (let c = 0; c < C; c++) {
        if (Number.isNaN(z[base + c])) top = Number.NaN;
        sum += Math.exp(z[base + c] - top);
      }
      // loss = log sum_c exp z[c] - z[y]
      rows[2 * row] = Math.log(sum) + (top - z[base + y]);
      rows[2 * row + 1] = best === y && Number.isFinite(top) ? 1 : 0;
      // dz[c] = (softmax(z)[c] - [c = y]) / B
      for (let c = 0; c < C; c++) dz[base + c] = (Math.exp(z[base + c] - top) / sum - (c === y ? 1 : 0)) / B;
    }
  },

  mean_squared_error({ z, target_values, label, dz, rows, status }, { B, C }, [, R]) {
    const [B4, C4] = [four(B), four(C)];
    for (const row of rowsOf(presentReplicas(status, 0, R), B4)) {
      if (row % B4 >= B || label[row] === NO_LABEL) {
        clearRow(dz, rows, row, C4);
        continue;
      }
      const base = row * C4;
      let sum = 0;
      for (let c = 0; c < C; c++) {
        const d = z[base + c] - target_values[base + c];
        // loss = sum_c (z - t)^2 / C
        sum += d * d;
        // dz = 2 (z - t) / (B C)
        dz[base + c] = (2 * d) / (B * C);
      }
      rows[2 * row] = sum / C;
      rows[2 * row + 1] = largest(z, base, C) === label[row] ? 1 : 0;
    }
  },
};
