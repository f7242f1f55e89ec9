/** Kernels in WebAssembly, called as the twins are, on views of one memory. A kernel without an entry is its twin's. */
import type { KernelName } from '../../../plan/kernels.ts';
import { WORD } from '../../../plan/plan.ts';
import { NORM_WORDS } from '../../../plan/records.ts';
import { exponentOf, leadingExponent, powerOfTwo, raisePeak, writeExponent } from '../range.ts';
import { activationOf, four, sixteen, type Twins } from '../twin.ts';
import { phiExponent } from '../twins/activation.ts';
import { writeExponents } from '../twins/gradnorm.ts';
import { exponentOfSum } from '../twins/linear.ts';
import { roundedCells } from '../twins/precision.ts';
import { firstUnitNorm, recordedReplicas } from '../twins/units.ts';
import type { KernelExports } from './module.ts';
import { normKernels } from './norm.ts';
import { recurrentKernels } from './recurrent.ts';
import { recurrentNormKernels } from './recurrent-norm.ts';
import { address, forReplicas } from './replicas.ts';
import { panelWords } from './scratch.ts';
import { updateKernels } from './update.ts';

/** Share of tanh's and sigmoid's range from which they count as saturated: shaders/probe/unit_probe.wgsl. */
const SATURATED = 0.975;

