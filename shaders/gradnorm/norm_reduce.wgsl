// norms[n] = (m, s, e, 0), the pair joined from partial[first ... first + count - 1], e = range[a] + range[b] (EXTENDED, else 0),
// (first, count, n, a, b) = segments[s]; a or b of NO_EXPONENT counts as 0
// partial: (any,2) read   segments: (SEGMENTS,5) read   norms: (any,4) write   range: (any) read, if EXTENDED, exponents
// LANES invocations own a segment (one tensor of one replica): each joins every LANES-th pair, then the first joins theirs.
// One barrier, since on a software adapter it costs more than the joins. Fixed order. Range: lib/norm.
// ref: Blue 1978, "A portable Fortran program to find the Euclidean norm of a vector"
// #import "lib/norm"

override SEGMENTS: u32;
override LANES: u32;
override EXTENDED: bool;
override WX: u32;

@group(0) @binding(0) var<storage, read> partial: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> segments: array<u32>;
@group(0) @binding(2) var<storage, read_write> norms: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> range: array<u32>;

const NO_EXPONENT = 0xffffffffu;

fn exponent_at(at: u32) -> u32 {
  if (!EXTENDED || at == NO_EXPONENT) { return 0u; }
  return range[at];
}

var<workgroup> lane_pairs: array<vec2<u32>, WX>;

@compute @workgroup_size(WX)
fn norm_reduce(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let s = (group.y * grid.x + group.x) * (WX / LANES) + i / LANES;
  let lane = i % LANES;
  var mine = vec2(0u, 0u);
  if (s < SEGMENTS) {
    let first = segments[5u * s];
    let count = segments[5u * s + 1u];
    for (var k = lane; k < count; k += LANES) { mine = join_norms(mine, partial[first + k]); }
  }
  lane_pairs[i] = mine;
  workgroupBarrier();
  if (lane != 0u || s >= SEGMENTS) { return; }
  for (var k = 1u; k < LANES; k++) { mine = join_norms(mine, lane_pairs[i + k]); }
  // Two's complement: the sum of the bits is the sum of the exponents.
  let e = exponent_at(segments[5u * s + 3u]) + exponent_at(segments[5u * s + 4u]);
  norms[segments[5u * s + 2u]] = vec4(mine, e, 0u);
}
