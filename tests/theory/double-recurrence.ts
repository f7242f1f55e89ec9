/**
 * Recurrent cells in double precision, with PyTorch's formulas and order of gates, one example, and the gradient from the last step
 * back to the first: what theory is held to, apart from any engine.
 */
import { orthonormalColumns } from '../../src/math/orthogonal.ts';
import { normals, PURPOSE } from '../../src/math/philox.ts';
import type { Curve } from '../../src/theory/mean-field.ts';

export type Vector = Float64Array;

/** A cell of n hidden units with G gates: 1 of `rnn`, i f g o of `lstm`, r z n of `gru`. */
export interface DoubleCell {
  readonly cell: 'rnn' | 'lstm' | 'gru';
  readonly n: number;
  /** W_hh, (G n, n). */
  readonly weight: Vector;
  /** b_hh, (G n). */
  readonly bias: Vector;
  /** φ of `rnn`; default tanh. */
  readonly curve?: Curve;
}

/** What one step computed: (G n) gates after their activation (of `rnn` before), and W_n h + b_n of `gru`. */
interface Step {
  readonly h: Vector;
  readonly c: Vector;
  readonly gates: Vector;
  readonly inner: Vector;
}

/** States 0 … T; of cells other than the LSTM c is 0. */
export interface DoubleWalk {
  readonly cell: DoubleCell;
  readonly first: { readonly h: Vector; readonly c: Vector };
  readonly steps: readonly Step[];
}

export const TANH: Curve = { phi: Math.tanh, dphi: (z) => 1 - Math.tanh(z) ** 2 };

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** A x, A of as many rows as `out` has elements. */
export function multiply(a: ArrayLike<number>, x: Vector, out: Vector): Vector {
  const n = x.length;
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a[i * n + j] * x[j];
    out[i] = sum;
  }
  return out;
}

/** Aᵀ x. */
export function multiplyTransposed(a: ArrayLike<number>, x: Vector, n: number): Vector {
  const out = new Float64Array(n);
  for (let i = 0; i < x.length; i++) for (let j = 0; j < n; j++) out[j] += x[i] * a[i * n + j];
  return out;
}

/**
 * @param inputs of each step W_ih x_t + b_ih, (T, G n)
 * @param h the state before the first step, (n)
 */
export function walkForward(
  cell: DoubleCell,
  inputs: readonly Vector[],
  h: Vector,
  c: Vector = new Float64Array(cell.n),
): DoubleWalk {
  const steps: Step[] = [];
  let state: Pick<Step, 'h' | 'c'> = { h, c };
  for (const input of inputs) {
    const step = stepForward(cell, input, state.h, state.c);
    steps.push(step);
    state = step;
  }
  return { cell, first: { h, c }, steps };
}

function stepForward({ cell, n, weight, bias, curve = TANH }: DoubleCell, x: Vector, h: Vector, c: Vector): Step {
  const own = multiply(weight, h, new Float64Array(bias.length)).map((sum, k) => sum + bias[k]);
  const at = (gate: number) => x.subarray(gate * n, (gate + 1) * n).map((value, k) => value + own[gate * n + k]);
  if (cell === 'rnn') {
    const gates = at(0);
    return { h: gates.map(curve.phi), c, gates, inner: own };
  }
  if (cell === 'lstm') {
    const [i, f, g, o] = [at(0).map(sigmoid), at(1).map(sigmoid), at(2).map(Math.tanh), at(3).map(sigmoid)];
    const next = c.map((value, k) => f[k] * value + i[k] * g[k]);
    return { h: o.map((value, k) => value * Math.tanh(next[k])), c: next, gates: joined([i, f, g, o]), inner: own };
  }
  const [r, z, inner] = [at(0).map(sigmoid), at(1).map(sigmoid), own.slice(2 * n)];
  const candidate = inner.map((value, k) => Math.tanh(x[2 * n + k] + r[k] * value));
  const next = h.map((value, k) => (1 - z[k]) * candidate[k] + z[k] * value);
  return { h: next, c, gates: joined([r, z, candidate]), inner };
}

const joined = (parts: readonly Vector[]) => Float64Array.from(parts.flatMap((part) => [...part]));

