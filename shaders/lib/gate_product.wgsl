// h W of a recurrent cell. Expects the bindings W and h_prev.
// #import "lib/cell"

// start + h[t-1] W of gate g: 4 rows from `row` on, the units of tile j.
fn product(r: u32, row: u32, g: u32, j: u32, start: vec4<f32>) -> mat4x4<f32> {
  var acc = mat4x4<f32>(start, start, start, start);
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
