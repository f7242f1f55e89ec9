// z[t] = a[t] + h[t-1] W + bias, h[t] = cell(z[t]) of every sequence, t from the clock on for STEPS steps; h and c of t = -1 are 0
// rnn: h = phi(z). lstm (i,f,g,o): c = s(f) c' + s(i) tanh(g), h = s(o) tanh(c). gru (r,z,n): q = h' W_n + bias_n,
// z_n = a_n + s(r) q, h = (1 - s(z)) tanh(z_n) + s(z) h'. s is the sigmoid, a prime the step before.
// a: (R,T*B4,G*H4) read   W: (R,H4,G*H4) read   bias: (R,O16) read, O = G*H4   h: (R,T*B4,H4) write
// h_prev: (R,T*B4,H4) accumulate, h of the step before, from which a later dispatch goes on
// cache: (R,T*B4,CACHE*H4) accumulate, the gates' z, then lstm: c', gru: q   sequence: (R,SEQ) read
// range: (any) accumulate, if EXTENDED, the steps' exponents (lib/step_range): h and z of a relu or linear rnn move with h; a has none
// A workgroup of 64 owns ROW_TILES * 4 examples of a replica and UNIT_TILES * 4 units, all of them unless STEPS = 1, and walks the steps.
// Rows beyond an example's length are written as 0. Range: every f32; EXTENDED: any, with one workgroup a replica.
// ref: Elman 1990; Gers, Schmidhuber, Cummins 2000, eq. 1-9; Cho et al. 2014, eq. 5-8, in the form of torch.nn.GRU
// #import "lib/gate_product"
// #import "lib/gate_states"
// #import "lib/step_range"

override B: u32;
override T: u32;
override STEPS: u32;
override HAS_BIAS: bool;
override ROW_TILES: u32;
override UNIT_TILES: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> W: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> h_prev: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> cache: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> sequence: array<u32>;
@group(0) @binding(7) var<storage, read_write> range: array<atomic<u32>>;

fn walk_tile(r: u32, t: u32, tile: u32, j: u32) {
  let height = (B + 3u) / 4u * 4u;
  let row = (r * T + t) * height + 4u * tile;
  let walked = vec4(t) < lengths_of(r, 4u * tile);
  let e_before = step_exponent(r, max(t, 1u) - 1u, E_STATE);
  var e = 0;
  if (EXTENDED && t > 0u) { e = max(step_leading(r, t - 1u, E_STATE), 0); }
  // One loop over the gates, so that the product is compiled once; h[t-1] of gated cells has no exponent.
  for (var g = 0u; g < G; g++) {
    let shift = select(vec4(0.0), moved(bias[select(0u, r * ((G * HT + 3u) / 4u * 4u) + g * HT + j, HAS_BIAS)], -e_before), HAS_BIAS);
    let sum = product(r, row, g, j, shift);
    for (var k = 0u; k < 4u; k++) {
      let at = (row + k) * CACHE * HT + g * HT + j;
      var z = moved(a[((row + k) * G + g) * HT + j], -e) + moved(sum[k], e_before - e);
      if (CELL == 2u && g == 2u) {
        // q, of which the gate r says how much comes in
        cache[at + HT] = padded(sum[k], j);
        z = a[((row + k) * G + g) * HT + j] + sigmoid4(cache[at - 2u * HT]) * sum[k];
      }
      cache[at] = padded(z, j);
    }
  }
  for (var k = 0u; k < 4u; k++) {
    let at = (row + k) * HT + j;
    let kept = (row + k) * CACHE * HT + j;
    let is_walked = inside(j) & vec4(walked[k]);
    var c = vec4(0.0);
    if (CELL == 1u) {
      c = cell_state(kept);
      if (t + 1u < T) { cache[kept + height * CACHE * HT + 4u * HT] = select(vec4(0.0), c, is_walked); }
    }
    let next = select(vec4(0.0), hidden_state(kept, at, c), is_walked);
    h[at] = next;
    if (EXTENDED && CELL == 0u && ACT != 3) { raise_step(r, t, E_STATE, largest_bits(next)); }
    if (t + 1u < T) { h_prev[at + height * HT] = next; }
  }
  if (EXTENDED && tile + j == 0u) { write_step(r, t, E_STATE, e); }
}

@compute @workgroup_size(WX)
fn recurrent_forward(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let first = sequence[group.z * SEQ + Q_CLOCK];
  let end = min(first + STEPS, sequence[group.z * SEQ + Q_WALK]);
  for (var t = first; t < end; t++) {
    for (var n = i; n < ROW_TILES * UNIT_TILES; n += WX) {
      let tile = group.y * ROW_TILES + n / UNIT_TILES;
      let j = group.x * UNIT_TILES + n % UNIT_TILES;
      if (4u * tile < B && j < HT) { walk_tile(group.z, t, tile, j); }
    }
    storageBarrier();
  }
}
