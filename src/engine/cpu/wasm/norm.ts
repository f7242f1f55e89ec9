/** Batch and layer norm in WebAssembly. */
import { isActive } from '../active.ts';
import { four, sixteen, type Twins } from '../twin.ts';
import type { KernelExports } from './module.ts';
import { address, forReplicas } from './replicas.ts';

export function normKernels(
  wasm: KernelExports,
): Twins<
  'batch_norm_forward' | 'batch_norm_backward' | 'layer_norm_forward' | 'layer_norm_backward' | 'layer_norm_backward_affine'
> {
  return {
    batch_norm_forward({ z, gamma, beta, y, stats, running, status, hyper }, { FIRST, B, C, EPSILON }, [, R]) {
      forReplicas(status, FIRST, R, (r) => {
        const base = r * four(B) * four(C);
        const features = r * sixteen(C);
        wasm.batch_norm_forward(
          address(z, base),
          address(gamma, features),
          address(beta, features),
          address(y, base),
          address(stats, 2 * features),
          isActive(status, hyper, r) ? address(running, 2 * features) : 0,
          B,
          C,
          EPSILON,
        );
      });
    },

    batch_norm_backward({ dy, z, stats, gamma, dz, dgamma, dbeta, status }, { FIRST, B, C }, [, R]) {
      forReplicas(status, FIRST, R, (r) => {
        const base = r * four(B) * four(C);
        const features = r * sixteen(C);
        wasm.batch_norm_backward(
          address(dy, base),
          address(z, base),
          address(stats, 2 * features),
          address(gamma, features),
          address(dz, base),
          address(dgamma, features),
          address(dbeta, features),
          B,
          C,
        );
      });
    },

    layer_norm_forward({ z, gamma, beta, y, stats, status }, { FIRST, B, C, EPSILON, CENTERED }, [, R]) {
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
          EPSILON,
          CENTERED,
        );
      });
    },

    layer_norm_backward({ dy, z, stats, gamma, dz, status }, { FIRST, B, C, CENTERED }, [, R]) {
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
