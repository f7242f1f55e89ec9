// The part that all optimizer kernels share: who owns a cell of 16 parameters, and its clipped gradient.
// Expects the bindings W, dW, owner, control, hyper and partial.
// #import "lib/norm"
// #import "lib/hyper"

override CELLS: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read_write> W: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dW: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> owner: array<u32>;
@group(0) @binding(3) var<storage, read> control: array<u32>;
@group(0) @binding(4) var<storage, read> hyper: array<f32>;
@group(0) @binding(5) var<storage, read_write> partial: array<vec2<u32>>;

fn control_f32(r: u32, word: u32) -> f32 { return bitcast<f32>(control[r * CONTROL_WORDS + word]); }
fn hyper_f32(r: u32, word: u32) -> f32 { return hyper[r * HYPER_WORDS + word]; }

// A clamp that keeps NaN, as torch's does.
fn clamp_value(g: vec4<f32>, limit: f32) -> vec4<f32> {
  let nan = (bitcast<vec4<u32>>(g) & vec4(0x7fffffffu)) > vec4(INF_BITS);
  return select(clamp(g, vec4(-limit), vec4(limit)), g, nan);
}

fn clipped_gradient(r: u32, at: u32) -> vec4<f32> {
  if (bitcast<u32>(hyper_f32(r, H_CLIP_RULE)) == CLIP_VALUE) { return clamp_value(dW[at], hyper_f32(r, H_CLIP_MAX)); }
  return dW[at] * control_f32(r, C_POWER) * control_f32(r, C_SCALE);
}
