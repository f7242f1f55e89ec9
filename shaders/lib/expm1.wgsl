// (e^x - 1)/x for -0.5 <= x <= 0: Taylor series to x^7/8!, remainder below 0.5^8/9! = 1.1e-8 relative.
fn expm1_factor(x: f32) -> f32 {
  return 1.0 + x * (0.5 + x * (1.6666667e-1 + x * (4.1666668e-2 + x * (8.3333338e-3 + x * (1.3888889e-3 + x * (1.9841270e-4 + x * 2.4801588e-5))))));
}

// e^x - 1 for x <= 0.
fn expm1_negative(x: f32) -> f32 {
  if (x < -0.5) { return exp(x) - 1.0; }
  return x * expm1_factor(x);
}
