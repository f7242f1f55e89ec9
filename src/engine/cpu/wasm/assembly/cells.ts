/**
 * One step of a recurrent cell, B4 examples by H4 units, and its gradients: the formulas of `shaders/recurrent`, in float32 as there.
 * Rows beyond an example's length and columns beyond H become 0. Gates lie in blocks of H4 numbers of a row.
 */
import { LINEAR, RELU } from './curves';
import { decay, fastDecay, share, sigmoid, sigmoidOf, slopeOf, tanh, tanhOf, tanhSlope } from './gate_curves';
import { columnsInside, four } from './lanes';

/** Numbers of the cells, which are those of the kernels' constant CELL. */
export const RNN: u32 = 0;
export const LSTM: u32 = 1;
export const GRU: u32 = 2;

/** All bits where the sequence of row b has step t. */
export function walked(lengths: usize, t: u32, b: u32): v128 {
  return i32x4.splat(t < load<u32>(lengths + 4 * b) ? -1 : 0);
}

/** The numbers at x and y, added, 0 beyond column H. */
function sumOf(x: usize, y: usize, columns: v128): v128 {
  return v128.and(f32x4.add(v128.load(x), v128.load(y)), columns);
}

/** x, and what is handed back to it, 0 where nothing is. */
function plus(x: v128, back: usize): v128 {
  return back !== 0 ? f32x4.add(x, v128.load(back)) : x;
}

function phi(curve: i32, z: v128): v128 {
  if (curve === LINEAR) return z;
  // As in `activation_forward`: keeps NaN and makes −0 a 0.
  if (curve === RELU) return f32x4.add(f32x4.pmax(z, f32x4.splat(0)), f32x4.splat(0));
  return tanh(z);
}

/** d φ′(z); ReLU selects, so that a dead unit passes 0 even where d is Inf. */
function chain(curve: i32, d: v128, z: v128): v128 {
  if (curve === LINEAR) return v128.bitselect(d, z, f32x4.eq(z, z));
  if (curve === RELU) return v128.andnot(d, f32x4.le(z, f32x4.splat(0)));
  return f32x4.mul(d, tanhSlope(z));
}

/**
 * h = φ(z), z = a + sum.
 *
 * @param next where h goes once more, for the step that follows; 0 for none
 * @param cache of the step: z
 */
export function rnn(
  a: usize,
  sum: usize,
  h: usize,
  next: usize,
  cache: usize,
  lengths: usize,
  t: u32,
  M: u32,
  H: u32,
  curve: i32,
): void {
  const H4 = four(H);
  let at: usize = 0;
  for (let b: u32 = 0; b < M; b++) {
    const here = walked(lengths, t, b);
    for (let j: u32 = 0; j < H4; j += 4) {
      const columns = columnsInside(j, H);
      const z = sumOf(a + at, sum + at, columns);
      v128.store(cache + at, z);
      const value = v128.and(phi(curve, z), v128.and(columns, here));
      v128.store(h + at, value);
      if (next !== 0) v128.store(next + at, value);
      at += 16;
    }
  }
}

/** dh += back, da = dh φ′(z). @param back 0 where nothing is handed back */
export function rnnGradient(
  dh: usize,
  back: usize,
  cache: usize,
  da: usize,
  lengths: usize,
  t: u32,
  M: u32,
  H: u32,
  curve: i32,
): void {
  const H4 = four(H);
  let at: usize = 0;
  for (let b: u32 = 0; b < M; b++) {
    const here = walked(lengths, t, b);
    for (let j: u32 = 0; j < H4; j += 4) {
      const inside = v128.and(columnsInside(j, H), here);
      const d = v128.and(plus(v128.load(dh + at), back !== 0 ? back + at : 0), inside);
      v128.store(dh + at, d);
      v128.store(da + at, v128.and(chain(curve, d, v128.load(cache + at)), inside));
      at += 16;
    }
  }
}

/**
 * Gates i, f, g, o; h = s(o) tanh(c).
 *
 * @param cache of the step: the gates' z, then c′; if `next` is not 0, c goes where the step that follows has its c′
 */
