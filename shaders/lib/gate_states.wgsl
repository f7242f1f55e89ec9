// What the gates make of the state before, 4 units of a row. Expects the bindings cache and h_prev.
// #import "lib/cell"

// c of the LSTM, from c of the step before; `kept` is the row's place in the cache.
fn cell_state(kept: u32) -> vec4<f32> {
  return sigmoid4(cache[kept + HT]) * cache[kept + 4u * HT] + sigmoid4(cache[kept]) * tanh4(cache[kept + 2u * HT]);
}

// h; `at` is the row's place in the states, c that of the LSTM.
fn hidden_state(kept: u32, at: u32, c: vec4<f32>) -> vec4<f32> {
  if (CELL == 0u) { return phi(cache[kept]); }
  if (CELL == 1u) { return sigmoid4(cache[kept + 3u * HT]) * tanh4(c); }
  let update = cache[kept + HT];
  return sigmoid4(-update) * tanh4(cache[kept + 2u * HT]) + sigmoid4(update) * h_prev[at];
}
