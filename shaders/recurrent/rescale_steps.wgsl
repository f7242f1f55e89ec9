// y[r,t,:] = v[r,t,:] 2^(s[t] - E), s[t] the exponent of the gradients of step t, with PRODUCT plus that of h[t-1]; E the largest of all steps,
// moved by the numbers' own, and y's exponent from then on: products over all steps can be summed. Steps far below E become 0.
// v: (R,T*B4,C) read, if COPY, else y itself   y: (R,T*B4,C) accumulate   sequence: (R,SEQ) read
// range: (any) accumulate, the steps' words at STEPS_AT (lib/step_range), y's entry at Y_AT
// One invocation owns 4 of the WORDS numbers of a step: global id x within the step, y is t, z is r. Range: every f32.
// ref: Pascanu, Mikolov, Bengio 2013, eq. 5 (the sum over steps)
// #import "lib/step_range"
// #import "lib/sequence"

override T: u32;
override WORDS: u32;
override COPY: bool;
override PRODUCT: bool;
override Y_AT: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read_write> v: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> sequence: array<u32>;
@group(0) @binding(3) var<storage, read_write> range: array<atomic<u32>>;

@compute @workgroup_size(WX)
fn rescale_steps(@builtin(global_invocation_id) id: vec3<u32>) {
  let r = id.z;
  let t = id.y;
  if (4u * id.x >= WORDS || t >= sequence[r * SEQ + Q_WALK]) { return; }
  // What the backward walk found above its first step, and that step itself.
  var most = step_exponent(r, 0u, E_LARGEST_PRODUCT);
  if (!PRODUCT) { most = max(step_exponent(r, 0u, E_LARGEST), step_leading(r, 0u, E_GRADIENT)); }
  if (most <= NOTHING) { most = 0; }
  var s = step_exponent(r, t, E_GRADIENT);
  if (PRODUCT && t > 0u) { s += step_exponent(r, t - 1u, E_STATE); }
  let at = (r * T + t) * (WORDS / 4u) + id.x;
  var x = y[at];
  if (COPY) { x = v[at]; }
  y[at] = scaled4(x, s - most);
  if (id.x == 0u && t == 0u) { atomicStore(&range[Y_AT + 2u * r], bitcast<u32>(most)); }
}
