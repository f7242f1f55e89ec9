/** Reading, checking and naming experiments. */
import * as v from 'valibot';
import { fnv1a64 } from '../math/fnv.ts';
import { initProblems, modelProblems, scheduleProblems, taskProblems } from './contradictions.ts';
import { ConfigError, type Problem } from './errors.ts';
import { describeNumber, fieldOf, fieldsOf, parentOf, type SchemaNode } from './fields.ts';
import { identityPart } from './identity.ts';
import { isRegressionTask } from './regression.ts';
import { type Experiment, type ExperimentInput, experimentSchema, type Loss } from './schema.ts';

/** Input numbers of a teacher task: 0.5 GiB in float32, which a tab can hold beside the training itself. */
const MOST_TEACHER_NUMBERS = 2 ** 27;

/** An experiment whose fields are valid one by one, defaults filled in. */
export type Fields = v.InferOutput<typeof experimentSchema>;

/**
 * Validates an experiment and fills in its defaults.
 *
 * @param subject what is being read, named in the error
 * @throws ConfigError naming every wrong field with its value and what would be valid
 */
export function parseExperiment(input: unknown, subject = 'experiment'): Experiment {
  return completeExperiment(parseFields(input, subject), subject);
}

/**
 * Validates the fields one by one: those of the first level do not depend on each other here.
 *
 * @throws ConfigError
 */
export function parseFields(input: unknown, subject: string): Fields {
  const lists = findLists(input);
  if (lists.length > 0) throw new ConfigError(subject, lists);
  const result = v.safeParse(experimentSchema, input);
  if (!result.success) throw new ConfigError(subject, problemsOf(experimentSchema, result.issues));
  return result.output;
}

/**
 * Validates the fields together.
 *
 * @throws ConfigError for fields that contradict each other
 */
export function completeExperiment(fields: Fields, subject: string): Experiment {
  const loss: Loss = fields.loss ?? (isRegressionTask(fields.task) ? 'mse' : 'cross_entropy');
  const complete = { ...fields, loss };
  const problems = contradictions(complete);
  if (problems.length > 0) throw new ConfigError(subject, problems);
  return complete;
}

/** valibot takes a list for an object without fields; no field of an experiment holds one. */
function findLists(value: unknown, path = ''): Problem[] {
  if (Array.isArray(value)) return [{ path, problem: `${showValue(value)} is a list; valid is an object or a single value` }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, field]) => findLists(field, path ? `${path}.${key}` : key));
}

/** Fields that are valid one by one and make no sense together. */
function contradictions(experiment: Experiment): Problem[] {
  const { task, loss, optimizer, clip, range, precision } = experiment;
  const problems: Problem[] = [];
  if (isRegressionTask(task) && loss === 'cross_entropy') {
    problems.push({ path: 'loss', problem: `"cross_entropy" needs classes and the ${task.name} task has none; valid is "mse"` });
  }
  if (task.name === 'teacher' && task.inputs * task.examples > MOST_TEACHER_NUMBERS) {
    const most = Math.floor(MOST_TEACHER_NUMBERS / task.inputs);
    problems.push({
      path: 'task.examples',
      problem: `${task.examples} examples of ${task.inputs} inputs exceed memory; with these inputs valid is up to ${most}`,
    });
  }
  if (range === 'extended' && precision.name === 'float16') {
    problems.push({
      path: 'range',
      problem:
        '"extended" keeps signals in float32’s middle, where float16 does not overflow; with precision "float16" valid is "ieee"',
    });
  }
  if (range === 'extended' && (clip.rule === 'torch_norm_per_tensor' || clip.rule === 'adaptive')) {
    problems.push({
      path: 'range',
      problem: `"extended" has gradients that clip.rule "${clip.rule}" cannot see; valid is "ieee", or clipping by the global norm or by value`,
    });
  }
  if (optimizer.name === 'sgd' && optimizer.nesterov && (optimizer.momentum === 0 || optimizer.dampening !== 0)) {
    problems.push({ path: 'optimizer.nesterov', problem: 'true needs momentum above 0 and dampening 0' });
  }
  return [
    ...problems,
    ...taskProblems(experiment),
    ...modelProblems(experiment),
    ...initProblems(experiment),
    ...scheduleProblems(experiment),
  ];
}

