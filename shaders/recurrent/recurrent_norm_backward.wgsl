// As recurrent_backward, through the norm of each gate: from du, the gradient of z = gamma xhat + beta, ds = (g - mean g - xhat mean(g xhat)) / deviation,
// g = gamma du; da = ds, and dhh = ds, of the GRU's n ds_n s(r), whose gate r has du_r = ds_n q s'(r)      forward: recurrent_norm_forward
// dh: (R,T*B4,H4) accumulate   W: (R,H4,G*H4) read   cache: (R,T*B4,CACHE*H4) read   norm: (R,T*B4,BLOCKS*H4) accumulate, du written (lib/norm_blocks)
// da: (R,T*B4,G*H4) write   second: (R,T*B4,N) write, lstm: dc, N = H4; gru: dhh, N = G*H4; rnn: nothing   affine: (R,O16) read, gamma
// sequence: (R,SEQ) read. Steps, truncation and workgroups as in recurrent_backward. Each step has two parts: du by tile, ds by row, each by one invocation;
// PART 0 walks both; 1 and 2 are one each, where several workgroups share the units. Rows beyond an example's length are written as 0.
// Range: every f32; overflow follows IEEE-754.
// ref: Ba, Kiros, Hinton 2016, "Layer normalization", eq. 4, differentiated
// #import "lib/norm_adjoint"

override STEPS: u32;
override PART: u32;
override TRUNCATION: u32;
override ROW_TILES: u32;
override UNIT_TILES: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read_write> dh: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> W: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> cache: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> norm: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> da: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> second: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> affine: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read> sequence: array<u32>;

fn du_tile(r: u32, t: u32, tile: u32, j: u32) {
  let height = (B + 3u) / 4u * 4u;
  let row = row_of(r, t, 4u * tile);
  let own = sequence[r * SEQ + Q_STEPS];
  let is_linked = is_linked_at(t, own);
  var back = mat4x4<f32>();
  if (is_linked) { back = handed_back(r, row + height, j); }
  for (var k = 0u; k < 4u; k++) {
    let at = (row + k) * HT + j;
    let kept = (row + k) * CACHE * HT + j;
    let later = kept + height * CACHE * HT;
    let is_walked = inside(j) & vec4(is_inside(r, t, 4u * tile + k));
    var d = dh[at] + back[k];
    if (CELL == 2u && is_linked) { d += dh[at + height * HT] * sigmoid4(cache[later + HT]); }
    d = select(vec4(0.0), d, is_walked);
    dh[at] = d;
    if (CELL == 0u) {
      write_du(row + k, 0u, j, chain(d, cache[kept]), is_walked);
    } else if (CELL == 1u) {
      var handed = vec4(0.0);
      if (is_linked) { handed = second[at + height * HT] * sigmoid4(cache[later + HT]); }
      let found = lstm_gradients(d, handed, kept);
      second[at] = select(vec4(0.0), found.c, is_walked);
      write_du(row + k, 0u, j, found.gates[0], is_walked);
      write_du(row + k, 1u, j, found.gates[1], is_walked);
      write_du(row + k, 2u, j, found.gates[2], is_walked);
      write_du(row + k, 3u, j, found.gates[3], is_walked);
    } else {
      // That of the reset gate follows from ds of n.
      write_du(row + k, 1u, j, update_gradient(d, norm[block_at(row + k, 2u, 1u) + j], kept), is_walked);
      write_du(row + k, 2u, j, candidate_gradient(d, kept), is_walked);
    }
  }
}

@compute @workgroup_size(WX)
fn recurrent_norm_backward(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let first = sequence[group.z * SEQ + Q_CLOCK];
  let end = min(first + STEPS, sequence[group.z * SEQ + Q_WALK]);
  for (var left = max(end, first) - first; left > 0u; left--) {
    let t = first + left - 1u;
    for (var n = i; PART < 2u && n < ROW_TILES * UNIT_TILES; n += WX) {
      let tile = group.y * ROW_TILES + n / UNIT_TILES;
      let j = group.x * UNIT_TILES + n % UNIT_TILES;
      if (4u * tile < B && j < HT) { du_tile(group.z, t, tile, j); }
    }
    storageBarrier();
    for (var n = i; (PART == 0u || PART == 2u) && group.x == 0u && n < 4u * ROW_TILES; n += WX) {
      let b = 4u * group.y * ROW_TILES + n;
      // Rows without an example, of a tile that has one: their ds is 0.
      if (4u * (b / 4u) < B) { ds_row(group.z, t, b); }
    }
    storageBarrier();
  }
}
