/** Activations that are a selection or one product. `src/model/activation.ts` defines them; the others stay in TypeScript. */
import { columnsInside, high, inside, low, rounded } from './lanes';

/** Numbers of the curves, as `src/engine/cpu/wasm/kernels.ts` has them; 0 stands for no activation. */
export const LINEAR: u32 = 1;
export const RELU: u32 = 2;

const LEAKY_SLOPE: f64 = 0.01;

/** The product in double precision, rounded once, as the twin has it. */
function leaky(x: v128): v128 {
  const slope = f64x2.splat(LEAKY_SLOPE);
  return rounded(f64x2.mul(low(x), slope), f64x2.mul(high(x), slope));
}

/** φ(z); NaN stays NaN. */
export function phi(curve: u32, z: v128): v128 {
  const zero = f32x4.splat(0);
  if (curve === LINEAR) return z;
  // pmax(z, 0) is z < 0 ? 0 : z, which keeps NaN; adding 0 makes −0 a 0.
  if (curve === RELU) return f32x4.add(f32x4.pmax(z, zero), zero);
  return v128.bitselect(leaky(z), z, f32x4.lt(z, zero));
}

/** dh φ′(z); ReLU selects, so that a dead unit passes 0 even where dh is Inf. Where z is NaN, the others' slope is NaN. */
export function chain(curve: u32, dh: v128, z: v128): v128 {
  const zero = f32x4.splat(0);
  if (curve === RELU) return v128.andnot(dh, f32x4.le(z, zero));
  const kept = curve === LINEAR ? dh : v128.bitselect(leaky(dh), dh, f32x4.le(z, zero));
  return v128.bitselect(kept, z, f32x4.eq(z, z));
}

/** h = phi(z) in one replica of (B4, C4) numbers, of which (B, C) exist; zeros into the padding. */
export function activation_forward(z: usize, h: usize, B: u32, C: u32, curve: u32): void {
  const B4 = (B + 3) & ~3;
  for (let b: u32 = 0; b < B4; b++) {
    for (let c: u32 = 0; c < C; c += 4) {
      v128.store(h, v128.and(phi(curve, v128.load(z)), inside(b, B, columnsInside(c, C))));
      z += 16;
      h += 16;
    }
  }
}

/** forward: h = phi(z).  dz = dh phi'(z), zeros into the padding */
export function activation_backward(dh: usize, z: usize, dz: usize, B: u32, C: u32, curve: u32): void {
  const B4 = (B + 3) & ~3;
  for (let b: u32 = 0; b < B4; b++) {
    for (let c: u32 = 0; c < C; c += 4) {
      v128.store(dz, v128.and(chain(curve, v128.load(dh), v128.load(z)), inside(b, B, columnsInside(c, C))));
      dh += 16;
      z += 16;
      dz += 16;
    }
  }
}
