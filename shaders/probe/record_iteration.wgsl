// ring[tick mod RING, r, :] = this iteration's scalars; layers[(tick / EVERY) mod SLOTS, r, :] = log2 norms at the cadence EVERY
// then iteration += 1 for an active replica, updates += 1 where the update was applied, tick += 1.
// control: (R,16) read   norms: (R,Z+D+G,2) read   weights: (R,2 G,2) read, pairs of each new parameter, then of each update
// status: (R,8) accumulate   ring: (RING,R,10) write   layers: (SLOTS,R,LAYERS) write   layer_map: (LAYERS) read, indices into norms
// One workgroup of 64 owns a replica. Words are written as bits, so that NaN and Inf arrive as they are.
// ref: SCALARS of src/metrics/block.ts (the order of the words)
// #import "lib/reduce_norm"
// #import "lib/hyper"

override R: u32;
override Z: u32;
override D: u32;
override G: u32;
override LAYERS: u32;
override EVERY: u32;
override RING: u32;
override SLOTS: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> control: array<u32>;
@group(0) @binding(1) var<storage, read> norms: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> weights: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> layer_map: array<u32>;
@group(0) @binding(4) var<storage, read_write> status: array<u32>;
@group(0) @binding(5) var<storage, read_write> ring: array<u32>;
@group(0) @binding(6) var<storage, read_write> layers: array<u32>;

var<workgroup> firsts: array<u32, 64>;

@compute @workgroup_size(WX)
fn record_iteration(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let r = group.x;
  let s = r * STATUS_WORDS;
  let c = r * CONTROL_WORDS;
  let tick = status[s + S_TICKS];
  var weight = vec2(0u, 0u);
  var change = vec2(0u, 0u);
  var first = 0xffffffffu;
  for (var t = i; t < G; t += 64u) {
    let pair = weights[r * 2u * G + t];
    if (pair.x >= INF_BITS) { first = min(first, Z + D + G + 2u + t); }
    weight = join_norms(weight, pair);
    change = join_norms(change, weights[(r * 2u + 1u) * G + t]);
  }
  if (tick % EVERY == 0u) {
    let at = ((tick / EVERY) % SLOTS * R + r) * LAYERS;
    for (var l = i; l < LAYERS; l += 64u) { layers[at + l] = log2_norm_bits(norms[r * (Z + D + G) + layer_map[l]]); }
  }
  firsts[i] = first;
  weight = workgroup_norm(weight, i);
  change = workgroup_norm(change, i);
  if (i != 0u) { return; }
  for (var k = 1u; k < 64u; k++) { first = min(first, firsts[k]); }
  first = select(control[c + C_FIRST], select(first, 0u, first == 0xffffffffu), control[c + C_FIRST] == 0u);
  let at = (tick % RING * R + r) * 10u;
  ring[at] = bitcast<u32>(f32(status[s + S_ITERATION]));
  ring[at + 1u] = control[c + C_LOSS];
  ring[at + 2u] = control[c + C_ACCURACY];
  ring[at + 3u] = control[c + C_LOG2_NORM];
  ring[at + 4u] = control[c + C_COEFFICIENT];
  ring[at + 5u] = log2_norm_bits(weight);
  ring[at + 6u] = log2_norm_bits(change);
  ring[at + 7u] = bitcast<u32>(f32(control[c + C_NON_FINITE]));
  ring[at + 8u] = bitcast<u32>(f32(first));
  ring[at + 9u] = bitcast<u32>(f32(control[c + C_ACTIVE]));
  status[s + S_ITERATION] += control[c + C_ACTIVE];
  status[s + S_UPDATES] += control[c + C_APPLY];
  status[s + S_STOPPED] |= control[c + C_STOP];
  status[s + S_TICKS] = tick + 1u;
}