/** dL/dh_t and dL/dc_t of t = 0 … T, through all later steps. */
export interface Gradients {
  readonly dh: readonly Vector[];
  readonly dc: readonly Vector[];
}

/** Back-propagation of dL/dh_T and of what dL/dc_T is besides. */
export function walkBackward({ cell, first, steps }: DoubleWalk, dh: Vector, dc: Vector = new Float64Array(cell.n)): Gradients {
  const T = steps.length;
  const gradients: { dh: Vector[]; dc: Vector[] } = { dh: [dh], dc: [dc] };
  for (let t = T - 1; t >= 0; t--) {
    const before = t === 0 ? first : steps[t - 1];
    const { total, dhBefore, dcBefore } = stepBackward(cell, before.h, before.c, steps[t], gradients.dh[0], gradients.dc[0]);
    gradients.dc[0] = total;
    gradients.dh.unshift(dhBefore);
    gradients.dc.unshift(dcBefore);
  }
  return gradients;
}

/** `total` is dL/dc of the step itself, dL/dh's part in it included. */
function stepBackward({ cell, n, weight, curve = TANH }: DoubleCell, h: Vector, c: Vector, step: Step, dh: Vector, dc: Vector) {
  const { gates, inner } = step;
  const at = (gate: number, k: number) => gates[gate * n + k];
  const slope = (s: number) => s * (1 - s);
  const d = new Float64Array(weight.length / n);
  const direct = new Float64Array(n);
  const [total, dcBefore] = [Float64Array.from(dc), Float64Array.from(dc)];
  for (let k = 0; k < n; k++) {
    if (cell === 'rnn') {
      // h = φ(a)
      d[k] = dh[k] * curve.dphi(gates[k]);
    } else if (cell === 'lstm') {
      const [i, f, g, o, tanh] = [at(0, k), at(1, k), at(2, k), at(3, k), Math.tanh(step.c[k])];
      // h = o tanh(c′)
      total[k] = dc[k] + dh[k] * o * (1 - tanh * tanh);
      d[3 * n + k] = dh[k] * tanh * slope(o);
      // c′ = f c + i g
      d[k] = total[k] * g * slope(i);
      d[n + k] = total[k] * c[k] * slope(f);
      d[2 * n + k] = total[k] * i * (1 - g * g);
      dcBefore[k] = total[k] * f;
    } else {
      const [r, z, candidate] = [at(0, k), at(1, k), at(2, k)];
      // h′ = (1 − z) n + z h, n = tanh(x + r (W h + b))
      const dn = dh[k] * (1 - z) * (1 - candidate * candidate);
      d[k] = dn * inner[k] * slope(r);
      d[n + k] = dh[k] * (h[k] - candidate) * slope(z);
      d[2 * n + k] = dn * r;
      direct[k] = dh[k] * z;
    }
  }
  const dhBefore = multiplyTransposed(weight, d, n).map((sum, k) => sum + direct[k]);
  return { total, dhBefore, dcBefore };
}

export const norm = (x: Vector) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));

/** n numbers from N(0, variance), number `index` of the seed. */
export function noise(seed: number, index: number, n: number, variance = 1): Vector {
  return Float64Array.from(normals(seed, PURPOSE.noise, index, n, Math.sqrt(variance)));
}

/** W ~ N(0, σw²/n). */
export function gaussianWeight(seed: number, n: number, variance: number): Vector {
  return Float64Array.from(normals(seed, PURPOSE.weights, 0, n * n, Math.sqrt(variance / n)));
}

export function orthogonalWeight(seed: number, n: number, gain: number): Vector {
  return orthonormalColumns(normals(seed, PURPOSE.weights, 1, n * n, 1), n, n).map((x) => gain * x);
}

/** An `rnn` cell without bias. */
export function plainCell(weight: Vector, n: number, curve: Curve): DoubleCell {
  return { cell: 'rnn', n, weight, bias: new Float64Array(n), curve };
}

/** Least-squares slope per step towards the first one of values at steps first … last. */
export function slopeBackInTime(values: readonly number[], first: number, last: number): number {
  const center = (first + last) / 2;
  let [covariance, variance] = [0, 0];
  for (let t = first; t <= last; t++) {
    covariance += (t - center) * values[t];
    variance += (t - center) ** 2;
  }
  return -covariance / variance;
}
