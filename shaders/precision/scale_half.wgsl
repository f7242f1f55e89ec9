// v[r,n] = float16(2^k v[r,n]) in place, 2^k the loss scale, and partial[r,k] = the norm pair of v[r,16k ... 16k+15]
// v: (R,STRIDE) read and write   partial: (R,STRIDE/16,2) write   control: (R,24) read   status: (R,8) read, of the replicas that take part
// One invocation scales and rounds 16 numbers; global id y is r. Range: every f32 (lib/half, lib/scale).
// ref: Micikevicius et al. 2018, "Mixed precision training", section 3.2
// #import "lib/half"
// #import "lib/norm"
// #import "lib/present"
// #import "lib/scale"

// Words of a replica, a multiple of 16.
override STRIDE: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read_write> v: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> partial: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> control: array<u32>;
@group(0) @binding(3) var<storage, read> status: array<u32>;

@compute @workgroup_size(WX)
fn scale_half(@builtin(global_invocation_id) id: vec3<u32>) {
  let r = id.y;
  if (id.x >= STRIDE / 16u || !is_present(r)) { return; }
  let n = bitcast<i32>(control[r * CONTROL_WORDS + C_LOSS_EXPONENT]);
  let k = r * (STRIDE / 16u) + id.x;
  let a = half4(scaled4(v[4u * k], n));
  let b = half4(scaled4(v[4u * k + 1u], n));
  let c = half4(scaled4(v[4u * k + 2u], n));
  let d = half4(scaled4(v[4u * k + 3u], n));
  v[4u * k] = a;
  v[4u * k + 1u] = b;
  v[4u * k + 2u] = c;
  v[4u * k + 3u] = d;
  partial[k] = cell_norm(a, b, c, d);
}
