// m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  W -= lr/(1 - b1^t) m / (sqrt(v)/sqrt(1 - b2^t) + eps)
// Adam: g = c dW + wd W.  AdamW (decoupled): g = c dW and W is first multiplied by 1 - lr wd.
// W: (P) read and write   dW: (P) read, before clipping   owner: (CELLS) read, replica of each 16 parameters
// control: (R,24) read   hyper: (R,48) read   state: (2,P) read and write, m and v
// partial: (2 CELLS,2) write, pairs of the new W, then of the update
// One invocation owns a cell of 16 parameters of one replica. A replica whose update is not applied keeps W and its state.
// ref: Kingma, Ba 2015, algorithm 1; Loshchilov, Hutter 2019, algorithm 2; torch.optim.Adam, AdamW
// #import "lib/update"

@group(0) @binding(6) var<storage, read_write> state: array<vec4<f32>>;

struct Rule {
  rate: f32,
  decay: Decay,
  beta: vec2<f32>,
  one_minus_beta: vec2<f32>,
  correction: vec2<f32>,
  epsilon: f32,
}

fn rule_of(r: u32) -> Rule {
  let rate = control_f32(r, C_LEARNING_RATE);
  return Rule(
    rate, decay_of(r, rate),
    vec2(hyper_f32(r, H_BETA1), hyper_f32(r, H_BETA2)),
    vec2(hyper_f32(r, H_ONE_MINUS_BETA1), hyper_f32(r, H_ONE_MINUS_BETA2)),
    vec2(control_f32(r, C_CORRECTION1), control_f32(r, C_CORRECTION2)),
    hyper_f32(r, H_EPSILON),
  );
}

fn updated(rule: Rule, at: u32, w: vec4<f32>, gradient: vec4<f32>) -> vec4<f32> {
  var g = gradient;
  if (rule.decay.l2 != 0.0) { g += rule.decay.l2 * w; }
  let second = 4u * CELLS + at;
  let m = rule.beta.x * state[at] + rule.one_minus_beta.x * g;
  let v = rule.beta.y * state[second] + rule.one_minus_beta.y * g * g;
  state[at] = m;
  state[second] = v;
  let root = sqrt(v) / sqrt(rule.correction.y) + rule.epsilon;
  return w * rule.decay.shrink - (rule.rate / rule.correction.x) * (m / root);
}

@compute @workgroup_size(WX)
fn adam_update(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < CELLS) { update_cell(id.x); }
}
