/** Kept curves in the Lab: shown as they were, until something is to be trained. */
import type { PlanSummary } from '../plan/summary.ts';
import type { FromWorker } from '../sweep/protocol.ts';
import { MAX_RUNS } from './runs.ts';
import { FIRST_LOOK, type LabState, type RetuneMark, type StoredRun } from './state.ts';

/** What the worker says that holds for kept curves too: the rest is about the runs of before. */
export const OF_THE_MACHINE: ReadonlySet<FromWorker['type']> = new Set(['engine', 'session']);

/** At most `MAX_RUNS`; whoever asks for more than there is room for gets the first of them. */
export function showStored(state: LabState, added: readonly StoredRun[], beside: boolean): LabState {
  const first = beside && state.stored ? state : undefined;
  const runs = added.slice(0, MAX_RUNS - (first?.experiments.length ?? 0));
  if (runs.length === 0) return state;
  const all = <T>(before: readonly T[] | undefined, own: (run: StoredRun) => T) => [
    ...(first ? (before ?? []) : []),
    ...runs.map(own),
  ];
  const experiments = all(state.experiments, ({ experiment }) => experiment);
  const summaries = all<PlanSummary | undefined>(state.summaries, ({ summary }) => summary);
  return {
    ...state,
    ...(first ? {} : FIRST_LOOK),
    experiments,
    titles: all(state.titles, ({ title }) => title),
    claims: all(state.claims, () => ''),
    origin: all(state.origin, ({ experiment }) => experiment),
    traces: all(state.traces, ({ trace }) => trace),
    summaries:
      summaries.length === experiments.length && summaries.every((summary) => summary !== undefined) ? summaries : undefined,
    baselines: undefined,
    marks: all<readonly RetuneMark[]>(first ? [state.marks] : [], ({ marks }) => marks).flat(),
    stored: all(state.stored, ({ keptAt, trainedBy }) => ({ keptAt, trainedBy })),
    runState: 'finished',
    wantsRun: false,
    iterationsPerSecond: 0,
    pendingRetunes: 0,
    isGoingBack: false,
    resumed: undefined,
    failure: undefined,
    problems: {},
    zooms: [],
    hover: undefined,
    revision: state.revision + 1,
  };
}

/** Kept curves are shown until something else is to be trained. */
export function leavingStored(before: LabState, after: LabState): LabState {
  const isLeft =
    before.stored === after.stored &&
    (before.experiments !== after.experiments || before.restarts !== after.restarts || before.engine !== after.engine);
  return before.stored && isLeft ? { ...after, stored: undefined } : after;
}
