// range[n] = 0: no tensor has an exponent or a peak yet     exponent and peak: lib/range
// range: (4 COUNT) write
// One invocation clears 4 words, at the start of a pass.
// ref: shaders/lib/range.wgsl

override COUNT: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read_write> range: array<vec4<u32>>;

@compute @workgroup_size(WX)
fn clear_range(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < COUNT) { range[id.x] = vec4(0u); }
}
