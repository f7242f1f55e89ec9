// y[r,b,c] = gamma[r,c] (z[r,b,c] - mean[r,b]) rstd[r,b] + beta[r,c], statistics over the features, biased variance
// RMS norm (not CENTERED): mean = 0 and no beta, so that rstd is 1 over the root mean square.
// z: (R,B4,C4) read   gamma: (R,C16) read   beta: (R,C16) read, if CENTERED   y: (R,B4,C4) write   stats: (R,B4,2) write, mean and rstd
// status: (R,8) read, of the replicas that take part; r starts at FIRST
// range: (any) accumulate, if EXTENDED, entries of z at Z_AT and of y at Y_AT (lib/range); mean and rstd are those of stored z
// One invocation walks the features of one example; global id y is r - FIRST. Padding is left as 0. Two passes, against cancellation.
// ref: Ba, Kiros, Hinton 2016, eq. 4; torch.nn.LayerNorm; Zhang, Sennrich 2019, eq. 4; torch.nn.RMSNorm
// #import "lib/present"
// #import "lib/range"
// #import "lib/norm_epsilon"

override FIRST: u32;
override B: u32;
override C: u32;
override EPSILON: f32;
override CENTERED: bool;
override Z_AT: u32;
override Y_AT: u32;
override WX: u32;

// z may lie in the buffer of y (a residual sum), so it cannot be bound as read-only.
@group(0) @binding(0) var<storage, read_write> z: array<f32>;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> beta: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;
@group(0) @binding(5) var<storage, read> status: array<u32>;
@group(0) @binding(6) var<storage, read_write> range: array<atomic<u32>>;

@compute @workgroup_size(WX)
fn layer_norm_forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let b = id.x;
  let r = FIRST + id.y;
  if (b >= B || !is_present(r)) { return; }
  let stride = (C + 3u) / 4u * 4u;
  let slots = (C + 15u) / 16u * 16u;
  let row = r * ((B + 3u) / 4u * 4u) + b;
  let base = row * stride;
  var mean = 0.0;
  if (CENTERED) {
    for (var c = 0u; c < C; c++) { mean += z[base + c]; }
    mean = mean / f32(C);
  }
  var squares = 0.0;
  for (var c = 0u; c < C; c++) {
    let d = z[base + c] - mean;
    squares += d * d;
  }
  var rstd: f32;
  if (EXTENDED) {
    rstd = inverse_deviation(squares / f32(C), EPSILON, exponent_of(Z_AT, r));
  } else {
    rstd = 1.0 / sqrt(squares / f32(C) + EPSILON);
  }
  var peak = 0u;
  for (var c = 0u; c < C; c++) {
    var value = gamma[r * slots + c] * ((z[base + c] - mean) * rstd);
    if (CENTERED) { value += beta[r * slots + c]; }
    y[base + c] = value;
    peak = max(peak, magnitude_bits(value));
  }
  if (EXTENDED) { raise_peak(Y_AT, r, peak); }
  stats[2u * row] = mean;
  stats[2u * row + 1u] = rstd;
}
