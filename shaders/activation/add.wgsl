// y[r,n] = a[r,n] + b[r,n]     forward of a residual sum, and the sum of two gradients that meet in one tensor
// a, b: (R,STRIDE) read   y: (R,STRIDE) write   status: (R,8) read, of the replicas that take part; r starts at FIRST
// One invocation adds 4 numbers; global id y is r - FIRST. Range: every f32; overflow follows IEEE-754.
// ref: He, Zhang, Ren, Sun 2016, "Deep residual learning", eq. 1
// #import "lib/present"

override FIRST: u32;
// Words of a replica, a multiple of 4.
override STRIDE: u32;
override WX: u32;

// a and b may lie in the buffer of y, so they cannot be bound as read-only.
@group(0) @binding(0) var<storage, read_write> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> status: array<u32>;

@compute @workgroup_size(WX)
fn add(@builtin(global_invocation_id) id: vec3<u32>) {
  let r = FIRST + id.y;
  if (id.x >= STRIDE / 4u || !is_present(r)) { return; }
  let n = r * (STRIDE / 4u) + id.x;
  y[n] = a[n] + b[n];
}
