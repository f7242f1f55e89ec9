// h W + bias of a recurrent cell. Expects the bindings W, bias and h_prev, and HAS_BIAS.
// #import "lib/cell"
// #import "lib/step_range"

// h[t-1] W + bias of gate g at the exponent e of h[t-1]: 4 rows from `row` on, the units of tile j.
fn product(r: u32, row: u32, g: u32, j: u32, e: i32) -> mat4x4<f32> {
  let shift = select(vec4(0.0), moved(bias[select(0u, r * ((G * HT + 3u) / 4u * 4u) + g * HT + j, HAS_BIAS)], -e), HAS_BIAS);
  var acc = mat4x4<f32>(shift, shift, shift, shift);
  var wi = (r * 4u * HT * G + g) * HT + j;
  var xi = row * HT;
  for (var k = 0u; k < HT; k++) {
    let w = mat4x4<f32>(W[wi], W[wi + G * HT], W[wi + 2u * G * HT], W[wi + 3u * G * HT]);
    acc[0] += w * h_prev[xi];
    acc[1] += w * h_prev[xi + HT];
    acc[2] += w * h_prev[xi + 2u * HT];
    acc[3] += w * h_prev[xi + 3u * HT];
    wi += 4u * G * HT;
    xi += 1u;
  }
  return acc;
}
