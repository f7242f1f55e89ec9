// z[r,b,o] = sum_i x[r,b,i] W[r,i,o] + bias[r,o]     h = phi(z)
// x: (R,B4,I4) read   W: (R,I4,O4) read   bias: (R,O16) read   z, h: (R,B4,O4) write   partial: (R,B4/4*O4/4,2) write, pairs of z
// status: (R,8) read, of the replicas that take part; r starts at FIRST
// range: (any) accumulate, if EXTENDED, entries of x at X_AT, of z at Z_AT, and of h, or z again, at H_AT (lib/range)
// N4, N16: N rounded up; padding of z and h is written as 0. h is written only where ACT names an activation.
// One invocation computes a 4x4 tile in registers; global id z is r - FIRST. Range: every f32; overflow
// follows IEEE-754. EXTENDED: a layer may multiply its signal by 2^-60 to 2^60, many may by anything.
// ref: Goodfellow, Bengio, Courville 2016, "Deep learning", eq. 6.3
// #import "lib/scaled_activation"
// #import "lib/present"
// #import "lib/bias_exponent"

override FIRST: u32;
override B: u32;
override I: u32;
override O: u32;
override HAS_BIAS: bool;
override X_AT: u32;
override Z_AT: u32;
override H_AT: u32;
// Of constants alone, so that the loop over it needs no guard against running for ever.
override TILES_I: u32 = (I + 3u) / 4u;
override WX: u32;
override WY: u32;

// x lies in the buffer of h, so it cannot be bound as read-only.
@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> W: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> z: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> h: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> partial: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read> status: array<u32>;
@group(0) @binding(7) var<storage, read_write> range: array<atomic<u32>>;

var<private> peak: u32; // largest magnitude of what the next op reads

fn store(row: u32, at: u32, inside: vec4<bool>, n: i32, e: i32, shift: vec4<f32>, product: vec4<f32>) -> vec4<f32> {
  var sum = product;
  if (EXTENDED) { sum = scaled4(sum, n); }
  if (HAS_BIAS) { sum += shift; }
  let kept = select(vec4(0.0), sum, inside & vec4(row < B));
  var next = kept;
  z[at] = kept;
  if (ACT >= 0) {
    if (EXTENDED) { next = scaled_phi(kept, e); } else { next = phi(kept); }
    next = select(vec4(0.0), next, inside & vec4(row < B));
    h[at] = next;
  }
  if (EXTENDED) { peak = max(peak, max_bits(next)); }
  return kept;
}

@compute @workgroup_size(WX, WY)
fn linear_forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let tiles_o = (O + 3u) / 4u;
  let tiles_b = (B + 3u) / 4u;
  let r = FIRST + id.z;
  if (id.x >= tiles_o || id.y >= tiles_b || !is_present(r)) { return; }
  let row = id.y * 4u;
  var xi = (r * tiles_b * 4u + row) * TILES_I;
  var wi = r * TILES_I * 4u * tiles_o + id.x;
  var acc0 = vec4(0.0);
  var acc1 = vec4(0.0);
  var acc2 = vec4(0.0);
  var acc3 = vec4(0.0);
  for (var i = 0u; i < TILES_I; i++) {
    let w0 = W[wi];
    let w1 = W[wi + tiles_o];
    let w2 = W[wi + 2u * tiles_o];
    let w3 = W[wi + 3u * tiles_o];
    let x0 = x[xi];
    let x1 = x[xi + TILES_I];
    let x2 = x[xi + 2u * TILES_I];
    let x3 = x[xi + 3u * TILES_I];
    acc0 += x0.x * w0 + x0.y * w1 + x0.z * w2 + x0.w * w3;
    acc1 += x1.x * w0 + x1.y * w1 + x1.z * w2 + x1.w * w3;
    acc2 += x2.x * w0 + x2.y * w1 + x2.z * w2 + x2.w * w3;
    acc3 += x3.x * w0 + x3.y * w1 + x3.z * w2 + x3.w * w3;
    wi += 4u * tiles_o;
    xi += 1u;
  }
  let e = sum_exponent(X_AT, r, HAS_BIAS, (O + 15u) / 16u * 4u);
  let n = exponent_of(X_AT, r) - e;
  var shift = bias[select(0u, r * ((O + 15u) / 16u) * 4u + id.x, HAS_BIAS)];
  if (EXTENDED) { shift = scaled4(shift, -e); }
  let inside = (vec4(id.x * 4u) + vec4(0u, 1u, 2u, 3u)) < vec4(O);
  let at = (r * tiles_b * 4u + row) * tiles_o + id.x;
  let z0 = store(row, at, inside, n, e, shift, acc0);
  let z1 = store(row + 1u, at + tiles_o, inside, n, e, shift, acc1);
  let z2 = store(row + 2u, at + 2u * tiles_o, inside, n, e, shift, acc2);
  let z3 = store(row + 3u, at + 3u * tiles_o, inside, n, e, shift, acc3);
  partial[(r * tiles_b + id.y) * tiles_o + id.x] = cell_norm(z0, z1, z2, z3);
  if (EXTENDED) {
    raise_peak(H_AT, r, peak);
    if (id.x + id.y > 0u) { return; }
    write_exponent(Z_AT, r, e);
    write_exponent(H_AT, r, phi_exponent(e));
  }
}
