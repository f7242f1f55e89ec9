/**
 * Update rules of one replica's cells of 16 parameters, with the pairs of the new parameters and of their changes. Arithmetic is
 * in double precision and in the twins' order, so that the results are the twins' to the bit.
 */
import { sum_squares } from './norms';

/** Cells whose changes are kept until their pairs are written. */
const BLOCK: u32 = 32;
const CELL_BYTES: u32 = 64;

/** Two numbers in double precision. */
function load2(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

/** Two numbers, rounded to float32. */
function store2(at: usize, x: v128): void {
  v128.store64_lane(at, f32x4.demote_f64x2_zero(x), 0);
}

/** Stores two new parameters and how far they are from the old ones. */
function change2(W: usize, changes: usize, next: v128): void {
  const w = f32x4.demote_f64x2_zero(next);
  v128.store64_lane(changes, f32x4.sub(w, v128.load64_zero(W)), 0);
  v128.store64_lane(W, w, 0);
}

function times(x: v128, factor: f64): v128 {
  return f64x2.mul(x, f64x2.splat(factor));
}

/** The gradient after clipping; minimum and maximum keep NaN. */
function clipped(dW: usize, isByValue: bool, max: f64, scale: f64): v128 {
  const g = load2(dW);
  return isByValue ? f64x2.min(f64x2.max(g, f64x2.splat(-max)), f64x2.splat(max)) : times(g, scale);
}

/** `changes`: 2 KiB. Parameters stay as they are; the change of a number that is not finite is NaN. */
export function no_update(W: usize, partial: usize, partialChange: usize, changes: usize, cells: u32): void {
  for (let cell: u32 = 0; cell < cells; cell++) {
    for (let at: u32 = 0; at < CELL_BYTES; at += 16) {
      const w = v128.load(W + at);
      v128.store(changes + at, f32x4.sub(w, w));
    }
    sum_squares(W, partial, 1);
    sum_squares(changes, partialChange, 1);
    W += CELL_BYTES;
    partial += 8;
    partialChange += 8;
  }
}

/** g = c dW + wd W;  buf = mu buf + keep g, at the first update buf = g;  W = shrink W - lr (g + mu buf with Nesterov, else buf) */
export function sgd_update(
  W: usize,
  dW: usize,
  state: usize,
  partial: usize,
  partialChange: usize,
  changes: usize,
  cells: u32,
  isByValue: bool,
  max: f64,
  scale: f64,
  rate: f64,
  decay: f64,
  shrink: f64,
  momentum: f64,
  keep: f64,
  isNesterov: bool,
  isFirst: bool,
): void {
  for (let cell: u32 = 0; cell < cells; cell += BLOCK) {
    const count = min<u32>(BLOCK, cells - cell);
    const bytes = count * CELL_BYTES;
    for (let at: u32 = 0; at < bytes; at += 8) {
      const w = load2(W + at);
      let g = clipped(dW + at, isByValue, max, scale);
      if (decay !== 0) g = f64x2.add(g, times(w, decay));
      if (momentum !== 0) {
        const buf = isFirst ? g : f64x2.add(times(load2(state + at), momentum), times(g, keep));
        store2(state + at, buf);
        g = isNesterov ? f64x2.add(g, times(buf, momentum)) : buf;
      }
      change2(W + at, changes + at, f64x2.sub(times(w, shrink), times(g, rate)));
    }
    sum_squares(W, partial, count);
    sum_squares(changes, partialChange, count);
    W += bytes;
    dW += bytes;
    state += bytes;
    partial += 8 * count;
    partialChange += 8 * count;
  }
}

/**
 * m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g²;  W = shrink W - step m / (sqrt(v)/unbias + eps); decay in shrink or in g
 *
 * @param second bytes from m to v
 */
export function adam_update(
  W: usize,
  dW: usize,
  state: usize,
  second: usize,
  partial: usize,
  partialChange: usize,
  changes: usize,
  cells: u32,
  isByValue: bool,
  max: f64,
  scale: f64,
  decay: f64,
  shrink: f64,
  beta1: f64,
  rest1: f64,
  beta2: f64,
  rest2: f64,
  epsilon: f64,
  step: f64,
  unbias: f64,
): void {
  for (let cell: u32 = 0; cell < cells; cell += BLOCK) {
    const count = min<u32>(BLOCK, cells - cell);
    const bytes = count * CELL_BYTES;
    for (let at: u32 = 0; at < bytes; at += 8) {
      const w = load2(W + at);
      let g = clipped(dW + at, isByValue, max, scale);
      if (decay !== 0) g = f64x2.add(g, times(w, decay));
      const m = f64x2.add(times(load2(state + at), beta1), times(g, rest1));
      const v = f64x2.add(times(load2(state + second + at), beta2), f64x2.mul(times(g, rest2), g));
      store2(state + at, m);
      store2(state + second + at, v);
      const root = f64x2.add(f64x2.div(f64x2.sqrt(v), f64x2.splat(unbias)), f64x2.splat(epsilon));
      change2(W + at, changes + at, f64x2.sub(times(w, shrink), times(f64x2.div(m, root), step)));
    }
    sum_squares(W, partial, count);
    sum_squares(changes, partialChange, count);
    W += bytes;
    dW += bytes;
    state += bytes;
    partial += 8 * count;
    partialChange += 8 * count;
  }
}

/**
 * v = a v + (1-a) g²;  mean = a mean + (1-a) g where centered;  buf = mu buf + g / (sqrt(v - mean²) + eps);  W = shrink W - lr buf
 *
 * @param second bytes from v to buf, and from buf to the mean
 */
export function rmsprop_update(
  W: usize,
  dW: usize,
  state: usize,
  second: usize,
  partial: usize,
  partialChange: usize,
  changes: usize,
  cells: u32,
  isByValue: bool,
  max: f64,
  scale: f64,
  rate: f64,
  decay: f64,
  shrink: f64,
  alpha: f64,
  rest: f64,
  momentum: f64,
  epsilon: f64,
  isCentered: bool,
): void {
  for (let cell: u32 = 0; cell < cells; cell += BLOCK) {
    const count = min<u32>(BLOCK, cells - cell);
    const bytes = count * CELL_BYTES;
    for (let at: u32 = 0; at < bytes; at += 8) {
      const w = load2(W + at);
      let g = clipped(dW + at, isByValue, max, scale);
      if (decay !== 0) g = f64x2.add(g, times(w, decay));
      const v = f64x2.add(times(load2(state + at), alpha), f64x2.mul(times(g, rest), g));
      store2(state + at, v);
      let variance = v;
      if (isCentered) {
        const mean = f64x2.add(times(load2(state + 2 * second + at), alpha), times(g, rest));
        store2(state + 2 * second + at, mean);
        variance = f64x2.sub(v, f64x2.mul(mean, mean));
      }
      const root = f64x2.add(f64x2.sqrt(variance), f64x2.splat(epsilon));
      const buf = f64x2.add(times(load2(state + second + at), momentum), f64x2.div(g, root));
      store2(state + second + at, buf);
      change2(W + at, changes + at, f64x2.sub(times(w, shrink), times(buf, rate)));
    }
    sum_squares(W, partial, count);
    sum_squares(changes, partialChange, count);
    W += bytes;
    dW += bytes;
    state += bytes;
    partial += 8 * count;
    partialChange += 8 * count;
  }
}
