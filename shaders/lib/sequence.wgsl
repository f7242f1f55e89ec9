// Word offsets of the sequence records, SEQ words a replica; the same numbers as src/plan/records.ts, which a test compares.

override SEQ: u32;

const Q_WALK = 0u;
const Q_STEPS = 1u;
const Q_CLOCK = 2u;
const Q_LENGTHS = 4u;