export function lstm(a: usize, sum: usize, h: usize, next: usize, cache: usize, lengths: usize, t: u32, M: u32, H: u32): void {
  const H4 = four(H);
  const block = <usize>(4 * H4);
  const later = 5 * block * M;
  for (let b: u32 = 0; b < M; b++) {
    const here = walked(lengths, t, b);
    for (let j: u32 = 0; j < H4; j += 4) {
      const columns = columnsInside(j, H);
      const inside = v128.and(columns, here);
      const i = sumOf(a, sum, columns);
      const f = sumOf(a + block, sum + block, columns);
      const g = sumOf(a + 2 * block, sum + 2 * block, columns);
      const o = sumOf(a + 3 * block, sum + 3 * block, columns);
      const c = f32x4.add(f32x4.mul(sigmoid(f), v128.load(cache + 4 * block)), f32x4.mul(sigmoid(i), tanh(g)));
      const value = v128.and(f32x4.mul(sigmoid(o), tanh(c)), inside);
      v128.store(cache, i);
      v128.store(cache + block, f);
      v128.store(cache + 2 * block, g);
      v128.store(cache + 3 * block, o);
      v128.store(h, value);
      if (next !== 0) {
        v128.store(cache + later + 4 * block, v128.and(c, inside));
        v128.store(next, value);
        next += 16;
      }
      a += 16;
      sum += 16;
      h += 16;
      cache += 16;
    }
    a += 3 * block;
    sum += 3 * block;
    cache += 4 * block;
  }
}

function fourfold(x: v128): v128 {
  return f32x4.mul(f32x4.splat(4), x);
}

/** dh += back; dc, and the gradients of the gates. @param dc of the step; that of the step after follows */
export function lstmGradient(
  dh: usize,
  back: usize,
  cache: usize,
  dc: usize,
  da: usize,
  lengths: usize,
  t: u32,
  M: u32,
  H: u32,
): void {
  const H4 = four(H);
  const block = <usize>(4 * H4);
  const later = 5 * block * M;
  for (let b: u32 = 0; b < M; b++) {
    const here = walked(lengths, t, b);
    for (let j: u32 = 0; j < H4; j += 4) {
      const inside = v128.and(columnsInside(j, H), here);
      const d = v128.and(plus(v128.load(dh), back), inside);
      v128.store(dh, d);
      const i = v128.load(cache);
      const f = v128.load(cache + block);
      const g = v128.load(cache + 2 * block);
      const o = v128.load(cache + 3 * block);
      const before = v128.load(cache + 4 * block);
      const ei = decay(i);
      const ef = decay(f);
      const eg = fastDecay(g);
      const eo = decay(o);
      const qi = share(ei);
      const qf = share(ef);
      const qg = share(eg);
      const qo = share(eo);
      const si = sigmoidOf(i, ei, qi);
      const tg = tanhOf(g, eg, qg);
      const c = f32x4.add(f32x4.mul(sigmoidOf(f, ef, qf), before), f32x4.mul(si, tg));
      const ec = fastDecay(c);
      const qc = share(ec);
      // forward: h = s(o) tanh(c)
      let e = f32x4.mul(f32x4.mul(d, sigmoidOf(o, eo, qo)), fourfold(slopeOf(ec, qc)));
      if (back !== 0) {
        e = f32x4.add(e, f32x4.mul(v128.load(dc + block * M), sigmoid(v128.load(cache + later + block))));
        back += 16;
      }
      e = v128.and(e, inside);
      v128.store(dc, e);
      // forward: c = s(f) c' + s(i) tanh(g)
      v128.store(da, v128.and(f32x4.mul(f32x4.mul(e, tg), slopeOf(ei, qi)), inside));
      v128.store(da + block, v128.and(f32x4.mul(f32x4.mul(e, before), slopeOf(ef, qf)), inside));
      v128.store(da + 2 * block, v128.and(f32x4.mul(f32x4.mul(e, si), fourfold(slopeOf(eg, qg))), inside));
      v128.store(da + 3 * block, v128.and(f32x4.mul(f32x4.mul(d, tanhOf(c, ec, qc)), slopeOf(eo, qo)), inside));
      dh += 16;
      cache += 16;
      dc += 16;
      da += 16;
    }
    cache += 4 * block;
    da += 3 * block;
  }
}

