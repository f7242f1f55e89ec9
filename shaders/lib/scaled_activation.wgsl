// phi of a tensor with an exponent, z true = z 2^e: stored h = phi(z 2^e) 2^-phi_exponent(e). Where z 2^e leaves float32 it is held
// at its ends, where phi is its asymptote or its tangent: factors of z keep z's own exponent, so that nothing overflows or vanishes.
// Where z 2^e is a float32, h 2^phi_exponent(e) has the bits of phi(z 2^e): all further factors are powers of two.
// #import "lib/activation"
// #import "lib/scale"

// Homogeneous activations and those that are linear far out keep the exponent; saturating ones are at most 1.
fn phi_exponent(e: i32) -> i32 {
  if (ACT == 3) { return min(e, 0); }
  if (ACT == 4) { return 0; }
  if (ACT == 9) { return max(e, 0); }
  return e;
}

fn scaled_phi1(z: f32, e: i32) -> f32 {
  if (ACT <= 2) { return phi1(z); }
  if (is_nan(z)) { return z; }
  let t = held(z, e);
  let down = -phi_exponent(e);
  if (ACT == 3) {
    if (abs(t) < 0.25) { return scaled(z, e + down) * tanh_factor(t); }
    return scaled(tanh_accurate(t), down);
  }
  if (ACT == 4) { return sigmoid(t); }
  if (ACT == 5) { return z * normal_cdf(t); }
  if (ACT == 6) { return z * sigmoid(2.0 * gelu_tanh_inner(t)); }
  if (ACT == 7) { return z * sigmoid(t); }
  if (ACT == 8) {
    // The same expression as phi_finite's, since compilers may join constant factors.
    var m = z * expm1_factor(clamp(t, -0.5, 0.0));
    if (t < -0.5) { m = scaled(exp(t) - 1.0, down); }
    return SELU_SCALE * select(z, SELU_ALPHA * m, t < 0.0);
  }
  return scaled(max(z, 0.0), e + down) + scaled(log1p_unit(exp(-abs(t))), down);
}

fn scaled_phi(z: vec4<f32>, e: i32) -> vec4<f32> {
  return vec4(scaled_phi1(z.x, e), scaled_phi1(z.y, e), scaled_phi1(z.z, e), scaled_phi1(z.w, e));
}
