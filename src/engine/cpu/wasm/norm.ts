/** Batch and layer norm in WebAssembly. */
import { exponentOf, powerOfTwo, raisePeak, writeExponent } from '../range.ts';
import { four, sixteen, type Twins } from '../twin.ts';
import { scaledEpsilon } from '../twins/norm.ts';
import type { KernelExports } from './module.ts';
import { address, forReplicas } from './replicas.ts';

export function normKernels(
  wasm: KernelExports,
): Twins<
  'batch_norm_forward' | 'batch_norm_backward' | 'layer_norm_forward' | 'layer_norm_backward' | 'layer_norm_backward_affine'
> {
  return {
    batch_norm_forward({ z, gamma, beta, y, stats, running, status, range }, constants, [, R]) {
      const { FIRST, B, C, EPSILON, EXTENDED, Z_AT, Y_AT } = constants;
      forReplicas(status, FIRST, R, (r) => {
        const base = r * four(B) * four(C);
        const features = r * sixteen(C);
        const e = EXTENDED ? exponentOf(range, Z_AT, r) : 0;
        wasm.batch_norm_forward(
          address(z, base),
          address(gamma, features),
          address(beta, features),
          address(y, base),
          address(stats, 2 * features),
          address(running, 2 * features),
          B,
          C,
          EXTENDED ? scaledEpsilon(EPSILON, e) : EPSILON,
          powerOfTwo(e),
        );
        if (EXTENDED) raisePeak(range, Y_AT, r, wasm.peak(address(y, base), four(B) * four(C)));
      });
    },

    batch_norm_backward({ dy, z, stats, gamma, dz, daffine, status, range }, constants, [, R]) {
      const { FIRST, B, C, DBETA, EXTENDED, DY_AT, Z_AT, DZ_AT } = constants;
      forReplicas(status, FIRST, R, (r) => {
        const base = r * four(B) * four(C);
        const features = r * sixteen(C);
        wasm.batch_norm_backward(
          address(dy, base),
          address(z, base),
          address(stats, 2 * features),
          address(gamma, features),
          address(dz, base),
          address(daffine, features),
          address(daffine, DBETA + features),
          B,
          C,
        );
        if (!EXTENDED) return;
        writeExponent(range, DZ_AT, r, exponentOf(range, DY_AT, r) - exponentOf(range, Z_AT, r));
        raisePeak(range, DZ_AT, r, wasm.peak(address(dz, base), four(B) * four(C)));
      });
    },

    layer_norm_forward({ z, gamma, beta, y, stats, status, range }, constants, [, R]) {
      const { FIRST, B, C, EPSILON, CENTERED, EXTENDED, Z_AT, Y_AT } = constants;
      forReplicas(status, FIRST, R, (r) => {
        const base = r * four(B) * four(C);
        const features = r * sixteen(C);
        wasm.layer_norm_forward(
          address(z, base),
          address(gamma, features),
          CENTERED ? address(beta, features) : 0,
          address(y, base),
          address(stats, 2 * r * four(B)),
          B,
          C,
          EXTENDED ? scaledEpsilon(EPSILON, exponentOf(range, Z_AT, r)) : EPSILON,
          CENTERED,
        );
        if (EXTENDED) raisePeak(range, Y_AT, r, wasm.peak(address(y, base), four(B) * four(C)));
      });
    },

    layer_norm_backward({ dy, z, stats, gamma, dz, status, range }, constants, [, R]) {
      const { FIRST, B, C, CENTERED, EXTENDED, DY_AT, Z_AT, DZ_AT } = constants;
      forReplicas(status, FIRST, R, (r) => {
        const base = r * four(B) * four(C);
        wasm.layer_norm_backward(
          address(dy, base),
          address(z, base),
          address(stats, 2 * r * four(B)),
          address(gamma, r * sixteen(C)),
          address(dz, base),
          B,
          C,
          CENTERED,
        );
        if (!EXTENDED) return;
        writeExponent(range, DZ_AT, r, exponentOf(range, DY_AT, r) - exponentOf(range, Z_AT, r));
        raisePeak(range, DZ_AT, r, wasm.peak(address(dz, base), four(B) * four(C)));
      });
    },

    layer_norm_backward_affine({ dy, z, stats, dgamma, dbeta, status }, { FIRST, B, C, CENTERED }, [, R]) {
      forReplicas(status, FIRST, R, (r) => {
        const base = r * four(B) * four(C);
        const features = r * sixteen(C);
        wasm.layer_norm_backward_affine(
          address(dy, base),
          address(z, base),
          address(stats, 2 * r * four(B)),
          address(dgamma, features),
          CENTERED ? address(dbeta, features) : 0,
          B,
          C,
          CENTERED,
        );
      });
    },
  };
}