/** @param scratch byte address of `scratchWords` numbers, aligned to 16 bytes */
export function wasmKernels(wasm: KernelExports, scratch: number): Partial<Twins<KernelName>> {
  return {
    linear_forward({ x, W, bias, z, h, partial, status, range }, constants, [, , R]) {
      const { FIRST, B, I, O, HAS_BIAS, ACT, EXTENDED, X_AT, Z_AT, H_AT } = constants;
      const [B4, I4, O4] = [four(B), four(I), four(O)];
      const activation = activationOf(ACT) ?? 'linear';
      forReplicas(status, FIRST, R, (r) => {
        const to = r * B4 * O4;
        const own = bias.subarray(r * sixteen(O), r * sixteen(O) + O4);
        const scales = EXTENDED ? forwardScales(range, X_AT, r, HAS_BIAS ? own : undefined) : PLAIN;
        const { e, start } = scales;
        const eh = phiExponent(activation, e);
        let from = HAS_BIAS && start !== 0 ? own.byteOffset : 0;
        if (from !== 0 && start !== 1) {
          from = scratch + WORD * panelWords(I);
          const scaled = new Float32Array(bias.buffer, from, O4);
          for (let o = 0; o < O4; o++) scaled[o] = own[o] * start;
        }
        wasm.linear_forward(
          address(x, r * B4 * I4),
          address(W, r * I4 * O4),
          from,
          address(z, to),
          address(h, to),
          address(partial, to / 8),
          B,
          I,
          O,
          ACT,
          scratch,
          scales.factor,
          powerOfTwo(e),
          1 / powerOfTwo(eh),
          HAS_BIAS && start === 0 ? own.byteOffset : 0,
          powerOfTwo(-e),
        );
        if (!EXTENDED) return;
        writeExponent(range, Z_AT, r, e);
        writeExponent(range, H_AT, r, eh);
        raisePeak(range, H_AT, r, wasm.peak(address(ACT < 0 ? z : h, to), B4 * O4));
      });
    },

    linear_backward_input({ dz, W, zx, dx, partial, status, range }, constants, [, , R]) {
      const { FIRST, B, I, O, ACT, EXTENDED, DZ_AT, ZX_AT, DX_AT } = constants;
      const [B4, I4, O4] = [four(B), four(I), four(O)];
      forReplicas(status, FIRST, R, (r) => {
        const to = r * B4 * I4;
        const e = EXTENDED ? leadingExponent(range, DZ_AT, r) : 0;
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
          EXTENDED ? powerOfTwo(exponentOf(range, DZ_AT, r) - e) : 1,
          EXTENDED ? powerOfTwo(exponentOf(range, ZX_AT, r)) : 1,
        );
        if (!EXTENDED) return;
        writeExponent(range, DX_AT, r, e);
        raisePeak(range, DX_AT, r, wasm.peak(address(dx, to), B4 * I4));
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

    activation_forward({ z, h, status, range }, { FIRST, B, C, ACT, EXTENDED, Z_AT, H_AT }, [, , R]) {
      const activation = activationOf(ACT) ?? 'linear';
      forReplicas(status, FIRST, R, (r) => {
        const base = r * four(B) * four(C);
        const e = EXTENDED ? exponentOf(range, Z_AT, r) : 0;
        const eh = phiExponent(activation, e);
        wasm.activation_forward(address(z, base), address(h, base), B, C, ACT, powerOfTwo(e), 1 / powerOfTwo(eh));
        if (!EXTENDED) return;
        writeExponent(range, H_AT, r, eh);
        raisePeak(range, H_AT, r, wasm.peak(address(h, base), four(B) * four(C)));
      });
    },

    activation_backward({ dh, z, dz, status, range }, { FIRST, B, C, ACT, EXTENDED, DH_AT, Z_AT, DZ_AT }, [, , R]) {
      forReplicas(status, FIRST, R, (r) => {
        const base = r * four(B) * four(C);
        const up = EXTENDED ? powerOfTwo(exponentOf(range, Z_AT, r)) : 1;
        wasm.activation_backward(address(dh, base), address(z, base), address(dz, base), B, C, ACT, up);
        if (!EXTENDED) return;
        writeExponent(range, DZ_AT, r, exponentOf(range, DH_AT, r));
        raisePeak(range, DZ_AT, r, wasm.peak(address(dz, base), four(B) * four(C)));
      });
    },

    sum_squares({ v, partial }, { COUNT }) {
      wasm.sum_squares(v.byteOffset, partial.byteOffset, COUNT);
    },

    norm_reduce({ partial, segments, norms, range }, { SEGMENTS, EXTENDED }) {
      wasm.norm_reduce(partial.byteOffset, segments.byteOffset, norms.byteOffset, SEGMENTS);
      if (EXTENDED) writeExponents(segments, SEGMENTS, range, norms);
    },

    round_half({ v, partial, status, owner }, constants, [, R]) {
      for (const { first, count } of roundedCells(status, owner, constants, R)) {
        wasm.round_half(address(v, 16 * first), address(partial, 2 * first), count);
      }
    },

    copy_half({ v, y }, { COUNT }) {
      wasm.copy_half(v.byteOffset, y.byteOffset, COUNT);
    },

    unit_probe({ h, norms, status, shapes, range }, constants, [, R, layers]) {
      const { FIRST, B, C, MODE, UNIT, EVERY, H_STRIDE, EXTENDED, H_AT, RANGE_STRIDE } = constants;
      for (const r of recordedReplicas(status, FIRST, R, EVERY)) {
        for (let layer = 0; layer < layers; layer++) {
          const e = EXTENDED ? exponentOf(range, H_AT + layer * RANGE_STRIDE, r) : 0;
          const norm = NORM_WORDS * (firstUnitNorm(shapes, r) + UNIT + layer);
          const limit = SATURATED * powerOfTwo(-e);
          wasm.unit_probe(address(h, layer * H_STRIDE + r * four(B) * four(C)), address(norms, norm), B, C, MODE, limit);
          norms[norm + 2] = e;
        }
      }
    },

    ...recurrentKernels(wasm, scratch),
    ...recurrentNormKernels(wasm, scratch),
    ...normKernels(wasm),
    ...updateKernels(wasm, scratch),
  };
}

interface ForwardScales {
  /** Exponent of z. */
  readonly e: number;
  /** Factor on the product. */
  readonly factor: number;
  /** Factor on the bias from which sums start; 0 where it is added afterwards. */
  readonly start: number;
}

const PLAIN: ForwardScales = { e: 0, factor: 1, start: 1 };
/** log2 up to which a scaled bias, and sums that start from it, stay inside float32. */
const LARGEST_START = 120;

/** Sums start from the bias where they can, so that they are rounded as they are at exponent 0. */
function forwardScales(range: Uint32Array, at: number, r: number, bias: Float32Array | undefined): ForwardScales {
  const ex = exponentOf(range, at, r);
  const e = exponentOfSum(leadingExponent(range, at, r), bias);
  const largest = bias ? exponentOfSum(Number.NEGATIVE_INFINITY, bias) : 0;
  return { e, factor: powerOfTwo(ex - e), start: largest - ex <= LARGEST_START ? powerOfTwo(-ex) : 0 };
}
