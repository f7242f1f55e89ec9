/**
 * Walks of cells with layer norm inside, as `shaders/recurrent/recurrent_norm_*.wgsl` have them. The gates' sums are normalised row by
 * row, and what `cells` makes of sums is made of the normalised ones. `norm` holds blocks of H4 numbers of a row: x̂ of each gate, the
 * gradient du of its γ x̂ + β, 1/deviation gate by gate, and of the GRU the state before.
 */
import { GRU, gru, gruGradient, LSTM, lstm, lstmGradient, RNN, rnn, rnnGradient, walked } from './cells';
import { decay, share, sigmoid, slopeOf } from './gate_curves';
import { columnsInside, four } from './lanes';
import { multiplyPanels, packPanels, packPanelsTransposed } from './product';
import { gatesOf, isLinkedAt } from './recurrent';

function total(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** Numbers of a row of `norm`. */
function normWidth(cell: u32, H4: u32): u32 {
  return (2 * gatesOf(cell) + (cell === GRU ? 2 : 1)) * H4;
}

/**
 * x̂ in the place of the sums s, 0 where `here` has no bits, and γ x̂ + β.
 *
 * @returns 1/deviation
 */
function normalise(s: usize, gamma: usize, beta: usize, to: usize, H: u32, epsilon: f32, here: v128): f32 {
  let sum = f32x4.splat(0);
  for (let j: u32 = 0; j < H; j += 4) sum = f32x4.add(sum, v128.load(s + 4 * j));
  const mean = f32x4.splat(total(sum) / <f32>H);
  let squares = f32x4.splat(0);
  for (let j: u32 = 0; j < H; j += 4) {
    const d = v128.and(f32x4.sub(v128.load(s + 4 * j), mean), columnsInside(j, H));
    squares = f32x4.add(squares, f32x4.mul(d, d));
  }
  const rstd: f32 = 1 / Mathf.sqrt(total(squares) / <f32>H + epsilon);
  for (let j: u32 = 0; j < H; j += 4) {
    const columns = columnsInside(j, H);
    const xhat = v128.and(f32x4.mul(f32x4.sub(v128.load(s + 4 * j), mean), f32x4.splat(rstd)), columns);
    const z = f32x4.add(f32x4.mul(v128.load(gamma + 4 * j), xhat), v128.load(beta + 4 * j));
    v128.store(to + 4 * j, v128.and(z, columns));
    v128.store(s + 4 * j, v128.and(xhat, here));
  }
  return rstd;
}

/** h[t] for t from `first` to below `end`. @param scratch `normedWords` numbers */
export function recurrent_norm_forward(
  a: usize,
  W: usize,
  gamma: usize,
  beta: usize,
  h: usize,
  h_prev: usize,
  cache: usize,
  norm: usize,
  lengths: usize,
  B: u32,
  T: u32,
  H: u32,
  cell: u32,
  curve: i32,
  epsilon: f32,
  first: u32,
  end: u32,
  scratch: usize,
): void {
  if (first >= end) return;
  const M = four(B);
  const H4 = four(H);
  const G = gatesOf(cell);
  const N = G * H4;
  const block = <usize>(4 * H4);
  const states = block * M;
  const gated = <usize>(4 * M * N);
  const cached = cell === RNN ? states : gated + states;
  const width = <usize>(4 * normWidth(cell, H4));
  // The products, which the normalised gates replace; what is added to them; q of the GRU; the panels of W.
  const plain = scratch + gated;
  const held = plain + gated;
  const panels = held + states;
  memory.fill(plain, 0, gated);
  packPanels(W, H, N, panels);
  for (let t = first; t < end; t++) {
    const own = h_prev + t * states;
    const next = t + 1 < T ? own + states : 0;
    const kept = cache + t * cached;
    multiplyPanels(own, 4 * H4, 4, panels, scratch, M, H, N, 0);
    for (let b: u32 = 0; b < M; b++) {
      const here = walked(lengths, t, b);
      const input = a + t * gated + 4 * b * N;
      const sum = scratch + 4 * b * N;
      const row = norm + (t * M + b) * width;
      const deviations = row + 2 * G * block;
      v128.store(deviations, f32x4.splat(0));
      for (let g: u32 = 0; g < G; g++) {
        const s = row + g * block;
        const at = g * block;
        const isCandidate = cell === GRU && g === 2;
        for (let j: u32 = 0; j < H4; j += 4) {
          let product = v128.load(sum + at + 4 * j);
          // n = a_n + s(r) q
          if (isCandidate) {
            v128.store(held + b * block + 4 * j, v128.and(product, columnsInside(j, H)));
            product = f32x4.mul(sigmoid(v128.load(sum + 4 * j)), product);
            v128.store(sum + at + 4 * j, f32x4.splat(0));
          }
          v128.store(s + 4 * j, v128.and(f32x4.add(v128.load(input + at + 4 * j), product), columnsInside(j, H)));
        }
        const to = isCandidate ? plain + 4 * b * N + at : sum + at;
        const rstd = normalise(s, gamma + at, beta + at, to, H, epsilon, here);
        store<f32>(deviations + 4 * g, f32x4.extract_lane(v128.and(f32x4.splat(rstd), here), 0));
      }
      if (cell === GRU) memory.copy(row + (2 * G + 1) * block, own + b * block, block);
    }
    if (cell === RNN) rnn(plain, scratch, h + t * states, next, kept, lengths, t, M, H, curve);
    else if (cell === LSTM) lstm(plain, scratch, h + t * states, next, kept, lengths, t, M, H);
    else {
      gru(plain, scratch, h + t * states, own, next, kept, lengths, t, M, H);
      for (let b: u32 = 0; b < M; b++) memory.copy(kept + (4 * b + 3) * block, held + b * block, block);
    }
  }
}

/** ds of a gate from its du: rstd (g − mean g − x̂ mean(g x̂)), g = γ du. */
function adjoint(hat: usize, du: usize, gamma: usize, to: usize, H: u32, rstd: f32): void {
  let sum = f32x4.splat(0);
  let along = f32x4.splat(0);
  for (let j: u32 = 0; j < H; j += 4) {
    const d = f32x4.mul(v128.load(gamma + 4 * j), v128.load(du + 4 * j));
    sum = f32x4.add(sum, d);
    along = f32x4.add(along, f32x4.mul(d, v128.load(hat + 4 * j)));
  }
  const mean = f32x4.splat(total(sum) / <f32>H);
  const slope = f32x4.splat(total(along) / <f32>H);
  for (let j: u32 = 0; j < H; j += 4) {
    const d = f32x4.mul(v128.load(gamma + 4 * j), v128.load(du + 4 * j));
    const ds = f32x4.sub(f32x4.sub(d, mean), f32x4.mul(v128.load(hat + 4 * j), slope));
    v128.store(to + 4 * j, v128.and(f32x4.mul(f32x4.splat(rstd), ds), columnsInside(j, H)));
  }
}

/** The gradients of a and of the products, for t from below `end` down to `first`. @param scratch `normedWords` numbers */
export function recurrent_norm_backward(
  dh: usize,
  W: usize,
  cache: usize,
  norm: usize,
  da: usize,
  second: usize,
  gamma: usize,
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
  const G = gatesOf(cell);
  const N = G * H4;
  const block = <usize>(4 * H4);
  const states = block * M;
  const gated = <usize>(4 * M * N);
  const cached = cell === RNN ? states : gated + states;
  const width = <usize>(4 * normWidth(cell, H4));
  // What is handed back and the GRU's states before; du of all gates; what the plain GRU would hand back; the panels of Wᵀ.
  const du = scratch + states;
  const unused = du + gated;
  const panels = unused + gated;
  const dhh = cell === GRU ? second : da;
  packPanelsTransposed(W, N, H4, panels);
  for (let t = end; t-- > first; ) {
    const isLinked = isLinkedAt(t, own, truncation);
    if (isLinked) multiplyPanels(dhh + (t + 1) * gated, 4 * N, 4, panels, scratch, M, N, H4, 0);
    const back = isLinked ? scratch : 0;
    const kept = cache + t * cached;
    const d = dh + t * states;
    const rows = norm + t * M * width;
    if (cell === RNN) rnnGradient(d, back, kept, du, lengths, t, M, H, curve);
    else if (cell === LSTM) lstmGradient(d, back, kept, second + t * states, du, lengths, t, M, H);
    else {
      const before = panels + 4 * (<usize>N * (H4 + 4));
      for (let b: u32 = 0; b < M; b++) memory.copy(before + b * block, rows + b * width + (2 * G + 1) * block, block);
      gruGradient(d, back, kept, before, du, unused, lengths, t, M, H);
    }
    for (let b: u32 = 0; b < M; b++) {
      const row = rows + b * width;
      const mine = du + 4 * b * N;
      const to = da + t * gated + 4 * b * N;
      const deviations = row + 2 * G * block;
      if (cell === GRU) {
        const here = walked(lengths, t, b);
        const gates = kept + 4 * b * block;
        const products = second + t * gated + 4 * b * N;
        const candidate = 2 * block;
        adjoint(row + candidate, mine + candidate, gamma + candidate, to + candidate, H, load<f32>(deviations + 8));
        for (let j: u32 = 0; j < H4; j += 4) {
          const reset = v128.load(gates + 4 * j);
          const ds = v128.load(to + candidate + 4 * j);
          const e = decay(reset);
          // forward: n = a_n + s(r) q
          const dr = f32x4.mul(f32x4.mul(ds, v128.load(gates + 3 * block + 4 * j)), slopeOf(e, share(e)));
          v128.store(mine + 4 * j, v128.and(dr, v128.and(columnsInside(j, H), here)));
          v128.store(products + candidate + 4 * j, f32x4.mul(ds, sigmoid(reset)));
        }
        adjoint(row, mine, gamma, to, H, load<f32>(deviations));
        adjoint(row + block, mine + block, gamma + block, to + block, H, load<f32>(deviations + 4));
        memory.copy(products, to, candidate);
      } else {
        for (let g: u32 = 0; g < G; g++) {
          const at = g * block;
          adjoint(row + at, mine + at, gamma + at, to + at, H, load<f32>(deviations + 4 * g));
        }
      }
      memory.copy(row + G * block, mine, G * block);
    }
  }
}

/** dγ and dβ: sums over `rows` rows of du x̂ and of du. */
export function recurrent_norm_affine(norm: usize, dgamma: usize, dbeta: usize, rows: u32, H: u32, cell: u32): void {
  const H4 = four(H);
  const N = gatesOf(cell) * H4;
  const width = <usize>(4 * normWidth(cell, H4));
  memory.fill(dgamma, 0, 4 * N);
  memory.fill(dbeta, 0, 4 * N);
  for (let n: u32 = 0; n < rows; n++) {
    const du = norm + 4 * N;
    for (let c: usize = 0; c < 4 * <usize>N; c += 16) {
      const d = v128.load(du + c);
      v128.store(dgamma + c, f32x4.add(v128.load(dgamma + c), f32x4.mul(d, v128.load(norm + c))));
      v128.store(dbeta + c, f32x4.add(v128.load(dbeta + c), d));
    }
    norm += width;
  }
}
