// loss[r,b] = sum_c (z[r,b,c] - t[r,b,c])^2 / C     dz[r,b,c] = 2 (z - t) / (BATCH C n), t = target_values
// z, target_values: (R,B4,C4) read   label: (R,B4) read, NO_LABEL for a row without an example   dz: (R,B4,C4) write
// rows: (R,B4,2) write, loss / n and 1 / n where the largest output is the label's. Padding and rows without an example are written as 0.
// n = 1, B = BATCH; or EVERY step has a row, B of all, and n = steps of the row's example.   sequence: (R,SEQ) read, if EVERY
// status: (R,8) read, of the replicas that take part
// range: (any) accumulate, if EXTENDED, entries of z at Z_AT, of dz at DZ_AT, and the exponent of rows' loss at ROWS_AT (lib/range)
// One invocation owns one row; global id y is r. Range: every f32; the loss overflows as in torch, dz does not.
// ref: torch.nn.functional.mse_loss
// #import "lib/norm"
// #import "lib/present"
// #import "lib/range"
// #import "lib/row_steps"

override B: u32;
override C: u32;
override Z_AT: u32;
override DZ_AT: u32;
override ROWS_AT: u32;
override WX: u32;

const NO_LABEL = 0xffffffffu;

@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> target_values: array<f32>;
@group(0) @binding(2) var<storage, read> label: array<u32>;
@group(0) @binding(3) var<storage, read_write> dz: array<f32>;
@group(0) @binding(4) var<storage, read_write> rows: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> status: array<u32>;
@group(0) @binding(6) var<storage, read_write> range: array<atomic<u32>>;
@group(0) @binding(7) var<storage, read> sequence: array<u32>;

@compute @workgroup_size(WX)
fn mean_squared_error(@builtin(global_invocation_id) id: vec3<u32>) {
  let height = (B + 3u) / 4u * 4u;
  if (id.x >= height || !is_present(id.y)) { return; }
  let row = id.y * height + id.x;
  let stride = (C + 3u) / 4u * 4u;
  let base = row * stride;
  let y = label[row];
  let ez = exponent_of(Z_AT, id.y);
  // z - t at the exponent of z, or at t's own where z is small.
  let e = max(ez, 0);
  if (EXTENDED && id.x == 0u) {
    write_exponent(DZ_AT, id.y, e);
    write_exponent(ROWS_AT, id.y, 2 * e);
  }
  if (id.x >= B || y == NO_LABEL) {
    rows[row] = vec2(0.0);
    for (var c = 0u; c < stride; c++) { dz[base + c] = 0.0; }
    return;
  }
  let n = row_steps(id.y, id.x);
  var sum = 0.0;
  var best = 0u;
  var peak = 0u;
  for (var c = 0u; c < stride; c++) {
    var d = 0.0;
    if (c < C) {
      if (EXTENDED) { d = scaled(z[base + c], ez - e) - scaled(target_values[base + c], -e); } else { d = z[base + c] - target_values[base + c]; }
      sum += d * d;
      if (z[base + c] > z[base + best]) { best = c; }
    }
    let slope = d * (2.0 / (f32(BATCH * C) * n));
    dz[base + c] = slope;
    peak = max(peak, magnitude_bits(slope));
  }
  rows[row] = vec2(sum / f32(C), select(0.0, 1.0, best == y)) / n;
  if (EXTENDED) { raise_peak(DZ_AT, id.y, peak); }
}
