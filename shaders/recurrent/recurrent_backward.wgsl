// dh[t] += dhh[t+1] W^T (gru: + dh[t+1] s(z[t+1])), and from the total dL/dh[t] the gradients da of a, dhh of h[t-1] W + bias
// forward: recurrent_forward. rnn: da = dh phi'(z). lstm: dc = dh s(o) tanh'(c) + dc[t+1] s(f[t+1]), da = (dc tanh(g) s'(i), dc c' s'(f),
// dc s(i) tanh'(g), dh tanh(c) s'(o)). gru: dn = dh (1 - s(z)) tanh'(z_n), da = (dn q s'(r), dh (h' - n) s'(z), dn), dhh = (da_r, da_z, dn s(r)).
// dh: (R,T*B4,H4) accumulate   W: (R,H4,G*H4) read   cache: (R,T*B4,CACHE*H4) read   h_prev: (R,T*B4,H4) read, gru alone
// da: (R,T*B4,G*H4) write   second: (R,T*B4,N) write, lstm: dc, N = H4; gru: dhh, N = G*H4; rnn: nothing, dhh being da
// sequence: (R,SEQ) read. From step clock + STEPS - 1 down to the clock; TRUNCATION k > 0 cuts what t + 1 hands to t in front of each
// block of k steps that ends with the replica's last. Workgroups as in recurrent_forward. Rows beyond an example's length are written as 0.
// range: (any) accumulate, if EXTENDED, the steps' exponents (lib/step_range): dh, da, dhh and dc of a step share one.
// Range: every f32; overflow follows IEEE-754. EXTENDED: any, with one workgroup a replica.
// ref: Werbos 1990, "Backpropagation through time"; Williams, Peng 1990 (truncation)
// #import "lib/gate_gradients"
// #import "lib/gradient_exponent"

override B: u32;
override T: u32;
override STEPS: u32;
override TRUNCATION: u32;
override ROW_TILES: u32;
override UNIT_TILES: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read_write> dh: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> W: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> cache: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> h_prev: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> da: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> second: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> sequence: array<u32>;
@group(0) @binding(7) var<storage, read_write> range: array<atomic<u32>>;

fn walk_tile(r: u32, t: u32, tile: u32, j: u32) {
  let height = (B + 3u) / 4u * 4u;
  let row = (r * T + t) * height + 4u * tile;
  let lengths = lengths_of(r, 4u * tile);
  let own = sequence[r * SEQ + Q_STEPS];
  let is_linked = is_linked_at(t, own);
  var back = mat4x4<f32>();
  if (is_linked) { back = handed_back(r, row + height, j); }
  let e = gradient_exponent(r, t, own, is_linked, tile + j == 0u);
  let n = step_exponent(r, min(t + 1u, T - 1u), E_GRADIENT) - e;
  let outside = step_exponent(r, t, E_OUTSIDE) - e;
  var peak = 0u;
  for (var k = 0u; k < 4u; k++) {
    let at = (row + k) * HT + j;
    let x = (row + k) * G * HT + j;
    let kept = (row + k) * CACHE * HT + j;
    let later = kept + height * CACHE * HT;
    let is_walked = inside(j) & vec4(t < lengths[k]);
    var d = moved(dh[at], outside) + moved(back[k], n);
    if (CELL == 2u && is_linked) { d += moved(dh[at + height * HT], n) * sigmoid4(cache[later + HT]); }
    d = select(vec4(0.0), d, is_walked);
    dh[at] = d;
    peak = max(peak, largest_bits(d));
    if (CELL == 0u) {
      da[x] = select(vec4(0.0), chain(d, cache[kept]), is_walked);
    } else if (CELL == 1u) {
      var handed = vec4(0.0);
      if (is_linked) { handed = moved(second[at + height * HT], n) * sigmoid4(cache[later + HT]); }
      let found = lstm_gradients(d, handed, kept);
      let dc = select(vec4(0.0), found.c, is_walked);
      second[at] = dc;
      peak = max(peak, largest_bits(dc));
      da[x] = select(vec4(0.0), found.gates[0], is_walked);
      da[x + HT] = select(vec4(0.0), found.gates[1], is_walked);
      da[x + 2u * HT] = select(vec4(0.0), found.gates[2], is_walked);
      da[x + 3u * HT] = select(vec4(0.0), found.gates[3], is_walked);
    } else {
      let dn = select(vec4(0.0), candidate_gradient(d, kept), is_walked);
      da[x] = select(vec4(0.0), reset_gradient(dn, kept), is_walked);
      da[x + HT] = select(vec4(0.0), update_gradient(d, h_prev[at], kept), is_walked);
      da[x + 2u * HT] = dn;
      second[x] = da[x];
      second[x + HT] = da[x + HT];
      second[x + 2u * HT] = select(vec4(0.0), dn * sigmoid4(cache[kept]), is_walked);
    }
    for (var g = 0u; EXTENDED && g < G; g++) { peak = max(peak, largest_bits(da[x + g * HT])); }
  }
  if (EXTENDED) { raise_step(r, t, E_GRADIENT, peak); }
}

@compute @workgroup_size(WX)
fn recurrent_backward(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let first = sequence[group.z * SEQ + Q_CLOCK];
  let end = min(first + STEPS, sequence[group.z * SEQ + Q_WALK]);
  for (var left = max(end, first) - first; left > 0u; left--) {
    for (var n = i; n < ROW_TILES * UNIT_TILES; n += WX) {
      let tile = group.y * ROW_TILES + n / UNIT_TILES;
      let j = group.x * UNIT_TILES + n % UNIT_TILES;
      if (4u * tile < B && j < HT) { walk_tile(group.z, first + left - 1u, tile, j); }
    }
    storageBarrier();
  }
}
