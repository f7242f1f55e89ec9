// ds of a normalised gate from du, row by row. Expects the bindings of recurrent_norm_backward.
// #import "lib/gate_gradients"
// #import "lib/norm_blocks"

fn write_du(row: u32, g: u32, j: u32, du: vec4<f32>, is_walked: vec4<bool>) {
  norm[block_at(row, 1u, g) + j] = select(vec4(0.0), du, is_walked);
}

// ds of gate g of one row, from its du.
fn write_ds(r: u32, row: u32, g: u32) {
  let hat = block_at(row, 0u, g);
  let at = block_at(row, 1u, g);
  let gain = gain_at(r, g);
  let rstd = norm[block_at(row, RSTD, 0u)][g];
  var sum = 0.0;
  var along = 0.0;
  for (var j = 0u; j < HT; j++) {
    let d = affine[gain + j] * norm[at + j];
    sum += total(d);
    along += dot(d, norm[hat + j]);
  }
  for (var j = 0u; j < HT; j++) {
    let ds = affine[gain + j] * norm[at + j] - sum / f32(H) - norm[hat + j] * (along / f32(H));
    da[(row * G + g) * HT + j] = padded(rstd * ds, j);
  }
}

fn ds_row(r: u32, t: u32, b: u32) {
  let row = row_of(r, t, b);
  if (CELL != 2u) {
    for (var g = 0u; g < G; g++) { write_ds(r, row, g); }
    return;
  }
  let x = row * G * HT;
  write_ds(r, row, 2u);
  for (var j = 0u; j < HT; j++) {
    let kept = row * CACHE * HT + j;
    let ds = da[x + 2u * HT + j];
    second[x + 2u * HT + j] = ds * sigmoid4(cache[kept]);
    write_du(row, 0u, j, reset_gradient(ds, kept), inside(j) & vec4(is_inside(r, t, b)));
  }
  for (var g = 0u; g < 2u; g++) {
    write_ds(r, row, g);
    for (var j = 0u; j < HT; j++) { second[x + g * HT + j] = da[x + g * HT + j]; }
  }
}
