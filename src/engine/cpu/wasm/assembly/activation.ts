/** Activation of whole tensors: ReLU by selection, the other curves in double precision, rounded once. */
import { dphi, LINEAR, phi, RELU } from './curves';
import { clearPadding, four, high, low, rounded } from './lanes';

/**
 * h = phi(z up) down, zeros into the padding, where phi(0) may be another number. z, h: (B4, C4)
 *
 * @param up,down powers of two that differ from 1 where z and h have exponents; linear and ReLU do not need them
 */
export function activation_forward(z: usize, h: usize, B: u32, C: u32, curve: i32, up: f64, down: f64): void {
  const zero = f32x4.splat(0);
  const bytes: u32 = 4 * four(B) * four(C);
  if (curve === LINEAR) {
    memory.copy(h, z, bytes);
  } else if (curve === RELU) {
    for (let at: u32 = 0; at < bytes; at += 16) {
      // pmax(z, 0) is z < 0 ? 0 : z, which keeps NaN; adding 0 makes −0 a 0.
      v128.store(h + at, f32x4.add(f32x4.pmax(v128.load(z + at), zero), zero));
    }
  } else {
    for (let at: u32 = 0; at < bytes; at += 16) {
      const x = v128.load(z + at);
      const h0 = phi(curve, f64x2.mul(low(x), f64x2.splat(up)));
      const h1 = phi(curve, f64x2.mul(high(x), f64x2.splat(up)));
      v128.store(h + at, rounded(f64x2.mul(h0, f64x2.splat(down)), f64x2.mul(h1, f64x2.splat(down))));
    }
    clearPadding(h, B, C);
  }
}

/**
 * forward: h = phi(z).  dz = dh phi'(z up), zeros into the padding. dh, z, dz: (B4, C4)
 *
 * @param up power of two that differs from 1 where z has an exponent
 */
export function activation_backward(dh: usize, z: usize, dz: usize, B: u32, C: u32, curve: i32, up: f64): void {
  const zero = f32x4.splat(0);
  const bytes: u32 = 4 * four(B) * four(C);
  if (curve === RELU) {
    for (let at: u32 = 0; at < bytes; at += 16) {
      // A selection, so that a dead unit passes 0 even where dh is Inf.
      v128.store(dz + at, v128.andnot(v128.load(dh + at), f32x4.le(v128.load(z + at), zero)));
    }
  } else {
    for (let at: u32 = 0; at < bytes; at += 16) {
      const d = v128.load(dh + at);
      const x = v128.load(z + at);
      const d0 = f64x2.mul(low(d), dphi(curve, f64x2.mul(low(x), f64x2.splat(up))));
      const d1 = f64x2.mul(high(d), dphi(curve, f64x2.mul(high(x), f64x2.splat(up))));
      v128.store(dz + at, rounded(d0, d1));
    }
  }
  clearPadding(dz, B, C);
}
