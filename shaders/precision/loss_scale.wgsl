// k of this iteration's loss scale 2^k: the given one at first; DYNAMIC: one less behind an iteration whose gradients were not finite,
// one more behind as many iterations in a row without, at most 24 and at least -24.   exponents[r] = (-k, 0): what undoes it
// hyper: (R,48) read   status: (R,8) read   control: (R,24) accumulate   exponents: (R,2) write
// One invocation owns a replica that takes part. Range: exact.
// ref: Micikevicius et al. 2018, "Mixed precision training", section 3.2; torch.cuda.amp.GradScaler
// #import "lib/present"

override R: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> hyper: array<f32>;
@group(0) @binding(1) var<storage, read> status: array<u32>;
@group(0) @binding(2) var<storage, read_write> control: array<u32>;
@group(0) @binding(3) var<storage, read_write> exponents: array<vec2<u32>>;

@compute @workgroup_size(WX)
fn loss_scale(@builtin(global_invocation_id) id: vec3<u32>) {
  let r = id.x;
  if (r >= R || !is_present(r)) { return; }
  let h = r * HYPER_WORDS;
  let c = r * CONTROL_WORDS;
  let interval = bitcast<u32>(hyper[h + H_LOSS_GROWTH]);
  var k = bitcast<i32>(control[c + C_LOSS_EXPONENT]);
  var good = control[c + C_LOSS_GOOD] + 1u;
  if (status[r * STATUS_WORDS + S_ITERATION] == 0u) {
    k = i32(hyper[h + H_LOSS_EXPONENT]);
    good = 0u;
  } else if (interval > 0u && control[c + C_NON_FINITE] != 0u) {
    k = max(k - 1, -24);
    good = 0u;
  } else if (interval > 0u && good >= interval) {
    k = min(k + 1, 24);
    good = 0u;
  }
  control[c + C_LOSS_EXPONENT] = bitcast<u32>(k);
  control[c + C_LOSS_GOOD] = good;
  exponents[r] = vec2(bitcast<u32>(-k), 0u);
}
