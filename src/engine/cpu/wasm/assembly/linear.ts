/** The linear layer: product, then one pass of bias-free work over the result while it is in the cache. */
import { chain, phi } from './activation';
import { columnsInside, high, inside, low, rounded } from './lanes';
import { writePair } from './pair';
import { multiply, multiplyTransposed } from './product';

function four(n: u32): u32 {
  return (n + 3) & ~3;
}

/**
 * Writes 0 into the padding of a product, h = phi(value) or value = chain(value, zx), and the pairs of its 4×4 tiles.
 *
 * @param values (M4, N4) of which (M, N) are numbers; a product with padding may hold 0 Inf = NaN there
 * @param h 0 for none
 * @param zx 0 for none
 */
function finish(values: usize, M: u32, N: u32, curve: u32, h: usize, zx: usize, partial: usize): void {
  const row = <usize>(4 * four(N));
  for (let m: u32 = 0; m < M; m += 4) {
    for (let n: u32 = 0; n < N; n += 4) {
      const at = <usize>m * row + 4 * n;
      const columns = columnsInside(n, N);
      const v0 = finishRow(values + at, inside(m, M, columns), curve, h, zx, at);
      const v1 = finishRow(values + at + row, inside(m + 1, M, columns), curve, h, zx, at + row);
      const v2 = finishRow(values + at + 2 * row, inside(m + 2, M, columns), curve, h, zx, at + 2 * row);
      const v3 = finishRow(values + at + 3 * row, inside(m + 3, M, columns), curve, h, zx, at + 3 * row);
      writePair(v0, v1, v2, v3, partial);
      partial += 8;
    }
  }
}

function finishRow(value: usize, mask: v128, curve: u32, h: usize, zx: usize, at: usize): v128 {
  let v = v128.load(value);
  if (zx !== 0) v = chain(curve, v, v128.load(zx + at));
  v = v128.and(v, mask);
  v128.store(value, v);
  if (h !== 0) v128.store(h + at, phi(curve, v));
  return v;
}

/**
 * z[b,o] = sum_i x[b,i] W[i,o] + bias[o], h = phi(z), and the pairs of z.
 *
 * @param bias 0 for none
 * @param h 0 for none
 */
export function linear_forward(
  x: usize,
  W: usize,
  bias: usize,
  z: usize,
  h: usize,
  partial: usize,
  B: u32,
  I: u32,
  O: u32,
  curve: u32,
  scratch: usize,
): void {
  multiply(x, 4 * four(I), 4, W, z, four(B), I, four(O), bias, scratch);
  finish(z, B, O, curve, h, 0, partial);
}

/**
 * forward: z[b,o] = sum_i x[b,i] W[i,o], x = phi(zx)
 * dx[b,i] = phi'(zx[b,i]) sum_o dz[b,o] W[i,o], and the pairs of dx.
 *
 * @param zx 0 where phi is not applied
 */
export function linear_backward_input(
  dz: usize,
  W: usize,
  zx: usize,
  dx: usize,
  partial: usize,
  B: u32,
  I: u32,
  O: u32,
  curve: u32,
  scratch: usize,
): void {
  multiplyTransposed(dz, 4 * four(O), 4, W, dx, four(B), O, four(I), scratch);
  finish(dx, B, I, curve, 0, zx, partial);
}

/**
 * forward: z[b,o] = sum_i x[b,i] W[i,o] + bias[o]
 * dW[i,o] = sum_b x[b,i] dz[b,o], dbias[o] = sum_b dz[b,o], and the pairs of both.
 *
 * @param dbias 0 for none
 */
export function linear_backward_weight(
  x: usize,
  dz: usize,
  dW: usize,
  dbias: usize,
  partial: usize,
  partialBias: usize,
  B: u32,
  I: u32,
  O: u32,
  scratch: usize,
): void {
  multiply(x, 4, 4 * four(I), dz, dW, four(I), B, four(O), 0, scratch);
  finish(dW, I, O, 0, 0, 0, partial);
  if (dbias !== 0) sumRows(dz, B, O, dbias, partialBias);
}

/** Sums in double precision, rounded once. */
function sumRows(dz: usize, B: u32, O: u32, dbias: usize, partial: usize): void {
  const row = <usize>(4 * four(O));
  const zero = f32x4.splat(0);
  for (let o: u32 = 0; o < O; o += 4) {
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let at = dz + 4 * o;
    for (let k: u32 = 0; k < B; k++) {
      const v = v128.load(at);
      a = f64x2.add(a, low(v));
      b = f64x2.add(b, high(v));
      at += row;
    }
    const sum = v128.and(rounded(a, b), columnsInside(o, O));
    v128.store(dbias + 4 * o, sum);
    writePair(sum, zero, zero, zero, partial);
    partial += 8;
  }
}
