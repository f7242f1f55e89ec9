/** Twins of shaders/norm. */
import { presentReplicas } from '../active.ts';
import { exponentOf, peakOf, powerOfTwo, raisePeak, writeExponent } from '../range.ts';
import { four, sixteen, type Twins } from '../twin.ts';

/** Calls `visit(r, c, indices of the batch)` for every feature of the given replicas. */
function eachFeature(
  replicas: readonly number[],
  { B, C }: { readonly B: number; readonly C: number },
  visit: (r: number, c: number, at: (b: number) => number) => void,
): void {
  for (const r of replicas) {
    for (let c = 0; c < C; c++) visit(r, c, (b) => (r * four(B) + b) * four(C) + c);
  }
}

function total(n: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += term(i);
  return sum;
}

/** ε beside squares of stored numbers with exponent `e`; held as in shaders/lib/norm_epsilon.wgsl. */
export function scaledEpsilon(epsilon: number, e: number): number {
  return Math.max(epsilon * powerOfTwo(-e) ** 2, 2 ** -100);
}

export const batchNormTwins: Twins<'batch_norm_forward' | 'batch_norm_backward' | 'batch_norm_evaluate'> = {
  batch_norm_forward({ z, gamma, beta, y, stats, running, status, range }, constants, [, R]) {
    const { FIRST, B, C, EPSILON, EXTENDED, Z_AT, Y_AT } = constants;
    const slots = sixteen(C);
    eachFeature(presentReplicas(status, FIRST, R), { B, C }, (r, c, at) => {
      const e = EXTENDED ? exponentOf(range, Z_AT, r) : 0;
      const up = powerOfTwo(e);
      const mean = total(B, (b) => z[at(b)]) / B;
      const squares = total(B, (b) => (z[at(b)] - mean) ** 2);
      const rstd = 1 / Math.sqrt(squares / B + (EXTENDED ? scaledEpsilon(EPSILON, e) : EPSILON));
      // y = gamma xhat + beta, xhat = (z - mean) rstd
      for (let b = 0; b < B; b++) y[at(b)] = gamma[r * slots + c] * (z[at(b)] - mean) * rstd + beta[r * slots + c];
      const record = 2 * r * slots + c;
      stats[record] = mean;
      stats[record + slots] = rstd;
      if (EXTENDED) raiseBy(range, Y_AT, r, y, B, at);
      running[record] = 0.9 * running[record] + 0.1 * mean * up;
      running[record + slots] = 0.9 * running[record + slots] + ((0.1 * squares) / (Math.max(B, 2) - 1)) * up ** 2;
    });
  },

  batch_norm_backward({ dy, z, stats, gamma, dz, daffine, status, range }, constants, [, R]) {
    const { FIRST, B, C, DBETA, EXTENDED, DY_AT, Z_AT, DZ_AT } = constants;
    const slots = sixteen(C);
    eachFeature(presentReplicas(status, FIRST, R), { B, C }, (r, c, at) => {
      const mean = stats[2 * r * slots + c];
      const rstd = stats[2 * r * slots + slots + c];
      // forward: y = gamma xhat + beta, xhat = (z - mean) rstd
      const sum = total(B, (b) => dy[at(b)]);
      const product = total(B, (b) => dy[at(b)] * (z[at(b)] - mean) * rstd);
      daffine[r * slots + c] = product;
      daffine[DBETA + r * slots + c] = sum;
      const scale = gamma[r * slots + c] * rstd;
      for (let b = 0; b < B; b++) dz[at(b)] = scale * (dy[at(b)] - sum / B - ((z[at(b)] - mean) * rstd * product) / B);
      if (!EXTENDED) return;
      // rstd is 2^e times the true one, e that of z.
      writeExponent(range, DZ_AT, r, exponentOf(range, DY_AT, r) - exponentOf(range, Z_AT, r));
      raiseBy(range, DZ_AT, r, dz, B, at);
    });
  },

  batch_norm_evaluate({ z, gamma, beta, running, y, status, range }, constants, [, R]) {
    const { FIRST, B, C, EPSILON, EXTENDED, Z_AT, Y_AT } = constants;
    const slots = sixteen(C);
    eachFeature(presentReplicas(status, FIRST, R), { B, C }, (r, c, at) => {
      const ez = EXTENDED ? exponentOf(range, Z_AT, r) : 0;
      const e = Math.max(ez, 0);
      const [up, down] = [powerOfTwo(ez - e), powerOfTwo(-e)];
      const mean = running[2 * r * slots + c] * down;
      const scale = gamma[r * slots + c] / Math.sqrt(running[2 * r * slots + slots + c] + EPSILON);
      for (let b = 0; b < B; b++) y[at(b)] = scale * (z[at(b)] * up - mean) + beta[r * slots + c] * down;
      if (!EXTENDED) return;
      writeExponent(range, Y_AT, r, e);
      raiseBy(range, Y_AT, r, y, B, at);
    });
  },
};

