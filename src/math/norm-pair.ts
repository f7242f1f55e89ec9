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

/** Writes the pair of `runs` runs of `length` numbers, `stride` apart, from `base` on; `bits` are the same numbers' bits. */
export function writePair(
  { values, bits }: Words,
  base: number,
  runs: number,
  length: number,
  stride: number,
  out: Uint32Array,
  at: number,
): void {
  let m = 0;
  for (let run = 0; run < runs; run++) {
    const end = base + run * stride + length;
    for (let i = end - length; i < end; i++) {
      const magnitude = bits[i] & 0x7fffffff;
      if (magnitude > m) m = magnitude;
    }
  }
  out[at] = m >= SMALLEST_NORMAL ? m : 0;
  out[at + 1] = 0;
  if (m < SMALLEST_NORMAL) return;
  // 2^(127−e), by its bits: a power function would cost more than the sum.
  const scale = m < INF_BITS ? bitsFloat((254 - referenceExponent(m)) << 23) : 0;
  let sum = 0;
  let broken = 0;
  for (let run = 0; run < runs; run++) {
    const end = base + run * stride + length;
    for (let i = end - length; i < end; i++) {
      if ((bits[i] & 0x7fffffff) >= INF_BITS) broken++;
      const x = values[i] * scale;
      sum += x * x;
    }
  }
  out[at + 1] = m < INF_BITS ? floatBits(sum) : broken;
}

/** The same memory as numbers and as bits. */
export interface Words {
  readonly values: Float32Array;
  readonly bits: Uint32Array;
}

export function wordsOf(values: Float32Array): Words {
  return { values, bits: new Uint32Array(values.buffer, values.byteOffset, values.length) };
}

/** 4^−k: what a sum of squares shrinks by when its reference exponent rises by k. */
const QUARTERS = Float64Array.from({ length: 253 }, (_, k) => 4 ** -k);

/** A norm kept in double precision while pairs are joined. */
export interface JoinedNorm {
  /** Bits of the largest magnitude. */
  m: number;
  /** Σ x², in units of 2^(2(e−127)), e = referenceExponent(m); meaningless unless m is finite. */
  sum: number;
  /** Non-finite numbers. */
  count: number;
  /** Power of two by which the numbers are to be multiplied. */
  exponent: number;
}

/** Joins `count` pairs starting at word `first`. */
export function joinPairs(pairs: Uint32Array, first: number, count: number): JoinedNorm {
  const joined: JoinedNorm = { m: 0, sum: 0, count: 0, exponent: 0 };
  for (let k = 0; k < count; k++) {
    const m = pairs[first + 2 * k];
    if (m > joined.m) joined.m = m;
    if (m >= INF_BITS) joined.count += pairs[first + 2 * k + 1];
  }
  if (joined.m === 0 || joined.m >= INF_BITS) return joined;
  const top = referenceExponent(joined.m);
  for (let k = 0; k < count; k++) {
    const m = pairs[first + 2 * k];
    if (m !== 0) joined.sum += bitsFloat(pairs[first + 2 * k + 1]) * QUARTERS[top - referenceExponent(m)];
  }
  return joined;
}

/** Words of an entry: a pair, the exponent of its numbers as an integer, and one that is another's. */
const ENTRY_WORDS = 4;

/** Joins `count` entries, the first of them number `first`. */
export function joinEntries(entries: Uint32Array, first: number, count: number): JoinedNorm {
  const joined: JoinedNorm = { m: 0, sum: 0, count: 0, exponent: 0 };
  const end = ENTRY_WORDS * (first + count);
  let top = Number.NEGATIVE_INFINITY;
  for (let at = ENTRY_WORDS * first; at < end; at += ENTRY_WORDS) {
    const m = entries[at];
    if (m >= INF_BITS) {
      joined.m = Math.max(joined.m, m);
      joined.count += entries[at + 1];
    } else if (m !== 0 && levelOf(m, entries[at + 2] | 0) > top) {
      top = levelOf(m, entries[at + 2] | 0);
      if (joined.m < INF_BITS) [joined.m, joined.exponent] = [m, entries[at + 2] | 0];
    }
  }
  if (joined.m >= INF_BITS) return { ...joined, exponent: 0 };
  for (let at = ENTRY_WORDS * first; at < end; at += ENTRY_WORDS) {
    if (entries[at] === 0) continue;
    joined.sum += bitsFloat(entries[at + 1]) * 4 ** (levelOf(entries[at], entries[at + 2] | 0) - top);
  }
  return joined;
}

function levelOf(m: number, exponent: number): number {
  return referenceExponent(m) - 127 + exponent;
}

/** log2 of the norm: −Infinity of nothing but zeros, Infinity or NaN where a number is. */
export function log2Norm({ m, sum, exponent }: JoinedNorm): number {
  if (m > INF_BITS) return Number.NaN;
  if (m === INF_BITS) return Number.POSITIVE_INFINITY;
  if (m === 0) return Number.NEGATIVE_INFINITY;
  return levelOf(m, exponent) + 0.5 * Math.log2(sum);
}

export function isFinitePair({ m }: JoinedNorm): boolean {
  return m < INF_BITS;
}
