// v = a v + (1 - a) g^2;  d = sqrt(v - avg^2 if centred) + eps, avg = a avg + (1 - a) g;  buf = mu buf + g/d;  W -= lr buf
// g = c dW + wd W
// W: (P) read and write   dW: (P) read, before clipping   owner: (CELLS) read, replica of each 16 parameters
// control: (R,16) read   hyper: (R,32) read   state: (3,P) read and write, v, buf and avg
// partial: (2 CELLS,2) write, pairs of the new W, then of the update
// One invocation owns a cell of 16 parameters of one replica. A replica whose update is not applied keeps W and its state.
// ref: Hinton 2012, Coursera lecture 6e; Graves 2013, eq. 38-45 (centred); torch.optim.RMSprop
// #import "lib/update"

@group(0) @binding(6) var<storage, read_write> state: array<vec4<f32>>;

fn updated(r: u32, at: u32, w: vec4<f32>) -> vec4<f32> {
  var g = clipped_gradient(r, at);
  let decay = hyper_f32(r, H_WEIGHT_DECAY);
  if (decay != 0.0) { g += decay * w; }
  let alpha = hyper_f32(r, H_ALPHA);
  let rest = hyper_f32(r, H_ONE_MINUS_ALPHA);
  let v = alpha * state[at] + rest * g * g;
  state[at] = v;
  var variance = v;
  if (hyper_f32(r, H_CENTERED) != 0.0) {
    let mean = alpha * state[8u * CELLS + at] + rest * g;
    state[8u * CELLS + at] = mean;
    variance = v - mean * mean;
  }
  let step = g / (sqrt(variance) + hyper_f32(r, H_EPSILON));
  let buf = hyper_f32(r, H_MOMENTUM) * state[4u * CELLS + at] + step;
  state[4u * CELLS + at] = buf;
  return w - hyper_f32(r, H_LEARNING_RATE) * buf;
}

@compute @workgroup_size(WX)
fn rmsprop_update(@builtin(global_invocation_id) id: vec3<u32>) {
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
