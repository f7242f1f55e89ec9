/** Which experiments can train together as replicas of one plan. */
import { canonicalJson } from '../model/experiment.ts';
import type { Experiment } from '../model/schema.ts';

/** What a plan depends on: equal text, equal plan. Everything else of an experiment is a replica's own. */
export function planKey({ task, model, loss, optimizer, batchSize, probes }: Experiment): string {
  const { inputScale: _scale, ...data } = task;
  const { init: _init, ...shape } = model;
  return canonicalJson({ data, shape, loss, optimizer: optimizer.name, batchSize, probes });
}

/** Whether a change from one experiment to another can be applied between two iterations, without a new start. */
export function isRetune(from: Experiment, to: Experiment): boolean {
  const start = ({ model, seed }: Experiment) => canonicalJson({ init: model.init, seed });
  return planKey(from) === planKey(to) && start(from) === start(to);
}
