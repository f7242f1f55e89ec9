/** Which experiments can train together as replicas of one plan, and what an iteration costs. */
import type { Dataset } from '../data/dataset.ts';
import { canonicalJson } from '../model/experiment.ts';
import { hasBranchScale, lengthOf, networkOf, parametersOf } from '../model/network.ts';
import type { Experiment, Model } from '../model/schema.ts';
import { flopOf } from '../plan/build.ts';
import { clipStepOf } from '../plan/clip.ts';

/** What a plan depends on but for depth and steps of a clip rule's own: equal text, one plan. Everything else is a replica's own. */
export function shapeKey({ task, model, loss, optimizer, range, precision, batchSize, probes }: Experiment): string {
  const { inputScale: _scale, ...all } = task;
  // Sequences of different lengths share a plan.
  const data = model.kind === 'recurrent' ? { ...all, length: 0 } : all;
  const level = levelShape(model);
  // Where weight decay acts is a replica's own.
  const rule = optimizer.name === 'adamw' ? 'adam' : optimizer.name;
  return canonicalJson({ data, shape: level, loss, optimizer: rule, range, precision: precision.name, batchSize, probes });
}

/** What runs of a cohort have in common: they take each other's slots, so also what steps their clip rules have. */
export function cohortKey(experiment: Experiment): string {
  return `${clipStepOf(experiment.clip) ?? ''} ${shapeKey(experiment)}`;
}

/** A model without what differs between the replicas of a plan. */
function levelShape(model: Model): object {
  switch (model.kind) {
    case 'mlp': {
      const { init: _init, ...shape } = model;
      return { ...shape, depth: 0 };
    }
    case 'residual_mlp': {
      // Of the factor on the branches a plan knows only whether there is one.
      const { init: _init, branchScale: _scale, branchScaleByDepth: _byDepth, ...shape } = model;
      return { ...shape, blocks: 0, isScaled: hasBranchScale(model) };
    }
    case 'recurrent': {
      const { init: _init, recurrentInit: _recurrent, forgetBias: _bias, ...shape } = model;
      return shape;
    }
  }
}

/** What networks of one plan may differ in: hidden layers, residual blocks, or the steps of a sequence. */
export function depthOf({ model, task }: Experiment): number {
  if (model.kind === 'recurrent') return lengthOf(task);
  return model.kind === 'mlp' ? model.depth : model.blocks;
}

/** What a plan of equal networks depends on: equal text, equal plan. */
export function planKey(experiment: Experiment): string {
  return `${depthOf(experiment)} ${cohortKey(experiment)}`;
}

/** Indices of the experiments that share a plan, plan by plan. */
export function sharingPlans(experiments: readonly Experiment[]): number[][] {
  const byKey = new Map<string, number[]>();
  for (const [run, experiment] of experiments.entries()) {
    const key = planKey(experiment);
    byKey.set(key, [...(byKey.get(key) ?? []), run]);
  }
  return [...byKey.values()];
}

/** Whether a change from one experiment to another can be applied between two iterations, without a new start. */
export function isRetune(from: Experiment, to: Experiment): boolean {
  const start = ({ model, seed }: Experiment) => canonicalJson({ model, seed });
  return planKey(from) === planKey(to) && start(from) === start(to);
}

/** Floating-point operations of one iteration: the matrix products, and some for each parameter, so that it is never 0. */
export function costOf(experiment: Experiment, { inputs, outputs }: Dataset): number {
  const network = networkOf(experiment, inputs, outputs);
  const parameters = parametersOf(network).reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  return flopOf(network, experiment.batchSize) + 10 * parameters;
}
