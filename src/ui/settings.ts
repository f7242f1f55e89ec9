/** The runs' experiments: editing them, comparing them, saying what an edit costs. */

import { describeFields } from '../model/describe.ts';
import { ConfigError } from '../model/errors.ts';
import { canonicalJson, parseExperiment } from '../model/experiment.ts';
import type { Experiment, ExperimentInput } from '../model/schema.ts';
import { defaultOf, fieldsOf, fieldValue, isLive, labelOf, optionLabel } from './fields.ts';
import { formatSetting } from './format.ts';
import type { EditTarget } from './runs.ts';
import { isFollower, switchedNetwork, withFollowers } from './switch-network.ts';

/** Dotted paths to every leaf of an experiment. */
export function leaves(value: unknown, prefix = ''): [string, unknown][] {
  if (value === null || typeof value !== 'object') return [[prefix, value]];
  return Object.entries(value).flatMap(([key, field]) => leaves(field, prefix ? `${prefix}.${key}` : key));
}

/** Rules that clip single tensors or units have steps of their own in a plan. */
function clipsInPlace({ clip }: Experiment): string {
  if (clip.rule === 'adaptive') return `${clip.rule} ${clip.exceptOutput}`;
  return clip.rule === 'torch_norm_per_tensor' ? clip.rule : '';
}

/** Paths at which two experiments differ, also those only one of them has. */
export function differingPaths(a: Experiment, b: Experiment): string[] {
  const paths = new Set([...leaves(a), ...leaves(b)].map(([path]) => path));
  return [...paths].filter((path) => canonicalJson(fieldValue(a, path)) !== canonicalJson(fieldValue(b, path)));
}

/** What the worker must do to get from these runs to those. */
export function costOf(before: readonly Experiment[], after: readonly Experiment[]): 'nothing' | 'retune' | 'load' {
  if (before.length !== after.length) return 'load';
  const paths = before.flatMap((run, r) => differingPaths(run, after[r]));
  if (paths.length === 0) return 'nothing';
  const keepsSteps = before.every((run, r) => clipsInPlace(run) === clipsInPlace(after[r]));
  return keepsSteps && paths.every(isLive) ? 'retune' : 'load';
}

/**
 * The runs after a field has been set in the targeted ones, to its default where the value is undefined; of all of them, a run that has no such field stays as it is.
 *
 * @throws ConfigError when the value, or what follows from it, is not valid
 */
export function editRuns(runs: readonly Experiment[], target: EditTarget, path: string, value: unknown): readonly Experiment[] {
  const has = runs.map((experiment) => fieldsOf(experiment).has(path));
  return runs.map((experiment, r) => {
    const isMeant = target === r || (target === 'all' && (has[r] || !has.includes(true)));
    return isMeant ? parseExperiment(withValue(experiment, path, value)) : experiment;
  });
}

/** Fields that choose between forms of an object, by path, and the paths of what each form has. */
const CHOOSERS: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> = choosersOf(describeFields());

function choosersOf(fields: ReturnType<typeof describeFields>): Map<string, Map<string, Set<string>>> {
  const choosers = new Map<string, Map<string, Set<string>>>();
  for (const { path, kind, choices } of fields) {
    const group = path.slice(0, path.lastIndexOf('.') + 1);
    if (kind !== 'choice' || !/\.(name|kind|rule)$/.test(path)) continue;
    const within = fields.filter((field) => field.path.startsWith(group));
    choosers.set(
      path,
      new Map(
        choices.map((choice) => [choice, new Set(within.filter(({ of }) => of.includes(choice)).map((field) => field.path))]),
      ),
    );
  }
  return choosers;
}

/**
 * A copy with one field set. A new form of an object (another optimizer, clip rule, task, kind of network) keeps the fields it has in
 * common with the old one, unless they make no sense in it; what only the old choice had goes.
 */
function withValue(experiment: Experiment, path: string, wanted: unknown): ExperimentInput {
  const value = wanted ?? defaultOf(experiment, path);
  if (fieldValue(experiment, path) === value) return experiment;
  const tools = { problemsOf, leaves, setAt };
  return switchedNetwork(experiment, path, value, tools) ?? withFollowers(withinKind(experiment, path, value), path, tools);
}

/** Of an edit that leaves data and network what they are for each other. */
function withinKind(experiment: Experiment, path: string, value: unknown): ExperimentInput {
  const own = CHOOSERS.get(path)?.get(String(value));
  if (own) return withForm(experiment, path, value, own);
  const copy = setAt(experiment, path, value);
  const { model } = experiment;
  if (path === 'model.norm' && value === 'none' && model.kind === 'mlp') return setAt(copy, 'model.normPlacement', 'before');
  if (path === 'model.init.scheme' && value !== 'scaled_normal') {
    return setAt(copy, 'model.init', { scheme: value, gain: model.init.gain });
  }
  return copy;
}

function withForm(experiment: Experiment, path: string, value: unknown, own: ReadonlySet<string>): ExperimentInput {
  const at = path.slice(0, path.lastIndexOf('.'));
  const chooser = path.slice(at.length + 1);
  // Another data set may have another loss by default.
  const { loss: _, ...rest } = experiment;
  const start = (path === 'task.name' ? rest : experiment) as Experiment;
  // A group that has forms of its own is every form's.
  const isOf = (key: string) =>
    [...own].some((field) => field === `${at}.${key}` || field.startsWith(`${at}.${key}.`)) ||
    [...CHOOSERS.keys()].some((other) => other.startsWith(`${at}.${key}.`));
  const kept = Object.entries(fieldValue(experiment, at) as object).filter(([key]) => key !== chooser && isOf(key));
  const whole = setAt(start, at, { [chooser]: value, ...Object.fromEntries(kept) });
  const wrong = problemsOf(whole);
  const sound = kept.filter(([key]) => !wrong.some((field) => `${field}.`.startsWith(`${at}.${key}.`)));
  const partly = setAt(start, at, { [chooser]: value, ...Object.fromEntries(sound) });
  return problemsOf(partly).every(isFollower) ? partly : setAt(start, at, { [chooser]: value });
}

/** Paths of what is wrong with an experiment. */
function problemsOf(input: ExperimentInput): string[] {
  try {
    parseExperiment(input);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path }) => path);
    throw error;
  }
}

function setAt(experiment: Experiment | ExperimentInput, path: string, value: unknown): ExperimentInput {
  const copy = structuredClone(experiment) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  let at = copy;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[keys[keys.length - 1]];
  else at[keys[keys.length - 1]] = value;
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
    .filter((words, i, all) => all.indexOf(words) === i)
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
  return `${labelOf(path)} ${typeof value === 'number' ? formatSetting(value) : (optionLabel(path, value) ?? String(value))}`;
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
