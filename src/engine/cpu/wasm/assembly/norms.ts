/** Norm pairs of whole tensors, and their sums by segment. */
import { referenceExponent, writePairs } from './pair';

const INF_BITS: u32 = 0x7f800000;

/** Pairs of `count` cells of 16 consecutive numbers: the kernel of the same name. */
export function sum_squares(v: usize, partial: usize, count: u32): void {
  writePairs(v, 64, 16, count, partial);
}

/** Pairs of the 4×4 tiles of a (rows, columns) matrix, both multiples of 4. */
export function tile_pairs(values: usize, partial: usize, rows: u32, columns: u32): void {
  const row = <usize>(4 * columns);
  for (let m: u32 = 0; m < rows; m += 4) {
    writePairs(values, 16, row, columns / 4, partial);
    values += 4 * row;
    partial += 2 * columns;
  }
}

/** 4^−k for k ≤ 252, by its bits. */
function quarters(k: u32): f64 {
  return reinterpret<f64>((<u64>(1023 - 2 * k)) << 52);
}

/** Joins `count` pairs into one, in double precision and in their order, as `joinPairs` does. */
function join(pairs: usize, count: u32, out: usize): void {
  let m: u32 = 0;
  let broken: u32 = 0;
  const end = pairs + 8 * count;
  for (let at = pairs; at < end; at += 8) {
    const other = load<u32>(at);
    m = max<u32>(m, other);
    if (other >= INF_BITS) broken += load<u32>(at, 4);
  }
  let sum: f64 = 0;
  if (m !== 0 && m < INF_BITS) {
    const top = referenceExponent(m);
    for (let at = pairs; at < end; at += 8) {
      const other = load<u32>(at);
      if (other !== 0) sum += <f64>load<f32>(at, 4) * quarters(top - referenceExponent(other));
    }
  }
  store<u32>(out, m);
  if (m < INF_BITS) store<f32>(out, <f32>sum, 4);
  else store<u32>(out, broken, 4);
}

/** `segments` is a table of (first pair, pairs, where the norm goes, two words that are not read), a norm being four words: its pair and two that stay 0. */
export function norm_reduce(partial: usize, segments: usize, norms: usize, count: u32): void {
  for (let s: u32 = 0; s < count; s++) {
    const norm = norms + 16 * load<u32>(segments, 8);
    join(partial + 8 * load<u32>(segments), load<u32>(segments, 4), norm);
    store<u64>(norm, 0, 8);
    segments += 20;
  }
}
