/** The experiment of a run, from the sweep's base and the run's values. */
import { parseExperiment, runId, withField } from '../../model/experiment.ts';
import type { Experiment, ExperimentInput } from '../../model/schema.ts';
import type { ResolvedAxis, RunPoint } from '../../sweep/sweep-protocol.ts';
import { experimentOf, type Json } from './document.ts';
import { FIELD_DOCS } from './suggest.ts';

const ENDS_WHEN_BROKEN = 'stop.weightsNotFinite';

/** The choices that the schema makes where a group is left out. */
const GROUPS = { task: { name: 'digits8' }, model: { kind: 'mlp' }, optimizer: { name: 'sgd' }, clip: { rule: 'none' } };

/**
 * @throws ConfigError when the values do not make an experiment
 * @throws Error when the experiment is not the one that was trained: its hash is not the run's id
 */
export function experimentOfRun(document: Json, axes: readonly ResolvedAxis[], { id, values }: RunPoint): Experiment {
  const base = { ...GROUPS, ...experimentOf(document) } as ExperimentInput;
  const input = axes.reduce((changed, { path }, k) => withField(changed, path, values[k]), base);
  const experiment = parseExperiment(withEnding(input), `run ${id}`);
  if (runId(experiment) !== id) throw new Error(`The description gives run ${runId(experiment)}, not ${id}.`);
  return experiment;
}

/** Runs of a sweep end when no weight is finite any more, unless the sweep says otherwise. */
function withEnding(input: ExperimentInput): ExperimentInput {
  const { stop } = input as { readonly stop?: { readonly weightsNotFinite?: unknown } };
  const says = stop?.weightsNotFinite !== undefined || !FIELD_DOCS.has(ENDS_WHEN_BROKEN);
  return says ? input : withField(input, ENDS_WHEN_BROKEN, true);
}

/** The same run with the cure or, where it has it already, without: clipping of the global norm at 1. */
export function twinOf(experiment: Experiment): Experiment {
  const clips = experiment.clip.rule !== 'none';
  return { ...experiment, clip: clips ? { rule: 'none' } : { rule: 'torch_norm', max: 1 } };
}
