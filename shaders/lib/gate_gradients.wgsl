// dhh W^T of a recurrent cell. Expects the bindings W, da and second, which holds dhh where it differs from da.
// #import "lib/cell"

fn gate_gradient(at: u32) -> vec4<f32> {
  if (CELL == 2u) { return second[at]; }
  return da[at];
}

// 4 rows from `row` on, the units of tile j.
fn handed_back(r: u32, row: u32, j: u32) -> mat4x4<f32> {
  let width = G * HT;
  var acc = mat4x4<f32>();
  var wi = (r * HT + j) * 4u * width;
  var di = row * width;
  for (var n = 0u; n < width; n++) {
    let w = mat4x4<f32>(W[wi], W[wi + width], W[wi + 2u * width], W[wi + 3u * width]);
    acc[0] += gate_gradient(di) * w;
    acc[1] += gate_gradient(di + width) * w;
    acc[2] += gate_gradient(di + 2u * width) * w;
    acc[3] += gate_gradient(di + 3u * width) * w;
    wi += 1u;
    di += 1u;
  }
  return acc;
}
