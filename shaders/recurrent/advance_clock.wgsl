// clock[r] += DELTA: the first step of the recurrent dispatches that follow
// sequence: (R,SEQ) accumulate. One invocation owns a replica.
// ref: src/plan/recurrence.ts (where a walk is cut into dispatches)

override R: u32;
override DELTA: i32;
override SEQ: u32;
override WX: u32;

const Q_CLOCK = 2u;

@group(0) @binding(0) var<storage, read_write> sequence: array<u32>;

@compute @workgroup_size(WX)
fn advance_clock(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < R) { sequence[id.x * SEQ + Q_CLOCK] += bitcast<u32>(DELTA); }
}
