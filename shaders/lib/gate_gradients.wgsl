// dhh W^T of a recurrent cell. Expects the bindings W, da and second, which holds dhh where it differs from da.
// #import "lib/cell"
// #import "lib/step_range"

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

// The exponent of the gradients of step t, from what reaches them; the first invocation keeps it, and the largest of later steps, of which
// there are some below `own`.
fn gradient_exponent(r: u32, t: u32, own: u32, is_linked: bool, is_first: bool) -> i32 {
  if (!EXTENDED) { return 0; }
  var e = step_leading(r, t, E_OUTSIDE);
  if (is_linked) { e = max(e, step_leading(r, t + 1u, E_GRADIENT)); }
  if (e <= NOTHING) { e = 0; }
  if (!is_first) { return e; }
  write_step(r, t, E_GRADIENT, e);
  var largest = NOTHING;
  var product = NOTHING;
  if (t + 1u < own) {
    let later = step_leading(r, t + 1u, E_GRADIENT);
    // States of other cells are at most 1.
    var state = 0;
    if (CELL == 0u && ACT != 3) { state = step_leading(r, t, E_STATE); }
    largest = max(later, step_exponent(r, t + 1u, E_LARGEST));
    product = max(later + state, step_exponent(r, t + 1u, E_LARGEST_PRODUCT));
  }
  write_step(r, t, E_LARGEST, largest);
  write_step(r, t, E_LARGEST_PRODUCT, product);
  return e;
}
