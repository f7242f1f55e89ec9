/** Twin of shaders/lib/step_range.wgsl: the exponents of a recurrent layer, step by step. */
import { STEP_WORDS } from '../../plan/records.ts';
import { powerOfTwo } from './range.ts';

/** Exponent, and peak in the word behind, of h, of its gradients, of what reaches h from outside; then largest leading exponents. */
export const STEP = { state: 0, gradient: 2, outside: 4, largest: 6, largestProduct: 7 } as const;
/** Below every exponent that occurs: that of zeros. */
export const NOTHING = -0x20000000;

const SMALLEST_BITS = 0x00800000;
const INF_BITS = 0x7f800000;
/** Beyond, a product of two powers that each fit is taken as one. */
const HALF = 300;

/** x 2^n in double precision, however far n is. */
export function moved(x: number, n: number): number {
  if (x === 0 || n === 0) return x;
  return Math.abs(n) <= HALF ? x * powerOfTwo(n) : x * powerOfTwo(Math.sign(n) * HALF) * powerOfTwo(n - Math.sign(n) * HALF);
}

/** The steps' words of one replica, from the range's first word on that `at` names. */
export class StepRange {
  readonly #first: number;

  constructor(
    readonly range: Uint32Array,
    at: number,
    r: number,
    readonly steps: number,
  ) {
    this.#first = at + r * steps * STEP_WORDS;
  }

  exponent(t: number, of: number): number {
    return this.range[this.#first + t * STEP_WORDS + of] | 0;
  }

  /** The exponent at which the largest number would be stored as 1 to 2. */
  leading(t: number, of: number): number {
    const peak = this.range[this.#first + t * STEP_WORDS + of + 1];
    if (peak < SMALLEST_BITS) return NOTHING;
    return this.exponent(t, of) + (peak >= INF_BITS ? 0 : (peak >>> 23) - 127);
  }

  write(t: number, word: number, value: number): void {
    this.range[this.#first + t * STEP_WORDS + word] = value;
  }

  raise(t: number, of: number, bits: number): void {
    const at = this.#first + t * STEP_WORDS + of + 1;
    this.range[at] = Math.max(this.range[at], bits);
  }
}
