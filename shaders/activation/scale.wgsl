// y[r,n] = s[r] x[r,n], s = branch_scale of the replica     forward: of a residual branch; backward: dx = s dy, the same product
// x: (R,STRIDE) read   y: (R,STRIDE) write   hyper: (R,48) read
// status: (R,8) read, of the replicas that take part; r starts at FIRST
// range: (any) accumulate, if EXTENDED, entries of x at X_AT and of y at Y_AT (lib/range)
// One invocation multiplies 4 numbers; global id y is r - FIRST. Range: every f32; overflow follows IEEE-754.
// ref: Hanin, Rolnick 2018, "How to start training", section 3.2; De, Smith 2020, "Batch normalization biases residual blocks"
// #import "lib/norm"
// #import "lib/present"
// #import "lib/range"

override FIRST: u32;
// Words of a replica, a multiple of 4.
override STRIDE: u32;
override X_AT: u32;
override Y_AT: u32;
override WX: u32;

// x may lie in the buffer of y, so it cannot be bound as read-only.
@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> hyper: array<f32>;
@group(0) @binding(3) var<storage, read> status: array<u32>;
@group(0) @binding(4) var<storage, read_write> range: array<atomic<u32>>;

@compute @workgroup_size(WX)
fn scale(@builtin(global_invocation_id) id: vec3<u32>) {
  let r = FIRST + id.y;
  if (id.x >= STRIDE / 4u || !is_present(r)) { return; }
  let n = r * (STRIDE / 4u) + id.x;
  let product = hyper[r * HYPER_WORDS + H_BRANCH_SCALE] * x[n];
  y[n] = product;
  if (EXTENDED) {
    raise_peak(Y_AT, r, max_bits(product));
    if (id.x == 0u) { write_exponent(Y_AT, r, exponent_of(X_AT, r)); }
  }
}
