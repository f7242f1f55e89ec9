/** Two experiments that share one plan: editing them, comparing them, saying what an edit costs. */
import { ConfigError } from '../model/errors.ts';
import { canonicalJson, parseExperiment } from '../model/experiment.ts';
import type { Experiment, ExperimentInput } from '../model/schema.ts';
import { FIELDS, type FieldGroup, fieldValue, optionLabel } from './fields.ts';
import { formatSetting } from './format.ts';

/** Run A and run B, the two replicas of the plan. */
export type Pair<T> = readonly [T, T];
export type RunIndex = 0 | 1;
export const RUN_NAMES: Pair<string> = ['A', 'B'];
/** Which run the controls edit. */
export type EditTarget = 'a' | 'b' | 'both';

/** Dotted paths to every leaf of an experiment. */
export function leaves(value: unknown, prefix = ''): [string, unknown][] {
  if (value === null || typeof value !== 'object') return [[prefix, value]];
  return Object.entries(value).flatMap(([key, field]) => leaves(field, prefix ? `${prefix}.${key}` : key));
}

/** What a change of the field costs: nothing but the next iteration, a restart of one run, or of both since they share a plan. */
export function groupOf(path: string): FieldGroup {
  if (path.startsWith('model.init.') || path === 'seed') return 'own';
  if (path.startsWith('clip.') || path === 'nonFinite' || path === 'task.inputScale') return 'live';
  if (path.startsWith('optimizer.') && path !== 'optimizer.name') return 'live';
  return 'shared';
}

/** Rules that clip single tensors or units have steps of their own in a plan. */
function clipsInPlace({ clip }: Experiment): string {
  if (clip.rule === 'adaptive') return `${clip.rule} ${clip.exceptOutput}`;
  return clip.rule === 'torch_norm_per_tensor' ? clip.rule : '';
}

export function sharePlan(a: Experiment, b: Experiment): boolean {
  return clipsInPlace(a) === clipsInPlace(b) && differingPaths(a, b).every((path) => groupOf(path) !== 'shared');
}

/** Paths at which two experiments differ, also those only one of them has. */
export function differingPaths(a: Experiment, b: Experiment): string[] {
  const paths = new Set([...leaves(a), ...leaves(b)].map(([path]) => path));
  return [...paths].filter((path) => canonicalJson(fieldValue(a, path)) !== canonicalJson(fieldValue(b, path)));
}

/** What the worker must do to get from one pair to the next. */
export function costOf(before: Pair<Experiment>, after: Pair<Experiment>): 'nothing' | 'retune' | 'load' {
  const paths = [...differingPaths(before[0], after[0]), ...differingPaths(before[1], after[1])];
  if (paths.length === 0) return 'nothing';
  const keepsSteps = before.every((run, r) => clipsInPlace(run) === clipsInPlace(after[r]));
  return keepsSteps && paths.every((path) => groupOf(path) === 'live') ? 'retune' : 'load';
}

/**
 * The pair after a field has been set in the targeted run; a shared field is set in both.
 *
 * @throws ConfigError when the value, or what follows from it, is not valid
 */
export function editPair(pair: Pair<Experiment>, target: EditTarget, path: string, value: unknown): Pair<Experiment> {
  const shared = groupOf(path) === 'shared';
  const edited = (run: RunIndex, name: 'a' | 'b') =>
    shared || target === 'both' || target === name ? parseExperiment(withValue(pair[run], path, value)) : pair[run];
  return [edited(0, 'a'), edited(1, 'b')];
}

/** A copy with one field set; a new variant (optimizer, clip rule, task) keeps the fields it has in common with the old one. */
function withValue(experiment: Experiment, path: string, value: unknown): ExperimentInput {
  const { task, model, optimizer, clip } = experiment;
  switch (path) {
    case 'optimizer.name':
      if (value === optimizer.name) return experiment;
      return {
        ...experiment,
        optimizer: {
          name: value,
          learningRate: optimizer.learningRate,
          weightDecay: optimizer.weightDecay,
          schedule: optimizer.schedule,
        },
      } as ExperimentInput;
    case 'clip.rule':
      return {
        ...experiment,
        clip:
          value === 'none' ? { rule: value } : { rule: value, ...('max' in clip && value !== 'adaptive' && { max: clip.max }) },
      } as ExperimentInput;
    case 'task.name': {
      if (value === task.name) return experiment;
      const { loss: _, ...rest } = experiment;
      return {
        ...rest,
        task: { name: value, normalisation: task.normalisation, inputScale: task.inputScale },
      } as ExperimentInput;
    }
    case 'model.norm': {
      if (value !== 'none' || model.kind !== 'mlp') break;
      return { ...experiment, model: { ...model, norm: 'none', normPlacement: 'before' } };
    }
    case 'model.init.scheme': {
      if (value === 'scaled_normal') break;
      return { ...experiment, model: { ...model, init: { scheme: value, gain: model.init.gain } } } as ExperimentInput;
    }
  }
  const copy = structuredClone(experiment) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  let at = copy;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[keys[keys.length - 1]] = value;
  return copy as ExperimentInput;
}

