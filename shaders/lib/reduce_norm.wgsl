// Joins the pairs of the 64 invocations of a workgroup in fixed order; the result is the same in all of them.
// #import "lib/norm"

var<workgroup> shared_pairs: array<vec2<u32>, 64>;

fn workgroup_norm(mine: vec2<u32>, i: u32) -> vec2<u32> {
  workgroupBarrier();
  shared_pairs[i] = mine;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (i < half) { shared_pairs[i] = join_norms(shared_pairs[i], shared_pairs[i + half]); }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&shared_pairs[0]);
}
