/** Twins of shaders/recurrent/recurrent_norm_*: sums in double precision, rounded once. */
import type { CellActivation } from '../../../model/recurrent-schema.ts';
import { SEQUENCE } from '../../../plan/records.ts';
import { CELL_CODE } from '../../../plan/walk.ts';
import { multiply } from '../product.ts';
import { activationOf, sixteen, type Twins } from '../twin.ts';
import { gru, gruStateGradient, keptShare, lstm, lstmGradient, resetGradient, rnn, rnnGradient } from './cells.ts';
import { isLinkedAt, layoutOf, lengthOf, stepsOf } from './recurrent.ts';

/** Which numbers of `norm` a row has, H4 a block: shaders/lib/norm_blocks. */
function blocksOf(constants: { readonly B: number; readonly H: number; readonly CELL: number }) {
  const { H4, gates } = layoutOf(constants);
  const count = 2 * gates + (constants.CELL === CELL_CODE.gru ? 2 : 1);
  const at = (row: number, block: number) => (row * count + block) * H4;
  return {
    hat: (row: number, gate: number) => at(row, gate),
    du: (row: number, gate: number) => at(row, gates + gate),
    rstd: (row: number) => at(row, 2 * gates),
    before: (row: number) => at(row, 2 * gates + 1),
  };
}

const z = new Float64Array(4);
const dz = new Float64Array(4);
const c = new Float64Array(1);

