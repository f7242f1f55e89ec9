// dz[r,b,c] = gamma rstd (dy - mean_b dy - xhat mean_b(dy xhat))     forward: y = gamma xhat + beta, xhat = (z - mean) rstd
// dgamma[r,c] = sum_b dy xhat     dbeta[r,c] = sum_b dy
// dy, z: (R,B4,C4) read   stats: (R,2,C16) read   gamma: (R,C16) read   dz: (R,B4,C4) write
// daffine: (R,C16) write, dgamma, and dbeta from word DBETA on
// range: (any) accumulate, if EXTENDED, entries of dy at DY_AT, of z at Z_AT and of dz at DZ_AT (lib/range); stats are those of stored z
// status: (R,8) read, of the replicas that take part; r starts at FIRST
// One invocation walks the batch of one feature; global id y is r - FIRST. Padding is left as 0.
// ref: Ioffe, Szegedy 2015, section 3
// #import "lib/present"
// #import "lib/range"

override FIRST: u32;
override B: u32;
override C: u32;
override DBETA: u32;
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
@group(0) @binding(5) var<storage, read_write> daffine: array<f32>;
@group(0) @binding(6) var<storage, read> status: array<u32>;
@group(0) @binding(7) var<storage, read_write> range: array<atomic<u32>>;

@compute @workgroup_size(WX)
fn batch_norm_backward(@builtin(global_invocation_id) id: vec3<u32>) {
  let c = id.x;
  let r = FIRST + id.y;
  if (c >= C || !is_present(r)) { return; }
  let stride = (C + 3u) / 4u * 4u;
  let slots = (C + 15u) / 16u * 16u;
  let base = r * ((B + 3u) / 4u * 4u) * stride + c;
  let mean = stats[2u * r * slots + c];
  let rstd = stats[2u * r * slots + slots + c];
  var sum = 0.0;
  var product = 0.0;
  for (var b = 0u; b < B; b++) {
    let d = dy[base + b * stride];
    sum += d;
    product += d * ((z[base + b * stride] - mean) * rstd);
  }
  let at = r * slots + c;
  daffine[at] = product;
  daffine[DBETA + at] = sum;
  let scale = gamma[at] * rstd;
  var peak = 0u;
  for (var b = 0u; b < B; b++) {
    let n = base + b * stride;
    let value = scale * (dy[n] - sum / f32(B) - (z[n] - mean) * rstd * (product / f32(B)));
    dz[n] = value;
    peak = max(peak, magnitude_bits(value));
  }
  if (EXTENDED) {
    raise_peak(DZ_AT, r, peak);
    // rstd is 2^e times the true one, e that of z.
    if (c == 0u) { write_exponent(DZ_AT, r, exponent_of(DY_AT, r) - exponent_of(Z_AT, r)); }
  }
}
