/** Tensors with an exponent: their numbers times a power of two, and the largest of them. */
import { high, low, rounded } from './lanes';

/**
 * values = values factor + added addedFactor, column by column.
 *
 * @param values (rows, columns), columns a multiple of 4
 * @param added (columns), or 0 for none
 */
export function scale(values: usize, rows: u32, columns: u32, factor: f64, added: usize, addedFactor: f64): void {
  const f = f64x2.splat(factor);
  const g = f64x2.splat(addedFactor);
  const row = <usize>(4 * columns);
  for (let at: usize = 0; at < row; at += 16) {
    const a = added !== 0 ? v128.load(added + at) : f32x4.splat(0);
    const a0 = f64x2.mul(low(a), g);
    const a1 = f64x2.mul(high(a), g);
    let to = values + at;
    for (let m: u32 = 0; m < rows; m++) {
      const v = v128.load(to);
      v128.store(to, rounded(f64x2.add(f64x2.mul(low(v), f), a0), f64x2.add(f64x2.mul(high(v), f), a1)));
      to += row;
    }
  }
}

/** Bits of the largest magnitude of `count` numbers, a multiple of 4. */
export function peak(values: usize, count: u32): u32 {
  let top = i32x4.splat(0);
  const end = values + 4 * count;
  for (let at = values; at < end; at += 16) {
    top = i32x4.max_s(top, v128.and(v128.load(at), i32x4.splat(0x7fffffff)));
  }
  top = i32x4.max_s(top, v128.shuffle<i32>(top, top, 2, 3, 0, 1));
  top = i32x4.max_s(top, v128.shuffle<i32>(top, top, 1, 0, 3, 2));
  return <u32>i32x4.extract_lane(top, 0);
}
