/**
 * Layer norm of one replica in double precision; RMS norm where it is not centred: no mean and no beta. A row's sums run in four
 * lanes, in another order than the twins'.
 */
import { columnsInside, high, low, rounded } from './lanes';

function total(a: v128, b: v128): f64 {
  const sum = f64x2.add(a, b);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Clears the lanes whose column does not exist. */
function existing(x: v128, c: u32, C: u32): v128 {
  return c + 4 <= C ? x : v128.and(x, columnsInside(c, C));
}

/** y = gamma (z - mean) rstd + beta. z, y: (B4, C4); gamma, beta: (C16); stats: (B4, 2), mean and rstd. beta is 0 where not centred. */
export function layer_norm_forward(
  z: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  stats: usize,
  B: u32,
  C: u32,
  epsilon: f64,
  isCentered: bool,
): void {
  for (let b: u32 = 0; b < B; b++) {
    let sum0 = f64x2.splat(0);
    let sum1 = sum0;
    for (let c: u32 = 0; c < C; c += 4) {
      const v = existing(v128.load(z + 4 * c), c, C);
      sum0 = f64x2.add(sum0, low(v));
      sum1 = f64x2.add(sum1, high(v));
    }
    const mean = isCentered ? total(sum0, sum1) / <f64>C : 0;
    const center = f64x2.splat(mean);
    let squares0 = f64x2.splat(0);
    let squares1 = squares0;
    for (let c: u32 = 0; c < C; c += 4) {
      const v = v128.load(z + 4 * c);
      // What does not exist lies at the mean.
      const mask = columnsInside(c, C);
      const d0 = v128.and(f64x2.sub(low(v), center), i64x2.extend_low_i32x4_s(mask));
      const d1 = v128.and(f64x2.sub(high(v), center), i64x2.extend_high_i32x4_s(mask));
      squares0 = f64x2.add(squares0, f64x2.mul(d0, d0));
      squares1 = f64x2.add(squares1, f64x2.mul(d1, d1));
    }
    const rstd = 1 / Math.sqrt(total(squares0, squares1) / <f64>C + epsilon);
    const slope = f64x2.splat(rstd);
    for (let c: u32 = 0; c < C; c += 4) {
      const v = v128.load(z + 4 * c);
      const g = v128.load(gamma + 4 * c);
      let y0 = f64x2.mul(f64x2.mul(low(g), f64x2.sub(low(v), center)), slope);
      let y1 = f64x2.mul(f64x2.mul(high(g), f64x2.sub(high(v), center)), slope);
      if (isCentered) {
        const shift = v128.load(beta + 4 * c);
        y0 = f64x2.add(y0, low(shift));
        y1 = f64x2.add(y1, high(shift));
      }
      v128.store(y + 4 * c, existing(rounded(y0, y1), c, C));
    }
    store<f32>(stats, <f32>mean);
    store<f32>(stats, <f32>rstd, 4);
    const row = 4 * ((C + 3) & ~3);
    z += row;
    y += row;
    stats += 8;
  }
}

/** rstd (g - sum/C - xhat product/C) of two numbers. */
function backward2(g: v128, xhat: v128, average: v128, product: v128, count: v128, rstd: v128): v128 {
  return f64x2.mul(rstd, f64x2.sub(f64x2.sub(g, average), f64x2.div(f64x2.mul(xhat, product), count)));
}

/**
 * forward: y = gamma xhat + beta, xhat = (z - mean) rstd
 * dz = rstd (g - mean(g) - xhat mean(g xhat)), g = dy gamma; without mean(g) where not centred.
 */
export function layer_norm_backward(
  dy: usize,
  z: usize,
  stats: usize,
  gamma: usize,
  dz: usize,
  B: u32,
  C: u32,
  isCentered: bool,
): void {
  const count = f64x2.splat(<f64>C);
  for (let b: u32 = 0; b < B; b++) {
    const mean = f64x2.splat(<f64>load<f32>(stats));
    const rstd = f64x2.splat(<f64>load<f32>(stats, 4));
    let sum0 = f64x2.splat(0);
    let sum1 = sum0;
    let product0 = sum0;
    let product1 = sum0;
    for (let c: u32 = 0; c < C; c += 4) {
      // Where dy is 0 the products are, too.
      const d = existing(v128.load(dy + 4 * c), c, C);
      const v = v128.load(z + 4 * c);
      const g = v128.load(gamma + 4 * c);
      const g0 = f64x2.mul(low(d), low(g));
      const g1 = f64x2.mul(high(d), high(g));
      sum0 = f64x2.add(sum0, g0);
      sum1 = f64x2.add(sum1, g1);
      product0 = f64x2.add(product0, f64x2.mul(g0, f64x2.mul(f64x2.sub(low(v), mean), rstd)));
      product1 = f64x2.add(product1, f64x2.mul(g1, f64x2.mul(f64x2.sub(high(v), mean), rstd)));
    }
    const average = f64x2.splat(isCentered ? total(sum0, sum1) / <f64>C : 0);
    const product = f64x2.splat(total(product0, product1));
    for (let c: u32 = 0; c < C; c += 4) {
      const d = v128.load(dy + 4 * c);
      const v = v128.load(z + 4 * c);
      const g = v128.load(gamma + 4 * c);
      const x0 = f64x2.mul(f64x2.sub(low(v), mean), rstd);
      const x1 = f64x2.mul(f64x2.sub(high(v), mean), rstd);
      const dz0 = backward2(f64x2.mul(low(d), low(g)), x0, average, product, count, rstd);
      const dz1 = backward2(f64x2.mul(high(d), high(g)), x1, average, product, count, rstd);
      v128.store(dz + 4 * c, existing(rounded(dz0, dz1), c, C));
    }
    const row = 4 * ((C + 3) & ~3);
    dy += row;
    z += row;
    dz += row;
    stats += 8;
  }
}

/** dgamma = sum_b dy xhat and, where centred, dbeta = sum_b dy, in the twins' order. */
export function layer_norm_backward_affine(
  dy: usize,
  z: usize,
  stats: usize,
  dgamma: usize,
  dbeta: usize,
  B: u32,
  C: u32,
  isCentered: bool,
): void {
  const row = <usize>(4 * ((C + 3) & ~3));
  for (let c: u32 = 0; c < C; c += 4) {
    let sum0 = f64x2.splat(0);
    let sum1 = sum0;
    let product0 = sum0;
    let product1 = sum0;
    for (let b: u32 = 0; b < B; b++) {
      const d = existing(v128.load(dy + b * row), c, C);
      const v = v128.load(z + b * row);
      const mean = f64x2.splat(<f64>load<f32>(stats + 8 * b));
      const rstd = f64x2.splat(<f64>load<f32>(stats + 8 * b, 4));
      sum0 = f64x2.add(sum0, low(d));
      sum1 = f64x2.add(sum1, high(d));
      product0 = f64x2.add(product0, f64x2.mul(low(d), f64x2.mul(f64x2.sub(low(v), mean), rstd)));
      product1 = f64x2.add(product1, f64x2.mul(high(d), f64x2.mul(f64x2.sub(high(v), mean), rstd)));
    }
    v128.store(dgamma, existing(rounded(product0, product1), c, C));
    if (isCentered) v128.store(dbeta, existing(rounded(sum0, sum1), c, C));
    dy += 16;
    z += 16;
    dgamma += 16;
    dbeta += 16;
  }
}
