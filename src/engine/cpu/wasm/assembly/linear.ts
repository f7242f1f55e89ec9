/** The linear layer: a product, then passes over the result, which is in the cache. */
import { activation_backward, activation_forward } from './activation';
import { clearPadding, columnsInside, four, high, low, rounded } from './lanes';
import { sum_squares, tile_pairs } from './norms';
import { multiply, multiplyTransposed } from './product';
import { scale } from './range';

/** Rows of a block. */
const ROWS: u32 = 256;

/**
 * z[b,o] = factor sum_i x[b,i] W[i,o] + bias[o], h = phi(z up) down, and the pairs of z.
 *
 * @param bias where the sums start from, before the factor; 0 for none
 * @param curve −1 for none, and h is not written
 * @param factor,up,down powers of two that differ from 1 where the tensors have exponents
 * @param added a bias that is added after the factor, times addedFactor; 0 for none
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
  curve: i32,
  scratch: usize,
  factor: f64,
  up: f64,
  down: f64,
  added: usize,
  addedFactor: f64,
): void {
  multiply(x, 4 * four(I), 4, W, z, four(B), I, four(O), bias, scratch);
  if (factor !== 1 || added !== 0) scale(z, B, four(O), factor, added, addedFactor);
  clearPadding(z, B, O);
  if (curve >= 0) activation_forward(z, h, B, O, curve, up, down);
  tile_pairs(z, partial, four(B), four(O));
}

/**
 * forward: z[b,o] = sum_i x[b,i] W[i,o], x = phi(zx)
 * dx[b,i] = phi'(zx[b,i] up) factor sum_o dz[b,o] W[i,o], and the pairs of dx.
 *
 * @param curve −1 where phi is not applied, and zx is not read
 * @param factor,up powers of two that differ from 1 where the tensors have exponents
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
  curve: i32,
  scratch: usize,
  factor: f64,
  up: f64,
): void {
  multiplyTransposed(dz, 4 * four(O), 4, W, dx, four(B), O, four(I), scratch);
  if (factor !== 1) scale(dx, B, four(I), factor, 0, 0);
  if (curve >= 0) activation_backward(dx, zx, dx, B, I, curve, up);
  else clearPadding(dx, B, I);
  tile_pairs(dx, partial, four(B), four(I));
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
  // In blocks of rows that stay in the cache while every panel and tile goes through them; the sums keep their order.
  for (let b: u32 = 0; b < B; b += ROWS) {
    const own = 4 * b;
    multiply(
      x + own * four(I),
      4,
      4 * four(I),
      dz + own * four(O),
      dW,
      four(I),
      min<u32>(ROWS, B - b),
      four(O),
      b > 0 ? dW : 0,
      scratch,
    );
  }
  clearPadding(dW, I, O);
  tile_pairs(dW, partial, four(I), four(O));
  if (dbias !== 0) sumRows(dz, B, O, dbias, partialBias, scratch);
}

/**
 * Sums in double precision, rounded once.
 *
 * @param scratch 64 bytes, then 8 of every column
 */
function sumRows(dz: usize, B: u32, O: u32, dbias: usize, partial: usize, scratch: usize): void {
  const sums = scratch + 64;
  memory.fill(scratch, 0, 64 + 8 * four(O));
  for (let b: u32 = 0; b < B; b += ROWS) addRows(dz + 4 * b * four(O), min<u32>(ROWS, B - b), O, sums);
  for (let o: u32 = 0; o < O; o += 4) {
    const sum = v128.and(rounded(v128.load(sums + 8 * o), v128.load(sums + 8 * o, 16)), columnsInside(o, O));
    v128.store(dbias + 4 * o, sum);
    // A cell of 4 numbers and 12 zeros.
    v128.store(scratch, sum);
    sum_squares(scratch, partial, 1);
    partial += 8;
  }
}

/** Adds rows to the sums of their columns, in double precision. */
function addRows(dz: usize, rows: u32, O: u32, sums: usize): void {
  const row = <usize>(4 * four(O));
  for (let o: u32 = 0; o < O; o += 4) {
    let a = v128.load(sums);
    let b = v128.load(sums, 16);
    let at = dz + 4 * o;
    for (let k: u32 = 0; k < rows; k++) {
      const v = v128.load(at);
      a = f64x2.add(a, low(v));
      b = f64x2.add(b, high(v));
      at += row;
    }
    v128.store(sums, a);
    v128.store(sums, b, 16);
    sums += 32;
  }
}
