// h[r,b,c] = phi(z[r,b,c])
// z: (R,B4,C4) read   h: (R,B4,C4) write; padding of h is written as 0
// status: (R,8) read, of the replicas that take part; r starts at FIRST
// range: (any) accumulate, if EXTENDED, entries of z at Z_AT and of h at H_AT (lib/range)
// One invocation computes 4 columns of a row; global id z is r - FIRST. Range: every finite f32; NaN stays NaN.
// ref: torch.nn.functional, the activation of the same name
// #import "lib/scaled_activation"
// #import "lib/norm"
// #import "lib/present"
// #import "lib/range"

override FIRST: u32;
override B: u32;
override C: u32;
override Z_AT: u32;
override H_AT: u32;
override WX: u32;
override WY: u32;

@group(0) @binding(0) var<storage, read> z: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> h: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> status: array<u32>;
@group(0) @binding(3) var<storage, read_write> range: array<atomic<u32>>;

@compute @workgroup_size(WX, WY)
fn activation_forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let columns = (C + 3u) / 4u;
  let rows = (B + 3u) / 4u * 4u;
  let r = FIRST + id.z;
  if (id.x >= columns || id.y >= rows || !is_present(r)) { return; }
  let at = (r * rows + id.y) * columns + id.x;
  let inside = (vec4(id.x * 4u) + vec4(0u, 1u, 2u, 3u)) < vec4(C);
  var value: vec4<f32>;
  if (EXTENDED) { value = scaled_phi(z[at], exponent_of(Z_AT, r)); } else { value = phi(z[at]); }
  value = select(vec4(0.0), value, inside & vec4(id.y < B));
  h[at] = value;
  if (EXTENDED) {
    raise_peak(H_AT, r, max_bits(value));
    if (id.x == 0u && id.y == 0u) { write_exponent(H_AT, r, phi_exponent(exponent_of(Z_AT, r))); }
  }
}
