/** Which runs train together, and how the slots of a plan are shared out among depths. */
import type { Dataset } from '../data/dataset.ts';
import type { Experiment, Model, Task } from '../model/schema.ts';
import type { Run } from './cohort.ts';
import type { SlotRequest } from './cohort-plan.ts';
import { cohortKey, costOf, depthOf } from './plan-key.ts';

/** Runs of one depth. */
export interface DepthGroup {
  readonly depth: number;
  readonly runs: readonly Run[];
  /** Floating-point operations of one iteration of one run. */
  readonly flop: number;
  /** Iterations of all its runs. */
  readonly iterations: number;
}

/** Runs that share a plan but for depth. */
export interface CohortRuns {
  readonly key: string;
  /** What the runs share, in words. */
  readonly label: string;
  readonly task: Task;
  /** What the runs differ in: depth, or the length of sequences. */
  readonly extent: 'depth' | 'length';
  /** Deepest first. */
  readonly depths: readonly DepthGroup[];
  readonly runs: number;
  /** Floating-point operations of all iterations of all runs. */
  readonly flop: number;
}

/** Data sets by task. */
export type Datasets = (task: Task) => Promise<Dataset>;

/** Groups runs by what their plans share; groups and runs keep their order, depths are sorted. */
export async function cohortsOf(runs: readonly Run[], datasets: Datasets): Promise<CohortRuns[]> {
  const byKey = new Map<string, Run[]>();
  for (const run of runs) {
    const key = cohortKey(run.experiment);
    const group = byKey.get(key);
    if (group) group.push(run);
    else byKey.set(key, [run]);
  }
  return Promise.all(
    [...byKey].map(async ([key, members]) => {
      const [{ experiment }] = members;
      const depths = depthGroups(members, await datasets(experiment.task));
      const flop = depths.reduce((sum, group) => sum + group.flop * group.iterations, 0);
      const extent = experiment.model.kind === 'recurrent' ? 'length' : 'depth';
      return { key, label: labelOf(experiment), task: experiment.task, extent, depths, runs: members.length, flop };
    }),
  );
}

function depthGroups(runs: readonly Run[], dataset: Dataset): DepthGroup[] {
  const byDepth = new Map<number, Run[]>();
  for (const run of runs) {
    const depth = depthOf(run.experiment);
    const group = byDepth.get(depth);
    if (group) group.push(run);
    else byDepth.set(depth, [run]);
  }
  return [...byDepth]
    .sort(([a], [b]) => b - a)
    .map(([depth, members]) => {
      const [{ experiment }] = members;
      return {
        depth,
        runs: members,
        flop: costOf(experiment, dataset),
        iterations: members.reduce((sum, run) => sum + run.experiment.iterations, 0),
      };
    });
}

function labelOf({ model, batchSize, task, optimizer }: Experiment): string {
  return `${modelWords(model)}, batch ${batchSize}, ${task.name}, ${optimizer.name}`;
}

function modelWords(model: Model): string {
  switch (model.kind) {
    case 'mlp': {
      const norm = model.norm === 'none' ? '' : `, ${model.norm} norm${model.normPlacement === 'after' ? ' after it' : ''}`;
      return `MLP, width ${model.width}, ${model.activation}${norm}`;
    }
    case 'residual_mlp':
      return `residual MLP, ${residualWords(model)}, ${model.activation}`;
    case 'recurrent': {
      const { cell, activation, hidden, layers } = model;
      const name = cell === 'rnn' ? `${activation} RNN` : cell.toUpperCase();
      return `${name}, ${hidden} units${layers > 1 ? ` in each of ${layers} layers` : ''}`;
    }
  }
}

function residualWords({ form, norm, branch, width, inner }: Extract<Model, { kind: 'residual_mlp' }>): string {
  const norms = form === 'plain' ? 'plain' : `${form === 'pre_norm' ? 'pre' : 'post'}-${norm} norm`;
  return `${norms}, width ${width}, ${branch === 'one_layer' ? 'one layer a block' : `inner ${inner}`}`;
}

/**
 * About `total` slots, at least one for each depth: as many for a depth as its share of all iterations, so that the depths have
 * done their last iterations at about the same time. Never more than a depth has runs.
 */
export function shareSlots(depths: readonly DepthGroup[], total: number): SlotRequest[] {
  const iterations = depths.reduce((sum, group) => sum + group.iterations, 0);
  return depths.map(({ runs, iterations: own }) => ({
    experiment: runs[0].experiment,
    slots: Math.min(runs.length, Math.max(1, Math.round((total * own) / iterations))),
  }));
}
