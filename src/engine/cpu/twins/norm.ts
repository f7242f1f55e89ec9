/** Twins of shaders/norm. */
import { isActive, presentReplicas } from '../active.ts';
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

export const batchNormTwins: Twins<'batch_norm_forward' | 'batch_norm_backward' | 'batch_norm_evaluate'> = {
  batch_norm_forward({ z, gamma, beta, y, stats, running, status, hyper }, { FIRST, B, C, EPSILON }, [, R]) {
    const slots = sixteen(C);
    eachFeature(presentReplicas(status, FIRST, R), { B, C }, (r, c, at) => {
      const mean = total(B, (b) => z[at(b)]) / B;
      const squares = total(B, (b) => (z[at(b)] - mean) ** 2);
      const rstd = 1 / Math.sqrt(squares / B + EPSILON);
      // y = gamma xhat + beta, xhat = (z - mean) rstd
      for (let b = 0; b < B; b++) y[at(b)] = gamma[r * slots + c] * (z[at(b)] - mean) * rstd + beta[r * slots + c];
      const record = 2 * r * slots + c;
      stats[record] = mean;
      stats[record + slots] = rstd;
      if (!isActive(status, hyper, r)) return;
      running[record] = 0.9 * running[record] + 0.1 * mean;
      running[record + slots] = 0.9 * running[record + slots] + (0.1 * squares) / (Math.max(B, 2) - 1);
    });
  },

  batch_norm_backward({ dy, z, stats, gamma, dz, dgamma, dbeta, status }, { FIRST, B, C }, [, R]) {
    const slots = sixteen(C);
    eachFeature(presentReplicas(status, FIRST, R), { B, C }, (r, c, at) => {
      const mean = stats[2 * r * slots + c];
      const rstd = stats[2 * r * slots + slots + c];
      // forward: y = gamma xhat + beta, xhat = (z - mean) rstd
      const sum = total(B, (b) => dy[at(b)]);
      const product = total(B, (b) => dy[at(b)] * (z[at(b)] - mean) * rstd);
      dgamma[r * slots + c] = product;
      dbeta[r * slots + c] = sum;
      const scale = gamma[r * slots + c] * rstd;
      for (let b = 0; b < B; b++) dz[at(b)] = scale * (dy[at(b)] - sum / B - ((z[at(b)] - mean) * rstd * product) / B);
    });
  },

  batch_norm_evaluate({ z, gamma, beta, running, y, status }, { FIRST, B, C, EPSILON }, [, R]) {
    const slots = sixteen(C);
    eachFeature(presentReplicas(status, FIRST, R), { B, C }, (r, c, at) => {
      const mean = running[2 * r * slots + c];
      const scale = gamma[r * slots + c] / Math.sqrt(running[2 * r * slots + slots + c] + EPSILON);
      for (let b = 0; b < B; b++) y[at(b)] = scale * (z[at(b)] - mean) + beta[r * slots + c];
    });
  },
};

/** RMS norm is layer norm without CENTERED: no mean and no beta. */
export const layerNormTwins: Twins<'layer_norm_forward' | 'layer_norm_backward' | 'layer_norm_backward_affine'> = {
  layer_norm_forward({ z, gamma, beta, y, stats, status }, { FIRST, B, C, EPSILON, CENTERED }, [, R]) {
    for (const r of presentReplicas(status, FIRST, R)) {
      for (let b = 0; b < B; b++) {
        const row = r * four(B) + b;
        const base = row * four(C);
        const mean = CENTERED ? total(C, (c) => z[base + c]) / C : 0;
        const rstd = 1 / Math.sqrt(total(C, (c) => (z[base + c] - mean) ** 2) / C + EPSILON);
        // y = gamma xhat + beta, xhat = (z - mean) rstd
        for (let c = 0; c < C; c++) {
          const scaled = gamma[r * sixteen(C) + c] * (z[base + c] - mean) * rstd;
          y[base + c] = CENTERED ? scaled + beta[r * sixteen(C) + c] : scaled;
        }
        stats[2 * row] = mean;
        stats[2 * row + 1] = rstd;
      }
    }
  },

  layer_norm_backward({ dy, z, stats, gamma, dz, status }, { FIRST, B, C, CENTERED }, [, R]) {
    for (const r of presentReplicas(status, FIRST, R)) {
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