/** The sentences of an error that concern a field, in front those of the field itself. */
export function problemSentences(error: ConfigError, path: string): string {
  return [...error.problems]
    .sort((a, b) => Number(b.path === path) - Number(a.path === path))
    .map((problem) => (problem.path === path ? problem.problem : `${problem.path}: ${problem.problem}`))
    .join('\n');
}

/** A typed text as the value the schema shall judge: a number where it is one, else the text itself. */
export function typedValue(text: string): number | string {
  const trimmed = text.trim().replaceAll('−', '-');
  return trimmed !== '' && !Number.isNaN(Number(trimmed)) ? Number(trimmed) : text;
}

/** In a few words how a run differs from another one, `N(0, σw²/n) · σw² 4 · no clipping`. */
export function differenceSummary(mine: Experiment, other: Experiment): string {
  const paths = differingPaths(mine, other).filter((path) => fieldValue(mine, path) !== undefined);
  const hasMax = mine.clip.rule !== 'none';
  return paths
    .filter((path) => !(path === 'clip.max' && paths.includes('clip.rule')))
    .filter((path) => !(path === 'model.init.weightVariance' && mine.model.init.scheme !== 'scaled_normal'))
    .map((path) => (path.startsWith('clip.') && hasMax ? clipWords(mine) : shortSetting(mine, path)))
    .join(' · ');
}

function clipWords({ clip }: Experiment): string {
  if (clip.rule === 'none') return 'no clipping';
  if (clip.rule === 'adaptive') return `clip to ${formatSetting(clip.ratio)} of the weights`;
  const what = { value: 'values', torch_norm_per_tensor: 'each tensor', torch_norm: 'norm', tensorflow_global_norm: 'norm' };
  return `clip ${what[clip.rule]} at ${formatSetting(clip.max)}`;
}

/** One setting in a few words: `Learning rate 0.01`. */
export function shortSetting(experiment: Experiment, path: string): string {
  const value = fieldValue(experiment, path);
  if (path === 'clip.rule' || path === 'clip.max') return clipWords(experiment);
  if (path === 'model.init.scheme') return optionLabel(path, value) ?? String(value);
  const label = FIELDS.find((field) => field.path === path)?.label ?? path.replace(/^.*\./, '');
  return `${label} ${typeof value === 'number' ? formatSetting(value) : (optionLabel(path, value) ?? String(value))}`;
}

/** Paths whose value is not what the schema fills in when they are left out. */
export function changedPaths(experiment: Experiment): Map<string, unknown> {
  const kept = new Map(leaves(experiment));
  const whole = canonicalJson(experiment);
  for (const path of [...kept.keys()]) {
    const value = kept.get(path);
    kept.delete(path);
    if (!sameWithout(kept, whole)) kept.set(path, value);
  }
  return kept;
}

function sameWithout(fields: ReadonlyMap<string, unknown>, whole: string): boolean {
  try {
    return canonicalJson(parseExperiment(fromLeaves(fields))) === whole;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

/** An experiment's input from leaves by path; a group without its discriminator gets the default one. */
export function fromLeaves(fields: Iterable<readonly [string, unknown]>): ExperimentInput {
  const input: Record<string, unknown> = {
    task: { name: 'digits8' },
    model: { kind: 'mlp' },
    optimizer: { name: 'sgd', schedule: { name: 'constant' } },
    clip: { rule: 'none' },
  };
  for (const [path, value] of fields) {
    const keys = path.split('.');
    let at = input;
    for (const key of keys.slice(0, -1)) {
      const next = at[key];
      at[key] = typeof next === 'object' && next !== null ? next : {};
      at = at[key] as Record<string, unknown>;
    }
    at[keys[keys.length - 1]] = value;
  }
  return input as ExperimentInput;
}
