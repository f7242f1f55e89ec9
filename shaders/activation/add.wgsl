// y[n] = a[n] + b[n]     forward of a residual sum, and the sum of two gradients that meet in one tensor
// a, b: (R,B4,C4) read   y: (R,B4,C4) write
// One invocation adds 4 numbers. Range: every f32; overflow follows IEEE-754.
// ref: He, Zhang, Ren, Sun 2016, "Deep residual learning", eq. 1

override COUNT: u32;
override WX: u32;

// a and b may lie in the buffer of y, so they cannot be bound as read-only.
@group(0) @binding(0) var<storage, read_write> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(WX)
fn add(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= COUNT / 4u) { return; }
  y[id.x] = a[id.x] + b[id.x];
}
