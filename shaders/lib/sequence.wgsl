// The record of a replica's sequences, of SEQ words; the same numbers as src/plan/records.ts, which a test compares.
// Expects the binding sequence.

override SEQ: u32;

// Steps that the pass under way walks, 0 for a replica that takes no part; the replica's own length; the first step of the dispatch.
const Q_WALK = 0u;
const Q_STEPS = 1u;
const Q_CLOCK = 2u;
const Q_LENGTHS = 4u;

// Steps of examples b to b + 3, 0 where there is none.
fn lengths_of(r: u32, b: u32) -> vec4<u32> {
  let at = r * SEQ + Q_LENGTHS + b;
  return vec4(sequence[at], sequence[at + 1u], sequence[at + 2u], sequence[at + 3u]);
}
