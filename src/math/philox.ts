/**
 * Philox-2x32-10, a counter-based generator: the numbers are a pure function of (counter, key), so any of them can be
 * drawn anywhere, in any order, on any engine. `shaders/lib/philox.wgsl` computes the same integers.
 * ref: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 4.
 */
const MULTIPLIER = 0xd256d193;
const WEYL = 0x9e3779b9;
const ROUNDS = 10;

/** What a random number is for: the second word of the counter, so that streams never meet. */
export const PURPOSE = { weights: 1, order: 2, teacher: 3, noise: 4, sample: 5, sequence: 6, sequence_test: 7 } as const;
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

/** High 32 bits of the 64-bit product of two 32-bit unsigned integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
}

/** Two independent uniform 32-bit integers for the counter (c0, c1) under `key`. */
export function philox(c0: number, c1: number, key: number): [number, number] {
  let x0 = c0 >>> 0;
  let x1 = c1 >>> 0;
  let k = key >>> 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high = multiplyHigh(MULTIPLIER, x0);
    const low = Math.imul(MULTIPLIER, x0) >>> 0;
    x0 = (high ^ k ^ x1) >>> 0;
    x1 = low;
    k = (k + WEYL) >>> 0;
  }
  return [x0, x1];
}

/** A stream's counter word: purpose in the low byte, index of the tensor (below 2^24) above it. */
function stream(purpose: Purpose, index: number): number {
  return ((index << 8) | purpose) >>> 0;
}

/**
 * `n` numbers from N(0, std²), by Box–Muller in double precision, rounded to float32.
 *
 * @param index which tensor of this purpose
 */
export function normals(seed: number, purpose: Purpose, index: number, n: number, std: number): Float32Array {
  const out = new Float32Array(n);
  for (let i = 0; i < n; i += 2) {
    const [a, b] = philox(i >>> 1, stream(purpose, index), seed);
    const radius = std * Math.sqrt(-2 * Math.log((a + 0.5) / 2 ** 32));
    const angle = (2 * Math.PI * b) / 2 ** 32;
    out[i] = radius * Math.cos(angle);
    if (i + 1 < n) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** `n` numbers uniform in (−bound, bound), rounded to float32. */
export function uniforms(seed: number, purpose: Purpose, index: number, n: number, bound: number): Float32Array {
  const out = new Float32Array(n);
  for (let i = 0; i < n; i += 2) {
    const [a, b] = philox(i >>> 1, stream(purpose, index), seed);
    out[i] = bound * ((a + 0.5) / 2 ** 31 - 1);
    if (i + 1 < n) out[i + 1] = bound * ((b + 0.5) / 2 ** 31 - 1);
  }
  return out;
}

/** A number uniform in [0, 1) with 53 random bits: number `i` of the stream. */
export function uniform(seed: number, purpose: Purpose, index: number, i: number): number {
  const [a, b] = philox(i, stream(purpose, index), seed);
  return ((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53;
}

/** Key of the order of examples in one epoch: the same integer on every engine. */
export function orderKey(seed: number, epoch: number): number {
  return philox(epoch, PURPOSE.order, seed)[0];
}

/**
 * Position `i` of a pseudo-random permutation of 0…n−1: examples are drawn without replacement, without a table.
 * ref: Kensler 2013, "Correlated multi-jittered sampling", Pixar TM 13-01, listing 2 (cycle walking over the next power of two).
 */
export function permute(i: number, n: number, key: number): number {
  let mask = n - 1;
  mask |= mask >>> 1;
  mask |= mask >>> 2;
  mask |= mask >>> 4;
  mask |= mask >>> 8;
  mask |= mask >>> 16;
  const p = key >>> 0;
  let x = i >>> 0;
  do {
    x = Math.imul(x ^ p, 0xe170893d);
    x ^= p >>> 16;
    x ^= (x & mask) >>> 4;
    x ^= p >>> 8;
    x = Math.imul(x, 0x0929eb3f);
    x ^= p >>> 23;
    x ^= (x & mask) >>> 1;
    x = Math.imul(x, 1 | (p >>> 27));
    x = Math.imul(x, 0x6935fa69);
    x ^= (x & mask) >>> 11;
    x = Math.imul(x, 0x74dcb303);
    x ^= (x & mask) >>> 2;
    x = Math.imul(x, 0x9e501cc3);
    x ^= (x & mask) >>> 2;
    x = Math.imul(x, 0xc860a3df);
    x &= mask;
    x ^= x >>> 5;
  } while (x >>> 0 >= n);
  return ((x >>> 0) + (p % n)) % n;
}
