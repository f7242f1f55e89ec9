// The adding problem: the same numbers as src/data/adding.ts. Number t of an example is a multiple of 2^-24 below 1.
// #import "lib/philox"

const ADDING_SEED = 0xadd10001u;

fn adding_marks(key: u32, steps: u32) -> vec2<u32> {
  let half = steps / 2u;
  let word = philox(vec2(0u), key);
  return vec2(word.x % max(half, 1u), half + word.y % (steps - half));
}

fn adding_number(key: u32, t: u32) -> u32 { return philox(vec2(1u + t, 0u), key).x >> 8u; }

fn adding_row(key: u32, steps: u32, t: u32) -> vec4<f32> {
  let mark = any(adding_marks(key, steps) == vec2(t));
  return vec4(f32(adding_number(key, t)) * 0x1p-24, select(0.0, 1.0, mark), 0.0, 0.0);
}

// 25 bits do not fit: the last one is dropped, so that nothing is rounded.
fn adding_target(key: u32, steps: u32) -> f32 {
  let marks = adding_marks(key, steps);
  let sum = adding_number(key, marks.x) + adding_number(key, marks.y);
  return f32(select(sum, sum & 0xfffffffeu, sum >= 0x1000000u)) * 0x1p-24;
}
