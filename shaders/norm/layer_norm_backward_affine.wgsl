// dgamma[r,c] = sum_b dy[r,b,c] xhat[r,b,c]     dbeta[r,c] = sum_b dy[r,b,c]     forward: y = gamma xhat + beta
// dy, z: (R,B4,C4) read   stats: (R,B4,2) read, mean and rstd   dgamma: (R,C16) write
// dbeta: (R,C16) write, if CENTERED: RMS norm has none
// status: (R,8) read, of the replicas that take part; r starts at FIRST
// One invocation walks the batch of one feature; global id y is r.
// ref: Ba, Kiros, Hinton 2016, eq. 4, differentiated; Zhang, Sennrich 2019, eq. 4, differentiated
// #import "lib/present"

override FIRST: u32;
override B: u32;
override C: u32;
override CENTERED: bool;
override WX: u32;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> stats: array<f32>;
@group(0) @binding(3) var<storage, read_write> dgamma: array<f32>;
@group(0) @binding(4) var<storage, read_write> dbeta: array<f32>;
@group(0) @binding(5) var<storage, read> status: array<u32>;

@compute @workgroup_size(WX)
fn layer_norm_backward_affine(@builtin(global_invocation_id) id: vec3<u32>) {
  let c = id.x;
  let r = FIRST + id.y;
  if (c >= C || !is_present(r)) { return; }
  let stride = (C + 3u) / 4u * 4u;
  let first = r * ((B + 3u) / 4u * 4u);
  var sum = 0.0;
  var product = 0.0;
  for (var b = 0u; b < B; b++) {
    let row = first + b;
    let d = dy[row * stride + c];
    sum += d;
    product += d * ((z[row * stride + c] - stats[2u * row]) * stats[2u * row + 1u]);
  }
  let at = r * ((C + 15u) / 16u * 16u) + c;
  dgamma[at] = product;
  if (CENTERED) { dbeta[at] = sum; }
}
