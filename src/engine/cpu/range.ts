/** Twin of shaders/lib/range.wgsl and scale.wgsl: tensors whose true value is stored · 2^exponent. */

/** What a replica's entry in `range` says of a tensor. */
interface Entry {
  readonly exponent: number;
  /** Bits of the largest stored magnitude. */
  readonly peak: number;
}

const SMALLEST_BITS = 0x00800000;
const INF_BITS = 0x7f800000;

export function exponentOf(range: Uint32Array, at: number, r: number): number {
  return range[at + 2 * r] | 0;
}

function entryOf(range: Uint32Array, at: number, r: number): Entry {
  return { exponent: exponentOf(range, at, r), peak: range[at + 2 * r + 1] };
}

/** The exponent at which a tensor's largest number would be stored as 1 to 2; 0 for one of zeros, or one whose peak nobody records. */
export function leadingExponent(range: Uint32Array, at: number, r: number): number {
  const { exponent, peak } = entryOf(range, at, r);
  if (peak < SMALLEST_BITS) return 0;
  return exponent + (peak >= INF_BITS ? 0 : (peak >>> 23) - 127);
}

/** Whether a tensor is known to hold a number that is not 0. */
export function hasPeak(range: Uint32Array, at: number, r: number): boolean {
  return entryOf(range, at, r).peak >= SMALLEST_BITS;
}

export function writeExponent(range: Uint32Array, at: number, r: number, exponent: number): void {
  range[at + 2 * r] = exponent;
}

export function raisePeak(range: Uint32Array, at: number, r: number, bits: number): void {
  const word = at + 2 * r + 1;
  if (bits > range[word]) range[word] = bits;
}

/** Bits of the largest magnitude of some numbers. */
export function peakOf(values: Float32Array): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let peak = 0;
  for (let i = 0; i < bits.length; i++) peak = Math.max(peak, bits[i] & 0x7fffffff);
  return peak;
}

/** Beyond, products with float32 numbers leave float32 for good, and squares of them do not leave double precision. */
const MOST = 350;

/** 2^n for a factor on float32 numbers. */
export function powerOfTwo(n: number): number {
  return 2 ** Math.min(Math.max(n, -MOST), MOST);
}