/** A schema's issues as path, value and what would be valid: all fields of the object, both bounds of a number. */
export function problemsOf(schema: v.GenericSchema, issues: readonly v.BaseIssue<unknown>[]): Problem[] {
  // valibot's schemas are objects with these properties; its types hide them.
  const root = schema as unknown as SchemaNode;
  return issues.map((issue) => {
    const path = v.getDotPath(issue) ?? '';
    if (issue.expected === 'never') {
      const parent = parentOf(root, issue);
      const fields = parent && fieldsOf(parent, issue.path?.at(-1)?.input);
      if (fields) return { path, problem: `unknown field; valid is ${[...fields.keys()].join(', ')}` };
    }
    const field = fieldOf(root, issue);
    const number = field && describeNumber(field);
    return number ? { path, problem: `${showValue(issue.input)} is not valid; valid is ${number}` } : problemOf(issue);
  });
}

/** One issue without its schema; `problemsOf` says more. */
function problemOf(issue: v.BaseIssue<unknown>): Problem {
  const path = v.getDotPath(issue) ?? '';
  if (issue.expected === 'never') return { path, problem: 'unknown field; remove it or correct its name' };
  return { path, problem: `${showValue(issue.input)} is not valid; valid is ${validOf(issue)}` };
}

const MOST_SHOWN = 80;

function showValue(value: unknown): string {
  // JSON has no NaN and no Infinity.
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 3)}...` : text;
}

function validOf(issue: v.BaseIssue<unknown>): string {
  const expected = issue.expected ?? String(issue.requirement ?? 'another value');
  switch (issue.type) {
    case 'integer':
      return 'a whole number';
    case 'min_value':
      return `a number ${expected.replace('>=', 'of at least ')}`;
    case 'max_value':
      return `a number ${expected.replace('<=', 'of at most ')}`;
    case 'gt_value':
      return `a number ${expected.replace('>', 'above ')}`;
    case 'lt_value':
      return `a number ${expected.replace('<', 'below ')}`;
    case 'finite':
      return 'a finite number';
    default:
      return KINDS[expected] ?? expected.replaceAll(/[()]/g, '').replaceAll(' | ', ' or ');
  }
}

/** valibot's names of types, in words. */
const KINDS: Readonly<Record<string, string>> = {
  Object: 'an object',
  Array: 'a list',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
};

/** The experiment with object keys in alphabetical order: equal experiments have equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
}

const TEXTS = new WeakMap<object, string>();

/** Whether two values that never change have the same canonical form; it is formed once of each. */
export function isSame(a: object, b: object): boolean {
  return a === b || canonicalOnce(a) === canonicalOnce(b);
}

function canonicalOnce(value: object): string {
  const text = TEXTS.get(value) ?? canonicalJson(value);
  TEXTS.set(value, text);
  return text;
}

/** What the run id is the hash of: the canonical form without fields that came later and have the value from before. */
export function identityJson(experiment: Experiment): string {
  return canonicalJson(Object.fromEntries(Object.entries(experiment).map(([key, value]) => [key, identityPart(value, key)])));
}

/** Run id: 64 bits of FNV-1a, as 16 hex digits. Stable across machines, the defaults' order, and new fields that are left alone. */
export function runId(experiment: Experiment): string {
  return fnv1a64(identityJson(experiment));
}

/**
 * A copy of an experiment with the field at `path` replaced, not yet validated.
 *
 * @param path dotted, for example `optimizer.learningRate`
 * @throws ConfigError when no such field can exist at that path
 */
export function withField(input: ExperimentInput, path: string, value: unknown): ExperimentInput {
  const keys = path.split('.');
  const copy = structuredClone(input) as Record<string, unknown>;
  let at = copy;
  for (const key of keys.slice(0, -1)) {
    const next = at[key] ?? {};
    if (typeof next !== 'object' || Array.isArray(next)) {
      throw new ConfigError('experiment', [{ path, problem: `"${key}" is a value and has no fields` }]);
    }
    at[key] = next;
    at = next as Record<string, unknown>;
  }
  at[keys[keys.length - 1]] = value;
  return copy as ExperimentInput;
}
