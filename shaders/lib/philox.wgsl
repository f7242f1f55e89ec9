// Philox-2x32-10 and Kensler's permutation: the same integers as src/math/philox.ts.
// ref: Salmon, Moraes, Dror, Shaw 2011, section 4; Kensler 2013, Pixar TM 13-01, listing 2

fn multiply_high(a: u32, b: u32) -> u32 {
  let middle = (a >> 16u) * (b & 0xffffu) + (((a & 0xffffu) * (b & 0xffffu)) >> 16u);
  let carry = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (carry >> 16u);
}

fn philox(counter: vec2<u32>, key: u32) -> vec2<u32> {
  var x = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    x = vec2(multiply_high(0xd256d193u, x.x) ^ k ^ x.y, 0xd256d193u * x.x);
    k += 0x9e3779b9u;
  }
  return x;
}

// Key of the order of examples in one epoch; 2 is PURPOSE.order.
fn order_key(seed: u32, epoch: u32) -> u32 { return philox(vec2(epoch, 2u), seed).x; }

// Position i of a permutation of 0...n-1, by walking cycles over the next power of two.
fn permute(i: u32, n: u32, key: u32) -> u32 {
  let mask = select((1u << (32u - countLeadingZeros(n - 1u))) - 1u, 0u, n == 1u);
  var x = i;
  loop {
    x = (x ^ key) * 0xe170893du;
    x ^= key >> 16u;
    x ^= (x & mask) >> 4u;
    x ^= key >> 8u;
    x = x * 0x0929eb3fu;
    x ^= key >> 23u;
    x ^= (x & mask) >> 1u;
    x = x * (1u | (key >> 27u));
    x = x * 0x6935fa69u;
    x ^= (x & mask) >> 11u;
    x = x * 0x74dcb303u;
    x ^= (x & mask) >> 2u;
    x = x * 0x9e501cc3u;
    x ^= (x & mask) >> 2u;
    x = (x * 0xc860a3dfu) & mask;
    x ^= x >> 5u;
    if (x < n) { break; }
  }
  return (x + key % n) % n;
}