/**
 * Gates r, z, n with n = a_n + s(r) q, q the sum of the third gate; h = (1 − s(z)) tanh(n) + s(z) h′.
 *
 * @param before h of the step before
 * @param cache of the step: r, z, n, q
 */
export function gru(
  a: usize,
  sum: usize,
  h: usize,
  before: usize,
  next: usize,
  cache: usize,
  lengths: usize,
  t: u32,
  M: u32,
  H: u32,
): void {
  const H4 = four(H);
  const block = <usize>(4 * H4);
  for (let b: u32 = 0; b < M; b++) {
    const here = walked(lengths, t, b);
    for (let j: u32 = 0; j < H4; j += 4) {
      const columns = columnsInside(j, H);
      const reset = sumOf(a, sum, columns);
      const update = sumOf(a + block, sum + block, columns);
      const q = v128.and(v128.load(sum + 2 * block), columns);
      const n = v128.and(f32x4.add(v128.load(a + 2 * block), f32x4.mul(sigmoid(reset), q)), columns);
      const eu = decay(update);
      const qu = share(eu);
      // 1 - s(z) is s(-z)
      const fresh = f32x4.mul(sigmoidOf(f32x4.neg(update), eu, qu), tanh(n));
      const held = f32x4.mul(sigmoidOf(update, eu, qu), v128.load(before));
      const value = v128.and(f32x4.add(fresh, held), v128.and(columns, here));
      v128.store(cache, reset);
      v128.store(cache + block, update);
      v128.store(cache + 2 * block, n);
      v128.store(cache + 3 * block, q);
      v128.store(h, value);
      if (next !== 0) {
        v128.store(next, value);
        next += 16;
      }
      a += 16;
      sum += 16;
      h += 16;
      before += 16;
      cache += 16;
    }
    a += 2 * block;
    sum += 2 * block;
    cache += 3 * block;
  }
}

/** dh += back + dh of the step after s(z) of it; the gradients of the gates. @param dhh those of the products */
export function gruGradient(
  dh: usize,
  back: usize,
  cache: usize,
  before: usize,
  da: usize,
  dhh: usize,
  lengths: usize,
  t: u32,
  M: u32,
  H: u32,
): void {
  const H4 = four(H);
  const block = <usize>(4 * H4);
  const later = 4 * block * M;
  for (let b: u32 = 0; b < M; b++) {
    const here = walked(lengths, t, b);
    for (let j: u32 = 0; j < H4; j += 4) {
      const inside = v128.and(columnsInside(j, H), here);
      let d = plus(v128.load(dh), back);
      if (back !== 0) {
        d = f32x4.add(d, f32x4.mul(v128.load(dh + block * M), sigmoid(v128.load(cache + later + block))));
        back += 16;
      }
      d = v128.and(d, inside);
      v128.store(dh, d);
      const reset = v128.load(cache);
      const update = v128.load(cache + block);
      const n = v128.load(cache + 2 * block);
      const er = decay(reset);
      const eu = decay(update);
      const en = fastDecay(n);
      const qr = share(er);
      const qu = share(eu);
      const qn = share(en);
      // forward: h = (1 - s(z)) tanh(n) + s(z) h', 1 - s(z) being s(-z)
      const fresh = sigmoidOf(f32x4.neg(update), eu, qu);
      const dn = v128.and(f32x4.mul(f32x4.mul(d, fresh), fourfold(slopeOf(en, qn))), inside);
      const dz = f32x4.mul(f32x4.mul(d, f32x4.sub(v128.load(before), tanhOf(n, en, qn))), slopeOf(eu, qu));
      // forward: n = a_n + s(r) q
      const dr = f32x4.mul(f32x4.mul(dn, v128.load(cache + 3 * block)), slopeOf(er, qr));
      v128.store(da, v128.and(dr, inside));
      v128.store(da + block, v128.and(dz, inside));
      v128.store(da + 2 * block, dn);
      v128.store(dhh, v128.and(dr, inside));
      v128.store(dhh + block, v128.and(dz, inside));
      v128.store(dhh + 2 * block, v128.and(f32x4.mul(dn, sigmoidOf(reset, er, qr)), inside));
      dh += 16;
      before += 16;
      cache += 16;
      da += 16;
      dhh += 16;
    }
    cache += 3 * block;
    da += 2 * block;
    dhh += 2 * block;
  }
}
