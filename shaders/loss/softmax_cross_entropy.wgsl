// loss[r,b] = log sum_c exp z[r,b,c] - z[r,b,y]     dz[r,b,c] = (softmax(z)[c] - [c = y]) / BATCH / n, y = label[r,b]
// z: (R,B4,C4) read   label: (R,B4) read, NO_LABEL for a row without an example   dz: (R,B4,C4) write
// rows: (R,B4,2) write, loss / n and 1 / n where the largest logit is the label's. Padding and rows without an example are written as 0.
// n = 1, B = BATCH; or EVERY step has a row, B of all, and n = steps of the row's example.   sequence: (R,SEQ) read, if EVERY
// status: (R,8) read, of the replicas that take part
// range: (any) accumulate, if EXTENDED, entries of z at Z_AT, of dz at DZ_AT, and the exponent of rows' loss at ROWS_AT (lib/range)
// One invocation owns one row; global id y is r. Range: finite logits of any size; NaN logits, or a largest one of Inf, give NaN.
// ref: Goodfellow, Bengio, Courville 2016, "Deep learning", eq. 6.29-6.32; torch.nn.functional.cross_entropy
// #import "lib/finite"
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
@group(0) @binding(1) var<storage, read> label: array<u32>;
@group(0) @binding(2) var<storage, read_write> dz: array<f32>;
@group(0) @binding(3) var<storage, read_write> rows: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> status: array<u32>;
@group(0) @binding(5) var<storage, read_write> range: array<atomic<u32>>;
@group(0) @binding(6) var<storage, read> sequence: array<u32>;

// exp of a difference of logits, which are stored at exponent e.
fn exp_of(difference: f32, e: i32) -> f32 {
  if (EXTENDED) { return exp(held(difference, e)); }
  return exp(difference);
}

@compute @workgroup_size(WX)
fn softmax_cross_entropy(@builtin(global_invocation_id) id: vec3<u32>) {
  let height = (B + 3u) / 4u * 4u;
  if (id.x >= height || !is_present(id.y)) { return; }
  let row = id.y * height + id.x;
  let stride = (C + 3u) / 4u * 4u;
  let base = row * stride;
  let y = label[row];
  let ez = exponent_of(Z_AT, id.y);
  // The loss is a difference of logits and a logarithm: at the exponent of the larger.
  let e = max(ez, 0);
  if (EXTENDED && id.x == 0u) {
    write_exponent(DZ_AT, id.y, 0);
    write_exponent(ROWS_AT, id.y, e);
  }
  if (id.x >= B || y == NO_LABEL) {
    rows[row] = vec2(0.0);
    for (var c = 0u; c < stride; c++) { dz[base + c] = 0.0; }
    return;
  }
  var top = z[base];
  var best = 0u;
  for (var c = 1u; c < C; c++) {
    if (z[base + c] > top) {
      top = z[base + c];
      best = c;
    }
  }
  var sum = 0.0;
  // Comparisons skip NaN, so a NaN among the logits, or a largest logit of Inf, is carried on explicitly.
  var broken = magnitude_bits(top) >= INF_BITS;
  for (var c = 0u; c < C; c++) {
    broken = broken || is_nan(z[base + c]);
    sum += exp_of(z[base + c] - top, ez);
  }
  let n = row_steps(id.y, id.x);
  let poison = bitcast<f32>(select(0u, NAN_BITS, broken));
  var peak = 0u;
  for (var c = 0u; c < stride; c++) {
    let p = exp_of(z[base + c] - top, ez) / sum;
    let d = (p - select(0.0, 1.0, c == y)) / (f32(BATCH) * n);
    let slope = select(0.0, d + poison, c < C);
    dz[base + c] = slope;
    peak = max(peak, magnitude_bits(slope));
  }
  var entropy = log(sum);
  var distance = top - z[base + y];
  if (EXTENDED) {
    raise_peak(DZ_AT, id.y, peak);
    entropy = scaled(entropy, -e);
    distance = scaled(distance, ez - e);
  }
  rows[row] = vec2(entropy + distance + poison, select(0.0, 1.0, best == y && !broken)) / n;
}
