// What becomes of one replica's iteration. Expects the bindings hyper and status; needs lib/norm.
// #import "lib/active"
// #import "lib/expm1"

const NONE_FOUND = 0xffffffffu;

struct Decision {
  alive: u32,
  apply: u32,
  stop: u32,
  scale_bits: u32,
  coefficient_bits: u32,
  power: f32,
}

fn decide(r: u32, norm: vec2<u32>, loss: f32, broken: bool) -> Decision {
  let h = r * HYPER_WORDS;
  let policy = bitcast<u32>(hyper[h + H_POLICY]);
  var d: Decision;
  d.alive = select(0u, 1u, is_active(r));
  d.apply = select(d.alive, 0u, broken && (policy == POLICY_SKIP || policy == POLICY_STOP));
  d.stop = select(0u, 1u, broken && policy == POLICY_STOP);
  d.power = 1.0;
  let rule = bitcast<u32>(hyper[h + H_CLIP_RULE]);
  if (rule != CLIP_TORCH && rule != CLIP_TENSORFLOW) {
    d.scale_bits = bitcast<u32>(1.0);
  } else if (norm.x >= INF_BITS) {
    // torch: max/Inf = 0 and max/NaN = NaN; tensorflow: NaN for both.
    d.scale_bits = select(0u, NAN_BITS, norm.x > INF_BITS || rule == CLIP_TENSORFLOW);
  } else {
    clip_finite(&d, norm, hyper[h + H_CLIP_MAX], rule);
  }
  d.coefficient_bits = select(bitcast<u32>(bitcast<f32>(d.scale_bits) * d.power), d.scale_bits, (d.scale_bits & 0x7fffffffu) > INF_BITS);
  return d;
}

fn clip_finite(d: ptr<function, Decision>, norm: vec2<u32>, limit: f32, rule: u32) {
  let exponent = i32(reference_exponent(norm.x)) - 127;
  let mantissa = sqrt(bitcast<f32>(norm.y));
  if (norm.x != 0u && exponent > 60) {
    // ||g|| = mantissa 2^exponent may not fit a float32; torch's 1e-6 is far below its last bit.
    let power = power_of_two(u32(127 - exponent));
    let scale = limit / mantissa;
    if (scale * power < 1.0) {
      (*d).power = power;
      (*d).scale_bits = bitcast<u32>(scale);
      return;
    }
    (*d).scale_bits = bitcast<u32>(1.0);
    return;
  }
  let value = select(mantissa * power_of_two(u32(max(127 + exponent, 1))), 0.0, norm.x == 0u);
  let torch = min(1.0, limit / (value + 1e-6));
  (*d).scale_bits = bitcast<u32>(select(torch, limit / max(value, limit), rule == CLIP_TENSORFLOW));
}

// 1 - beta^t for the update about to be made, t = updates + 1. Computed here and not on the CPU because t counts the
// updates of this replica, which only the device knows when updates can be skipped.
fn bias_correction(r: u32, log_beta: u32) -> f32 {
  let t = f32(status[r * STATUS_WORDS + S_UPDATES] + 1u);
  return -expm1_negative(t * hyper[r * HYPER_WORDS + log_beta]);
}
