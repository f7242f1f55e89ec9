// What becomes of one replica's iteration. Expects the bindings hyper and status and the constant EXTENDED; needs lib/norm and lib/scale.
// The clip coefficient is scale 2^exponent. EXTENDED clips by the norm itself; else exponent is 0 and the norm is the library's, whose
// float32 sum of squares is Inf from 2^128 on and 0 below 2^-150.
// #import "lib/active"
// #import "lib/expm1"

const NONE_FOUND = 0xffffffffu;

struct Decision {
  alive: u32,
  apply: u32,
  stop: u32,
  scale_bits: u32,
  coefficient_bits: u32,
  exponent: i32,
}

// A loss scale that adapts answers to gradients that are not finite itself: their update is skipped, and nothing ends by them.
fn decide(r: u32, norm: vec3<u32>, is_loss_broken: bool, is_gradient_broken: bool) -> Decision {
  let h = r * HYPER_WORDS;
  let policy = bitcast<u32>(hyper[h + H_POLICY]);
  let adapts = bitcast<u32>(hyper[h + H_LOSS_GROWTH]) > 0u;
  let broken = is_loss_broken || (is_gradient_broken && !adapts);
  var d: Decision;
  d.alive = select(0u, 1u, is_active(r));
  d.apply = select(d.alive, 0u, broken && (policy == POLICY_SKIP || policy == POLICY_STOP));
  d.apply = select(d.apply, 0u, is_gradient_broken && adapts);
  d.stop = select(0u, 1u, broken && policy == POLICY_STOP);
  d.exponent = 0;
  let rule = bitcast<u32>(hyper[h + H_CLIP_RULE]);
  if (rule != CLIP_TORCH && rule != CLIP_TENSORFLOW) {
    d.scale_bits = bitcast<u32>(1.0);
  } else if (norm.x >= INF_BITS || (!EXTENDED && norm.x != 0u && log2_squares(norm) >= 128)) {
    // torch: max/Inf = 0 and max/NaN = NaN; tensorflow: NaN for both.
    d.scale_bits = select(0u, NAN_BITS, norm.x > INF_BITS || rule == CLIP_TENSORFLOW);
  } else {
    clip_finite(&d, norm, hyper[h + H_CLIP_MAX], rule);
  }
  d.coefficient_bits = d.scale_bits;
  if (d.exponent != 0) { d.coefficient_bits = bitcast<u32>(scaled(bitcast<f32>(d.scale_bits), d.exponent)); }
  return d;
}

fn clip_finite(d: ptr<function, Decision>, norm: vec3<u32>, limit: f32, rule: u32) {
  let exponent = level(norm);
  let mantissa = sqrt(bitcast<f32>(norm.y));
  if (EXTENDED && norm.x != 0u && exponent > 60) {
    // ||g|| = mantissa 2^exponent may not fit a float32; torch's 1e-6 is far below its last bit.
    let scale = limit / mantissa;
    let clips = scaled(scale, -exponent) < 1.0;
    (*d).exponent = select(0, -exponent, clips);
    (*d).scale_bits = bitcast<u32>(select(1.0, scale, clips));
    return;
  }
  let vanishes = norm.x == 0u || (!EXTENDED && log2_squares(norm) < -150);
  let value = select(scaled(mantissa, exponent), 0.0, vanishes);
  let torch = min(1.0, limit / (value + 1e-6));
  (*d).scale_bits = bitcast<u32>(select(torch, limit / max(value, limit), rule == CLIP_TENSORFLOW));
}

// 1 - beta^t for the update about to be made, t = updates + 1. Computed here and not on the CPU because t counts the
// updates of this replica, which only the device knows when updates can be skipped.
fn bias_correction(r: u32, log_beta: u32) -> f32 {
  let t = f32(status[r * STATUS_WORDS + S_UPDATES] + 1u);
  return -expm1_negative(t * hyper[r * HYPER_WORDS + log_beta]);
}
