// y[r,b] = h[r, length - 1, b], or (MEAN) the mean of h[r,t,b] over t < length, of each sequence
// h: (R,T*B4,H4) read   y: (R,B4,H4) write, 0 for a row without an example   sequence: (R,SEQ) read
// One invocation owns 4 units of a row; global id z is r. Range: every f32; sums overflow as IEEE-754 has it.
// ref: Sutskever, Vinyals, Le 2014, section 2 (the last state stands for the sequence)
// #import "lib/sequence"

override B: u32;
override T: u32;
override H: u32;
override MEAN: bool;
override WX: u32;
override WY: u32;

@group(0) @binding(0) var<storage, read> h: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> sequence: array<u32>;

@compute @workgroup_size(WX, WY)
fn read_out_forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let units = (H + 3u) / 4u;
  let height = (B + 3u) / 4u * 4u;
  if (id.x >= units || id.y >= height || sequence[id.z * SEQ + Q_WALK] == 0u) { return; }
  let length = sequence[id.z * SEQ + Q_LENGTHS + id.y];
  let at = (id.z * T * height + id.y) * units + id.x;
  var sum = vec4(0.0);
  let first = select(max(length, 1u) - 1u, 0u, MEAN);
  for (var t = first; t < length; t++) { sum += h[at + t * height * units]; }
  if (MEAN) { sum /= f32(max(length, 1u)); }
  y[(id.z * height + id.y) * units + id.x] = sum;
}
