/** Matrix products in float32: c[m,n] = start[n] + sum_k a[m,k] b[k,n], from the start value on in ascending k. */

/** Above this many bytes b does not stay in the first-level cache beside a: its panels are copied together before use. */
const PACK_ABOVE: u32 = 32768;
/** Bytes between a packed panel's rows: 8 columns. */
const PANEL: usize = 32;

/** a x + y, rounded twice. */
function add(y: v128, a: v128, x: v128): v128 {
  return f32x4.add(y, f32x4.mul(a, x));
}

function startOf(start: usize, offset: usize): v128 {
  return start !== 0 ? v128.load(start + offset) : f32x4.splat(0);
}

/**
 * A tile of 4 rows and 8 columns: 8 sums, 2 parts of b, one of a and one product stay in the 15 registers that V8 leaves of
 * 16. A tile of 12 columns does not fit and is a fifth slower.
 *
 * @param aRow,aStep bytes from one row and from one k of a to the next
 * @param start 8 start values for every row, or c itself, to be added to, or 0
 */
function tile8(a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, c: usize, cRow: usize, K: u32, start: usize): void {
  const next = start === c ? cRow : 0;
  let c00 = startOf(start, 0);
  let c01 = startOf(start, 16);
  let c10 = startOf(start, next);
  let c11 = startOf(start, next + 16);
  let c20 = startOf(start, 2 * next);
  let c21 = startOf(start, 2 * next + 16);
  let c30 = startOf(start, 3 * next);
  let c31 = startOf(start, 3 * next + 16);
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  for (let k: u32 = 0; k < K; k++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = add(c00, x, b0);
    c01 = add(c01, x, b1);
    x = v128.load_splat<f32>(a1);
    c10 = add(c10, x, b0);
    c11 = add(c11, x, b1);
    x = v128.load_splat<f32>(a2);
    c20 = add(c20, x, b0);
    c21 = add(c21, x, b1);
    x = v128.load_splat<f32>(a3);
    c30 = add(c30, x, b0);
    c31 = add(c31, x, b1);
    a += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    b += bStep;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += cRow;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += cRow;
  v128.store(c, c30);
  v128.store(c, c31, 16);
}

/** The same of 4 columns, for what is left of a matrix. */
function tile4(a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, c: usize, cRow: usize, K: u32, start: usize): void {
  const next = start === c ? cRow : 0;
  let c0 = startOf(start, 0);
  let c1 = startOf(start, next);
  let c2 = startOf(start, 2 * next);
  let c3 = startOf(start, 3 * next);
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  for (let k: u32 = 0; k < K; k++) {
    const b0 = v128.load(b);
    c0 = add(c0, v128.load_splat<f32>(a), b0);
    c1 = add(c1, v128.load_splat<f32>(a1), b0);
    c2 = add(c2, v128.load_splat<f32>(a2), b0);
    c3 = add(c3, v128.load_splat<f32>(a3), b0);
    a += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    b += bStep;
  }
  v128.store(c, c0);
  v128.store(c + cRow, c1);
  v128.store(c + 2 * cRow, c2);
  v128.store(c + 3 * cRow, c3);
}

/** Copies `columns` (4 or 8) columns of K rows together. */
function packPanel(b: usize, bStep: usize, K: u32, columns: u32, to: usize): void {
  for (let k: u32 = 0; k < K; k++) {
    v128.store(to, v128.load(b));
    if (columns === 8) v128.store(to, v128.load(b, 16), 16);
    b += bStep;
    to += PANEL;
  }
}

/** Writes the transpose of 4 rows, `row` bytes apart, and K columns in fours: (K, 4) at the panel's stride. */
function transposePanel(b: usize, row: usize, K: u32, to: usize): void {
  for (let k: u32 = 0; k < K; k += 4) {
    const r0 = v128.load(b);
    const r1 = v128.load(b + row);
    const r2 = v128.load(b + 2 * row);
    const r3 = v128.load(b + 3 * row);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
    v128.store(to, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), PANEL);
    v128.store(to, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 2 * PANEL);
    v128.store(to, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 3 * PANEL);
    b += 16;
    to += 4 * PANEL;
  }
}

/** One panel of c, `columns` (4 or 8) wide. */
function panel(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cRow: usize,
  M: u32,
  K: u32,
  columns: u32,
  start: usize,
): void {
  for (let m: u32 = 0; m < M; m += 4) {
    if (columns === 8) tile8(a, aRow, aStep, b, bStep, c, cRow, K, start);
    else tile4(a, aRow, aStep, b, bStep, c, cRow, K, start);
    a += 4 * aRow;
    if (start === c) start += 4 * cRow;
    c += 4 * cRow;
  }
}

/**
 * c = start + a b.
 *
 * @param b (K, N) with N a multiple of 4, rows without gaps
 * @param M,N multiples of 4; all of c is written
 * @param start N start values, or c itself, to be added to, or 0
 * @param scratch 32 (K + 4) bytes
 */
export function multiply(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  c: usize,
  M: u32,
  K: u32,
  N: u32,
  start: usize,
  scratch: usize,
): void {
  const row = <usize>(4 * N);
  const isPacked = M > 8 && K * <u32>row > PACK_ABOVE;
  for (let n: u32 = 0; n < N; n += 8) {
    const columns = min<u32>(8, N - n);
    const at = <usize>(4 * n);
    if (isPacked) packPanel(b + at, row, K, columns, scratch);
    const from = isPacked ? scratch : b + at;
    panel(a, aRow, aStep, from, isPacked ? PANEL : row, c + at, row, M, K, columns, start !== 0 ? start + at : 0);
  }
}

/**
 * c = a bᵀ.
 *
 * @param b (N, K4) with rows of K4 numbers, K rounded up to a multiple of 4; N rows exist
 */
export function multiplyTransposed(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  c: usize,
  M: u32,
  K: u32,
  N: u32,
  scratch: usize,
): void {
  const row = <usize>(4 * ((K + 3) & ~3));
  for (let n: u32 = 0; n < N; n += 8) {
    const columns = min<u32>(8, N - n);
    transposePanel(b + <usize>n * row, row, K, scratch);
    if (columns === 8) transposePanel(b + <usize>(n + 4) * row, row, K, scratch + 16);
    panel(a, aRow, aStep, scratch, PANEL, c + 4 * n, 4 * N, M, K, columns, 0);
  }
}

/** Packs b, (K, N) as for `multiply`, into panels of K rows for `multiplyPanels`. */
export function packPanels(b: usize, K: u32, N: u32, to: usize): void {
  for (let n: u32 = 0; n < N; n += 8) {
    packPanel(b + 4 * n, 4 * N, K, min<u32>(8, N - n), to);
    to += PANEL * K;
  }
}

/** Packs bᵀ of b, (N, K) with K and N multiples of 4, rows without gaps. */
export function packPanelsTransposed(b: usize, K: u32, N: u32, to: usize): void {
  for (let n: u32 = 0; n < N; n += 4) {
    transposePanel(b + <usize>(4 * n) * K, 4 * K, K, to + (n & 4 ? 16 : 0));
    if (n & 4) to += PANEL * K;
  }
}

/** c = start + a b, as `multiply` has it, b in panels of K rows each: for a b that many products share. */
export function multiplyPanels(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  c: usize,
  M: u32,
  K: u32,
  N: u32,
  start: usize,
): void {
  for (let n: u32 = 0; n < N; n += 8) {
    const at = <usize>(4 * n);
    panel(a, aRow, aStep, b, PANEL, c + at, 4 * N, M, K, min<u32>(8, N - n), start !== 0 ? start + at : 0);
    b += PANEL * K;
  }
}
