// ring[tick mod RING, r, :] = this iteration's scalars; layers[(tick / EVERY) mod SLOTS, of r] = what layer_map names, where EVERY divides iteration
// then iteration += 1 for an active replica, updates += 1 where the update was applied, tick += 1.
// control: (R,24) read   norms: (any,4) read   weights: (any,4) read, entries of a replica's G new parameters, then of its updates
// layer_map: (any) read, kind 2^29 + index among a replica's norms or weights; kinds: log2 of a norm, its share, log2 of a weight's,
// non-finite count, mean
//  shapes: (R,8) read   status: (R,8) accumulate
// ring: (RING,R,13) write   layers: (SLOTS,LAYER_WORDS) write
// One workgroup of 64 owns a replica. Words are written as bits, so that NaN and Inf arrive as they are.
// ref: SCALARS of src/metrics/block.ts (the order of the words)
// #import "lib/reduce_norm"
// #import "lib/hyper"

override R: u32;
override LAYER_WORDS: u32;
override EVERY: u32;
override RING: u32;
override SLOTS: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> control: array<u32>;
@group(0) @binding(1) var<storage, read> norms: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> layer_map: array<u32>;
@group(0) @binding(4) var<storage, read> shapes: array<u32>;
@group(0) @binding(5) var<storage, read_write> status: array<u32>;
@group(0) @binding(6) var<storage, read_write> ring: array<u32>;
@group(0) @binding(7) var<storage, read_write> layers: array<u32>;

var<workgroup> firsts: array<u32, 64>;

// What an entry of the layer map names, of a replica whose norms and weights begin there.
fn layer_word(entry: u32, own_norms: u32, own_weights: u32) -> u32 {
  let kind = entry >> 29u;
  let index = entry & 0x1fffffffu;
  if (kind == 2u) { return log2_norm_bits(weights[own_weights + index].xyz); }
  let norm = norms[own_norms + index];
  if (kind == 1u) { return norm.w; }
  if (kind == 4u) { return norm.z; }
  if (kind == 3u) { return bitcast<u32>(f32(select(0u, norm.y, norm.x >= INF_BITS))); }
  return log2_norm_bits(norm.xyz);
}

@compute @workgroup_size(WX)
fn record_iteration(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let r = group.x;
  let s = r * STATUS_WORDS;
  let c = r * CONTROL_WORDS;
  let shape = r * SHAPE_WORDS;
  let G = shapes[shape + P_G];
  let measured = shapes[shape + P_Z] + shapes[shape + P_D] + G;
  let own = shapes[shape + P_WEIGHTS];
  let tick = status[s + S_TICKS];
  var weight = vec3(0u, 0u, 0u);
  var change = vec3(0u, 0u, 0u);
  var first = 0xffffffffu;
  for (var t = i; t < G; t += 64u) {
    let entry = weights[own + t].xyz;
    if (entry.x >= INF_BITS) { first = min(first, measured + 2u + t); }
    weight = join_entries(weight, entry);
    change = join_entries(change, weights[own + G + t].xyz);
  }
  if (status[s + S_ITERATION] % EVERY == 0u) {
    let at = (tick / EVERY) % SLOTS * LAYER_WORDS + shapes[shape + P_LAYERS];
    for (var l = i; l < shapes[shape + P_LAYER_COUNT]; l += 64u) {
      layers[at + l] = layer_word(layer_map[shapes[shape + P_LAYER_MAP] + l], shapes[shape + P_NORMS], own);
    }
  }
  firsts[i] = first;
  // A loop and not two calls, which compilers would both write out.
  var both = array(weight, change);
  for (var k = 0u; k < 2u; k++) { both[k] = workgroup_norm(both[k], i); }
  weight = both[0];
  change = both[1];
  if (i != 0u) { return; }
  for (var k = 1u; k < 64u; k++) { first = min(first, firsts[k]); }
  first = select(control[c + C_FIRST], select(first, 0u, first == 0xffffffffu), control[c + C_FIRST] == 0u);
  var end = control[c + C_STOP];
  if (end <= END_ITERATIONS && weight.x >= INF_BITS && control[c + C_STOP_WEIGHTS] != 0u) { end = END_WEIGHTS; }
  end = select(0u, end, control[c + C_ACTIVE] != 0u);
  let at = (tick % RING * R + r) * 13u;
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
  ring[at + 10u] = bitcast<u32>(f32(end));
  ring[at + 11u] = control[c + C_LEARNING_RATE];
  ring[at + 12u] = bitcast<u32>(f32(bitcast<i32>(control[c + C_LOSS_EXPONENT])));
  status[s + S_ITERATION] += control[c + C_ACTIVE];
  status[s + S_UPDATES] += control[c + C_APPLY];
  // Reaching the last iteration is told by the iteration itself, so that a longer run can go on.
  status[s + S_STOPPED] |= select(0u, end, end > END_ITERATIONS);
  status[s + S_TICKS] = tick + 1u;
}
