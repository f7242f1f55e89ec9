/** Norm pairs, as `src/math/norm-pair.ts` defines them. */
import { high, low } from './lanes';

const INF_BITS: u32 = 0x7f800000;
const SMALLEST_NORMAL: u32 = 0x00800000;

function magnitudes(x: v128): v128 {
  return v128.and(x, i32x4.splat(0x7fffffff));
}

/** Bits of the largest magnitude: bits of magnitudes are in the order of the numbers, NaN above all. */
function largest(a: v128, b: v128, c: v128, d: v128): u32 {
  let top = i32x4.max_s(i32x4.max_s(magnitudes(a), magnitudes(b)), i32x4.max_s(magnitudes(c), magnitudes(d)));
  top = i32x4.max_s(top, v128.shuffle<i32>(top, top, 2, 3, 0, 1));
  top = i32x4.max_s(top, v128.shuffle<i32>(top, top, 1, 0, 3, 2));
  return <u32>i32x4.extract_lane(top, 0);
}

function nonFinite(x: v128): u32 {
  return popcnt<u32>(i32x4.bitmask(i32x4.ge_s(magnitudes(x), i32x4.splat(<i32>INF_BITS))));
}

/** x² of lanes 0 and 1 and of lanes 2 and 3, added. */
function squares(x: v128): v128 {
  const a = low(x);
  const b = high(x);
  return f64x2.add(f64x2.mul(a, a), f64x2.mul(b, b));
}

/** Kept in 1…253 so that 2^(127−e) and its inverse are normal float32 numbers. */
export function referenceExponent(m: u32): u32 {
  return min<u32>(max<u32>(m >> 23, 1), 253);
}

/**
 * Writes the pairs of `count` cells of 4×4 numbers. Squares are summed in double precision, in another order than the twins'
 * `writePair`, and rounded once. Scaling is exact but for numbers so small that a sum of at least 1 does not see them.
 *
 * @param step bytes from one cell to the next
 * @param row bytes from one row of a cell to the next
 */
export function writePairs(values: usize, step: usize, row: usize, count: u32, partial: usize): void {
  for (let k: u32 = 0; k < count; k++) {
    const a = v128.load(values);
    const b = v128.load(values + row);
    const c = v128.load(values + 2 * row);
    const d = v128.load(values + 3 * row);
    const m = largest(a, b, c, d);
    let word: u32 = 0;
    if (m - SMALLEST_NORMAL < INF_BITS - SMALLEST_NORMAL) {
      const scale = f32x4.splat(reinterpret<f32>((254 - referenceExponent(m)) << 23));
      const ab = f64x2.add(squares(f32x4.mul(a, scale)), squares(f32x4.mul(b, scale)));
      const cd = f64x2.add(squares(f32x4.mul(c, scale)), squares(f32x4.mul(d, scale)));
      const sum = f64x2.add(ab, cd);
      word = reinterpret<u32>(<f32>(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
    } else if (m >= INF_BITS) {
      word = nonFinite(a) + nonFinite(b) + nonFinite(c) + nonFinite(d);
    }
    store<u32>(partial, m >= SMALLEST_NORMAL ? m : 0);
    store<u32>(partial, word, 4);
    values += step;
    partial += 8;
  }
}
