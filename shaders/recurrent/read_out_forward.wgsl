// y[r,b] = h[r, length - 1, b], or (MEAN) the mean of h[r,t,b] over t < length, of each sequence
// h: (R,T*B4,H4) read   y: (R,B4,H4) write, 0 for a row without an example   sequence: (R,SEQ) read
// range: (any) accumulate, if EXTENDED and not MEAN, the steps' exponents (lib/step_range) and y's entry at Y_AT (lib/range)
// One invocation owns 4 units of a row; global id z is r. Range: every f32; sums overflow as IEEE-754 has it; EXTENDED: any.
// ref: Sutskever, Vinyals, Le 2014, section 2 (the last state stands for the sequence)
// #import "lib/sequence"
// #import "lib/step_range"

override B: u32;
override T: u32;
override H: u32;
override MEAN: bool;
override Y_AT: u32;
override WX: u32;
override WY: u32;

@group(0) @binding(0) var<storage, read> h: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> sequence: array<u32>;
@group(0) @binding(3) var<storage, read_write> range: array<atomic<u32>>;

// The largest exponent of the states that are read.
fn read_exponent(r: u32) -> i32 {
  var e = NOTHING;
  for (var b = 0u; b < B; b++) {
    let length = sequence[r * SEQ + Q_LENGTHS + b];
    if (length > 0u) { e = max(e, step_exponent(r, length - 1u, E_STATE)); }
  }
  return select(e, 0, e <= NOTHING);
}

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
  if (EXTENDED) {
    let e = read_exponent(id.z);
    sum = scaled4(sum, step_exponent(id.z, max(length, 1u) - 1u, E_STATE) - e);
    atomicMax(&range[Y_AT + 2u * id.z + 1u], largest_bits(sum));
    if (id.x + id.y == 0u) { atomicStore(&range[Y_AT + 2u * id.z], bitcast<u32>(e)); }
  }
  y[(id.z * height + id.y) * units + id.x] = sum;
}
