// The exponent of a step of a backward walk.
// #import "lib/cell"
// #import "lib/step_range"

// The exponent of the gradients of step t, from what reaches them; the first invocation keeps it, and the largest of later steps, of which
// there are some below `own`.
fn gradient_exponent(r: u32, t: u32, own: u32, is_linked: bool, is_first: bool) -> i32 {
  if (!EXTENDED) { return 0; }
  var e = step_leading(r, t, E_OUTSIDE);
  if (is_linked) { e = max(e, step_leading(r, t + 1u, E_GRADIENT)); }
  if (e <= NOTHING) { e = 0; }
  if (!is_first) { return e; }
  write_step(r, t, E_GRADIENT, e);
  var largest = NOTHING;
  var product = NOTHING;
  if (t + 1u < own) {
    let later = step_leading(r, t + 1u, E_GRADIENT);
    // States of other cells are at most 1.
    var state = 0;
    if (CELL == 0u && ACT != 3) { state = step_leading(r, t, E_STATE); }
    largest = max(later, step_exponent(r, t + 1u, E_LARGEST));
    product = max(later + state, step_exponent(r, t + 1u, E_LARGEST_PRODUCT));
  }
  write_step(r, t, E_LARGEST, largest);
  write_step(r, t, E_LARGEST_PRODUCT, product);
  return e;
}
