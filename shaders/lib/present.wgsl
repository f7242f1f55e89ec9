// Whether a replica takes part in the pass under way, as draw_batch has decided. Expects the binding status.
// #import "lib/hyper"

fn is_present(r: u32) -> bool { return status[r * STATUS_WORDS + S_PRESENT] != 0u; }
