// y[r,b,c] = gamma[r,c] (z[r,b,c] - mean[r,c]) rstd[r,c] + beta[r,c], statistics over the batch, biased variance
// z: (R,B4,C4) read   gamma, beta: (R,C16) read   y: (R,B4,C4) write   stats: (R,2,C16) write, mean and rstd
// running: (R,2,C16) accumulate, mean and variance: running = 0.9 running + 0.1 batch, the variance unbiased, as torch does
// status: (R,8) read, of the replicas that take part; r starts at FIRST. Padding is left as 0.
// range: (any) accumulate, if EXTENDED, entries of z at Z_AT and of y at Y_AT (lib/range); mean and rstd are those of stored z
// One invocation walks the batch of one feature; global id y is r - FIRST. Two passes, so that the variance does not cancel.
// ref: Ioffe, Szegedy 2015, algorithm 1; torch.nn.BatchNorm1d
// #import "lib/present"
// #import "lib/range"
// #import "lib/norm_epsilon"

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
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;
@group(0) @binding(5) var<storage, read_write> running: array<f32>;
@group(0) @binding(6) var<storage, read> status: array<u32>;
@group(0) @binding(7) var<storage, read_write> range: array<atomic<u32>>;

@compute @workgroup_size(WX)
fn batch_norm_forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let c = id.x;
  let r = FIRST + id.y;
  if (c >= C || !is_present(r)) { return; }
  let stride = (C + 3u) / 4u * 4u;
  let slots = (C + 15u) / 16u * 16u;
  let base = r * ((B + 3u) / 4u * 4u) * stride + c;
  var sum = 0.0;
  for (var b = 0u; b < B; b++) { sum += z[base + b * stride]; }
  let mean = sum / f32(B);
  var squares = 0.0;
  for (var b = 0u; b < B; b++) {
    let d = z[base + b * stride] - mean;
    squares += d * d;
  }
  let e = exponent_of(Z_AT, r);
  var rstd: f32;
  if (EXTENDED) { rstd = inverse_deviation(squares / f32(B), EPSILON, e); } else { rstd = 1.0 / sqrt(squares / f32(B) + EPSILON); }
  let at = r * slots + c;
  var peak = 0u;
  for (var b = 0u; b < B; b++) {
    let value = gamma[at] * ((z[base + b * stride] - mean) * rstd) + beta[at];
    y[base + b * stride] = value;
    peak = max(peak, magnitude_bits(value));
  }
  let record = 2u * r * slots + c;
  stats[record] = mean;
  stats[record + slots] = rstd;
  let unbiased = 0.1 * squares / f32(max(B, 2u) - 1u);
  if (EXTENDED) {
    raise_peak(Y_AT, r, peak);
    running[record] = 0.9 * running[record] + scaled(0.1 * mean, e);
    running[record + slots] = 0.9 * running[record + slots] + scaled(unbiased, 2 * e);
  } else {
    running[record] = 0.9 * running[record] + 0.1 * mean;
    running[record + slots] = 0.9 * running[record + slots] + unbiased;
  }
}
