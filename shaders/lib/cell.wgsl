// What the recurrent kernels share: gates in blocks of H4 = 4 HT numbers, G of a cell, CACHE of its cache; 4 rows and 4 units at a time.
// Expects the binding W, (R,H4,G H4).
// #import "lib/activation"
// #import "lib/sequence"

// 0 rnn, 1 lstm, 2 gru
override CELL: u32;
override H: u32;
override HT: u32 = (H + 3u) / 4u;
override G: u32 = select(select(3u, 4u, CELL == 1u), 1u, CELL == 0u);
override CACHE: u32 = select(G + 1u, 1u, CELL == 0u);

// Comparisons and exp may hide a NaN, so it is carried on explicitly.
fn carried(z: vec4<f32>, value: vec4<f32>) -> vec4<f32> {
  return select(value, z, (bitcast<vec4<u32>>(z) & vec4(0x7fffffffu)) > vec4(INF_BITS));
}

fn sigmoid4(z: vec4<f32>) -> vec4<f32> { return carried(z, vec4(sigmoid(z.x), sigmoid(z.y), sigmoid(z.z), sigmoid(z.w))); }

fn sigmoid_slope4(z: vec4<f32>) -> vec4<f32> {
  return carried(z, vec4(sigmoid_slope(z.x), sigmoid_slope(z.y), sigmoid_slope(z.z), sigmoid_slope(z.w)));
}

fn tanh4(z: vec4<f32>) -> vec4<f32> {
  return carried(z, vec4(tanh_accurate(z.x), tanh_accurate(z.y), tanh_accurate(z.z), tanh_accurate(z.w)));
}

fn tanh_slope4(z: vec4<f32>) -> vec4<f32> { return 4.0 * sigmoid_slope4(2.0 * z); }

// Padding beyond the last unit is 0, whatever a gate makes of 0.
fn inside(unit: u32) -> vec4<bool> { return (vec4(4u * unit) + vec4(0u, 1u, 2u, 3u)) < vec4(H); }

fn padded(z: vec4<f32>, unit: u32) -> vec4<f32> { return select(vec4(0.0), z, inside(unit)); }
