// dW[r,i,o] = sum_b x[r,b,i] dz[r,b,o]     dbias[r,o] = sum_b dz[r,b,o]     forward: z = x W + bias
// x: (LAYERS,R,B4,I4) read   dz: (LAYERS,R,B4,O4) read   dW: (LAYERS,R,I4,O4) write   dbias: (LAYERS,R,O16) write
// partial: (LAYERS,R,I4/4*O4/4,2) write, pairs of dW   partial_bias: (LAYERS,R,O4/4,2) write, pairs of dbias
// status: (R,8) read, of the replicas that take part; r starts at FIRST
// Layers lie *_STRIDE apart, counted in the binding's elements. One invocation computes a 4x4 tile; global id z is layer R + r - FIRST.
// The tile row i = 0 also sums dbias. Rows of x and dz from B to B4 are 0. Range: every f32; overflow follows IEEE-754.
// ref: Goodfellow, Bengio, Courville 2016, "Deep learning", eq. 6.46 and algorithm 6.4
// #import "lib/norm"
// #import "lib/present"

// Replicas of the dispatch.
override R: u32;
override FIRST: u32;
override B: u32;
override I: u32;
override O: u32;
override HAS_BIAS: bool;
override X_STRIDE: u32;
override DZ_STRIDE: u32;
override DW_STRIDE: u32;
override DBIAS_STRIDE: u32;
override PARTIAL_STRIDE: u32;
override PARTIAL_BIAS_STRIDE: u32;
// Of constants alone, so that the loop over it needs no guard against running for ever.
override TILES_B: u32 = (B + 3u) / 4u;
override WX: u32;
override WY: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dz: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> dW: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> dbias: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> partial: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> partial_bias: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read> status: array<u32>;

@compute @workgroup_size(WX, WY)
fn linear_backward_weight(@builtin(global_invocation_id) id: vec3<u32>) {
  let tiles_o = (O + 3u) / 4u;
  let tiles_i = (I + 3u) / 4u;
  let layer = id.z / R;
  let r = FIRST + id.z % R;
  if (id.x >= tiles_o || id.y >= tiles_i || !is_present(r)) { return; }
  var xi = layer * X_STRIDE + r * TILES_B * 4u * tiles_i + id.y;
  var di = layer * DZ_STRIDE + r * TILES_B * 4u * tiles_o + id.x;
  var acc0 = vec4(0.0);
  var acc1 = vec4(0.0);
  var acc2 = vec4(0.0);
  var acc3 = vec4(0.0);
  for (var t = 0u; t < TILES_B; t++) {
    let x0 = x[xi];
    let x1 = x[xi + tiles_i];
    let x2 = x[xi + 2u * tiles_i];
    let x3 = x[xi + 3u * tiles_i];
    let d0 = dz[di];
    let d1 = dz[di + tiles_o];
    let d2 = dz[di + 2u * tiles_o];
    let d3 = dz[di + 3u * tiles_o];
    acc0 += x0.x * d0 + x1.x * d1 + x2.x * d2 + x3.x * d3;
    acc1 += x0.y * d0 + x1.y * d1 + x2.y * d2 + x3.y * d3;
    acc2 += x0.z * d0 + x1.z * d1 + x2.z * d2 + x3.z * d3;
    acc3 += x0.w * d0 + x1.w * d1 + x2.w * d2 + x3.w * d3;
    xi += 4u * tiles_i;
    di += 4u * tiles_o;
  }
  // Padding of x is 0, but 0 times a dz that is not finite is NaN.
  let inside = vec4(I) > vec4(id.y * 4u) + vec4(0u, 1u, 2u, 3u);
  acc1 = select(vec4(0.0), acc1, inside.y);
  acc2 = select(vec4(0.0), acc2, inside.z);
  acc3 = select(vec4(0.0), acc3, inside.w);
  let at = layer * DW_STRIDE + (r * tiles_i + id.y) * 4u * tiles_o + id.x;
  dW[at] = acc0;
  dW[at + tiles_o] = acc1;
  dW[at + 2u * tiles_o] = acc2;
  dW[at + 3u * tiles_o] = acc3;
  partial[layer * PARTIAL_STRIDE + (r * tiles_i + id.y) * tiles_o + id.x] = cell_norm(acc0, acc1, acc2, acc3);
  if (HAS_BIAS && id.y == 0u) {
    var sum = vec4(0.0);
    di -= TILES_B * 4u * tiles_o;
    for (var b = 0u; b < B; b++) { sum += dz[di + b * tiles_o]; }
    dbias[layer * DBIAS_STRIDE + r * ((O + 15u) / 16u) * 4u + id.x] = sum;
    partial_bias[layer * PARTIAL_BIAS_STRIDE + r * tiles_o + id.x] = cell_norm(sum, vec4(0.0), vec4(0.0), vec4(0.0));
  }
}
