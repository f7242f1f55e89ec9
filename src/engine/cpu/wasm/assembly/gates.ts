/** What the gates of a recurrent layer are like: the kernel `gate_probe`. */

import { LSTM, RNN } from './cells';
import { LINEAR, RELU, TANH } from './curves';
import { sigmoid, tanh } from './gate_curves';
import { columnsInside, four, high, low } from './lanes';

const NAN_BITS: u32 = 0x7fc00000;
const SATURATED: f32 = 0.975;

/** A gate's values of its z: the curve's own, or of a gate of LSTM and GRU, tanh for the third and a sigmoid for the others. */
function valuesOf(isSigmoid: bool, curve: i32, z: v128): v128 {
  if (isSigmoid) return sigmoid(z);
  if (curve === LINEAR) return z;
  if (curve === RELU) return f32x4.pmax(z, f32x4.splat(0));
  return tanh(z);
}

/** |2 v − 1| of a sigmoid or |v| above the limit, or of ReLU v = 0. */
function saturated(isSigmoid: bool, curve: i32, v: v128): v128 {
  if (!isSigmoid && curve === RELU) return f32x4.eq(v, f32x4.splat(0));
  const x = isSigmoid ? f32x4.sub(f32x4.add(v, v), f32x4.splat(1)) : v;
  return f32x4.gt(f32x4.abs(x), f32x4.splat(SATURATED));
}

/**
 * Writes (0, 0, mean of the gate's values, share of saturated ones) of one gate at one step, over the sequences that have the step.
 * Sums in double precision.
 *
 * @param cache of the step and the gate, rows `row` bytes apart
 * @param curve of the vanilla cell, and tanh for the others
 */
function probe(cache: usize, row: usize, lengths: usize, norm: usize, t: u32, B: u32, H: u32, isSigmoid: bool, curve: i32): void {
  let sum = f64x2.splat(0);
  let blocked: u32 = 0;
  let count: u32 = 0;
  for (let b: u32 = 0; b < B; b++) {
    if (t < load<u32>(lengths + 4 * b)) {
      for (let j: u32 = 0; j < H; j += 4) {
        const inside = columnsInside(j, H);
        const v = valuesOf(isSigmoid, curve, v128.load(cache + 4 * j));
        const own = v128.and(v, inside);
        sum = f64x2.add(sum, f64x2.add(low(own), high(own)));
        blocked += popcnt<u32>(i32x4.bitmask(v128.and(saturated(isSigmoid, curve, v), inside)));
      }
      count += H;
    }
    cache += row;
  }
  const total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  // A NaN among the values, which no comparison sees.
  const hasShare = count > 0 && total <= Infinity && (isSigmoid || curve !== LINEAR);
  store<u64>(norm, 0);
  store<u32>(norm, count > 0 ? reinterpret<u32>(<f32>(total / <f64>count)) : NAN_BITS, 8);
  store<u32>(norm, hasShare ? reinterpret<u32>(<f32>(<f64>blocked / <f64>count)) : NAN_BITS, 12);
}

/**
 * Probes every gate at every step of one replica.
 *
 * @param cache (T B4, ·) of recurrent_forward
 * @param norms 16 bytes of every step of every gate
 * @param own the replica's number of steps
 * @param curve that of the vanilla cell
 */
export function gate_probe(
  cache: usize,
  norms: usize,
  lengths: usize,
  B: u32,
  H: u32,
  cell: u32,
  curve: i32,
  own: u32,
  steps: u32,
): void {
  const block = <usize>(4 * four(H));
  const gates: u32 = cell === RNN ? 1 : cell === LSTM ? 4 : 3;
  const row = cell === RNN ? block : (gates + 1) * block;
  for (let g: u32 = 0; g < gates; g++) {
    const isSigmoid = cell !== RNN && g !== 2;
    for (let t: u32 = 0; t < steps; t++) {
      const from = cache + t * four(B) * row + g * block;
      probe(from, row, lengths, norms + 16 * (g * own + t), t, B, H, isSigmoid, cell === RNN ? curve : TANH);
    }
  }
}
