// y[r,b,c] = gamma[r,c] (z[r,b,c] - mean[r,c]) / sqrt(var[r,c] + eps) + beta[r,c], running statistics
// z: (R,B4,C4) read   gamma, beta: (R,C16) read   running: (R,2,C16) read, mean and variance   y: (R,B4,C4) write
// status: (R,8) read, of the replicas that take part; r starts at FIRST
// range: (any) accumulate, if EXTENDED, entries of z at Z_AT and of y at Y_AT (lib/range)
// One invocation walks the batch of one feature; global id y is r - FIRST. Padding is left as 0.
// ref: Ioffe, Szegedy 2015, algorithm 2
// #import "lib/present"
// #import "lib/range"

override FIRST: u32;
override B: u32;
override C: u32;
override EPSILON: f32;
override Z_AT: u32;
override Y_AT: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> beta: array<f32>;
@group(0) @binding(3) var<storage, read> running: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read> status: array<u32>;
@group(0) @binding(6) var<storage, read_write> range: array<atomic<u32>>;

@compute @workgroup_size(WX)
fn batch_norm_evaluate(@builtin(global_invocation_id) id: vec3<u32>) {
  let c = id.x;
  let r = FIRST + id.y;
  if (c >= C || !is_present(r)) { return; }
  let stride = (C + 3u) / 4u * 4u;
  let slots = (C + 15u) / 16u * 16u;
  let base = r * ((B + 3u) / 4u * 4u) * stride + c;
  let mean = running[2u * r * slots + c];
  let scale = gamma[r * slots + c] / sqrt(running[2u * r * slots + slots + c] + EPSILON);
  // Nothing bounds y where z is far from the running statistics: it keeps z's exponent above 0.
  let ez = exponent_of(Z_AT, r);
  let e = max(ez, 0);
  var peak = 0u;
  for (var b = 0u; b < B; b++) {
    var value: f32;
    if (EXTENDED) {
      value = scale * (scaled(z[base + b * stride], ez - e) - scaled(mean, -e)) + scaled(beta[r * slots + c], -e);
    } else {
      value = scale * (z[base + b * stride] - mean) + beta[r * slots + c];
    }
    y[base + b * stride] = value;
    peak = max(peak, magnitude_bits(value));
  }
  if (EXTENDED) {
    raise_peak(Y_AT, r, peak);
    if (c == 0u) { write_exponent(Y_AT, r, e); }
  }
}
