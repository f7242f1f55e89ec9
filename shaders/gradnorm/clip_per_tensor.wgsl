// dW = c dW, c = min(1, max/(||dW_t|| + 1e-6)) with t the parameter that a number belongs to: 0 for an Inf norm, NaN for a NaN one
// dW: (P) accumulate   owner: (CELLS) read, replica of each 16 parameters
// entries: (CELLS) read, number of their gradient's norm or NO_NORM   norms: (any,NORM_WORDS) read, norm pairs first
// control: (R,24) read   hyper: (R,48) read; a replica with another clip rule or without an update is left alone
// One invocation owns a cell of 16 parameters. Range: norms up to sqrt(P) 3.4e38; the result does not overflow.
// ref: torch.nn.utils.clip_grad_norm_, called for each parameter; Pascanu, Mikolov, Bengio 2013, algorithm 1
// #import "lib/scaled"
// #import "lib/hyper"

override CELLS: u32;
override NORM_WORDS: u32;
override WX: u32;

const NO_NORM = 0xffffffffu;

@group(0) @binding(0) var<storage, read_write> dW: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> owner: array<u32>;
@group(0) @binding(2) var<storage, read> entries: array<u32>;
@group(0) @binding(3) var<storage, read> norms: array<u32>;
@group(0) @binding(4) var<storage, read> control: array<u32>;
@group(0) @binding(5) var<storage, read> hyper: array<f32>;

// max/(norm + 1e-6); beyond 2^60 the 1e-6 is far below the norm's last bit.
fn torch_factor(limit: f32, norm: Scaled) -> Scaled {
  if (norm.e > 60) { return quotient(scaled(limit, 0), norm); }
  let value = select(norm.m * power_of_two(u32(max(127 + norm.e, 1))), 0.0, norm.m == 0.0 || norm.e < -126);
  return quotient(scaled(limit, 0), scaled(value + 1e-6, 0));
}

@compute @workgroup_size(WX)
fn clip_per_tensor(@builtin(global_invocation_id) id: vec3<u32>) {
  let cell = id.x;
  if (cell >= CELLS || entries[cell] == NO_NORM) { return; }
  let r = owner[cell];
  let rule = bitcast<u32>(hyper[r * HYPER_WORDS + H_CLIP_RULE]);
  if (rule != CLIP_PER_TENSOR || control[r * CONTROL_WORDS + C_APPLY] == 0u) { return; }
  let n = NORM_WORDS * entries[cell];
  let pair = vec2(norms[n], norms[n + 1u]);
  if (pair.x >= INF_BITS) {
    for (var k = 4u * cell; k < 4u * cell + 4u; k++) {
      if (pair.x > INF_BITS) { dW[k] = not_a_number(dW[k]); } else { dW[k] = annihilated(dW[k]); }
    }
    return;
  }
  let factor = torch_factor(hyper[r * HYPER_WORDS + H_CLIP_MAX], scaled_norm(pair, bitcast<i32>(norms[n + 2u])));
  if (!is_below_one(factor)) { return; }
  for (var k = 4u * cell; k < 4u * cell + 4u; k++) { dW[k] = multiplied(dW[k], factor); }
}
