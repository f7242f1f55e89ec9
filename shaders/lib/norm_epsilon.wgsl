// 1/sqrt(variance + eps) of stored numbers with exponent e: eps 2^-2e is what eps is beside their squares. The result times a
// stored difference is the normalised one. Held above 2^-100, so that a constant feature of a large tensor does not divide by 0;
// below an exponent of -50 the variance is brought up instead, so that eps 2^-2e does not overflow.
// #import "lib/scale"

fn inverse_deviation(variance: f32, epsilon: f32, e: i32) -> f32 {
  let low = min(e + 50, 0);
  let added = max(scaled(epsilon, -2 * max(e, -50)), 7.888609e-31);
  return scaled(1.0 / sqrt(scaled(variance, 2 * low) + added), low);
}
