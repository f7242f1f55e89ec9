/** What the outputs of a hidden layer are like: the kernel `unit_probe`. */
import { columnsInside, four, high, low } from './lanes';
import { referenceExponent } from './pair';

const INF_BITS: u32 = 0x7f800000;
const SMALLEST_NORMAL: u32 = 0x00800000;

/** Lanes of outputs that are saturated. */
function saturated(x: v128, mode: u32, limit: f32): v128 {
  const t = mode === 3 ? f32x4.sub(f32x4.mul(x, f32x4.splat(2)), f32x4.splat(1)) : x;
  return f32x4.gt(f32x4.abs(t), f32x4.splat(limit));
}

/**
 * Writes the pair of h / sqrt(B C) at `norm`, and the share of blocked units or outputs as its fourth word. Squares are summed in
 * double precision, where those of float32 numbers neither overflow nor vanish.
 *
 * @param mode 0 none, 1 dead units, 2 saturated by |h|, 3 saturated by |2 h - 1|
 * @param limit from which on an output is saturated
 */
export function unit_probe(h: usize, norm: usize, B: u32, C: u32, mode: u32, limit: f32): void {
  const row = <usize>(4 * four(C));
  let top: u32 = 0;
  let broken: u32 = 0;
  let blocked: u32 = 0;
  let sum = f64x2.splat(0);
  for (let c: u32 = 0; c < C; c += 4) {
    const inside = columnsInside(c, C);
    let any = i32x4.splat(0);
    let largest = i32x4.splat(0);
    let at = h + 4 * c;
    for (let b: u32 = 0; b < B; b++) {
      const x = v128.and(v128.load(at), inside);
      const magnitude = v128.and(x, i32x4.splat(0x7fffffff));
      any = v128.or(any, magnitude);
      largest = i32x4.max_s(largest, magnitude);
      if (mode > 1) blocked += popcnt<u32>(i32x4.bitmask(v128.and(saturated(x, mode, limit), inside)));
      const a = low(x);
      const d = high(x);
      sum = f64x2.add(sum, f64x2.add(f64x2.mul(a, a), f64x2.mul(d, d)));
      at += row;
    }
    if (mode === 1) blocked += popcnt<u32>(i32x4.bitmask(v128.and(i32x4.eq(any, i32x4.splat(0)), inside)));
    largest = i32x4.max_s(largest, v128.shuffle<i32>(largest, largest, 2, 3, 0, 1));
    largest = i32x4.max_s(largest, v128.shuffle<i32>(largest, largest, 1, 0, 3, 2));
    top = max<u32>(top, <u32>i32x4.extract_lane(largest, 0));
  }
  let word: u32 = 0;
  if (top >= INF_BITS) {
    for (let b: u32 = 0; b < B; b++) {
      for (let c: u32 = 0; c < C; c++) broken += <u32>((load<u32>(h + b * row + 4 * c) & 0x7fffffff) >= INF_BITS);
    }
    word = broken;
  } else if (top >= SMALLEST_NORMAL) {
    const scale = reinterpret<f64>((<u64>(1023 + 2 * (127 - <i32>referenceExponent(top)))) << 52);
    const mean = (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)) / <f64>(B * C);
    word = reinterpret<u32>(<f32>(mean * scale));
  }
  store<u32>(norm, top >= SMALLEST_NORMAL ? top : 0);
  store<u32>(norm, word, 4);
  store<u32>(norm, 0, 8);
  const share = <f32>blocked / <f32>(mode === 1 ? C : B * C);
  store<u32>(norm, mode === 0 || top >= INF_BITS ? 0x7fc00000 : reinterpret<u32>(share), 12);
}
