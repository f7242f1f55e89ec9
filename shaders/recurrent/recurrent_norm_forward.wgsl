// As recurrent_forward, each gate's z normalised over the units of its row: z = gamma xhat + beta, xhat = (s - mean s) / sqrt(var s + EPSILON),
// s = a[t] + h[t-1] W, of the GRU's n a_n + s(r) h[t-1] W_n
// a: (R,T*B4,G*H4) read   W: (R,H4,G*H4) read   affine: (R,O16) read, gamma, and beta from number BETA on   h: (R,T*B4,H4) write
// h_prev: (R,T*B4,H4) accumulate   cache: (R,T*B4,CACHE*H4) accumulate, as in recurrent_forward   norm: (R,T*B4,BLOCKS*H4) write (lib/norm_blocks)
// sequence: (R,SEQ) read. Workgroups as in recurrent_forward. Each step has three parts: sums, by tile of 4 rows and 4 units; rows normalised, by one
// invocation each; states, by tile. PART 0 walks all three; 1, 2 and 3 are one each, where several workgroups share the units.
// Rows beyond an example's length are written as 0. Range: every f32 whose squares' sum is one; statistics in two passes, against cancellation.
// ref: Ba, Kiros, Hinton 2016, "Layer normalization", eq. 4, gate by gate
// #import "lib/gate_product"
// #import "lib/gate_states"
// #import "lib/norm_rows"

override STEPS: u32;
override PART: u32;
override ROW_TILES: u32;
override UNIT_TILES: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> W: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> affine: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> h_prev: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> cache: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> norm: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read> sequence: array<u32>;

fn sum_tile(r: u32, t: u32, tile: u32, j: u32) {
  let row = row_of(r, t, 4u * tile);
  for (var g = 0u; g < G; g++) {
    let sum = product(r, row, g, j, vec4(0.0));
    for (var k = 0u; k < 4u; k++) {
      if (CELL == 2u && g == 2u) {
        cache[((row + k) * CACHE + 3u) * HT + j] = padded(sum[k], j);
        norm[block_at(row + k, 2u, 1u) + j] = h_prev[(row + k) * HT + j];
      } else {
        norm[block_at(row + k, 0u, g) + j] = padded(a[((row + k) * G + g) * HT + j] + sum[k], j);
      }
    }
  }
}

fn state_tile(r: u32, t: u32, tile: u32, j: u32) {
  let height = (B + 3u) / 4u * 4u;
  let row = row_of(r, t, 4u * tile);
  for (var k = 0u; k < 4u; k++) {
    let at = (row + k) * HT + j;
    let kept = (row + k) * CACHE * HT + j;
    let is_walked = inside(j) & vec4(is_inside(r, t, 4u * tile + k));
    var c = vec4(0.0);
    if (CELL == 1u) {
      c = cell_state(kept);
      if (t + 1u < T) { cache[kept + height * CACHE * HT + 4u * HT] = select(vec4(0.0), c, is_walked); }
    }
    let next = select(vec4(0.0), hidden_state(kept, at, c), is_walked);
    h[at] = next;
    if (t + 1u < T) { h_prev[at + height * HT] = next; }
  }
}

@compute @workgroup_size(WX)
fn recurrent_norm_forward(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let first = sequence[group.z * SEQ + Q_CLOCK];
  let end = min(first + STEPS, sequence[group.z * SEQ + Q_WALK]);
  for (var t = first; t < end; t++) {
    for (var n = i; PART < 2u && n < ROW_TILES * UNIT_TILES; n += WX) {
      let tile = group.y * ROW_TILES + n / UNIT_TILES;
      let j = group.x * UNIT_TILES + n % UNIT_TILES;
      if (4u * tile < B && j < HT) { sum_tile(group.z, t, tile, j); }
    }
    storageBarrier();
    for (var n = i; (PART == 0u || PART == 2u) && group.x == 0u && n < 4u * ROW_TILES; n += WX) {
      let b = 4u * group.y * ROW_TILES + n;
      // Rows without an example, of a tile that has one: their xhat is 0.
      if (4u * (b / 4u) < B) { normalise(group.z, t, b); }
    }
    storageBarrier();
    for (var n = i; (PART == 0u || PART == 3u) && n < ROW_TILES * UNIT_TILES; n += WX) {
      let tile = group.y * ROW_TILES + n / UNIT_TILES;
      let j = group.x * UNIT_TILES + n % UNIT_TILES;
      if (4u * tile < B && j < HT) { state_tile(group.z, t, tile, j); }
    }
    storageBarrier();
  }
}
