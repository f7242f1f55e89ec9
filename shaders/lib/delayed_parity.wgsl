// Delayed parity: the same bits as src/data/delayed-parity.ts.
// #import "lib/philox"

override BITS: u32;

const DELAYED_PARITY_SEED = 0x9a410004u;

fn delayed_parity_row(key: u32, steps: u32, t: u32) -> vec4<f32> {
  let bit = (philox(vec2(0u), key).x >> min(t, 31u)) & 1u;
  return vec4(select(0.0, select(-1.0, 1.0, bit == 1u), t < BITS), select(0.0, 1.0, t + 1u == steps), 0.0, 0.0);
}

fn delayed_parity_label(key: u32) -> u32 { return countOneBits(philox(vec2(0u), key).x & ((1u << BITS) - 1u)) & 1u; }
