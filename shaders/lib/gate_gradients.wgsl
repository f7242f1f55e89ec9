// What the gradient of h makes of those of the gates, and what they hand back. Expects the bindings W, da, cache and second, which holds
// dhh where it differs from da, and the constant TRUNCATION.
// #import "lib/cell"

// Whether what step t + 1 has found is handed back to t, in a replica of so many steps.
fn is_linked_at(t: u32, own: u32) -> bool {
  return t + 1u < own && (TRUNCATION == 0u || (own - t - 1u) % max(TRUNCATION, 1u) != 0u);
}

fn gate_gradient(at: u32) -> vec4<f32> {
  if (CELL == 2u) { return second[at]; }
  return da[at];
}

// 4 rows from `row` on, the units of tile j.
fn handed_back(r: u32, row: u32, j: u32) -> mat4x4<f32> {
  let width = G * HT;
  var acc = mat4x4<f32>();
  var wi = (r * HT + j) * 4u * width;
  var di = row * width;
  for (var n = 0u; n < width; n++) {
    let w = mat4x4<f32>(W[wi], W[wi + width], W[wi + 2u * width], W[wi + 3u * width]);
    acc[0] += gate_gradient(di) * w;
    acc[1] += gate_gradient(di + width) * w;
    acc[2] += gate_gradient(di + 2u * width) * w;
    acc[3] += gate_gradient(di + 3u * width) * w;
    wi += 1u;
    di += 1u;
  }
  return acc;
}

struct LstmGradients {
  c: vec4<f32>,
  gates: array<vec4<f32>, 4>,
}

// d is the gradient of h, `handed` what the step after hands to dc.
fn lstm_gradients(d: vec4<f32>, handed: vec4<f32>, kept: u32) -> LstmGradients {
  let z = cache[kept];
  let f = cache[kept + HT];
  let g = cache[kept + 2u * HT];
  let o = cache[kept + 3u * HT];
  let before = cache[kept + 4u * HT];
  let c = sigmoid4(f) * before + sigmoid4(z) * tanh4(g);
  let dc = d * sigmoid4(o) * tanh_slope4(c) + handed;
  let gates = array<vec4<f32>, 4>(
    dc * tanh4(g) * sigmoid_slope4(z),
    dc * before * sigmoid_slope4(f),
    dc * sigmoid4(z) * tanh_slope4(g),
    d * tanh4(c) * sigmoid_slope4(o),
  );
  return LstmGradients(dc, gates);
}

// Of the GRU's z_n and z_z; h' is the state before.
fn candidate_gradient(d: vec4<f32>, kept: u32) -> vec4<f32> {
  return d * sigmoid4(-cache[kept + HT]) * tanh_slope4(cache[kept + 2u * HT]);
}
fn update_gradient(d: vec4<f32>, before: vec4<f32>, kept: u32) -> vec4<f32> {
  return d * (before - tanh4(cache[kept + 2u * HT])) * sigmoid_slope4(cache[kept + HT]);
}

// Of z_r, from the gradient dn of a_n + s(r) q.
fn reset_gradient(dn: vec4<f32>, kept: u32) -> vec4<f32> {
  return dn * cache[kept + 3u * HT] * sigmoid_slope4(cache[kept]);
}
