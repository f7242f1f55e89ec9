// Whether this iteration ends the run, by the run's own losses: a mean over the latest H_STOP_WINDOW of them, kept in control.
// Expects the bindings hyper, status and control; needs lib/finite and lib/hyper. The codes are ENDINGS of src/metrics/block.ts.

fn ending(r: u32, loss: f32, by_policy: u32) -> u32 {
  let c = r * CONTROL_WORDS;
  let h = r * HYPER_WORDS;
  let iteration = status[r * STATUS_WORDS + S_ITERATION];
  if (by_policy != 0u) { return END_POLICY; }
  if (magnitude_bits(loss) < INF_BITS) {
    let seen = select(control[c + C_LOSSES], 0u, iteration == 0u);
    var smoothed = loss;
    if (seen > 0u) {
      let before = bitcast<f32>(control[c + C_SMOOTHED]);
      smoothed = before + (loss - before) / min(f32(seen + 1u), hyper[h + H_STOP_WINDOW]);
    }
    let best = bitcast<f32>(control[c + C_BEST]);
    if (seen == 0u) { control[c + C_FIRST_LOSS] = bitcast<u32>(loss); }
    if (seen == 0u || smoothed < best - hyper[h + H_STOP_SHARE] * abs(best)) {
      control[c + C_BEST] = bitcast<u32>(smoothed);
      control[c + C_BEST_ITERATION] = iteration;
    }
    control[c + C_LOSSES] = seen + 1u;
    control[c + C_SMOOTHED] = bitcast<u32>(smoothed);
    let factor = hyper[h + H_STOP_LOSS_FACTOR];
    let plateau = bitcast<u32>(hyper[h + H_STOP_PLATEAU]);
    let below = hyper[h + H_STOP_LOSS_BELOW];
    if (below > 0.0 && smoothed <= below) { return END_LOSS_REACHED; }
    if (factor > 0.0 && smoothed > factor * bitcast<f32>(control[c + C_FIRST_LOSS])) { return END_LOSS_ROSE; }
    if (plateau > 0u && iteration - control[c + C_BEST_ITERATION] >= plateau) { return END_PLATEAU; }
  }
  return select(0u, END_ITERATIONS, iteration + 1u >= bitcast<u32>(hyper[h + H_ITERATIONS]));
}
