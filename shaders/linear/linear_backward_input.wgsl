// dx[r,b,i] = phi'(zx[r,b,i]) sum_o dz[r,b,o] W[r,i,o]     forward: z = x W + bias, x = phi(zx)
// dz: (R,B4,O4) read   W: (R,I4,O4) read   zx: (R,B4,I4) read   dx: (R,B4,I4) write   partial: (R,B4/4*I4/4,2) write, pairs of dx
// status: (R,8) read, of the replicas that take part; r starts at FIRST
// range: (any) accumulate, if EXTENDED, entries of dz at DZ_AT, of zx at ZX_AT and of dx at DX_AT (lib/range)
// Without an activation in front of x (ACT -1) the factor phi' is 1 and zx is not read. Padding of dx is written as 0.
// One invocation computes a 4x4 tile in registers; global id z is r - FIRST. Range: every f32; overflow
// follows IEEE-754. EXTENDED: a layer may multiply its signal by 2^-60 to 2^60, many may by anything.
// ref: Goodfellow, Bengio, Courville 2016, "Deep learning", algorithm 6.4
// #import "lib/activation"
// #import "lib/norm"
// #import "lib/present"
// #import "lib/range"

override FIRST: u32;
override B: u32;
override I: u32;
override O: u32;
override DZ_AT: u32;
override ZX_AT: u32;
override DX_AT: u32;
// Of constants alone, so that the loop over it needs no guard against running for ever.
override TILES_O: u32 = (O + 3u) / 4u;
override WX: u32;
override WY: u32;

// dz lies in the buffer of dx, so it cannot be bound as read-only.
@group(0) @binding(0) var<storage, read_write> dz: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> W: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> zx: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> partial: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read> status: array<u32>;
@group(0) @binding(6) var<storage, read_write> range: array<atomic<u32>>;

var<private> peak: u32;

fn store(row: u32, at: u32, inside: vec4<bool>, n: i32, e: i32, sum: vec4<f32>) -> vec4<f32> {
  var value = sum;
  if (EXTENDED) { value = scaled4(value, n); }
  if (ACT >= 0) {
    var v = zx[at];
    if (EXTENDED) { v = held4(v, e); }
    value = chain(value, v);
  }
  value = select(vec4(0.0), value, inside & vec4(row < B));
  dx[at] = value;
  if (EXTENDED) { peak = max(peak, max_bits(value)); }
  return value;
}

@compute @workgroup_size(WX, WY)
fn linear_backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
  let tiles_b = (B + 3u) / 4u;
  let tiles_i = (I + 3u) / 4u;
  let r = FIRST + id.z;
  if (id.x >= tiles_i || id.y >= tiles_b || !is_present(r)) { return; }
  let row = id.y * 4u;
  let di = (r * tiles_b * 4u + row) * TILES_O;
  let wi = (r * tiles_i + id.x) * 4u * TILES_O;
  var acc0 = vec4(0.0);
  var acc1 = vec4(0.0);
  var acc2 = vec4(0.0);
  var acc3 = vec4(0.0);
  for (var o = 0u; o < TILES_O; o++) {
    let w = mat4x4<f32>(W[wi + o], W[wi + TILES_O + o], W[wi + 2u * TILES_O + o], W[wi + 3u * TILES_O + o]);
    acc0 += dz[di + o] * w;
    acc1 += dz[di + TILES_O + o] * w;
    acc2 += dz[di + 2u * TILES_O + o] * w;
    acc3 += dz[di + 3u * TILES_O + o] * w;
  }
  let inside = (vec4(id.x * 4u) + vec4(0u, 1u, 2u, 3u)) < vec4(I);
  let at = (r * tiles_b * 4u + row) * tiles_i + id.x;
  let e = exponent_of(ZX_AT, r);
  let n = exponent_of(DZ_AT, r) - leading_exponent(DZ_AT, r);
  let d0 = store(row, at, inside, n, e, acc0);
  let d1 = store(row + 1u, at + tiles_i, inside, n, e, acc1);
  let d2 = store(row + 2u, at + 2u * tiles_i, inside, n, e, acc2);
  let d3 = store(row + 3u, at + 3u * tiles_i, inside, n, e, acc3);
  partial[(r * tiles_b + id.y) * tiles_i + id.x] = cell_norm(d0, d1, d2, d3);
  if (EXTENDED) {
    raise_peak(DX_AT, r, peak);
    if (id.x == 0u && id.y == 0u) { write_exponent(DX_AT, r, leading_exponent(DZ_AT, r)); }
  }
}
