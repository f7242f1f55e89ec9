/** Rounding to float16: the kernels `round_half` and `copy_half`. */
import { sum_squares } from './norms';

/** The nearest float16 of four numbers, on their bits as `shaders/lib/half.wgsl` does it. */
function half(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const m = v128.and(x, i32x4.splat(0x7fffffff));
  const odd = v128.and(i32x4.shr_u(m, 13), i32x4.splat(1));
  const rounded = v128.and(i32x4.add(i32x4.add(m, i32x4.splat(0xfff)), odd), i32x4.splat(0xffffe000));
  const finite = v128.bitselect(i32x4.splat(0x7f800000), rounded, i32x4.ge_s(rounded, i32x4.splat(0x47800000)));
  const normal = v128.bitselect(m, finite, i32x4.ge_s(m, i32x4.splat(0x7f800000)));
  // Multiples of 2^-24: to the nearest whole number, ties to even.
  const multiple = f32x4.nearest(f32x4.mul(m, f32x4.splat(16777216)));
  const small = f32x4.mul(multiple, f32x4.splat(5.9604645e-8));
  return v128.or(v128.bitselect(normal, small, i32x4.ge_s(m, i32x4.splat(0x38800000))), sign);
}

/** y = float16(v) of `count` cells of 16 numbers; y may be v. */
export function copy_half(v: usize, y: usize, count: u32): void {
  const end = v + 64 * <usize>count;
  for (; v < end; v += 16) {
    v128.store(y, half(v128.load(v)));
    y += 16;
  }
}

/** In place, and the pairs of the cells. */
export function round_half(v: usize, partial: usize, count: u32): void {
  copy_half(v, v, count);
  sum_squares(v, partial, count);
}
