// dW[cell] = dW[cell] 2^(e + p): e the exponent of the gradient that the cell belongs to, p that of the replica's clip coefficient
// dW: (P) accumulate   cell_norms: (CELLS) read, number of that gradient's norm or NO_NORM   owner: (CELLS) read, the replica
// norms: (any,4) read   control: (R,24) read
// One invocation owns a cell of 16 numbers. Range: exact; Inf and 0 where float32 ends, subnormal numbers count as 0.
// ref: Pascanu, Mikolov, Bengio 2013, algorithm 1, whose coefficient is scale 2^p (lib/control)
// #import "lib/scale"
// #import "lib/hyper"

override CELLS: u32;
override WX: u32;

const NO_NORM = 0xffffffffu;

@group(0) @binding(0) var<storage, read_write> dW: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> cell_norms: array<u32>;
@group(0) @binding(2) var<storage, read> owner: array<u32>;
@group(0) @binding(3) var<storage, read> norms: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> control: array<u32>;

@compute @workgroup_size(WX)
fn scale_gradients(@builtin(global_invocation_id) id: vec3<u32>) {
  let cell = id.x;
  if (cell >= CELLS) { return; }
  let norm = cell_norms[cell];
  if (norm == NO_NORM) { return; }
  let c = owner[cell] * CONTROL_WORDS;
  // A replica at rest keeps what it has.
  if (control[c + C_ACTIVE] == 0u) { return; }
  let n = bitcast<i32>(norms[norm].z + control[c + C_EXPONENT]);
  if (n == 0) { return; }
  for (var k = 4u * cell; k < 4u * cell + 4u; k++) { dW[k] = scaled4(dW[k], n); }
}
