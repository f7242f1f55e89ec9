/** Twins of shaders/activation. */
import { CURVES, chain } from '../../../model/activation.ts';
import { HYPER, HYPER_WORDS } from '../../../plan/records.ts';
import { presentReplicas } from '../active.ts';
import { activationOf, four, type Twins } from '../twin.ts';

export const activationTwins: Twins<'activation_forward' | 'activation_backward' | 'add' | 'scale'> = {
  activation_forward({ z, h, status }, { FIRST, B, C, ACT }, [, , R]) {
    const activation = activationOf(ACT) ?? 'linear';
    for (const r of presentReplicas(status, FIRST, R)) {
      for (let b = 0; b < B; b++) {
        const base = (r * four(B) + b) * four(C);
        // h = phi(z)
        for (let c = 0; c < C; c++) h[base + c] = CURVES[activation].phi(z[base + c]);
      }
    }
  },

  activation_backward({ dh, z, dz, status }, { FIRST, B, C, ACT }, [, , R]) {
    const activation = activationOf(ACT) ?? 'linear';
    for (const r of presentReplicas(status, FIRST, R)) {
      for (let b = 0; b < B; b++) {
        const base = (r * four(B) + b) * four(C);
        // forward: h = phi(z)
        // dz = dh phi'(z)
        for (let c = 0; c < C; c++) dz[base + c] = chain(activation, dh[base + c], z[base + c]);
      }
    }
  },

  add({ a, b, y, status }, { FIRST, STRIDE }, [, R]) {
    for (const r of presentReplicas(status, FIRST, R)) {
      for (let n = r * STRIDE; n < (r + 1) * STRIDE; n++) y[n] = a[n] + b[n];
    }
  },

  scale({ x, y, hyper, status }, { FIRST, STRIDE }, [, R]) {
    for (const r of presentReplicas(status, FIRST, R)) {
      const factor = hyper[r * HYPER_WORDS + HYPER.branch_scale];
      for (let n = r * STRIDE; n < (r + 1) * STRIDE; n++) y[n] = factor * x[n];
    }
  },
};
