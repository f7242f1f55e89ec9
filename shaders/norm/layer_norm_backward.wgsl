// dz[r,b,c] = rstd (g - mean_c g - xhat mean_c(g xhat)), g = dy gamma     forward: y = gamma xhat + beta, xhat = (z - mean) rstd
// RMS norm (not CENTERED): mean = 0, and mean_c g does not appear.
// dy, z: (R,B4,C4) read   stats: (R,B4,2) read   gamma: (R,C16) read   dz: (R,B4,C4) write
// status: (R,8) read, of the replicas that take part; r starts at FIRST
// range: (any) accumulate, if EXTENDED, entries of dy at DY_AT, of z at Z_AT and of dz at DZ_AT (lib/range); stats are those of stored z
// One invocation walks the features of one example; global id y is r - FIRST. Padding is left as 0.
// ref: Ba, Kiros, Hinton 2016, eq. 4, differentiated; Zhang, Sennrich 2019, eq. 4, differentiated
// #import "lib/present"
// #import "lib/range"

override FIRST: u32;
override B: u32;
override C: u32;
override CENTERED: bool;
override DY_AT: u32;
override Z_AT: u32;
override DZ_AT: u32;
override WX: u32;

// dy lies in the buffer of dz, so it cannot be bound as read-only.
@group(0) @binding(0) var<storage, read_write> dy: array<f32>;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> stats: array<f32>;
@group(0) @binding(3) var<storage, read> gamma: array<f32>;
@group(0) @binding(4) var<storage, read_write> dz: array<f32>;
@group(0) @binding(5) var<storage, read> status: array<u32>;
@group(0) @binding(6) var<storage, read_write> range: array<atomic<u32>>;

@compute @workgroup_size(WX)
fn layer_norm_backward(@builtin(global_invocation_id) id: vec3<u32>) {
  let b = id.x;
  let r = FIRST + id.y;
  if (b >= B || !is_present(r)) { return; }
  let stride = (C + 3u) / 4u * 4u;
  let slots = (C + 15u) / 16u * 16u;
  let row = r * ((B + 3u) / 4u * 4u) + b;
  let base = row * stride;
  let mean = stats[2u * row];
  let rstd = stats[2u * row + 1u];
  var sum = 0.0;
  var product = 0.0;
  for (var c = 0u; c < C; c++) {
    let g = dy[base + c] * gamma[r * slots + c];
    if (CENTERED) { sum += g; }
    product += g * ((z[base + c] - mean) * rstd);
  }
  var peak = 0u;
  for (var c = 0u; c < C; c++) {
    let g = dy[base + c] * gamma[r * slots + c];
    let value = rstd * (g - sum / f32(C) - (z[base + c] - mean) * rstd * (product / f32(C)));
    dz[base + c] = value;
    peak = max(peak, magnitude_bits(value));
  }
  if (EXTENDED) {
    raise_peak(DZ_AT, r, peak);
    // rstd is 2^e times the true one, e that of z.
    if (b == 0u) { write_exponent(DZ_AT, r, exponent_of(DY_AT, r) - exponent_of(Z_AT, r)); }
  }
}
