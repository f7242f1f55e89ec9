// What a normalised cell keeps of a row beside its cache, in blocks of H4: xhat of each gate, then dL/d(gamma xhat + beta) of each, then 1/deviation
// of gate g in component g of its first 4 numbers, then h[t-1] of the GRU. Expects the bindings norm, affine (gamma) and sequence.
// #import "lib/cell"

override B: u32;
override T: u32;
override BLOCKS: u32 = select(2u * G + 1u, 2u * G + 2u, CELL == 2u);

const RSTD = 2u;

// The place of a block of a row in `norm`, in vectors of 4 numbers: of blocks counted in gates, and one by one from there.
fn block_at(row: u32, gates: u32, blocks: u32) -> u32 { return (row * BLOCKS + gates * G + blocks) * HT; }

fn row_of(r: u32, t: u32, b: u32) -> u32 { return (r * T + t) * ((B + 3u) / 4u * 4u) + b; }

// Place of gate g of the gains in `affine`; a replica's are padded to multiples of 16 numbers.
fn gain_at(r: u32, g: u32) -> u32 { return r * ((G * HT + 3u) / 4u * 4u) + g * HT; }

fn is_inside(r: u32, t: u32, b: u32) -> bool { return t < sequence[r * SEQ + Q_LENGTHS + b]; }

fn total(v: vec4<f32>) -> f32 { return dot(v, vec4(1.0)); }
