// y[r,n] = a[r,n] + b[r,n]     forward of a residual sum, and the sum of two gradients that meet in one tensor
// a, b: (R,STRIDE) read   y: (R,STRIDE) write   status: (R,8) read, of the replicas that take part; r starts at FIRST
// range: (any) accumulate, if EXTENDED, entries of a at A_AT, of b at B_AT and of y at Y_AT (lib/range)
// One invocation adds 4 numbers; global id y is r - FIRST. Range: every f32; overflow follows IEEE-754. EXTENDED: the larger operand's.
// ref: He, Zhang, Ren, Sun 2016, "Deep residual learning", eq. 1
// #import "lib/norm"
// #import "lib/present"
// #import "lib/range"

override FIRST: u32;
// Words of a replica, a multiple of 4.
override STRIDE: u32;
override A_AT: u32;
override B_AT: u32;
override Y_AT: u32;
override WX: u32;

// a and b may lie in the buffer of y, so they cannot be bound as read-only.
@group(0) @binding(0) var<storage, read_write> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> status: array<u32>;
@group(0) @binding(4) var<storage, read_write> range: array<atomic<u32>>;

// That of the operand whose largest number is larger; one of zeros has no say.
fn exponent_of_y(r: u32) -> i32 {
  let a = leading_exponent(A_AT, r);
  let b = leading_exponent(B_AT, r);
  if (peak_of(A_AT, r) < SMALLEST_BITS) { return b; }
  if (peak_of(B_AT, r) < SMALLEST_BITS) { return a; }
  return max(a, b);
}

@compute @workgroup_size(WX)
fn add(@builtin(global_invocation_id) id: vec3<u32>) {
  let r = FIRST + id.y;
  if (id.x >= STRIDE / 4u || !is_present(r)) { return; }
  let n = r * (STRIDE / 4u) + id.x;
  if (EXTENDED) {
    let e = exponent_of_y(r);
    let sum = scaled4(a[n], exponent_of(A_AT, r) - e) + scaled4(b[n], exponent_of(B_AT, r) - e);
    y[n] = sum;
    raise_peak(Y_AT, r, max_bits(sum));
    if (id.x == 0u) { write_exponent(Y_AT, r, e); }
  } else {
    y[n] = a[n] + b[n];
  }
}
