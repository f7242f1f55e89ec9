// One row of each gate normalised. Expects the bindings of recurrent_norm_forward.
// #import "lib/norm_blocks"

override BETA: u32;
override EPSILON: f32;

// z of every gate of one row, whose sums are in the place of xhat.
fn normalise(r: u32, t: u32, b: u32) {
  let row = row_of(r, t, b);
  let kept = row * CACHE * HT;
  let is_walked = is_inside(r, t, b);
  var rstd = vec4(0.0);
  for (var g = 0u; g < G; g++) {
    let at = block_at(row, 0u, g);
    let gain = gain_at(r, g);
    var sum = 0.0;
    for (var j = 0u; j < HT; j++) {
      if (CELL == 2u && g == 2u) {
        norm[at + j] = padded(a[(row * G + g) * HT + j] + sigmoid4(cache[kept + j]) * cache[kept + 3u * HT + j], j);
      }
      sum += total(norm[at + j]);
    }
    let mean = sum / f32(H);
    var squares = 0.0;
    for (var j = 0u; j < HT; j++) {
      let d = padded(norm[at + j] - mean, j);
      squares += dot(d, d);
    }
    let own = 1.0 / sqrt(squares / f32(H) + EPSILON);
    rstd[g] = select(0.0, own, is_walked);
    for (var j = 0u; j < HT; j++) {
      let xhat = padded((norm[at + j] - mean) * own, j);
      cache[kept + g * HT + j] = padded(affine[gain + j] * xhat + affine[gain + BETA / 4u + j], j);
      norm[at + j] = select(vec4(0.0), xhat, is_walked);
    }
  }
  norm[block_at(row, RSTD, 0u)] = rstd;
}
