/** The walks along sequences, a replica's steps of a dispatch in one call; W is packed once for all of them. */
import { GRU, gru, gruGradient, LSTM, lstm, lstmGradient, RNN, rnn, rnnGradient } from './cells';
import { four } from './lanes';
import { multiplyPanels, packPanels, packPanelsTransposed } from './product';

export function gatesOf(cell: u32): u32 {
  return cell === RNN ? 1 : cell === LSTM ? 4 : 3;
}

/** Whether what step `t + 1` has found is handed back to `t`, in a replica of `own` steps. */
export function isLinkedAt(t: u32, own: u32, truncation: u32): bool {
  const left = own - t - 1;
  return left > 0 && (truncation === 0 || left % truncation !== 0);
}

/**
 * h[t] = cell(a[t] + h[t−1] W + bias) for t from `first` to below `end`, as `shaders/recurrent/recurrent_forward.wgsl` has it.
 *
 * @param a,h,h_prev,cache (T B4, ·), of which h_prev[0] and the c of the cache's step 0 are given
 * @param bias where the sums start from; 0 for none
 * @param lengths of the B4 examples
 * @param scratch B4 G H4 numbers, then the panels of W: H G H4 numbers, columns rounded up to a multiple of 8
 */
export function recurrent_forward(
  a: usize,
  W: usize,
  bias: usize,
  h: usize,
  h_prev: usize,
  cache: usize,
  lengths: usize,
  B: u32,
  T: u32,
  H: u32,
  cell: u32,
  curve: i32,
  first: u32,
  end: u32,
  scratch: usize,
): void {
  if (first >= end) return;
  const M = four(B);
  const H4 = four(H);
  const N = gatesOf(cell) * H4;
  const states = <usize>(4 * M * H4);
  const gated = <usize>(4 * M * N);
  const cached = cell === RNN ? states : gated + states;
  const panels = scratch + gated;
  packPanels(W, H, N, panels);
  for (let t = first; t < end; t++) {
    const own = h_prev + t * states;
    // Where the next step finds its h and c; none after the last.
    const next = t + 1 < T ? own + states : 0;
    const kept = cache + t * cached;
    multiplyPanels(own, 4 * H4, 4, panels, scratch, M, H, N, bias);
    if (cell === RNN) rnn(a + t * gated, scratch, h + t * states, next, kept, lengths, t, M, H, curve);
    else if (cell === LSTM) lstm(a + t * gated, scratch, h + t * states, next, kept, lengths, t, M, H);
    else gru(a + t * gated, scratch, h + t * states, own, next, kept, lengths, t, M, H);
  }
}

/**
 * dh[t] += dhh[t+1] Wᵀ and the gradients of a and of the products, for t from below `end` down to `first`, as
 * `shaders/recurrent/recurrent_backward.wgsl` has it.
 *
 * @param second dc of the LSTM, dhh of the GRU; the RNN's dhh is da
 * @param own the replica's number of steps
 * @param truncation steps of a block of truncated backpropagation; 0 for none
 * @param scratch B4 H4 numbers, then the panels of Wᵀ: G H4 H4 numbers, columns rounded up to a multiple of 8
 */
export function recurrent_backward(
  dh: usize,
  W: usize,
  cache: usize,
  h_prev: usize,
  da: usize,
  second: usize,
  lengths: usize,
  B: u32,
  H: u32,
  cell: u32,
  curve: i32,
  truncation: u32,
  own: u32,
  first: u32,
  end: u32,
  scratch: usize,
): void {
  if (first >= end) return;
  const M = four(B);
  const H4 = four(H);
  const N = gatesOf(cell) * H4;
  const states = <usize>(4 * M * H4);
  const gated = <usize>(4 * M * N);
  const cached = cell === RNN ? states : gated + states;
  const panels = scratch + states;
  const dhh = cell === GRU ? second : da;
  packPanelsTransposed(W, N, H4, panels);
  for (let t = end; t-- > first; ) {
    const isLinked = isLinkedAt(t, own, truncation);
    if (isLinked) multiplyPanels(dhh + (t + 1) * gated, 4 * N, 4, panels, scratch, M, N, H4, 0);
    const back = isLinked ? scratch : 0;
    const to = da + t * gated;
    const kept = cache + t * cached;
    const d = dh + t * states;
    if (cell === RNN) rnnGradient(d, back, kept, to, lengths, t, M, H, curve);
    else if (cell === LSTM) lstmGradient(d, back, kept, second + t * states, to, lengths, t, M, H);
    else gruGradient(d, back, kept, h_prev + t * states, to, second + t * gated, lengths, t, M, H);
  }
}
