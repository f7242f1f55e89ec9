// partial[k] = the norm pair of v[16k ... 16k+15]
// v: (16 COUNT) read   partial: (COUNT,2) write
// One invocation owns 16 numbers. Range: every f32, non-finite numbers counted (lib/norm).
// ref: Blue 1978, "A portable Fortran program to find the Euclidean norm of a vector" (scaling against overflow)
// #import "lib/norm"

override COUNT: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> partial: array<vec2<u32>>;

@compute @workgroup_size(WX)
fn sum_squares(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = id.x;
  if (k >= COUNT) { return; }
  partial[k] = cell_norm(v[4u * k], v[4u * k + 1u], v[4u * k + 2u], v[4u * k + 3u]);
}