/** Raises a tensor's peak by the numbers of one feature. */
function raiseBy(
  range: Uint32Array,
  at: number,
  r: number,
  values: Float32Array,
  B: number,
  places: (b: number) => number,
): void {
  for (let b = 0; b < B; b++) raisePeak(range, at, r, peakOf(values.subarray(places(b), places(b) + 1)));
}

/** RMS norm is layer norm without CENTERED: no mean and no beta. */
export const layerNormTwins: Twins<'layer_norm_forward' | 'layer_norm_backward' | 'layer_norm_backward_affine'> = {
  layer_norm_forward({ z, gamma, beta, y, stats, status, range }, constants, [, R]) {
    const { FIRST, B, C, EPSILON, CENTERED, EXTENDED, Z_AT, Y_AT } = constants;
    for (const r of presentReplicas(status, FIRST, R)) {
      const epsilon = EXTENDED ? scaledEpsilon(EPSILON, exponentOf(range, Z_AT, r)) : EPSILON;
      for (let b = 0; b < B; b++) {
        const row = r * four(B) + b;
        const base = row * four(C);
        const mean = CENTERED ? total(C, (c) => z[base + c]) / C : 0;
        const rstd = 1 / Math.sqrt(total(C, (c) => (z[base + c] - mean) ** 2) / C + epsilon);
        // y = gamma xhat + beta, xhat = (z - mean) rstd
        for (let c = 0; c < C; c++) {
          const scaled = gamma[r * sixteen(C) + c] * (z[base + c] - mean) * rstd;
          y[base + c] = CENTERED ? scaled + beta[r * sixteen(C) + c] : scaled;
        }
        stats[2 * row] = mean;
        stats[2 * row + 1] = rstd;
        if (EXTENDED) raisePeak(range, Y_AT, r, peakOf(y.subarray(base, base + C)));
      }
    }
  },

  layer_norm_backward({ dy, z, stats, gamma, dz, status, range }, constants, [, R]) {
    const { FIRST, B, C, CENTERED, EXTENDED, DY_AT, Z_AT, DZ_AT } = constants;
    for (const r of presentReplicas(status, FIRST, R)) {
      // rstd is 2^e times the true one, e that of z.
      if (EXTENDED) writeExponent(range, DZ_AT, r, exponentOf(range, DY_AT, r) - exponentOf(range, Z_AT, r));
      for (let b = 0; b < B; b++) {
        const row = r * four(B) + b;
        const base = row * four(C);
        const [mean, rstd] = [stats[2 * row], stats[2 * row + 1]];
        const xhat = (c: number) => (z[base + c] - mean) * rstd;
        // forward: y = gamma xhat + beta, xhat = (z - mean) rstd
        const g = (c: number) => dy[base + c] * gamma[r * sixteen(C) + c];
        const sum = CENTERED ? total(C, g) : 0;
        const product = total(C, (c) => g(c) * xhat(c));
        for (let c = 0; c < C; c++) dz[base + c] = rstd * (g(c) - sum / C - (xhat(c) * product) / C);
        if (EXTENDED) raisePeak(range, DZ_AT, r, peakOf(dz.subarray(base, base + C)));
      }
    }
  },

  layer_norm_backward_affine({ dy, z, stats, dgamma, dbeta, status }, { FIRST, B, C, CENTERED }, [, R]) {
    eachFeature(presentReplicas(status, FIRST, R), { B, C }, (r, c, at) => {
      const xhat = (b: number) => (z[at(b)] - stats[2 * (r * four(B) + b)]) * stats[2 * (r * four(B) + b) + 1];
      // forward: y = gamma xhat + beta
      dgamma[r * sixteen(C) + c] = total(B, (b) => dy[at(b)] * xhat(b));
      if (CENTERED) dbeta[r * sixteen(C) + c] = total(B, (b) => dy[at(b)]);
    });
  },
};
