/** Edits that change what data and network need of each other: sequences are for recurrent networks, and for no others. */
import { canonicalJson } from '../model/experiment.ts';
import type { Experiment, ExperimentInput, Model, TaskName } from '../model/schema.ts';
import { SEQUENCE_TASKS } from '../model/task-schema.ts';

type Problems = (input: ExperimentInput) => readonly string[];
type Leaves = (value: unknown, prefix: string) => readonly (readonly [string, unknown])[];
type SetAt = (input: ExperimentInput, path: string, value: unknown) => ExperimentInput;

/** The same data with and without steps. */
const TWINS: readonly (readonly [TaskName, TaskName])[] = [
  ['digits8', 'digits8_pixels'],
  ['mnist', 'mnist_pixels'],
];

/** What a kind of network starts from where the old one had nothing to say. */
const USUAL_INIT: Readonly<Record<string, object>> = {
  mlp: { scheme: 'he_normal', gain: 1, weightVariance: 1, biasVariance: 0 },
  residual_mlp: { scheme: 'he_normal', gain: 1, weightVariance: 1, biasVariance: 0 },
  recurrent: { scheme: 'xavier_uniform', gain: 1, weightVariance: 1, biasVariance: 0 },
};

/** The same thing under another name. */
const RENAMED: Readonly<Record<string, string>> = { 'model.width': 'model.hidden', 'model.hidden': 'model.width' };

/** Fields of recurrent networks that follow others: where an edit leaves one no place it goes back to its default. */
const FOLLOWERS: Readonly<Record<string, unknown>> = {
  'model.truncation': 0,
  'model.activation': 'tanh',
  'model.forgetBias': 1,
};

const isSequence = (name: unknown) => SEQUENCE_TASKS.some((task) => task === name);

/** Data and network after an edit that takes an experiment across; undefined for an edit that does not. */
function across({ task, model }: Experiment, path: string, value: unknown): { task: string; kind: string } | undefined {
  const isRecurrent = model.kind === 'recurrent';
  if (path === 'task.name' && isSequence(value) !== isRecurrent) {
    return { task: String(value), kind: isRecurrent ? 'mlp' : 'recurrent' };
  }
  if (path !== 'model.kind' || (value === 'recurrent') === isRecurrent) return undefined;
  const twin = TWINS.find((names) => names[isRecurrent ? 1 : 0] === task.name)?.[isRecurrent ? 0 : 1];
  return { task: twin ?? (isRecurrent ? 'digits8' : 'adding'), kind: String(value) };
}

export interface Tools {
  readonly problemsOf: Problems;
  readonly leaves: Leaves;
  readonly setAt: SetAt;
}

/**
 * The experiment after an edit that changes between data with steps and without, or between recurrent networks and others, with
 * whatever of the old data and network the new ones can have; undefined for any other edit.
 */
export function switchedNetwork(experiment: Experiment, path: string, value: unknown, tools: Tools): ExperimentInput | undefined {
  const to = across(experiment, path, value);
  if (!to) return undefined;
  const { loss: _loss, range, precision, ...rest } = experiment;
  // What recurrent networks do not have yet.
  const numbers = to.kind === 'recurrent' ? {} : { range, precision };
  const bare = { ...rest, ...numbers, task: { name: to.task }, model: { kind: to.kind } } as ExperimentInput;
  return keeping(bare, oldLeaves(experiment, tools.leaves), tools);
}

function oldLeaves({ task, model }: Experiment, leaves: Leaves): (readonly [string, unknown])[] {
  const { name: _name, ...data } = task;
  const { kind: _kind, init, ...network } = model as Model & { readonly [field: string]: unknown };
  const isUsual = canonicalJson(init) === canonicalJson(USUAL_INIT[model.kind]);
  const all = [...leaves(data, 'task'), ...leaves(network, 'model'), ...(isUsual ? [] : leaves(init, 'model.init'))];
  return all.flatMap(([path, value]) => [[path, value] as const, ...(RENAMED[path] ? [[RENAMED[path], value] as const] : [])]);
}

/** Takes over one field after the other, but for those that would be wrong. */
function keeping(bare: ExperimentInput, fields: readonly (readonly [string, unknown])[], tools: Tools): ExperimentInput {
  const before = tools.problemsOf(bare).length;
  return fields.reduce((input, [path, value]) => {
    const group = path.split('.').slice(1, -1);
    const whole = group.length > 0 ? tools.setAt(input, `model.${group[0]}`, { ...groupOf(input, group[0]) }) : input;
    const kept = tools.setAt(whole, path, value);
    return tools.problemsOf(kept).length > before ? input : kept;
  }, bare);
}

function groupOf({ model }: ExperimentInput, key: string): object {
  return ((model as Record<string, unknown> | undefined)?.[key] as object | undefined) ?? {};
}

/** Whether a problem of this path goes away by itself. */
export function isFollower(path: string): boolean {
  return path in FOLLOWERS;
}

/** The edited experiment with what followed the edited field. */
export function withFollowers(input: ExperimentInput, edited: string, { problemsOf, setAt }: Tools): ExperimentInput {
  if (input.model?.kind !== 'recurrent') return input;
  return problemsOf(input)
    .filter((path) => path !== edited && isFollower(path))
    .reduce((fixed, path) => setAt(fixed, path, FOLLOWERS[path]), input);
}
