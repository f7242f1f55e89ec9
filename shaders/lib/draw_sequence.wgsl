// What the kernels that draw sequences share. Expects the bindings hyper, status, label and sequence, and the overrides B, T, I, EVERY
// and SEQUENTIAL. An invocation has 4 columns of row (t,b): global id x is b (I4/4) + c, y is t, z is r.
// #import "lib/active"
// #import "lib/sequence"

const NO_LABEL = 0xffffffffu;

struct Cell { r: u32, t: u32, b: u32, c: u32 }

fn batch_rows() -> u32 { return (B + 3u) / 4u * 4u; }
fn column_tiles() -> u32 { return (I + 3u) / 4u; }

fn cell_of(id: vec3<u32>) -> Cell { return Cell(id.z, id.y, id.x / column_tiles(), id.x % column_tiles()); }

fn is_outside(id: vec3<u32>) -> bool { return id.x >= batch_rows() * column_tiles() || id.y >= T; }

// Steps of the replica.
fn own_steps(r: u32) -> u32 { return min(sequence[r * SEQ + Q_STEPS], T); }

// Whether the replica takes part in this pass, which the first invocation writes down with the steps to walk.
fn begin_pass(at: Cell) -> bool {
  let s = at.r * STATUS_WORDS;
  let takes_part = select(is_active(at.r), status[s + S_EVALUATE] != 0u, SEQUENTIAL);
  if (at.t == 0u && at.b == 0u && at.c == 0u) {
    status[s + S_PRESENT] = select(0u, 1u, takes_part);
    sequence[at.r * SEQ + Q_WALK] = select(0u, own_steps(at.r), takes_part);
    sequence[at.r * SEQ + Q_CLOCK] = 0u;
  }
  return takes_part;
}

// Row of x.
fn row_of(at: Cell) -> u32 { return (at.r * T + at.t) * batch_rows() + at.b; }

// Row of labels and targets; with EVERY each step has one, else the example, which its first invocation writes.
fn label_row(at: Cell) -> u32 {
  if (EVERY) { return row_of(at); }
  return at.r * batch_rows() + at.b;
}
fn writes_label(at: Cell) -> bool { return at.c == 0u && (EVERY || at.t == 0u); }

// The step whose label that is.
fn labelled_step(at: Cell, steps: u32) -> u32 { return select(steps - 1u, at.t, EVERY); }
// Whether it has one; steps is 0 for a row without an example.
fn is_labelled(at: Cell, steps: u32) -> bool { return steps > select(0u, at.t, EVERY); }

fn write_length(at: Cell, steps: u32) {
  if (at.c == 0u && at.t == 0u) { sequence[at.r * SEQ + Q_LENGTHS + at.b] = steps; }
}

// A one in the column of the symbol.
fn one_hot(symbol: u32, c: u32) -> vec4<f32> {
  return select(vec4(0.0), vec4(1.0), vec4(4u * c) + vec4(0u, 1u, 2u, 3u) == vec4(symbol));
}
