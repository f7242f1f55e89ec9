// Tensors with an exponent: true value = stored * 2^e, e and the largest stored magnitude's bits (the peak) being a replica's entry
// of two words in `range`, which is 0 at the start of a pass. Whoever reads a tensor to make the next one moves the next one's
// exponent by the tensor's peak, so that stored numbers stay near 1; powers of two are exact, so nothing else changes.
// Expects the binding range, of atomic words; AT constants are words from its start to a tensor's entries.
// #import "lib/scale"

override EXTENDED: bool;

fn exponent_of(at: u32, r: u32) -> i32 {
  if (!EXTENDED) { return 0; }
  return bitcast<i32>(atomicLoad(&range[at + 2u * r]));
}

fn peak_of(at: u32, r: u32) -> u32 { return atomicLoad(&range[at + 2u * r + 1u]); }

// The exponent at which a tensor's largest number would be stored as 1 to 2; 0 for one of zeros, or one whose peak nobody records.
fn leading_exponent(at: u32, r: u32) -> i32 {
  if (!EXTENDED) { return 0; }
  let peak = peak_of(at, r);
  if (peak < SMALLEST_BITS) { return 0; }
  return exponent_of(at, r) + select(i32(peak >> 23u) - 127, 0, peak >= INF_BITS);
}

fn write_exponent(at: u32, r: u32, e: i32) { atomicStore(&range[at + 2u * r], bitcast<u32>(e)); }

fn raise_peak(at: u32, r: u32, bits: u32) { atomicMax(&range[at + 2u * r + 1u], bits); }
