// The temporal order problem: the same symbols as src/data/temporal-order.ts. 0 and 1 are A and B, the others distract.
// #import "lib/philox"

const TEMPORAL_ORDER_SEED = 0x0de40003u;

// A step in [k T/10, (k+1) T/10], both ends included.
fn temporal_order_step(word: u32, steps: u32, k: u32) -> u32 {
  let low = k * steps / 10u;
  return low + word % ((k + 1u) * steps / 10u - low + 1u);
}

fn temporal_order_symbol(key: u32, steps: u32, t: u32) -> u32 {
  let word = philox(vec2(0u), key);
  let kinds = philox(vec2(1u, 0u), key);
  if (t == temporal_order_step(word.x, steps, 1u)) { return kinds.x & 1u; }
  if (t == temporal_order_step(word.y, steps, 4u)) { return kinds.y & 1u; }
  return 2u + (philox(vec2(2u + t, 0u), key).x & 3u);
}

fn temporal_order_label(key: u32) -> u32 {
  let kinds = philox(vec2(1u, 0u), key);
  return 2u * (kinds.x & 1u) + (kinds.y & 1u);
}
