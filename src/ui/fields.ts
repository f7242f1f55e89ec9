/** The fields of an experiment as its schema describes them: which there are, what is in them, what a change of one costs. */
import { CHOOSING, describeFields, type FieldDescription } from '../model/describe.ts';
import { ConfigError } from '../model/errors.ts';
import { parseExperiment } from '../model/experiment.ts';
import type { Experiment } from '../model/schema.ts';

const ALL: ReadonlyMap<string, FieldDescription> = new Map(describeFields().map((field) => [field.path, field]));
/** Fields that decide which others there are. */
const CHOOSERS = [...ALL.keys()].filter((path) => CHOOSING.test(path));
const DEFAULTS = parseExperiment({});

/** Every field that any experiment has, in the schema's order. */
export const ALL_FIELDS: readonly FieldDescription[] = [...ALL.values()];

const described = new Map<string, ReadonlyMap<string, FieldDescription>>();

/** The fields that an experiment has, by path, with the texts and ranges that they have in it. */
export function fieldsOf(experiment: Experiment): ReadonlyMap<string, FieldDescription> {
  const key = CHOOSERS.map((path) => fieldValue(experiment, path)).join(' ');
  const known = described.get(key) ?? new Map(describeFields(experiment).map((field) => [field.path, field]));
  described.set(key, known);
  return known;
}

/** Value at a dotted path, undefined where the experiment has no such field. */
export function fieldValue(experiment: Experiment, path: string): unknown {
  let at: unknown = experiment;
  for (const key of path.split('.')) at = (at as Record<string, unknown> | undefined)?.[key];
  return at;
}

/** Whether the experiment has the field and gives it a place. */
export function applies(path: string, experiment: Experiment): boolean {
  const field = fieldsOf(experiment).get(path);
  if (!field) return false;
  const { needs } = field;
  if (!needs) return true;
  const other = fieldValue(experiment, needs.path);
  return needs.is ? needs.is.includes(other) : !needs.not?.includes(other);
}

/** What the schema fills in where an experiment like this leaves the field out; undefined where that is nothing. */
export function defaultOf(experiment: Experiment, path: string): unknown {
  const own = fieldsOf(experiment).get(path)?.default;
  if (own !== undefined) return own;
  if (CHOOSING.test(path)) return fieldValue(DEFAULTS, path);
  // A default that other fields decide, such as the loss.
  try {
    return fieldValue(parseExperiment(without(experiment, path)), path);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function without(experiment: Experiment, path: string): unknown {
  const copy = structuredClone(experiment) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  const at = keys.slice(0, -1).reduce((object, key) => object[key] as Record<string, unknown>, copy);
  delete at[keys[keys.length - 1]];
  return copy;
}

/** Whether a change applies at the next iteration; any other begins the run again. */
export function isLive(path: string): boolean {
  if (path === 'clip.exceptOutput' || path === 'optimizer.name') return false;
  return /^(clip|stop|optimizer)\.|^nonFinite$|^task\.inputScale$/.test(path);
}

export function labelOf(path: string): string {
  return ALL.get(path)?.label ?? path.replace(/^.*\./, '');
}

/** A choice's value as it is shown. */
export function optionLabel(path: string, value: unknown): string | undefined {
  return ALL.get(path)?.options.find((option) => option.value === value)?.label;
}