export const recurrentNormTwins: Twins<'recurrent_norm_forward' | 'recurrent_norm_backward' | 'recurrent_norm_affine'> = {
  recurrent_norm_forward({ a, W, affine, h, h_prev, cache, norm, sequence }, constants, [, , R]) {
    const { T, H, CELL, ACT, PART, BETA, EPSILON, SEQ } = constants;
    const { B4, H4, gates, cached } = layoutOf(constants);
    const { hat, rstd, before } = blocksOf(constants);
    const width = gates * H4;
    const activation = (activationOf(ACT) ?? 'linear') as CellActivation;
    const hasPart = (part: number) => PART === 0 || PART === part;
    const hasReset = CELL === CELL_CODE.gru;
    for (let r = 0; r < R; r++) {
      const { first, end } = stepsOf(sequence, r, constants);
      const [gamma, beta] = [r * sixteen(width), r * sixteen(width) + BETA];
      for (let t = first; t < end; t++) {
        const top = (r * T + t) * B4;
        if (hasPart(1)) {
          // s[b,:] = h[t-1,b] W
          const sum = multiply(
            { values: h_prev, base: top * H4, rowStride: H4, columnStride: 1 },
            { values: W, base: r * H4 * width, rowStride: width, columnStride: 1 },
            [B4, H, width],
          );
          for (let b = 0; b < B4; b++) {
            const row = top + b;
            for (let j = 0; j < H; j++) {
              for (let g = 0; g < gates; g++) {
                const product = sum[b * width + g * H4 + j];
                if (hasReset && g === 2) cache[(row * cached + 3) * H4 + j] = product;
                else norm[hat(row, g) + j] = a[row * width + g * H4 + j] + product;
              }
              if (hasReset) norm[before(row) + j] = h_prev[row * H4 + j];
            }
          }
        }
        for (let b = 0; b < B4 && hasPart(2); b++) {
          const row = top + b;
          const isWalked = t < lengthOf(sequence, r, SEQ, b);
          norm.fill(0, rstd(row), rstd(row) + 4);
          for (let g = 0; g < gates; g++) {
            const s = norm.subarray(hat(row, g), hat(row, g) + H);
            if (hasReset && g === 2) {
              const kept = row * cached * H4;
              // n = a_n + s(r) q
              for (let j = 0; j < H; j++)
                s[j] = a[row * width + 2 * H4 + j] + keptShare(cache[kept + j]) * cache[kept + 3 * H4 + j];
            }
            const mean = s.reduce((sum, x) => sum + x, 0) / H;
            const own = 1 / Math.sqrt(s.reduce((sum, x) => sum + (x - mean) ** 2, 0) / H + EPSILON);
            norm[rstd(row) + g] = isWalked ? own : 0;
            for (let j = 0; j < H; j++) {
              const xhat = (s[j] - mean) * own;
              cache[(row * cached + g) * H4 + j] = affine[gamma + g * H4 + j] * xhat + affine[beta + g * H4 + j];
              s[j] = isWalked ? xhat : 0;
            }
          }
        }
        for (let b = 0; b < B4 && hasPart(3); b++) {
          const row = top + b;
          const isWalked = t < lengthOf(sequence, r, SEQ, b);
          for (let j = 0; j < H; j++) {
            const kept = row * cached * H4 + j;
            for (let g = 0; g < gates; g++) z[g] = cache[kept + g * H4];
            let next = 0;
            if (CELL === CELL_CODE.rnn) next = rnn(activation, z[0]);
            else if (CELL === CELL_CODE.gru) next = gru(z, h_prev[row * H4 + j]);
            else {
              c[0] = cache[kept + 4 * H4];
              next = lstm(z, c);
              if (t + 1 < T) cache[kept + B4 * cached * H4 + 4 * H4] = isWalked ? c[0] : 0;
            }
            h[row * H4 + j] = isWalked ? next : 0;
            if (t + 1 < T) h_prev[(row + B4) * H4 + j] = isWalked ? next : 0;
          }
        }
      }
    }
  },

  recurrent_norm_backward({ dh, W, cache, norm, da, second, affine, sequence }, constants, [, , R]) {
    const { T, H, CELL, ACT, PART, TRUNCATION, SEQ } = constants;
    const { B4, H4, gates, cached } = layoutOf(constants);
    const { hat, du, rstd, before } = blocksOf(constants);
    const width = gates * H4;
    const activation = (activationOf(ACT) ?? 'linear') as CellActivation;
    const dhh = CELL === CELL_CODE.gru ? second : da;
    const hasPart = (part: number) => PART === 0 || PART === part;
    for (let r = 0; r < R; r++) {
      const { first, end } = stepsOf(sequence, r, constants);
      const own = sequence[r * SEQ + SEQUENCE.steps];
      const gamma = affine.subarray(r * sixteen(width));
      /** ds of a gate of a row. forward: z = gamma xhat + beta, xhat = (s - mean s) rstd */
      const writeDs = (row: number, g: number) => {
        const d = Float64Array.from({ length: H }, (_, j) => gamma[g * H4 + j] * norm[du(row, g) + j]);
        const mean = d.reduce((sum, x) => sum + x, 0) / H;
        const along = d.reduce((sum, x, j) => sum + x * norm[hat(row, g) + j], 0) / H;
        for (let j = 0; j < H; j++) {
          da[row * width + g * H4 + j] = norm[rstd(row) + g] * (d[j] - mean - norm[hat(row, g) + j] * along);
        }
      };
      for (let t = end - 1; t >= first; t--) {
        const top = (r * T + t) * B4;
        const isLinked = isLinkedAt(t, own, TRUNCATION);
        if (hasPart(1)) {
          // forward: s[t+1] = a[t+1] + h[t] W
          const back = isLinked
            ? multiply(
                { values: dhh, base: (top + B4) * width, rowStride: width, columnStride: 1 },
                { values: W, base: r * H4 * width, rowStride: 1, columnStride: width },
                [B4, width, H],
              )
            : undefined;
          for (let b = 0; b < B4; b++) {
            const row = top + b;
            const isWalked = t < lengthOf(sequence, r, SEQ, b);
            for (let j = 0; j < H; j++) {
              const at = row * H4 + j;
              const kept = row * cached * H4 + j;
              const later = kept + B4 * cached * H4;
              for (let g = 0; g < gates; g++) z[g] = cache[kept + g * H4];
              let d = dh[at] + (back ? back[b * H4 + j] : 0);
              if (CELL === CELL_CODE.gru && back) d += dh[at + B4 * H4] * keptShare(cache[later + H4]);
              if (!isWalked) d = 0;
              dh[at] = d;
              dz.fill(0);
              if (CELL === CELL_CODE.rnn) dz[0] = rnnGradient(activation, d, z[0]);
              else if (CELL === CELL_CODE.gru) gruStateGradient(z, d, norm[before(row) + j], dz);
              else {
                const handed = back ? second[at + B4 * H4] * keptShare(cache[later + H4]) : 0;
                const dc = lstmGradient(z, d, handed, cache[kept + 4 * H4], dz);
                second[at] = isWalked ? dc : 0;
              }
              // That of the reset gate follows from ds of n.
              for (let g = CELL === CELL_CODE.gru ? 1 : 0; g < gates; g++) norm[du(row, g) + j] = isWalked ? dz[g] : 0;
            }
          }
        }
        for (let b = 0; b < B4 && hasPart(2); b++) {
          const row = top + b;
          if (CELL !== CELL_CODE.gru) {
            for (let g = 0; g < gates; g++) writeDs(row, g);
            continue;
          }
          const isWalked = t < lengthOf(sequence, r, SEQ, b);
          writeDs(row, 2);
          for (let j = 0; j < H; j++) {
            const kept = row * cached * H4 + j;
            const ds = da[row * width + 2 * H4 + j];
            // forward: n = a_n + s(r) q
            second[row * width + 2 * H4 + j] = ds * keptShare(cache[kept]);
            norm[du(row, 0) + j] = isWalked ? resetGradient(ds, cache[kept + 3 * H4], cache[kept]) : 0;
          }
          for (const g of [0, 1]) {
            writeDs(row, g);
            for (let j = 0; j < H; j++) second[row * width + g * H4 + j] = da[row * width + g * H4 + j];
          }
        }
      }
    }
  },

  recurrent_norm_affine({ norm, affine, sequence }, constants, [, , R]) {
    const { T, H, BETA, SEQ } = constants;
    const { B4, H4, gates } = layoutOf(constants);
    const { hat, du } = blocksOf(constants);
    for (let r = 0; r < R; r++) {
      const rows = sequence[r * SEQ + SEQUENCE.walk] * B4;
      if (rows === 0) continue;
      for (let g = 0; g < gates; g++) {
        for (let j = 0; j < H; j++) {
          let [along, sum] = [0, 0];
          for (let row = r * T * B4; row < r * T * B4 + rows; row++) {
            const d = norm[du(row, g) + j];
            along += d * norm[hat(row, g) + j];
            sum += d;
          }
          const at = r * sixteen(gates * H4) + g * H4 + j;
          affine[at] = along;
          affine[at + BETA] = sum;
        }
      }
    }
  },
};
