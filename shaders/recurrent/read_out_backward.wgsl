// dh[r,t,b] = dy[r,b] at t = length - 1, else 0; or (MEAN) dy[r,b] / length at t < length     forward: read_out_forward
// dy: (R,B4,H4) read   dh: (R,T*B4,H4) write, 0 where the forward pass has read nothing   sequence: (R,SEQ) read
// range: (any) accumulate, if EXTENDED, dy's entry at DY_AT (lib/range), handed on as that of what reaches the steps from outside
// One invocation owns 4 units of 4 rows of a step that the pass walks; global id z is r. Range: every f32.
// ref: Sutskever, Vinyals, Le 2014, section 2
// #import "lib/sequence"
// #import "lib/step_range"

override B: u32;
override T: u32;
override H: u32;
override MEAN: bool;
override DY_AT: u32;
override WX: u32;
override WY: u32;

@group(0) @binding(0) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> dh: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> sequence: array<u32>;
@group(0) @binding(3) var<storage, read_write> range: array<atomic<u32>>;

@compute @workgroup_size(WX, WY)
fn read_out_backward(@builtin(global_invocation_id) id: vec3<u32>) {
  let units = (H + 3u) / 4u;
  let tiles = (B + 3u) / 4u;
  let t = id.y / tiles;
  if (id.x >= units || t >= sequence[id.z * SEQ + Q_WALK]) { return; }
  for (var k = 0u; k < 4u; k++) {
    let b = id.y % tiles * 4u + k;
    let length = sequence[id.z * SEQ + Q_LENGTHS + b];
    var d = dy[(id.z * tiles * 4u + b) * units + id.x];
    if (MEAN) { d /= f32(max(length, 1u)); }
    let is_read = t < length && (MEAN || t + 1u == length);
    d = select(vec4(0.0), d, is_read);
    dh[((id.z * T + t) * tiles * 4u + b) * units + id.x] = d;
    if (EXTENDED) { raise_step(id.z, t, E_OUTSIDE, largest_bits(d)); }
  }
  if (EXTENDED && id.x + id.y % tiles == 0u) {
    write_step(id.z, t, E_OUTSIDE, bitcast<i32>(atomicLoad(&range[DY_AT + 2u * id.z])));
  }
}
