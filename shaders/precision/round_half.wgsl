// v[r,n] = float16(v[r,n]) in place, and partial[r,k] = the norm pair of v[r,16k ... 16k+15], where an overflow counts as Inf
// v: (R,STRIDE) read and write   partial: (R,STRIDE/16,2) write   status: (R,8) read, of the replicas that take part; r starts at FIRST
// owner: (STRIDE/16) read, if OWNED: the replica of each 16 numbers, in place of r
// One invocation rounds 16 numbers; global id y is r - FIRST. Range: every f32 (lib/half).
// ref: Micikevicius et al. 2018, "Mixed precision training", section 3
// #import "lib/half"
// #import "lib/norm"
// #import "lib/present"

override FIRST: u32;
// Words of a replica, a multiple of 16.
override STRIDE: u32;
// Whether the range holds several tensors of all replicas.
override OWNED: bool;
override WX: u32;

@group(0) @binding(0) var<storage, read_write> v: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> partial: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> status: array<u32>;
@group(0) @binding(3) var<storage, read> owner: array<u32>;

@compute @workgroup_size(WX)
fn round_half(@builtin(global_invocation_id) id: vec3<u32>) {
  let r = FIRST + id.y;
  if (id.x >= STRIDE / 16u) { return; }
  var replica = r;
  if (OWNED) { replica = owner[id.x]; }
  if (!is_present(replica)) { return; }
  let k = r * (STRIDE / 16u) + id.x;
  let a = half4(v[4u * k]);
  let b = half4(v[4u * k + 1u]);
  let c = half4(v[4u * k + 2u]);
  let d = half4(v[4u * k + 3u]);
  v[4u * k] = a;
  v[4u * k + 1u] = b;
  v[4u * k + 2u] = c;
  v[4u * k + 3u] = d;
  partial[k] = cell_norm(a, b, c, d);
}
