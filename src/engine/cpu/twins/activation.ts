/** Twins of shaders/activation. */
import { CURVES, chain } from '../../../model/activation.ts';
import type { Activation } from '../../../model/schema.ts';
import { HYPER, HYPER_WORDS } from '../../../plan/records.ts';
import { presentReplicas } from '../active.ts';
import { exponentOf, hasPeak, leadingExponent, peakOf, powerOfTwo, raisePeak, writeExponent } from '../range.ts';
import { activationOf, four, type Twins } from '../twin.ts';

/** Twin of `phi_exponent` of shaders/lib/scaled_activation.wgsl. */
export function phiExponent(activation: Activation, e: number): number {
  if (activation === 'tanh') return Math.min(e, 0);
  if (activation === 'sigmoid') return 0;
  return activation === 'softplus' ? Math.max(e, 0) : e;
}

/** Stored φ of a stored z with exponent `e`. Double precision holds the true values: beyond `powerOfTwo` φ is its asymptote or tangent. */
export function scaledPhi(activation: Activation, e: number): (z: number) => number {
  const { phi } = CURVES[activation];
  const up = powerOfTwo(e);
  const down = 1 / powerOfTwo(phiExponent(activation, e));
  return (z) => phi(z * up) * down;
}

export const activationTwins: Twins<'activation_forward' | 'activation_backward' | 'add' | 'scale' | 'clear_range'> = {
  activation_forward({ z, h, status, range }, { FIRST, B, C, ACT, EXTENDED, Z_AT, H_AT }, [, , R]) {
    const activation = activationOf(ACT) ?? 'linear';
    for (const r of presentReplicas(status, FIRST, R)) {
      const e = EXTENDED ? exponentOf(range, Z_AT, r) : 0;
      const phi = EXTENDED ? scaledPhi(activation, e) : CURVES[activation].phi;
      for (let b = 0; b < B; b++) {
        const base = (r * four(B) + b) * four(C);
        // h = phi(z)
        for (let c = 0; c < C; c++) h[base + c] = phi(z[base + c]);
      }
      if (!EXTENDED) continue;
      writeExponent(range, H_AT, r, phiExponent(activation, e));
      raisePeak(range, H_AT, r, peakOf(replicaOf(h, r, four(B) * four(C))));
    }
  },

  activation_backward({ dh, z, dz, status, range }, { FIRST, B, C, ACT, EXTENDED, DH_AT, Z_AT, DZ_AT }, [, , R]) {
    const activation = activationOf(ACT) ?? 'linear';
    for (const r of presentReplicas(status, FIRST, R)) {
      const up = EXTENDED ? powerOfTwo(exponentOf(range, Z_AT, r)) : 1;
      for (let b = 0; b < B; b++) {
        const base = (r * four(B) + b) * four(C);
        // forward: h = phi(z)
        // dz = dh phi'(z)
        for (let c = 0; c < C; c++) dz[base + c] = chain(activation, dh[base + c], z[base + c] * up);
      }
      if (!EXTENDED) continue;
      writeExponent(range, DZ_AT, r, exponentOf(range, DH_AT, r));
      raisePeak(range, DZ_AT, r, peakOf(replicaOf(dz, r, four(B) * four(C))));
    }
  },

  add({ a, b, y, status, range }, { FIRST, STRIDE, EXTENDED, A_AT, B_AT, Y_AT }, [, R]) {
    for (const r of presentReplicas(status, FIRST, R)) {
      if (EXTENDED) {
        const exponents = [A_AT, B_AT].filter((at) => hasPeak(range, at, r)).map((at) => leadingExponent(range, at, r));
        const e = exponents.length > 0 ? Math.max(...exponents) : 0;
        const [p, q] = [A_AT, B_AT].map((at) => powerOfTwo(exponentOf(range, at, r) - e));
        for (let n = r * STRIDE; n < (r + 1) * STRIDE; n++) y[n] = a[n] * p + b[n] * q;
        writeExponent(range, Y_AT, r, e);
        raisePeak(range, Y_AT, r, peakOf(replicaOf(y, r, STRIDE)));
      } else {
        for (let n = r * STRIDE; n < (r + 1) * STRIDE; n++) y[n] = a[n] + b[n];
      }
    }
  },

  clear_range({ range }, { COUNT }) {
    range.fill(0, 0, 4 * COUNT);
  },

  scale({ x, y, hyper, status, range }, { FIRST, STRIDE, EXTENDED, X_AT, Y_AT }, [, R]) {
    for (const r of presentReplicas(status, FIRST, R)) {
      const factor = hyper[r * HYPER_WORDS + HYPER.branch_scale];
      for (let n = r * STRIDE; n < (r + 1) * STRIDE; n++) y[n] = factor * x[n];
      if (!EXTENDED) continue;
      writeExponent(range, Y_AT, r, exponentOf(range, X_AT, r));
      raisePeak(range, Y_AT, r, peakOf(replicaOf(y, r, STRIDE)));
    }
  },
};

function replicaOf(values: Float32Array, r: number, stride: number): Float32Array {
  return values.subarray(r * stride, (r + 1) * stride);
}
