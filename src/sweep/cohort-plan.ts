/** From the experiments of a cohort to its plan. */
import type { Dataset } from '../data/dataset.ts';
import type { DatasetOutline } from '../data/outline.ts';
import type { Engine } from '../engine/engine.ts';
import { type Network, networkOf } from '../model/network.ts';
import type { Experiment } from '../model/schema.ts';
import { GENERATED_TASKS } from '../model/task-schema.ts';
import { buildPlan } from '../plan/build.ts';
import { clipStepOf } from '../plan/clip.ts';
import type { Source } from '../plan/draw.ts';
import type { Plan } from '../plan/plan.ts';
import { shapeKey } from './plan-key.ts';

/** Iterations the metrics ring holds: the longest block. */
export const RING = 256;

/** So many slots for networks like that of this experiment. */
export interface SlotRequest {
  readonly experiment: Experiment;
  readonly slots: number;
}

/**
 * The plan of a cohort.
 *
 * @param requests share a plan (`shapeKey`); deepest first
 * @param experiments whose clip rules the plan must have steps for; by default those of the requests
 * @throws LimitError when it does not fit
 */
export function cohortPlan(
  requests: readonly SlotRequest[],
  dataset: DatasetOutline,
  limits: Engine['limits'],
  experiments: readonly Experiment[] = requests.map(({ experiment }) => experiment),
): Plan {
  const [{ experiment: first }] = requests;
  if (experiments.some((experiment) => shapeKey(experiment) !== shapeKey(first))) {
    throw new Error('these experiments do not share a plan');
  }
  return buildPlan({
    networks: requests.map(({ experiment, slots }) => ({
      network: networkOf(experiment, dataset.inputs, dataset.outputs),
      replicas: slots,
    })),
    batchSize: first.batchSize,
    optimizer: first.optimizer.name,
    range: first.range,
    precision: first.precision.name,
    clip: experiments.flatMap(({ clip }) => clipStepOf(clip) ?? []),
    source: sourceOf(first, dataset),
    layersEvery: first.probes.layersEvery,
    layers: first.probes.layers,
    histograms: first.probes.histograms,
    ring: RING,
    limits,
  });
}

/** Where a plan's batches come from. */
function sourceOf({ task }: Experiment, { sequence, train, test }: DatasetOutline): Source {
  const sizes = { train: train.n, test: test.n };
  if (!sequence) return { kind: 'drawn', ...sizes };
  if (sequence.kind === 'frames') return { kind: 'frames', frames: sequence.steps, ...sizes };
  if (sequence.kind === 'text') return { kind: 'text', ...sizes };
  const generated = (GENERATED_TASKS as readonly string[]).indexOf(task.name);
  return { kind: 'generated', task: generated, bits: task.name === 'delayed_parity' ? task.bits : 0, ...sizes };
}

/** Examples of the held-out split: of a text as many windows as it has. */
export function testExamples({ sequence, test }: Dataset, network: Network): number {
  return sequence?.kind === 'text' ? Math.floor((test.n - 1) / (network.sequence?.steps ?? 1)) : test.n;
}
