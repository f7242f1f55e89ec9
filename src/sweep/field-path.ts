/** Paths into an experiment, by the experiment's schema. */
import { withField } from '../model/experiment.ts';
import { fieldsOf, type SchemaNode } from '../model/fields.ts';
import { type ExperimentInput, experimentSchema } from '../model/schema.ts';

// valibot's schemas are objects with these properties; its types hide them.
const ROOT = experimentSchema as unknown as SchemaNode;

/**
 * A copy of an experiment with the field at `path` replaced, not yet validated. Objects on the way that the experiment leaves to
 * their defaults get those first: `optimizer.learningRate` of an experiment without optimizer is that of the default one.
 */
export function setField(input: ExperimentInput, path: string, value: unknown): ExperimentInput {
  let changed = input;
  let schema: SchemaNode | undefined = ROOT;
  let at: unknown = input;
  const keys = path.split('.');
  keys.slice(0, -1).forEach((key, k) => {
    schema = schema && fieldsOf(schema, at)?.get(key);
    at = (at as Record<string, unknown> | undefined)?.[key];
    if (at !== undefined || schema?.default === undefined) return;
    at = schema.default;
    changed = withField(changed, keys.slice(0, k + 1).join('.'), at);
  });
  return withField(changed, path, value);
}

/** What is wrong with a path into an experiment, by the experiment's schema; undefined where nothing is. */
export function problemOfPath(path: string, experiment: ExperimentInput): string | undefined {
  let schema = ROOT;
  let value: unknown = experiment;
  const passed: string[] = [];
  for (const key of path.split('.')) {
    const fields = fieldsOf(schema, value);
    const where = passed.length > 0 ? `"${passed.join('.')}"` : 'an experiment';
    if (!fields) return `${where} is a value and has no fields`;
    const next = fields.get(key);
    if (!next) {
      const names = [...fields.keys()];
      return `there is no such field; ${where} has ${names.join(', ')}`;
    }
    schema = next;
    value = (value as Record<string, unknown> | undefined)?.[key];
    passed.push(key);
  }
  return undefined;
}

/** The value at a path, a default where the experiment leaves it out; undefined where there is none. */
export function valueAt(experiment: ExperimentInput, path: string): unknown {
  let schema: SchemaNode | undefined = ROOT;
  let value: unknown = experiment;
  for (const key of path.split('.')) {
    schema = schema && fieldsOf(schema, value)?.get(key);
    value = (value as Record<string, unknown> | undefined)?.[key] ?? schema?.default;
  }
  return value;
}

/** The names of an experiment's fields on the first level. */
export const FIRST_LEVEL: readonly string[] = [...(fieldsOf(ROOT, undefined)?.keys() ?? [])];
