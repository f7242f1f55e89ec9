// The copy memory problem: the same symbols as src/data/copy-memory.ts. 0 is the blank, 9 the delimiter.
// #import "lib/philox"

const COPY_MEMORY_SEED = 0xc09e0002u;

fn copy_memory_number(key: u32, k: u32) -> u32 { return 1u + ((philox(vec2(0u), key).x >> (3u * k)) & 7u); }

fn copy_memory_symbol(key: u32, steps: u32, t: u32) -> u32 {
  if (t < 10u) { return copy_memory_number(key, t); }
  return select(0u, 9u, t + 11u == steps);
}

fn copy_memory_label(key: u32, steps: u32, t: u32) -> u32 {
  if (t + 10u < steps) { return 0u; }
  return copy_memory_number(key, t + 10u - steps);
}
