/** float16 in float32: the numbers of IEEE 754's binary16. The same rounding as `shaders/lib/half.wgsl`. */

/** Largest finite float16. */
export const HALF_MAX = 65504;

const SMALLEST_NORMAL = 2 ** -14;
const SPACING = 2 ** -24;

/**
 * The nearest float16, ties to even: 65520 or more becomes Infinity, and what is below half of 2^−24 zero.
 *
 * ref: IEEE 754-2019, section 4.3.1
 */
export function roundHalf(x: number): number {
  const size = Math.abs(x);
  if (!(size > 0) || size === Number.POSITIVE_INFINITY) return x;
  const unit = size < SMALLEST_NORMAL ? SPACING : 2 ** (Math.floor(Math.log2(size)) - 10);
  const rounded = size >= 65520 ? Number.POSITIVE_INFINITY : unit * roundEven(size / unit);
  // A small negative number becomes −0.
  return x < 0 ? -rounded : rounded;
}

/** The nearest whole number, ties to even. */
function roundEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
