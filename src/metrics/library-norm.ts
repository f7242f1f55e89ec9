/** What a library would make of a norm. */

/** float32 numbers lie below 2^128, so a sum of squares of norm 2^64 or more is Inf. */
export const LOG2_OVERFLOW = 64;
/** Half of 2^-149, float32's smallest subnormal, is rounded to 0: so is a sum of squares of a norm below 2^-75. */
export const LOG2_VANISHING = -75;

/**
 * The L2 norm that PyTorch and TensorFlow compute in float32 as the root of a sum of squares: Infinity where the sum overflows
 * and 0 where it vanishes, though every number is finite and not 0.
 *
 * @param log2 of the norm itself
 */
export function libraryNorm(log2: number): number {
  if (log2 >= LOG2_OVERFLOW) return Number.POSITIVE_INFINITY;
  return log2 < LOG2_VANISHING ? 0 : 2 ** log2;
}
