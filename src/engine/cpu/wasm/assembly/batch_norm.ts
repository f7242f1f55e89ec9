/** Batch norm of one replica, four features at a time, in double precision and in the twins' order. z, y: (B4, C4). */
import { columnsInside, high, low, rounded } from './lanes';

/** Numbers from the first to the second row of (2, C16) statistics, in bytes. */
function secondRow(C: u32): usize {
  return 4 * ((C + 15) & ~15);
}

function rowBytes(C: u32): usize {
  return 4 * ((C + 3) & ~3);
}

/** Stores the lanes in the mask and leaves the others as they are. */
function storeInside(to: usize, x: v128, mask: v128): void {
  v128.store(to, v128.bitselect(x, v128.load(to), mask));
}

/** 1/sqrt(variance + epsilon). */
function inverseRoot(variance: v128, epsilon: f64): v128 {
  return f64x2.div(f64x2.splat(1), f64x2.sqrt(f64x2.add(variance, f64x2.splat(epsilon))));
}

/** a running + (1 - a) batch, a = 0.9 */
function mixed(running: v128, batch: v128): v128 {
  return f64x2.add(f64x2.mul(f64x2.splat(0.9), running), batch);
}

/**
 * y = gamma (z - mean) rstd + beta, statistics over the batch.
 *
 * @param stats (2, C16): mean and rstd
 * @param running (2, C16): mean and unbiased variance
 * @param up power of two by which z is to be multiplied where it has an exponent
 */
export function batch_norm_forward(
  z: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  stats: usize,
  running: usize,
  B: u32,
  C: u32,
  epsilon: f64,
  up: f64,
): void {
  const row = rowBytes(C);
  const second = secondRow(C);
  const count = f64x2.splat(<f64>B);
  for (let c: u32 = 0; c < C; c += 4) {
    let sum0 = f64x2.splat(0);
    let sum1 = sum0;
    for (let b: u32 = 0; b < B; b++) {
      const v = v128.load(z + b * row);
      sum0 = f64x2.add(sum0, low(v));
      sum1 = f64x2.add(sum1, high(v));
    }
    const mean0 = f64x2.div(sum0, count);
    const mean1 = f64x2.div(sum1, count);
    // A pass of its own, so that the variance does not cancel.
    let squares0 = f64x2.splat(0);
    let squares1 = squares0;
    for (let b: u32 = 0; b < B; b++) {
      const v = v128.load(z + b * row);
      const d0 = f64x2.sub(low(v), mean0);
      const d1 = f64x2.sub(high(v), mean1);
      squares0 = f64x2.add(squares0, f64x2.mul(d0, d0));
      squares1 = f64x2.add(squares1, f64x2.mul(d1, d1));
    }
    const rstd0 = inverseRoot(f64x2.div(squares0, count), epsilon);
    const rstd1 = inverseRoot(f64x2.div(squares1, count), epsilon);
    const g = v128.load(gamma);
    const shift = v128.load(beta);
    const mask = columnsInside(c, C);
    for (let b: u32 = 0; b < B; b++) {
      const v = v128.load(z + b * row);
      const y0 = f64x2.mul(f64x2.mul(low(g), f64x2.sub(low(v), mean0)), rstd0);
      const y1 = f64x2.mul(f64x2.mul(high(g), f64x2.sub(high(v), mean1)), rstd1);
      storeInside(y + b * row, rounded(f64x2.add(y0, low(shift)), f64x2.add(y1, high(shift))), mask);
    }
    storeInside(stats, rounded(mean0, mean1), mask);
    storeInside(stats + second, rounded(rstd0, rstd1), mask);
    const tenth = f64x2.splat(0.1);
    const once = f64x2.splat(up);
    const twice = f64x2.splat(up * up);
    const means = v128.load(running);
    const variances = v128.load(running + second);
    const rest = f64x2.splat(<f64>(max<u32>(B, 2) - 1));
    const m0 = mixed(low(means), f64x2.mul(f64x2.mul(tenth, mean0), once));
    const m1 = mixed(high(means), f64x2.mul(f64x2.mul(tenth, mean1), once));
    const v0 = mixed(low(variances), f64x2.mul(f64x2.div(f64x2.mul(tenth, squares0), rest), twice));
    const v1 = mixed(high(variances), f64x2.mul(f64x2.div(f64x2.mul(tenth, squares1), rest), twice));
    storeInside(running, rounded(m0, m1), mask);
    storeInside(running + second, rounded(v0, v1), mask);
    running += 16;
    z += 16;
    y += 16;
    gamma += 16;
    beta += 16;
    stats += 16;
  }
}

/** scale (dy - sum/B - xhat product/B) of two features. */
function backward2(dy: v128, z: v128, mean: v128, rstd: v128, product: v128, average: v128, scale: v128, count: v128): v128 {
  const xhat = f64x2.mul(f64x2.sub(z, mean), rstd);
  return f64x2.mul(scale, f64x2.sub(f64x2.sub(dy, average), f64x2.div(f64x2.mul(xhat, product), count)));
}

/**
 * forward: y = gamma xhat + beta, xhat = (z - mean) rstd
 * dz = gamma rstd (dy - mean(dy) - xhat mean(dy xhat)), dgamma = sum dy xhat, dbeta = sum dy.
 */
export function batch_norm_backward(
  dy: usize,
  z: usize,
  stats: usize,
  gamma: usize,
  dz: usize,
  dgamma: usize,
  dbeta: usize,
  B: u32,
  C: u32,
): void {
  const row = rowBytes(C);
  const second = secondRow(C);
  const count = f64x2.splat(<f64>B);
  for (let c: u32 = 0; c < C; c += 4) {
    const mean = v128.load(stats);
    const rstd = v128.load(stats + second);
    let sum0 = f64x2.splat(0);
    let sum1 = sum0;
    let product0 = sum0;
    let product1 = sum0;
    for (let b: u32 = 0; b < B; b++) {
      const d = v128.load(dy + b * row);
      const v = v128.load(z + b * row);
      sum0 = f64x2.add(sum0, low(d));
      sum1 = f64x2.add(sum1, high(d));
      product0 = f64x2.add(product0, f64x2.mul(f64x2.mul(low(d), f64x2.sub(low(v), low(mean))), low(rstd)));
      product1 = f64x2.add(product1, f64x2.mul(f64x2.mul(high(d), f64x2.sub(high(v), high(mean))), high(rstd)));
    }
    const mask = columnsInside(c, C);
    storeInside(dgamma, rounded(product0, product1), mask);
    storeInside(dbeta, rounded(sum0, sum1), mask);
    const g = v128.load(gamma);
    const scale0 = f64x2.mul(low(g), low(rstd));
    const scale1 = f64x2.mul(high(g), high(rstd));
    const average0 = f64x2.div(sum0, count);
    const average1 = f64x2.div(sum1, count);
    for (let b: u32 = 0; b < B; b++) {
      const d = v128.load(dy + b * row);
      const v = v128.load(z + b * row);
      const dz0 = backward2(low(d), low(v), low(mean), low(rstd), product0, average0, scale0, count);
      const dz1 = backward2(high(d), high(v), high(mean), high(rstd), product1, average1, scale1, count);
      storeInside(dz + b * row, rounded(dz0, dz1), mask);
    }
    dy += 16;
    z += 16;
    stats += 16;
    gamma += 16;
    dz += 16;
    dgamma += 16;
    dbeta += 16;
  }
}
