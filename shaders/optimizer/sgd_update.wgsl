// g = c dW + wd W, or c dW and W is first multiplied by 1 - lr wd (decoupled);  buf = mu buf + (1 - damp) g, at the first update buf = g;  W -= lr (g + mu buf with Nesterov, else buf)
// W: (P) read and write   dW: (P) read, before clipping   owner: (CELLS) read, replica of each 16 parameters
// control: (R,24) read   hyper: (R,48) read   state: (P) read and write, buf   status: (R,8) read
// partial: (2 CELLS,2) write, pairs of the new W, then of the update
// One invocation owns a cell of 16 parameters of one replica. A replica whose update is not applied keeps W and its state.
// ref: torch.optim.SGD; Loshchilov, Hutter 2019, algorithm 1 (decoupled); Sutskever, Martens, Dahl, Hinton 2013
// #import "lib/update"

@group(0) @binding(6) var<storage, read_write> state: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read> status: array<u32>;

struct Rule {
  rate: f32,
  decay: Decay,
  momentum: f32,
  dampening: f32,
  nesterov: bool,
  first: bool,
}

fn rule_of(r: u32) -> Rule {
  let first = status[r * STATUS_WORDS + S_UPDATES] == 0u;
  let rate = control_f32(r, C_LEARNING_RATE);
  return Rule(
    rate, decay_of(r, rate), hyper_f32(r, H_MOMENTUM), hyper_f32(r, H_DAMPENING),
    hyper_f32(r, H_NESTEROV) != 0.0, first,
  );
}

fn updated(rule: Rule, at: u32, w: vec4<f32>, gradient: vec4<f32>) -> vec4<f32> {
  var g = gradient;
  if (rule.decay.l2 != 0.0) { g += rule.decay.l2 * w; }
  if (rule.momentum != 0.0) {
    var buf = g;
    if (!rule.first) { buf = rule.momentum * state[at] + (1.0 - rule.dampening) * g; }
    state[at] = buf;
    if (rule.nesterov) { g += rule.momentum * buf; } else { g = buf; }
  }
  return w * rule.decay.shrink - rule.rate * g;
}

@compute @workgroup_size(WX)
fn sgd_update(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < CELLS) { update_cell(id.x); }
}
