// How many steps share an example's loss: with EVERY all of its sequence, and rows are those of BATCH examples at each step; else 1.
// #import "lib/sequence"

override BATCH: u32;
override EVERY: bool;

fn row_steps(r: u32, row: u32) -> f32 {
  if (!EVERY) { return 1.0; }
  return f32(max(sequence[r * SEQ + Q_LENGTHS + row % ((BATCH + 3u) / 4u * 4u)], 1u));
}
