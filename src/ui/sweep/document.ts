/**
 * A sweep as a document: what the form edits and the JSON view shows. Every function returns a changed copy and keeps whatever it
 * does not know, so that a document survives the way from JSON to the form and back.
 *
 *     { "title", "claim", "experiment": {…},
 *       "axes": [{ "path", "values": […] } | { "path", "range": { "from", "to", "count", "scale" } }],
 *       "sampling": { "kind": "random", "count", "seed" },
 *       "constraints": [{ "of": { path: power }, "atLeast", "atMost" }],
 *       "stop": { "seconds" } }
 */
import { canonicalJson, withField } from '../../model/experiment.ts';
import type { ExperimentInput } from '../../model/schema.ts';

export type Json = Readonly<Record<string, unknown>>;

export const SCALES = ['linear', 'log', 'integer', 'integer_log'] as const;
export type Scale = (typeof SCALES)[number];

/** Entries hold what was typed, numbers or not: the worker judges them. */
export interface RangeDraft {
  readonly from: unknown;
  readonly to: unknown;
  readonly count: unknown;
  readonly scale: unknown;
}

export interface AxisDraft {
  readonly path: string;
  readonly values: readonly unknown[];
  /** Present where the values are a range. */
  readonly range: RangeDraft | undefined;
}

export interface ConstraintDraft {
  /** Powers by path; their product is bounded. */
  readonly of: Readonly<Record<string, unknown>>;
  readonly atLeast: unknown;
  readonly atMost: unknown;
}

/** Without the fields that are left out: those of JSON are never undefined. */
function defined(value: object): Json {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads a document's text. */
export function readText(text: string): { readonly document: Json } | { readonly problem: string } {
  try {
    const document: unknown = JSON.parse(text);
    if (isJson(document)) return { document };
    return { problem: 'The document is not an object; a sweep looks like { "experiment": { … }, "axes": [ … ] }.' };
  } catch (error) {
    return { problem: `This is not JSON: ${error instanceof Error ? error.message : String(error)}.` };
  }
}

/** A document wrapped as people write them: what fits a line stays on one. */
export function writeText(value: unknown, indent = ''): string {
  const flat = flatJson(value);
  if (typeof value !== 'object' || value === null || flat.length + indent.length <= 76) return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((item) => inner + writeText(item, inner)).join(',\n')}\n${indent}]`;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{\n${entries.map(([key, field]) => `${inner}${JSON.stringify(key)}: ${writeText(field, inner)}`).join(',\n')}\n${indent}}`;
}

function flatJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flatJson).join(', ')}]`;
  if (!isJson(value)) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return entries.length === 0
    ? '{}'
    : `{ ${entries.map(([key, field]) => `${JSON.stringify(key)}: ${flatJson(field)}`).join(', ')} }`;
}

/** The title stands first, as in the committed documents. */
export function withTitle(document: Json, title: unknown): Json {
  const { title: _, ...rest } = document;
  return title === undefined ? rest : { title: String(title), ...rest };
}

export function experimentOf(document: Json): Json {
  return isJson(document.experiment) ? document.experiment : {};
}

export function withExperiment(document: Json, experiment: unknown): Json {
  return { ...document, experiment };
}

/** The value at a dotted path of the base experiment; undefined where the base leaves it to its default. */
export function baseValue(document: Json, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (isJson(at) ? at[key] : undefined), document.experiment);
}

/** Sets a field of the base experiment, or with undefined leaves it to its default. */
export function withBaseValue(document: Json, path: string, value: unknown): Json {
  const changed = withField(experimentOf(document) as ExperimentInput, path, value);
  return withExperiment(document, JSON.parse(JSON.stringify(changed)));
}

function listOf(document: Json, key: 'axes' | 'constraints'): readonly unknown[] {
  const list = document[key];
  return Array.isArray(list) ? list : [];
}

export function axesOf(document: Json): AxisDraft[] {
  return listOf(document, 'axes').map((entry) => {
    const axis = isJson(entry) ? entry : {};
    return {
      path: typeof axis.path === 'string' ? axis.path : '',
      values: Array.isArray(axis.values) ? axis.values : [],
      range: isJson(axis.range)
        ? { from: undefined, to: undefined, count: undefined, scale: undefined, ...axis.range }
        : undefined,
    };
  });
}

/** Replaces the axis at `index`, or with `axis` undefined removes it; an index past the end adds one. */
export function withAxis(document: Json, index: number, axis: AxisDraft | undefined): Json {
  const axes = [...listOf(document, 'axes')];
  const { values: _, range: __, ...rest } = isJson(axes[index]) ? axes[index] : {};
  if (axis)
    axes[index] = { ...rest, path: axis.path, ...(axis.range ? { range: defined(axis.range) } : { values: axis.values }) };
  else axes.splice(index, 1);
  return { ...document, axes };
}

export function withAxisMoved(document: Json, index: number, to: number): Json {
  const axes = [...listOf(document, 'axes')];
  if (to < 0 || to >= axes.length) return document;
  axes.splice(to, 0, ...axes.splice(index, 1));
  return { ...document, axes };
}

/** Count and seed of a random sample; undefined for the whole grid. */
export function samplingOf({ sampling }: Json): { readonly count: unknown; readonly seed: unknown } | undefined {
  return isJson(sampling) && sampling.kind === 'random' ? { count: sampling.count, seed: sampling.seed } : undefined;
}

export function withSampling(document: Json, sample: { readonly count: unknown; readonly seed: unknown } | undefined): Json {
  const { sampling: _, ...rest } = document;
  return sample ? { ...rest, sampling: { kind: 'random', ...sample } } : rest;
}

/** Seconds after which no further run is begun; undefined for no such limit. */
export function secondsOf({ stop }: Json): unknown {
  return isJson(stop) ? stop.seconds : undefined;
}

export function withSeconds(document: Json, seconds: unknown): Json {
  const { stop, ...rest } = document;
  const kept = defined({ ...(isJson(stop) ? stop : {}), seconds });
  return Object.keys(kept).length > 0 ? { ...rest, stop: kept } : rest;
}

export function constraintsOf(document: Json): ConstraintDraft[] {
  return listOf(document, 'constraints').map((entry) => {
    const constraint = isJson(entry) ? entry : {};
    return { of: isJson(constraint.of) ? constraint.of : {}, atLeast: constraint.atLeast, atMost: constraint.atMost };
  });
}

export function withConstraint(document: Json, index: number, constraint: ConstraintDraft | undefined): Json {
  const constraints = [...listOf(document, 'constraints')];
  if (constraint) constraints[index] = defined(constraint);
  else constraints.splice(index, 1);
  const { constraints: _, ...rest } = document;
  return constraints.length > 0 ? { ...rest, constraints } : rest;
}

/** `model.depth * model.width^2` from powers by path. */
export function writeProduct(of: Readonly<Record<string, unknown>>): string {
  return Object.entries(of)
    .map(([path, power]) => (power === 1 ? path : `${path}^${power}`))
    .join(' * ');
}

/** Powers by path from `model.depth * model.width^2`; a power that is no number stays text, for the worker to refuse. */
export function readProduct(text: string): Record<string, unknown> {
  const factors = text.split(/[*·×]/).map((factor) => factor.trim());
  return Object.fromEntries(
    factors.filter(Boolean).map((factor) => {
      const [path, power = '1'] = factor.split('^').map((part) => part.trim());
      return [path, power !== '' && Number.isFinite(Number(power)) ? Number(power) : power];
    }),
  );
}

/** A list of values as one types it: `0.01, 0.1`, `relu, tanh`, `{"rule":"none"}`. */
export function writeValues(values: readonly unknown[]): string {
  const isBare = (value: unknown) => typeof value === 'string' && canonicalJson(readValues(value)) === canonicalJson([value]);
  return values.map((value) => (isBare(value) ? value : JSON.stringify(value))).join(', ');
}

export function readValues(text: string): unknown[] {
  const parts: string[] = [''];
  let depth = 0;
  let quoted = false;
  for (const [i, letter] of [...text].entries()) {
    if (letter === '"' && text[i - 1] !== '\\') quoted = !quoted;
    if (!quoted) depth += '[{'.includes(letter) ? 1 : ']}'.includes(letter) ? -1 : 0;
    if (letter === ',' && depth === 0 && !quoted) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts
    .map((part) => part.trim())
    .filter(Boolean)
    .map(readValue);
}

/** JSON where it is some, else a bare word. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text.replaceAll('−', '-'));
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

export function sameDocument(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
