// Whether a replica trains in this iteration: neither stopped nor past its last. Expects the bindings hyper and status.
// #import "lib/hyper"

fn is_active(r: u32) -> bool {
  let s = r * STATUS_WORDS;
  return status[s + S_STOPPED] == 0u && status[s + S_ITERATION] < bitcast<u32>(hyper[r * HYPER_WORDS + H_ITERATIONS]);
}
