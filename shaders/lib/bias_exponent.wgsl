// The exponent of z = x W + bias: x's with its peak, but high enough for the largest bias. Expects the binding bias, (R,4 cells).
// #import "lib/norm"
// #import "lib/range"

fn sum_exponent(x_at: u32, r: u32, has_bias: bool, cells: u32) -> i32 {
  if (!EXTENDED) { return 0; }
  let e = leading_exponent(x_at, r);
  if (!has_bias) { return e; }
  var largest = 0u;
  for (var o = 0u; o < cells; o++) { largest = max(largest, max_bits(bias[r * cells + o])); }
  if (largest < SMALLEST_BITS || largest >= INF_BITS) { return e; }
  return max(e, i32(largest >> 23u) - 127);
}
