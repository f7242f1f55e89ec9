/** Activations that are a selection or one product. `src/model/activation.ts` defines them; the others stay in TypeScript. */
import { high, low, rounded } from './lanes';

/** Numbers of the curves, as `src/engine/cpu/wasm/kernels.ts` has them; 0 stands for no activation. */
const LINEAR: u32 = 1;
const RELU: u32 = 2;

const LEAKY_SLOPE: f64 = 0.01;

/** The product in double precision, rounded once, as the twin has it. */
function leaky(x: v128): v128 {
  const slope = f64x2.splat(LEAKY_SLOPE);
  return rounded(f64x2.mul(low(x), slope), f64x2.mul(high(x), slope));
}

/** φ(z) of the curves but ReLU; NaN stays NaN. */
function phi(curve: u32, z: v128): v128 {
  return curve === LINEAR ? z : v128.bitselect(leaky(z), z, f32x4.lt(z, f32x4.splat(0)));
}

/** dh φ′(z) of the curves but ReLU; where z is NaN, so is the slope. */
function chain(curve: u32, dh: v128, z: v128): v128 {
  const kept = curve === LINEAR ? dh : v128.bitselect(leaky(dh), dh, f32x4.le(z, f32x4.splat(0)));
  return v128.bitselect(kept, z, f32x4.eq(z, z));
}

/** h = phi(z) of `count` numbers, a multiple of 4; padding of z is 0, and so that of h. */
export function activation_forward(z: usize, h: usize, count: u32, curve: u32): void {
  const zero = f32x4.splat(0);
  const end = z + 4 * count;
  if (curve === RELU) {
    for (; z < end; z += 16) {
      // pmax(z, 0) is z < 0 ? 0 : z, which keeps NaN; adding 0 makes −0 a 0.
      v128.store(h, f32x4.add(f32x4.pmax(v128.load(z), zero), zero));
      h += 16;
    }
  } else {
    for (; z < end; z += 16) {
      v128.store(h, phi(curve, v128.load(z)));
      h += 16;
    }
  }
}

/** forward: h = phi(z).  dz = dh phi'(z) of `count` numbers; padding stays 0 */
export function activation_backward(dh: usize, z: usize, dz: usize, count: u32, curve: u32): void {
  const zero = f32x4.splat(0);
  const end = z + 4 * count;
  if (curve === RELU) {
    for (; z < end; z += 16) {
      // A selection, so that a dead unit passes 0 even where dh is Inf.
      v128.store(dz, v128.andnot(v128.load(dh), f32x4.le(v128.load(z), zero)));
      dh += 16;
      dz += 16;
    }
  } else {
    for (; z < end; z += 16) {
      v128.store(dz, chain(curve, v128.load(dh), v128.load(z)));
      dh += 16;
      dz += 16;
    }
  }
}
