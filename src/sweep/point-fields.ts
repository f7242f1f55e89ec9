/**
 * The experiments of a sweep's points, put together from parts that are validated once: the fields of the first level do not
 * depend on each other, so those that an axis changes are parsed once for each combination of the values that meet in them.
 */
import { fnv1a64 } from '../math/fnv.ts';
import { ConfigError, type Problem } from '../model/errors.ts';
import { canonicalJson, completeExperiment, type Fields, parseFields } from '../model/experiment.ts';
import { identityPart } from '../model/identity.ts';
import type { Experiment, ExperimentInput } from '../model/schema.ts';
import type { Constraint } from './constraints.ts';
import { FIRST_LEVEL, problemOfPath, setField, valueAt } from './field-path.ts';

/** Some fields of the first level, parsed. */
interface Part {
  readonly fields: Partial<Fields>;
  /** Canonical JSON of each field's part of the run id. */
  readonly texts: Readonly<Record<string, string | undefined>>;
  /** What the constraints name. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly pathProblems: readonly Problem[];
  readonly constraintProblems: readonly Problem[];
  readonly fieldProblems: readonly Problem[];
}

/** Fields that are parsed together, and the axes that change them. */
interface Group {
  readonly keys: readonly string[];
  /** What the runs share of these fields. */
  readonly base: ExperimentInput;
  readonly axes: readonly number[];
  /** By the indices of the values. */
  readonly parts: Map<string, Part>;
}

export interface PointParts {
  /** Paths of axes that this point's experiment does not have. */
  readonly pathProblems: readonly Problem[];
  /** Paths of constraints that are no numbers here. */
  readonly constraintProblems: readonly Problem[];
  /** The number at a constraint's path. */
  numberAt(path: string): number;
  /** The validated experiment and its run id. */
  complete(): { readonly experiment: Experiment; readonly id: string } | { readonly problems: readonly Problem[] };
}

const KEYS_IN_ORDER = [...FIRST_LEVEL].sort();
const firstOf = (path: string) => path.split('.')[0];

/** Runs of a sweep end when no weight is finite any more, unless the sweep says otherwise: nothing can follow. */
const ENDS_WHEN_BROKEN = 'stop.weightsNotFinite';

/** Whether an experiment says itself what happens then. */
function saysEnding(input: ExperimentInput): boolean {
  return input.stop?.weightsNotFinite !== undefined;
}

export class PointFields {
  readonly #paths: readonly string[];
  readonly #lists: readonly (readonly unknown[])[];
  readonly #constraints: readonly Constraint[];
  readonly #groups: readonly Group[];

  /** @param lists values by axis; `at` takes indices into them */
  constructor(
    base: ExperimentInput,
    axes: readonly { readonly path: string }[],
    lists: readonly (readonly unknown[])[],
    constraints: readonly Constraint[],
  ) {
    this.#paths = axes.map(({ path }) => path);
    this.#lists = lists;
    this.#constraints = constraints;
    const changed = [...new Set(this.#paths.map(firstOf))];
    const shared = [...new Set([...FIRST_LEVEL, ...Object.keys(base)])].filter((key) => !changed.includes(key));
    this.#groups = [shared, ...changed.map((key) => [key])].map((keys) => ({
      keys,
      base: pick(base, keys) as ExperimentInput,
      axes: this.#paths.flatMap((path, k) => (keys.includes(firstOf(path)) ? [k] : [])),
      parts: new Map(),
    }));
  }

  at(indices: readonly number[]): PointParts {
    const parts = this.#groups.map((group) => this.#part(group, indices));
    return {
      pathProblems: parts.flatMap(({ pathProblems }) => pathProblems),
      constraintProblems: parts.flatMap(({ constraintProblems }) => constraintProblems),
      numberAt: (path) => parts.find(({ numbers }) => numbers.has(path))?.numbers.get(path) ?? Number.NaN,
      complete: () => complete(parts),
    };
  }

