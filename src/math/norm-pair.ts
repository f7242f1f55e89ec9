/**
 * Norm pairs: the norm of a set of float32 numbers that neither overflows nor vanishes, as two words (m, s). m is the
 * largest magnitude's bits; s is the sum of (x · 2^(127−e))², e = referenceExponent(m), as float32 bits if m is finite, and
 * the count of non-finite numbers otherwise. Subnormal numbers count as 0. The same definition as `shaders/lib/norm.wgsl`.
 */
const INF_BITS = 0x7f800000;
const SMALLEST_NORMAL = 0x00800000;

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

export function floatBits(x: number): number {
  float[0] = x;
  return word[0];
}

export function bitsFloat(bits: number): number {
  word[0] = bits;
  return float[0];
}

/** Kept in 1…253 so that 2^(127−e) and its inverse are normal float32 numbers. */
export function referenceExponent(m: number): number {
  return Math.min(Math.max(m >>> 23, 1), 253);
}

/** Collects numbers into a pair; reusable. */
export class PairCollector {
  readonly #values = new Float32Array(64);
  readonly #bits = new Uint32Array(this.#values.buffer);
  #n = 0;

  add(x: number): void {
    this.#values[this.#n++] = x;
  }

  /** Writes the pair of at most 64 numbers added since the last call to out[at], out[at + 1]. */
  finish(out: Uint32Array, at: number): void {
    let m = 0;
    let broken = 0;
    for (let i = 0; i < this.#n; i++) {
      const bits = this.#bits[i] & 0x7fffffff;
      if (bits > m) m = bits;
      if (bits >= INF_BITS) broken++;
    }
    out[at] = m >= SMALLEST_NORMAL ? m : 0;
    out[at + 1] = 0;
    if (broken > 0) out[at + 1] = broken;
    else if (m >= SMALLEST_NORMAL) {
      const scale = 2 ** (127 - referenceExponent(m));
      let sum = 0;
      for (let i = 0; i < this.#n; i++) sum += (this.#values[i] * scale) ** 2;
      out[at + 1] = floatBits(sum);
    }
    this.#n = 0;
  }
}

/** A norm kept in double precision while pairs are joined. */
export interface JoinedNorm {
  /** Bits of the largest magnitude. */
  m: number;
  /** Σ x², in units of 2^(2(e−127)), e = referenceExponent(m); meaningless unless m is finite. */
  sum: number;
  /** Non-finite numbers. */
  count: number;
}

/** Joins `count` pairs starting at word `first`. */
export function joinPairs(pairs: Uint32Array, first: number, count: number): JoinedNorm {
  const joined: JoinedNorm = { m: 0, sum: 0, count: 0 };
  for (let k = 0; k < count; k++) {
    const m = pairs[first + 2 * k];
    if (m > joined.m) joined.m = m;
    if (m >= INF_BITS) joined.count += pairs[first + 2 * k + 1];
  }
  if (joined.m === 0 || joined.m >= INF_BITS) return joined;
  const top = referenceExponent(joined.m);
  for (let k = 0; k < count; k++) {
    const m = pairs[first + 2 * k];
    if (m !== 0) joined.sum += bitsFloat(pairs[first + 2 * k + 1]) * 4 ** (referenceExponent(m) - top);
  }
  return joined;
}

/** log2 of the norm: −Infinity of nothing but zeros, Infinity or NaN where a number is. */
export function log2Norm({ m, sum }: JoinedNorm): number {
  if (m > INF_BITS) return Number.NaN;
  if (m === INF_BITS) return Number.POSITIVE_INFINITY;
  if (m === 0) return Number.NEGATIVE_INFINITY;
  return referenceExponent(m) - 127 + 0.5 * Math.log2(sum);
}

export function isFinitePair({ m }: JoinedNorm): boolean {
  return m < INF_BITS;
}
