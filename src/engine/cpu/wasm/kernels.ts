/** Kernels in WebAssembly, called as the twins are, on views of one memory. A kernel without an entry is its twin's. */
import type { KernelName } from '../../../plan/kernels.ts';
import { NORM_WORDS } from '../../../plan/records.ts';
import { four, sixteen, type Twins } from '../twin.ts';
import { firstUnitNorm, recordedReplicas } from '../twins/units.ts';
import type { KernelExports } from './module.ts';
import { normKernels } from './norm.ts';
import { address, forReplicas } from './replicas.ts';
import { updateKernels } from './update.ts';

/** Numbers that scratch memory must hold for products of `k` terms: a panel of 8 columns; and a block of parameter changes. */
export function scratchWords(k: number): number {
  return Math.max(8 * (k + 4), 512);
}

/** @param scratch byte address of `scratchWords` numbers, aligned to 16 bytes */
export function wasmKernels(wasm: KernelExports, scratch: number): Partial<Twins<KernelName>> {
  return {
    linear_forward({ x, W, bias, z, h, partial, status }, { FIRST, B, I, O, HAS_BIAS, ACT }, [, , R]) {
      const [B4, I4, O4] = [four(B), four(I), four(O)];
      forReplicas(status, FIRST, R, (r) => {
        const to = r * B4 * O4;
        wasm.linear_forward(
          address(x, r * B4 * I4),
          address(W, r * I4 * O4),
          HAS_BIAS ? address(bias, r * sixteen(O)) : 0,
          address(z, to),
          address(h, to),
          address(partial, to / 8),
          B,
          I,
          O,
          ACT,
          scratch,
        );
      });
    },

    linear_backward_input({ dz, W, zx, dx, partial, status }, { FIRST, B, I, O, ACT }, [, , R]) {
      const [B4, I4, O4] = [four(B), four(I), four(O)];
      forReplicas(status, FIRST, R, (r) => {
        const to = r * B4 * I4;
        wasm.linear_backward_input(
          address(dz, r * B4 * O4),
          address(W, r * I4 * O4),
          address(zx, to),
          address(dx, to),
          address(partial, to / 8),
          B,
          I,
          O,
          ACT,
          scratch,
        );
      });
    },

    linear_backward_weight({ x, dz, dW, dbias, partial, partial_bias, status }, constants, [, , depth]) {
      const { R, FIRST, B, I, O, HAS_BIAS, X_STRIDE, DZ_STRIDE, DW_STRIDE, DBIAS_STRIDE, PARTIAL_STRIDE, PARTIAL_BIAS_STRIDE } =
        constants;
      const [B4, I4, O4] = [four(B), four(I), four(O)];
      for (let layer = 0; layer < depth / R; layer++) {
        forReplicas(status, FIRST, R, (r) => {
          wasm.linear_backward_weight(
            address(x, 4 * layer * X_STRIDE + r * B4 * I4),
            address(dz, 4 * layer * DZ_STRIDE + r * B4 * O4),
            address(dW, 4 * layer * DW_STRIDE + r * I4 * O4),
            HAS_BIAS ? address(dbias, 4 * layer * DBIAS_STRIDE + r * sixteen(O)) : 0,
            address(partial, 2 * layer * PARTIAL_STRIDE + (r * I4 * O4) / 8),
            HAS_BIAS ? address(partial_bias, 2 * layer * PARTIAL_BIAS_STRIDE + (r * O4) / 2) : 0,
            B,
            I,
            O,
            scratch,
          );
        });
      }
    },

    activation_forward({ z, h, status }, { FIRST, B, C, ACT }, [, , R]) {
      forReplicas(status, FIRST, R, (r) => {
        const base = r * four(B) * four(C);
        wasm.activation_forward(address(z, base), address(h, base), B, C, ACT);
      });
    },

    activation_backward({ dh, z, dz, status }, { FIRST, B, C, ACT }, [, , R]) {
      forReplicas(status, FIRST, R, (r) => {
        const base = r * four(B) * four(C);
        wasm.activation_backward(address(dh, base), address(z, base), address(dz, base), B, C, ACT);
      });
    },

    sum_squares({ v, partial }, { COUNT }) {
      wasm.sum_squares(v.byteOffset, partial.byteOffset, COUNT);
    },

    norm_reduce({ partial, segments, norms }, { SEGMENTS }) {
      wasm.norm_reduce(partial.byteOffset, segments.byteOffset, norms.byteOffset, SEGMENTS);
    },

    round_half({ v, partial, status }, { FIRST, STRIDE }, [, R]) {
      forReplicas(status, FIRST, R, (r) => {
        wasm.round_half(address(v, r * STRIDE), address(partial, (r * STRIDE) / 8), STRIDE / 16);
      });
    },

    copy_half({ v, y }, { COUNT }) {
      wasm.copy_half(v.byteOffset, y.byteOffset, COUNT);
    },

    unit_probe({ h, norms, status, shapes }, { FIRST, B, C, MODE, UNIT, EVERY, H_STRIDE }, [, R, layers]) {
      for (const r of recordedReplicas(status, FIRST, R, EVERY)) {
        for (let layer = 0; layer < layers; layer++) {
          const norm = firstUnitNorm(shapes, r) + UNIT + layer;
          wasm.unit_probe(address(h, layer * H_STRIDE + r * four(B) * four(C)), address(norms, NORM_WORDS * norm), B, C, MODE);
        }
      }
    },

    ...normKernels(wasm),
    ...updateKernels(wasm, scratch),
  };
}
