/** Twins of shaders/activation. */
import { CURVES, chain } from '../../../model/activation.ts';
import { activationOf, four, type Twins } from '../twin.ts';

export const activationTwins: Twins<'activation_forward' | 'activation_backward' | 'add'> = {
  activation_forward({ z, h }, { B, C, ACT }, [, , R]) {
    const activation = activationOf(ACT) ?? 'linear';
    for (let r = 0; r < R; r++) {
      for (let b = 0; b < B; b++) {
        const base = (r * four(B) + b) * four(C);
        // h = phi(z)
        for (let c = 0; c < C; c++) h[base + c] = CURVES[activation].phi(z[base + c]);
      }
    }
  },

  activation_backward({ dh, z, dz }, { B, C, ACT }, [, , R]) {
    const activation = activationOf(ACT) ?? 'linear';
    for (let r = 0; r < R; r++) {
      for (let b = 0; b < B; b++) {
        const base = (r * four(B) + b) * four(C);
        // forward: h = phi(z)
        // dz = dh phi'(z)
        for (let c = 0; c < C; c++) dz[base + c] = chain(activation, dh[base + c], z[base + c]);
      }
    }
  },

  add({ a, b, y }, { COUNT }) {
    for (let n = 0; n < COUNT; n++) y[n] = a[n] + b[n];
  },
};
