// y[n] = float16(v[n]): the working copy of the float32 master weights
// v: (16 COUNT) read   y: (16 COUNT) write
// One invocation rounds 16 numbers. Range: every f32 (lib/half).
// ref: Micikevicius et al. 2018, "Mixed precision training", section 3.1
// #import "lib/half"

override COUNT: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(WX)
fn copy_half(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = 4u * id.x;
  if (id.x >= COUNT) { return; }
  y[k] = half4(v[k]);
  y[k + 1u] = half4(v[k + 1u]);
  y[k + 2u] = half4(v[k + 2u]);
  y[k + 3u] = half4(v[k + 3u]);
}
