// dgamma[r,c] = sum_n du[r,n,c] xhat[r,n,c], dbeta[r,c] = sum_n du[r,n,c], over the rows n of all steps and examples that the replica walks
// norm: (R,T*B4,BLOCKS*H4) read, of recurrent_norm_backward (lib/norm_blocks)   affine: (R,O16) write, dgamma, and dbeta from number BETA on
// sequence: (R,SEQ) read. A workgroup of 64 owns 4 columns of a replica: x is the gates' blocks in turn, z is r. Fixed order.
// Range: every f32; sums overflow as IEEE-754 has it.
// ref: Ba, Kiros, Hinton 2016, "Layer normalization", eq. 4, differentiated
// #import "lib/norm_blocks"

override BETA: u32;
override WX: u32;

@group(0) @binding(0) var<storage, read> norm: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> affine: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> sequence: array<u32>;

var<workgroup> products: array<vec4<f32>, WX>;
var<workgroup> sums: array<vec4<f32>, WX>;

@compute @workgroup_size(WX)
fn recurrent_norm_affine(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let r = group.z;
  let rows = sequence[r * SEQ + Q_WALK] * ((B + 3u) / 4u * 4u);
  let g = group.x / HT;
  let j = group.x % HT;
  if (rows == 0u) { return; }
  var along = vec4(0.0);
  var sum = vec4(0.0);
  for (var n = i; n < rows; n += WX) {
    let row = row_of(r, 0u, 0u) + n;
    let du = norm[block_at(row, 1u, g) + j];
    along += du * norm[block_at(row, 0u, g) + j];
    sum += du;
  }
  products[i] = along;
  sums[i] = sum;
  workgroupBarrier();
  if (i != 0u) { return; }
  for (var k = 1u; k < WX; k++) {
    along += products[k];
    sum += sums[k];
  }
  affine[gain_at(r, g) + j] = padded(along, j);
  affine[gain_at(r, g) + BETA / 4u + j] = padded(sum, j);
}
