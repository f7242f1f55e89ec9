// phi(z) and phi'(z) of the activation chosen by ACT, an index into ACTIVATIONS of src/model/schema.ts; -1 is none.
// Accurate in relative error near 0 and safe for every finite z: polynomials near 0, exp of a non-positive argument elsewhere.
// NaN stays NaN: built-in max, clamp and comparisons would hide it.
// #import "lib/finite"
// #import "lib/expm1"

override ACT: i32;

const LEAKY_SLOPE = 0.01;
const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

// log(1 + e) for 0 <= e <= 1, by 2 artanh(s) with s = e/(2 + e) <= 1/3: remainder below s^16/17 = 1.4e-9 relative.
fn log1p_unit(e: f32) -> f32 {
  let s = e / (2.0 + e);
  let q = s * s;
  return 2.0 * s * (1.0 + q * (0.33333334 + q * (0.2 + q * (0.14285715 + q * (0.11111111 + q * (0.09090909 + q * (0.07692308 + q * 0.06666667)))))));
}

fn sigmoid(z: f32) -> f32 {
  let e = exp(-abs(z));
  return select(e, 1.0, z >= 0.0) / (1.0 + e);
}

// e^-|z| / (1 + e^-|z|)^2: no cancellation where sigmoid is near 1
fn sigmoid_slope(z: f32) -> f32 {
  let e = exp(-abs(z));
  return e / ((1.0 + e) * (1.0 + e));
}

// tanh(z)/z for |z| < 0.25: the odd Taylor series to z^9, remainder below 0.25^10 * 1382/155925 = 8.5e-9 relative.
fn tanh_factor(z: f32) -> f32 {
  let q = z * z;
  return 1.0 + q * (-0.33333334 + q * (0.13333334 + q * (-0.053968254 + q * 0.021869488)));
}

fn tanh_accurate(z: f32) -> f32 {
  if (abs(z) < 0.25) {
    return z * tanh_factor(z);
  }
  let m = expm1_negative(-2.0 * abs(z));
  return sign(z) * (-m / (2.0 + m));
}

// Phi(z) = erfc(-z/sqrt 2)/2. ref: Press et al. 1992, "Numerical recipes in C", section 6.2, erfcc: relative error below 1.2e-7.
fn normal_cdf(z: f32) -> f32 {
  let x = abs(z) * 0.70710678;
  let t = 1.0 / (1.0 + 0.5 * x);
  let p = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  let tail = 0.5 * t * exp(p - x * x);
  return select(tail, 1.0 - tail, z >= 0.0);
}

// sqrt(2/pi) (z + 0.044715 z^3), held where its sigmoid has long been 0 or 1
fn gelu_tanh_inner(z: f32) -> f32 {
  let c = clamp(z, -20.0, 20.0);
  return 0.7978846 * c * (1.0 + 0.044715 * c * c);
}

fn phi_finite(z: f32) -> f32 {
  if (ACT == 1) { return select(z, 0.0, z < 0.0); }
  if (ACT == 2) { return select(z, LEAKY_SLOPE * z, z < 0.0); }
  if (ACT == 3) { return tanh_accurate(z); }
  if (ACT == 4) { return sigmoid(z); }
  if (ACT == 5) { return z * normal_cdf(z); }
  if (ACT == 6) { return z * sigmoid(2.0 * gelu_tanh_inner(z)); }
  if (ACT == 7) { return z * sigmoid(z); }
  if (ACT == 8) { return SELU_SCALE * select(z, SELU_ALPHA * expm1_negative(min(z, 0.0)), z < 0.0); }
  if (ACT == 9) { return max(z, 0.0) + log1p_unit(exp(-abs(z))); }
  return z;
}

fn dphi_finite(z: f32) -> f32 {
  if (ACT == 1) { return select(0.0, 1.0, z > 0.0); }
  if (ACT == 2) { return select(LEAKY_SLOPE, 1.0, z > 0.0); }
  if (ACT == 3) { return 4.0 * sigmoid_slope(2.0 * z); }
  if (ACT == 4) { return sigmoid_slope(z); }
  if (ACT == 5) { let c = clamp(z, -20.0, 20.0); return normal_cdf(z) + c * 0.3989423 * exp(-0.5 * c * c); }
  if (ACT == 6) {
    let u = 2.0 * gelu_tanh_inner(z);
    let c = clamp(z, -20.0, 20.0);
    return sigmoid(u) + c * sigmoid_slope(u) * 1.5957691 * (1.0 + 0.134145 * c * c);
  }
  if (ACT == 7) { return sigmoid(z) + clamp(z, -1e4, 1e4) * sigmoid_slope(z); }
  if (ACT == 8) { return SELU_SCALE * select(SELU_ALPHA * exp(min(z, 0.0)), 1.0, z > 0.0); }
  if (ACT == 9) { return sigmoid(z); }
  return 1.0;
}

fn phi1(z: f32) -> f32 { return select(phi_finite(z), z, is_nan(z)); }
fn dphi1(z: f32) -> f32 { return select(dphi_finite(z), z, is_nan(z)); }
fn phi(z: vec4<f32>) -> vec4<f32> { return vec4(phi1(z.x), phi1(z.y), phi1(z.z), phi1(z.w)); }

// dh phi'(z). ReLU selects instead of multiplying, so that a dead unit passes 0 even where dh is Inf, as in torch.
fn chain(dh: vec4<f32>, z: vec4<f32>) -> vec4<f32> {
  if (ACT == 1) { return select(dh, vec4(0.0), z <= vec4(0.0)); }
  return dh * vec4(dphi1(z.x), dphi1(z.y), dphi1(z.z), dphi1(z.w));
}
