// layers[k + 4 + n] = how many numbers g of a weight's gradient have o + 2 n <= log2 |g| < o + 2 n + 2, o = layers[k] an even number, n = 0 ... 139;
// layers[k + 1], [k + 2], [k + 3] = how many are 0, NaN, Inf or -Inf; k: of weight l behind what record_iteration writes of the replica
// dW: (any) read, as bits   matrices: (MATRICES,8) read: first word in dW, rows, columns, row stride, columns of a block, norm, replica, l
// norms: (any,4) read, of which the exponent e by which dW is to be multiplied   status: (R,8) read   shapes: (R,8) read
// layers: (SLOTS,LAYER_WORDS) write, as float32
// One workgroup of 256 owns a matrix of a replica. Counts are integers, so that their order is of no account; exact up to 2^24.
// Nothing happens but in iterations that EVERY divides. Range: every f32, subnormal numbers by the place of their first bit, and 2^e of it.
// ref: Micikevicius et al. 2018, "Mixed precision training", figure 3 (histogram of gradients over their exponents)
// #import "lib/finite"
// #import "lib/present"

override MATRICES: u32;
override LAYER_WORDS: u32;
override EVERY: u32;
override SLOTS: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> dW: array<u32>;
@group(0) @binding(1) var<storage, read> matrices: array<u32>;
@group(0) @binding(2) var<storage, read> norms: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> status: array<u32>;
@group(0) @binding(4) var<storage, read> shapes: array<u32>;
@group(0) @binding(5) var<storage, read_write> layers: array<f32>;

const BINS = 140u;
const HEAD = 4u;
const WORDS = BINS + HEAD;
// Even, and not above the exponent of the smallest subnormal number, 2^-149.
const LEAST = -150;

var<workgroup> counts: array<atomic<u32>, WORDS>;

// Where a number is counted, whose stored exponents are to be raised by 0 or 1.
fn place_of(bits: u32, odd: i32) -> u32 {
  let u = bits & 0x7fffffffu;
  if (u == 0u) { return 1u; }
  if (u > INF_BITS) { return 2u; }
  if (u == INF_BITS) { return 3u; }
  let exponent = select(i32(u >> 23u) - 127, i32(firstLeadingBit(u)) - 149, u < 0x00800000u);
  return HEAD + u32(exponent + odd - LEAST) / 2u;
}

@compute @workgroup_size(WX)
fn gradient_histogram(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let n = 8u * (group.y * grid.x + group.x);
  if (n >= 8u * MATRICES) { return; }
  let r = matrices[n + 6u];
  if (!is_present(r) || status[r * STATUS_WORDS + S_ITERATION] % EVERY != 0u) { return; }
  let columns = matrices[n + 2u];
  let width = matrices[n + 4u];
  // Workgroup memory is 0 at the start. An odd part of the exponent goes into the bins, whose origin is even.
  let e = bitcast<i32>(norms[matrices[n + 5u]].z);
  let odd = e & 1;
  for (var k = i; k < matrices[n + 1u] * columns; k += WX) {
    let o = k % columns;
    let at = matrices[n] + k / columns * matrices[n + 3u] + o / width * ((width + 3u) / 4u * 4u) + o % width;
    atomicAdd(&counts[place_of(dW[at], odd)], 1u);
  }
  workgroupBarrier();
  let tick = status[r * STATUS_WORDS + S_TICKS];
  let record = (tick / EVERY) % SLOTS * LAYER_WORDS + shapes[r * SHAPE_WORDS + P_LAYERS] + shapes[r * SHAPE_WORDS + P_LAYER_COUNT];
  let first = record + WORDS * matrices[n + 7u];
  if (i == 0u) { layers[first] = f32(e - odd + LEAST); }
  for (var k = 1u + i; k < WORDS; k += WX) { layers[first + k] = f32(atomicLoad(&counts[k])); }
}
