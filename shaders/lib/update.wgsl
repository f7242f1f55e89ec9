// The part that all optimizer kernels share: who owns a cell of 16 parameters, its clipped gradient, its norms.
// Expects the struct Rule, a replica's settings with its decay; the function rule_of(r); and step_of(rule, at, w, g), what is
// subtracted from 4 parameters, from their value and clipped gradient.
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

// Weight decay: what is added to the gradient is l2 W, and W is first multiplied by shrink. One of them does nothing.
struct Decay {
  l2: f32,
  shrink: f32,
}

fn decay_of(r: u32, rate: f32) -> Decay {
  let decay = hyper_f32(r, H_WEIGHT_DECAY);
  if (hyper_f32(r, H_DECOUPLED) != 0.0) { return Decay(0.0, 1.0 - rate * decay); }
  return Decay(decay, 1.0);
}

// A clamp that keeps NaN, as torch's does.
fn clamp_value(g: vec4<f32>, limit: f32) -> vec4<f32> {
  let nan = (bitcast<vec4<u32>>(g) & vec4(0x7fffffffu)) > vec4(INF_BITS);
  return select(clamp(g, vec4(-limit), vec4(limit)), g, nan);
}

struct Clip {
  applied: bool,
  by_value: bool,
  limit: f32,
  scale: f32,
}

struct Move {
  w: vec4<f32>,
  change: vec4<f32>,
}

fn move_parameters(rule: Rule, clip: Clip, at: u32) -> Move {
  let w = W[at];
  if (!clip.applied) { return Move(w, vec4(0.0)); }
  var g = dW[at];
  if (clip.by_value) { g = clamp_value(g, clip.limit); } else { g = g * clip.scale; }
  let step = step_of(rule, at, w, g);
  // No product with 1 where nothing shrinks: compilers fuse it with what follows, which would round otherwise than without it.
  if (rule.decay.shrink == 1.0) {
    let next = w - step;
    W[at] = next;
    return Move(next, next - w);
  }
  let next = w * rule.decay.shrink - step;
  W[at] = next;
  return Move(next, next - w);
}

// Four calls and no array: arrays indexed by a loop variable are slow on software adapters.
fn update_cell(cell: u32) {
  let r = owner[cell];
  let rule = rule_of(r);
  let by_value = bitcast<u32>(hyper_f32(r, H_CLIP_RULE)) == CLIP_VALUE;
  let clip = Clip(control[r * CONTROL_WORDS + C_APPLY] != 0u, by_value, hyper_f32(r, H_CLIP_MAX), control_f32(r, C_SCALE));
  let a = move_parameters(rule, clip, 4u * cell);
  let b = move_parameters(rule, clip, 4u * cell + 1u);
  let c = move_parameters(rule, clip, 4u * cell + 2u);
  let d = move_parameters(rule, clip, 4u * cell + 3u);
  partial[cell] = cell_norm(a.w, b.w, c.w, d.w);
  partial[CELLS + cell] = cell_norm(a.change, b.change, c.change, d.change);
}
