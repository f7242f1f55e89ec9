// v = a v + (1 - a) g^2;  d = sqrt(v - avg^2 if centred) + eps, avg = a avg + (1 - a) g;  buf = mu buf + g/d;  W -= lr buf
// g = c dW + wd W, or c dW and W is first multiplied by 1 - lr wd (decoupled)
// W: (P) read and write   dW: (P) read, before clipping   owner: (CELLS) read, replica of each 16 parameters
// control: (R,24) read   hyper: (R,48) read   state: (3,P) read and write, v, buf and avg
// partial: (2 CELLS,2) write, pairs of the new W, then of the update
// One invocation owns a cell of 16 parameters of one replica. A replica whose update is not applied keeps W and its state.
// ref: Hinton 2012, Coursera lecture 6e; Graves 2013, eq. 38-45 (centred); torch.optim.RMSprop
// #import "lib/update"

@group(0) @binding(6) var<storage, read_write> state: array<vec4<f32>>;

struct Rule {
  rate: f32,
  decay: Decay,
  alpha: f32,
  one_minus_alpha: f32,
  centered: bool,
  epsilon: f32,
  momentum: f32,
}

fn rule_of(r: u32) -> Rule {
  let rate = control_f32(r, C_LEARNING_RATE);
  return Rule(
    rate, decay_of(r, rate), hyper_f32(r, H_ALPHA), hyper_f32(r, H_ONE_MINUS_ALPHA),
    hyper_f32(r, H_CENTERED) != 0.0, hyper_f32(r, H_EPSILON), hyper_f32(r, H_MOMENTUM),
  );
}

fn updated(rule: Rule, at: u32, w: vec4<f32>, gradient: vec4<f32>) -> vec4<f32> {
  var g = gradient;
  if (rule.decay.l2 != 0.0) { g += rule.decay.l2 * w; }
  let v = rule.alpha * state[at] + rule.one_minus_alpha * g * g;
  state[at] = v;
  var variance = v;
  if (rule.centered) {
    let mean = rule.alpha * state[8u * CELLS + at] + rule.one_minus_alpha * g;
    state[8u * CELLS + at] = mean;
    variance = v - mean * mean;
  }
  let step = g / (sqrt(variance) + rule.epsilon);
  let buf = rule.momentum * state[4u * CELLS + at] + step;
  state[4u * CELLS + at] = buf;
  return w * rule.decay.shrink - rule.rate * buf;
}

@compute @workgroup_size(WX)
fn rmsprop_update(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < CELLS) { update_cell(id.x); }
}
