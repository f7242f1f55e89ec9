/** What is read out of the states of one replica, and its gradient: its last state of each sequence, or the mean. */
import { four, high, low, rounded } from './lanes';

/**
 * y[b] = h[length − 1, b], or the mean over t < length, summed in double precision; 0 for a row without an example.
 *
 * @param h,y (T B4, H4), (B4, H4)
 * @param isMean 0 or 1
 */
export function read_out_forward(h: usize, y: usize, lengths: usize, B: u32, H: u32, isMean: u32): void {
  const M = four(B);
  const row = <usize>(4 * four(H));
  const step = row * M;
  for (let b: u32 = 0; b < M; b++) {
    const length = load<u32>(lengths + 4 * b);
    if (length === 0) {
      memory.fill(y, 0, row);
    } else if (isMean === 0) {
      memory.copy(y, h + (length - 1) * step, row);
    } else {
      for (let at: usize = 0; at < row; at += 16) meanOver(h + at, step, length, y + at);
    }
    h += row;
    y += row;
  }
}

function meanOver(h: usize, step: usize, length: u32, y: usize): void {
  let p = f64x2.splat(0);
  let q = f64x2.splat(0);
  for (let t: u32 = 0; t < length; t++) {
    const x = v128.load(h);
    p = f64x2.add(p, low(x));
    q = f64x2.add(q, high(x));
    h += step;
  }
  const n = f64x2.splat(<f64>length);
  v128.store(y, rounded(f64x2.div(p, n), f64x2.div(q, n)));
}

/** dh[t,b] = dy[b] at t = length − 1, or dy[b] / length at t < length, and else 0, for t < walk. forward: read_out_forward */
export function read_out_backward(dy: usize, dh: usize, lengths: usize, B: u32, H: u32, walk: u32, isMean: u32): void {
  const M = four(B);
  const row = <usize>(4 * four(H));
  const step = row * M;
  memory.fill(dh, 0, step * walk);
  for (let b: u32 = 0; b < M; b++) {
    const length = min<u32>(load<u32>(lengths + 4 * b), walk);
    if (isMean !== 0) spread(dy, dh, step, row, length);
    else if (length > 0) memory.copy(dh + (length - 1) * step, dy, row);
    dy += row;
    dh += row;
  }
}

/** Writes dy / length at every step. */
function spread(dy: usize, dh: usize, step: usize, row: usize, length: u32): void {
  const n = f32x4.splat(<f32>length);
  for (let at: usize = 0; at < row; at += 16) {
    const share = f32x4.div(v128.load(dy + at), n);
    let to = dh + at;
    for (let t: u32 = 0; t < length; t++) {
      v128.store(to, share);
      to += step;
    }
  }
}
