/** Vectors of four numbers: widening to double precision, and the mask of a matrix's edge. */

/** Lanes 0 and 1 in double precision. */
export function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

/** Lanes 2 and 3 in double precision. */
export function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
}

/** Both halves, rounded to float32. */
export function rounded(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 1, 4, 5);
}

/** All bits of the lanes whose column exists: `column` is that of lane 0. */
export function columnsInside(column: u32, columns: u32): v128 {
  return i32x4.gt_s(i32x4.splat(<i32>columns - <i32>column), i32x4(0, 1, 2, 3));
}

/** Rounds up to a multiple of 4. */
export function four(n: u32): u32 {
  return (n + 3) & ~3;
}

/** Writes 0 into what pads (M, N) to (M4, N4): products leave a bias there, or 0 Inf = NaN. */
export function clearPadding(values: usize, M: u32, N: u32): void {
  const M4 = four(M);
  const N4 = four(N);
  const row = <usize>(4 * N4);
  if (N < N4) {
    const columns = columnsInside(N4 - 4, N);
    let at = values + row - 16;
    for (let m: u32 = 0; m < M; m++) {
      v128.store(at, v128.and(v128.load(at), columns));
      at += row;
    }
  }
  if (M < M4) memory.fill(values + M * row, 0, (M4 - M) * row);
}
