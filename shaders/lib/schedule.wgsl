// The learning rate of a replica's iteration, by its schedule: the same as src/model/schedule.ts in float32. The built-in cos has an
// absolute error of 2^-11. Expects the bindings hyper and status; needs lib/hyper.
// ref: Loshchilov, Hutter 2017, eq. 5 (cosine); Smith, Topin 2018 (one cycle); torch.optim.lr_scheduler

fn schedule_f32(r: u32, word: u32) -> f32 { return hyper[r * HYPER_WORDS + word]; }
fn schedule_u32(r: u32, word: u32) -> u32 { return bitcast<u32>(hyper[r * HYPER_WORDS + word]); }

// From one share to another along half a cosine: the weights are 1 - s^2 and s^2, s = sin of an angle up to pi/4 by its Taylor series
// to t^9 (remainder below 2.5e-9 relative), of the smaller angle, so that neither weight cancels.
fn between(start: f32, end: f32, done: f32, left: f32) -> f32 {
  let t = 1.5707964 * (min(done, left) / (done + left));
  let q = t * t;
  let s = t * (1.0 + q * (-0.16666667 + q * (0.008333334 + q * (-0.0001984127 + q * 2.7557319e-6))));
  let small = s * s;
  if (done <= left) { return start * (1.0 - small) + end * small; }
  return start * small + end * (1.0 - small);
}

fn share_of(r: u32) -> f32 {
  let iteration = status[r * STATUS_WORDS + S_ITERATION];
  let warmup = schedule_u32(r, H_WARMUP);
  if (iteration < warmup) {
    let first = schedule_f32(r, H_WARMUP_START);
    return first + (1.0 - first) * f32(iteration) / f32(warmup);
  }
  let done = iteration - warmup;
  let code = schedule_u32(r, H_SCHEDULE);
  let period = schedule_u32(r, H_SCHEDULE_PERIOD);
  if (code == SCHEDULE_STEP) { return exp(schedule_f32(r, H_SCHEDULE_LOW) * f32(done / period)); }
  if (code != SCHEDULE_COSINE && code != SCHEDULE_ONE_CYCLE) { return 1.0; }
  // Start, end, done and left of an arc, for one call of between: compilers write out every call.
  let at = min(done, period);
  var arc = vec4(1.0, schedule_f32(r, H_SCHEDULE_LOW), f32(at), f32(period - at));
  if (code == SCHEDULE_ONE_CYCLE) {
    let at = f32(min(done, period - 1u));
    let peak = schedule_f32(r, H_SCHEDULE_PEAK);
    arc = vec4(1.0, schedule_f32(r, H_SCHEDULE_END), at - peak, f32(period - 1u) - at);
    if (at <= peak) { arc = vec4(schedule_f32(r, H_SCHEDULE_START), 1.0, at, peak - at); }
  }
  return between(arc.x, arc.y, arc.z, arc.w);
}

fn learning_rate_of(r: u32) -> f32 { return schedule_f32(r, H_LEARNING_RATE) * share_of(r); }
