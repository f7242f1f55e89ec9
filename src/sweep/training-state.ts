/** What an iteration takes over from the one before, and how it is put back. */
import type { Session } from '../engine/engine.ts';
import { buffersOfRole, type Plan, type Range } from '../plan/plan.ts';

/**
 * The parameters, the optimizer's state, the running statistics and the records of all replicas. Their words, one range after
 * another, are the same sequence however many buffers a plan has for them.
 */
export function stateRanges(plan: Plan): Range[] {
  const { buffers, tensors } = plan;
  const whole = (role: string) =>
    buffersOfRole(plan, role).map((buffer) => ({ buffer, offset: 0, words: buffers[buffer].words }));
  const states = whole('state');
  // One tensor a buffer of parameters, each with a row for every number that is kept of a parameter.
  const tensorsOfState = [...tensors.values()].filter(({ buffer }) => states.some((state) => state.buffer === buffer));
  const rows = tensorsOfState[0]?.rows ?? 0;
  const stateRows = Array.from({ length: rows }, (_, row) =>
    tensorsOfState.map(({ buffer, offset, columns }) => ({ buffer, offset: offset + row * columns, words: columns })),
  ).flat();
  const records = ['status', 'control'].flatMap((name) => tensors.get(name) ?? []);
  return [...whole('param'), ...stateRows, ...whole('running'), ...records];
}

/** Names and places of the tensors that the words of `stateRanges` belong to: plans in which they are equal take each other's state. */
export function stateLayout(plan: Plan): string[] {
  const kept = new Set(stateRanges(plan).map(({ buffer }) => buffer));
  return [...plan.tensors].flatMap(([name, { buffer, offset, rows, columns }]) =>
    kept.has(buffer) ? [`${name} ${buffer} ${offset} ${rows} ${columns}`] : [],
  );
}

/** Writes the words of `stateRanges`, as this session's plan or another one of the same cohort has them. */
export function writeState(session: Session, words: readonly Uint32Array[]): void {
  const parts = words.map((part) => ({ part, at: 0 }));
  for (const range of stateRanges(session.plan)) {
    let done = 0;
    while (done < range.words) {
      const next = parts.find(({ part, at }) => at < part.length);
      if (!next) throw new Error('this checkpoint belongs to another plan');
      const count = Math.min(range.words - done, next.part.length - next.at);
      session.write({ ...range, offset: range.offset + done, words: count }, next.part.subarray(next.at, next.at + count));
      next.at += count;
      done += count;
    }
  }
}