  #part(group: Group, indices: readonly number[]): Part {
    const key = group.axes.map((k) => indices[k]).join();
    const known = group.parts.get(key);
    if (known) return known;
    const part = this.#parse(group, indices);
    group.parts.set(key, part);
    return part;
  }

  #parse({ keys, base, axes }: Group, indices: readonly number[]): Part {
    const paths = axes.map((k) => this.#paths[k]);
    let input = base;
    const found: Pick<Part, 'pathProblems' | 'fieldProblems'> = { pathProblems: [], fieldProblems: [] };
    const nothing = { fields: {}, texts: {}, numbers: new Map(), constraintProblems: [] };
    try {
      input = axes.reduce((changed, k) => setField(changed, this.#paths[k], this.#lists[k][indices[k]]), base);
      if (keys.includes('stop') && !saysEnding(input)) input = setField(input, ENDS_WHEN_BROKEN, true);
    } catch (error) {
      return { ...nothing, ...found, pathProblems: problemsIn(error) };
    }
    const pathProblems = paths.flatMap((path) => problemsAt(path, path, input));
    if (pathProblems.length > 0) return { ...nothing, ...found, pathProblems };
    const constrained = this.#constrained(keys, input);
    try {
      const fields = pick(parseFields(input, 'sweep'), keys) as Partial<Fields>;
      const texts = Object.fromEntries(
        Object.entries(fields).map(([key, value]) => {
          const identity = identityPart(value, key);
          return [key, identity === undefined ? identity : canonicalJson(identity)];
        }),
      );
      return { fields, texts, ...constrained, ...found };
    } catch (error) {
      return { ...nothing, ...constrained, ...found, fieldProblems: problemsIn(error) };
    }
  }

  /** The numbers that the constraints name below some fields, and what is no number. */
  #constrained(keys: readonly string[], input: ExperimentInput): Pick<Part, 'numbers' | 'constraintProblems'> {
    const numbers = new Map<string, number>();
    const constraintProblems = this.#constraints.flatMap(({ of }, k) =>
      Object.keys(of).flatMap((path) => {
        const first = firstOf(path);
        // A field that no experiment has belongs to the group of the shared ones, so that it is named once.
        if (!keys.includes(first) && (FIRST_LEVEL.includes(first) || !keys.includes(FIRST_LEVEL[0]))) return [];
        const at = `constraints.${k}.of`;
        const problems = problemsAt(at, path, input).map((wrong) => ({ ...wrong, problem: `"${path}": ${wrong.problem}` }));
        if (problems.length > 0) return problems;
        const value = valueAt(input, path);
        if (typeof value !== 'number') {
          return [{ path: at, problem: `"${path}" is ${canonicalJson(value ?? null)}; valid is a field that holds a number` }];
        }
        numbers.set(path, value);
        return [];
      }),
    );
    return { numbers, constraintProblems };
  }
}

function complete(parts: readonly Part[]): ReturnType<PointParts['complete']> {
  const problems = parts.flatMap(({ fieldProblems }) => fieldProblems);
  if (problems.length > 0) return { problems };
  try {
    const fields: Partial<Fields> = {};
    const texts: Record<string, string | undefined> = {};
    for (const part of parts) {
      Object.assign(fields, part.fields);
      Object.assign(texts, part.texts);
    }
    const experiment = completeExperiment(fields as Fields, 'sweep');
    texts.loss = JSON.stringify(experiment.loss);
    return { experiment, id: fnv1a64(joined(texts)) };
  } catch (error) {
    return { problems: problemsIn(error) };
  }
}

/** `identityJson` of the experiment, from that of its fields. */
function joined(texts: Readonly<Record<string, string | undefined>>): string {
  let text = '';
  for (const key of KEYS_IN_ORDER) if (texts[key] !== undefined) text += `${text === '' ? '' : ','}"${key}":${texts[key]}`;
  return `{${text}}`;
}

function pick(from: object, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    keys.filter((key) => Object.hasOwn(from, key)).map((key) => [key, (from as Record<string, unknown>)[key]]),
  );
}

function problemsAt(at: string, path: string, input: ExperimentInput): Problem[] {
  const problem = problemOfPath(path, input);
  return problem === undefined ? [] : [{ path: at, problem }];
}

/** What a ConfigError says; every other error goes on. */
function problemsIn(error: unknown): readonly Problem[] {
  if (error instanceof ConfigError) return error.problems;
  throw error;
}
