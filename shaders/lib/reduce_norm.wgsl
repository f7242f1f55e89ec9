// Joins the entries of the 64 invocations of a workgroup in fixed order; the result is the same in all of them.
// #import "lib/norm"

var<workgroup> shared_entries: array<vec3<u32>, 64>;

fn workgroup_norm(mine: vec3<u32>, i: u32) -> vec3<u32> {
  workgroupBarrier();
  shared_entries[i] = mine;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (i < half) { shared_entries[i] = join_entries(shared_entries[i], shared_entries[i + half]); }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&shared_entries[0]);
}
