/** Twins of shaders/loss. */
import { NO_LABEL, SEQUENCE } from '../../../plan/records.ts';
import { presentReplicas } from '../active.ts';
import { exponentOf, peakOf, powerOfTwo, raisePeak, writeExponent } from '../range.ts';
import { four, type Twins } from '../twin.ts';

/** Writes zeros for a row without an example. */
function clearRow(dz: Float32Array, rows: Float32Array, row: number, stride: number): void {
  rows[2 * row] = 0;
  rows[2 * row + 1] = 0;
  dz.fill(0, row * stride, (row + 1) * stride);
}

/** How many steps share an example's loss. */
function rowSteps(
  sequence: Uint32Array,
  { BATCH, EVERY, SEQ }: { readonly BATCH: number; readonly EVERY: number; readonly SEQ: number },
  r: number,
  row: number,
): number {
  return EVERY ? Math.max(sequence[r * SEQ + SEQUENCE.lengths + (row % four(BATCH))], 1) : 1;
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

/** Exponents of dz and of the rows' losses, and the peak of dz. */
function writeEntries(
  range: Uint32Array,
  r: number,
  { DZ_AT, ROWS_AT }: { readonly DZ_AT: number; readonly ROWS_AT: number },
  [gradient, loss]: readonly [number, number],
  dz: Float32Array,
): void {
  writeExponent(range, DZ_AT, r, gradient);
  writeExponent(range, ROWS_AT, r, loss);
  raisePeak(range, DZ_AT, r, peakOf(dz));
}

export const lossTwins: Twins<'softmax_cross_entropy' | 'mean_squared_error'> = {
  softmax_cross_entropy({ z, label, dz, rows, status, range, sequence }, constants, [, R]) {
    const { B, C, BATCH, EXTENDED, Z_AT, DZ_AT, ROWS_AT } = constants;
    const [B4, C4] = [four(B), four(C)];
    const replicas = presentReplicas(status, 0, R);
    const exponents = new Map(replicas.map((r) => [r, EXTENDED ? exponentOf(range, Z_AT, r) : 0]));
    for (const row of rowsOf(replicas, B4)) {
      const y = label[row];
      const e = exponents.get(Math.floor(row / B4)) ?? 0;
      const [up, down] = [powerOfTwo(e), powerOfTwo(-Math.max(e, 0))];
      if (row % B4 >= B || y === NO_LABEL) {
        clearRow(dz, rows, row, C4);
        continue;
      }
      const n = rowSteps(sequence, constants, Math.floor(row / B4), row % B4);
      const base = row * C4;
      const best = largest(z, base, C);
      let top = z[base + best];
      let sum = 0;
      for (let c = 0; c < C; c++) {
        if (Number.isNaN(z[base + c])) top = Number.NaN;
        sum += Math.exp((z[base + c] - top) * up);
      }
      // loss = log sum_c exp z[c] - z[y]
      rows[2 * row] = (Math.log(sum) * down + (top - z[base + y]) * powerOfTwo(Math.min(e, 0))) / n;
      rows[2 * row + 1] = best === y && Number.isFinite(top) ? 1 / n : 0;
      // dz[c] = (softmax(z)[c] - [c = y]) / BATCH / n
      for (let c = 0; c < C; c++) dz[base + c] = (Math.exp((z[base + c] - top) * up) / sum - (c === y ? 1 : 0)) / (BATCH * n);
    }
    if (EXTENDED) {
      for (const [r, e] of exponents)
        writeEntries(range, r, { DZ_AT, ROWS_AT }, [0, Math.max(e, 0)], dz.subarray(r * B4 * C4, (r + 1) * B4 * C4));
    }
  },

  mean_squared_error({ z, target_values, label, dz, rows, status, range, sequence }, constants, [, R]) {
    const { B, C, BATCH, EXTENDED, Z_AT, DZ_AT, ROWS_AT } = constants;
    const [B4, C4] = [four(B), four(C)];
    const replicas = presentReplicas(status, 0, R);
    const exponents = new Map(replicas.map((r) => [r, EXTENDED ? exponentOf(range, Z_AT, r) : 0]));
    for (const row of rowsOf(replicas, B4)) {
      // z - t at the exponent of z, or at t's own where z is small.
      const e = exponents.get(Math.floor(row / B4)) ?? 0;
      const [up, down] = [powerOfTwo(Math.min(e, 0)), powerOfTwo(-Math.max(e, 0))];
      if (row % B4 >= B || label[row] === NO_LABEL) {
        clearRow(dz, rows, row, C4);
        continue;
      }
      const n = rowSteps(sequence, constants, Math.floor(row / B4), row % B4);
      const base = row * C4;
      let sum = 0;
      for (let c = 0; c < C; c++) {
        const d = z[base + c] * up - target_values[base + c] * down;
        // loss = sum_c (z - t)^2 / C
        sum += d * d;
        // dz = 2 (z - t) / (BATCH C n)
        dz[base + c] = (2 * d) / (BATCH * C * n);
      }
      rows[2 * row] = sum / C / n;
      rows[2 * row + 1] = largest(z, base, C) === label[row] ? 1 / n : 0;
    }
    if (EXTENDED) {
      for (const [r, ez] of exponents) {
        const e = Math.max(ez, 0);
        writeEntries(range, r, { DZ_AT, ROWS_AT }, [e, 2 * e], dz.subarray(r * B4 * C4, (r + 1) * B4 * C4));
      }
    }
  },
};
