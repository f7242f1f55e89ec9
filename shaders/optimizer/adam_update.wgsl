// m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  W -= lr/(1 - b1^t) m / (sqrt(v)/sqrt(1 - b2^t) + eps)
// Adam: g = c dW + wd W.  AdamW (DECOUPLED): g = c dW and W is first multiplied by 1 - lr wd.
// W: (P) read and write   dW: (P) read, before clipping   owner: (CELLS) read, replica of each 16 parameters
// control: (R,16) read   hyper: (R,32) read   state: (2,P) read and write, m and v
// partial: (2 CELLS,2) write, pairs of the new W, then of the update
// One invocation owns a cell of 16 parameters of one replica. A replica whose update is not applied keeps W and its state.
// ref: Kingma, Ba 2015, algorithm 1; Loshchilov, Hutter 2019, algorithm 2; torch.optim.Adam, AdamW
// #import "lib/update"

override DECOUPLED: bool;

@group(0) @binding(6) var<storage, read_write> state: array<vec4<f32>>;

fn updated(r: u32, at: u32, w: vec4<f32>) -> vec4<f32> {
  let rate = hyper_f32(r, H_LEARNING_RATE);
  let decay = hyper_f32(r, H_WEIGHT_DECAY);
  var g = clipped_gradient(r, at);
  var base = w;
  if (DECOUPLED) { base = w * (1.0 - rate * decay); } else if (decay != 0.0) { g += decay * w; }
  let second = 4u * CELLS + at;
  let m = hyper_f32(r, H_BETA1) * state[at] + hyper_f32(r, H_ONE_MINUS_BETA1) * g;
  let v = hyper_f32(r, H_BETA2) * state[second] + hyper_f32(r, H_ONE_MINUS_BETA2) * g * g;
  state[at] = m;
  state[second] = v;
  let root = sqrt(v) / sqrt(control_f32(r, C_CORRECTION2)) + hyper_f32(r, H_EPSILON);
  return base - (rate / control_f32(r, C_CORRECTION1)) * (m / root);
}

@compute @workgroup_size(WX)
fn adam_update(@builtin(global_invocation_id) id: vec3<u32>) {
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
