// g = c dW + wd W;  buf = mu buf + (1 - damp) g, at the first update buf = g;  W -= lr (g + mu buf with Nesterov, else buf)
// W: (P) read and write   dW: (P) read, before clipping   owner: (CELLS) read, replica of each 16 parameters
// control: (R,16) read   hyper: (R,32) read   state: (P) read and write, buf   status: (R,8) read
// partial: (2 CELLS,2) write, pairs of the new W, then of the update
// One invocation owns a cell of 16 parameters of one replica. A replica whose update is not applied keeps W and its state.
// ref: torch.optim.SGD; Sutskever, Martens, Dahl, Hinton 2013
// #import "lib/update"

@group(0) @binding(6) var<storage, read_write> state: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read> status: array<u32>;

fn updated(r: u32, at: u32, w: vec4<f32>) -> vec4<f32> {
  var g = clipped_gradient(r, at);
  let decay = hyper_f32(r, H_WEIGHT_DECAY);
  if (decay != 0.0) { g += decay * w; }
  let momentum = hyper_f32(r, H_MOMENTUM);
  if (momentum != 0.0) {
    var buf = g;
    if (status[r * STATUS_WORDS + S_UPDATES] != 0u) { buf = momentum * state[at] + (1.0 - hyper_f32(r, H_DAMPENING)) * g; }
    state[at] = buf;
    if (hyper_f32(r, H_NESTEROV) != 0.0) { g += momentum * buf; } else { g = buf; }
  }
  return w - hyper_f32(r, H_LEARNING_RATE) * g;
}

@compute @workgroup_size(WX)
fn sgd_update(@builtin(global_invocation_id) id: vec3<u32>) {
  let cell = id.x;
  if (cell >= CELLS) { return; }
  let r = owner[cell];
  let applied = control[r * CONTROL_WORDS + C_APPLY] != 0u;
  var w: array<vec4<f32>, 4>;
  var change: array<vec4<f32>, 4>;
  for (var q = 0u; q < 4u; q++) {
    let at = 4u * cell + q;
    w[q] = W[at];
    change[q] = vec4(0.0);
    if (applied) {
      let next = updated(r, at, w[q]);
      change[q] = next - w[q];
      w[q] = next;
      W[at] = next;
    }
  }
  partial[cell] = cell_norm(w[0], w[1], w[2], w[3]);
  partial[CELLS + cell] = cell_norm(change[0], change[1], change[2], change[3]);
}
