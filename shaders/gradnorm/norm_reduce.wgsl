// norms[n] = (m, s, 0, 0), the pair joined from partial[first ... first + count - 1], (first, count, n) = segments[s]
// partial: (any,2) read   segments: (SEGMENTS,3) read   norms: (any,4) write
// LANES invocations own a segment (one tensor of one replica): each joins every LANES-th pair, then the first joins theirs.
// One barrier, since on a software adapter it costs more than the joins. Fixed order. Range: lib/norm.
// ref: Blue 1978, "A portable Fortran program to find the Euclidean norm of a vector"
// #import "lib/norm"

override SEGMENTS: u32;
override LANES: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> partial: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> segments: array<u32>;
@group(0) @binding(2) var<storage, read_write> norms: array<vec4<u32>>;

var<workgroup> lane_pairs: array<vec2<u32>, WX>;

@compute @workgroup_size(WX)
fn norm_reduce(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let s = (group.y * grid.x + group.x) * (WX / LANES) + i / LANES;
  let lane = i % LANES;
  var mine = vec2(0u, 0u);
  if (s < SEGMENTS) {
    let first = segments[3u * s];
    let count = segments[3u * s + 1u];
    for (var k = lane; k < count; k += LANES) { mine = join_norms(mine, partial[first + k]); }
  }
  lane_pairs[i] = mine;
  workgroupBarrier();
  if (lane != 0u || s >= SEGMENTS) { return; }
  for (var k = 1u; k < LANES; k++) { mine = join_norms(mine, lane_pairs[i + k]); }
  norms[segments[3u * s + 2u]] = vec4(mine, 0u, 0u);
}
