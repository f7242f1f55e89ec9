// norms[s] = the norm pair joined from partial[first ... first + count - 1], (first, count) = segments[s]
// partial: (any,2) read   segments: (SEGMENTS,2) read   norms: (SEGMENTS,2) write
// One workgroup of 64 owns a segment (one tensor of one replica). Fixed order. Range: lib/norm.
// ref: Blue 1978, "A portable Fortran program to find the Euclidean norm of a vector"
// #import "lib/reduce_norm"

override SEGMENTS: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> partial: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> segments: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> norms: array<vec2<u32>>;

@compute @workgroup_size(WX)
fn norm_reduce(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let s = group.y * grid.x + group.x;
  if (s >= SEGMENTS) { return; }
  let segment = segments[s];
  var mine = vec2(0u, 0u);
  for (var k = i; k < segment.y; k += 64u) { mine = join_norms(mine, partial[segment.x + k]); }
  let all = workgroup_norm(mine, i);
  if (i == 0u) { norms[s] = all; }
}
