/** What training experiments side by side would need, from their plans alone: nothing is loaded and nothing allocated on a device. */
import { outlineOf } from '../data/outline.ts';
import type { Experiment } from '../model/schema.ts';
import type { Limits } from '../plan/limits.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { cohortPlan } from './cohort-plan.ts';
import type { PlanEstimate } from './estimate-protocol.ts';
import { sharingPlans } from './plan-key.ts';

/** @throws LimitError when a plan does not fit */
export function estimatePlans(experiments: readonly Experiment[], limits: Limits): PlanEstimate {
  const summaries: PlanSummary[] = [];
  const groups = sharingPlans(experiments);
  for (const runs of groups) {
    const own = runs.map((run) => experiments[run]);
    const { summary } = cohortPlan([{ experiment: own[0], slots: runs.length }], outlineOf(own[0].task), limits, own);
    for (const run of runs) summaries[run] = summary;
  }
  const sum = (of: (summary: PlanSummary) => number) => groups.reduce((total, [run]) => total + of(summaries[run]), 0);
  return {
    parameters: summaries.map(({ parameters }) => parameters),
    plans: groups.length,
    bytes: sum(({ bytes }) => bytes),
    dispatches: sum(({ dispatchesPerIteration }) => dispatchesPerIteration),
    flop: sum(({ flopPerIteration }) => flopPerIteration),
  };
}
