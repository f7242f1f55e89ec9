/** A sweep: an experiment plus axes; its runs are the points of their Cartesian product. */
import * as v from 'valibot';
import { ConfigError } from '../model/errors.ts';
import { canonicalJson, parseExperiment, problemsOf, runId } from '../model/experiment.ts';
import type { Experiment, ExperimentInput } from '../model/schema.ts';
import { problemOfPath, setField } from './field-path.ts';

/** Points beyond which a sweep is taken for a slip. */
const MOST_POINTS = 100_000;

/** Names of letters and digits: none of them is a prototype's. */
const DOTTED = /^[a-z][a-z0-9]*(\.[a-z][a-z0-9]*)*$/i;

const sweepSchema = v.strictObject({
  title: v.optional(v.string()),
  claim: v.optional(v.string()),
  experiment: v.record(v.string(), v.unknown()),
  axes: v.pipe(
    v.array(
      v.strictObject({
        path: v.string(),
        values: v.pipe(v.array(v.unknown()), v.minLength(1)),
      }),
    ),
    v.minLength(1),
  ),
});

export interface Axis {
  /** Dotted path into the experiment. */
  readonly path: string;
  readonly values: readonly unknown[];
}

export interface Sweep {
  readonly title?: string;
  readonly claim?: string;
  /** What every run shares, not yet validated. */
  readonly experiment: ExperimentInput;
  readonly axes: readonly Axis[];
}

/** One point of a sweep: one run. */
export interface Point {
  /** Values by axis, in the order of the axes. */
  readonly values: readonly unknown[];
  readonly experiment: Experiment;
  readonly id: string;
}

export interface Expansion {
  /** The last axis varies fastest. */
  readonly points: readonly Point[];
  /** Points left out because an earlier one is the same run. */
  readonly duplicates: readonly Point[];
}

/** @throws ConfigError naming every wrong field of the sweep itself; its experiment is checked by `expand` */
export function parseSweep(input: unknown, subject: string): Sweep {
  const result = v.safeParse(sweepSchema, input);
  if (!result.success) throw new ConfigError(subject, problemsOf(sweepSchema, result.issues));
  const sweep = result.output as Sweep;
  const paths = sweep.axes.map(({ path }) => path);
  const problems = paths.flatMap((path, k) => {
    if (!DOTTED.test(path)) {
      return [
        { path: `axes.${k}.path`, problem: `"${path}" is not valid; valid is a dotted path such as "optimizer.learningRate"` },
      ];
    }
    if (paths.indexOf(path) < k) return [{ path: `axes.${k}.path`, problem: `"${path}" has an axis already; join the two` }];
    const over = paths.find((other) => path.startsWith(`${other}.`));
    return over ? [{ path: `axes.${k}.path`, problem: `"${path}" lies within "${over}", which is an axis, too; drop one` }] : [];
  });
  const size = sweep.axes.reduce((product, { values }) => product * values.length, 1);
  if (size > MOST_POINTS) {
    problems.push({
      path: 'axes',
      problem: `${size.toLocaleString('en')} points; valid is at most ${MOST_POINTS.toLocaleString('en')}`,
    });
  }
  if (problems.length > 0) throw new ConfigError(subject, problems);
  return sweep;
}

/** @throws ConfigError naming everything that is wrong at any point, and where */
export function expand({ experiment, axes }: Sweep, subject: string): Expansion {
  const all = product(axes.map(({ values }) => values));
  const problems = new Map<string, { path: string; problem: string; count: number; first: string }>();
  const points: Point[] = [];
  const duplicates: Point[] = [];
  const ids = new Set<string>();
  for (const values of all) {
    const at = axes.map(({ path }, k) => `${path} = ${canonicalJson(values[k])}`).join(', ');
    try {
      const point = pointAt(experiment, axes, values);
      (ids.has(point.id) ? duplicates : points).push(point);
      ids.add(point.id);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const { path, problem } of error.problems) {
        const key = `${path}: ${problem}`;
        const known = problems.get(key);
        if (known) known.count++;
        else problems.set(key, { path, problem, count: 1, first: at });
      }
    }
  }
  if (problems.size > 0) {
    const where = (count: number, first: string) =>
      `${count === 1 ? 'at the point' : `at ${count} of ${all.length} points, the first`} ${first}`;
    throw new ConfigError(
      subject,
      [...problems.values()].map(({ path, problem, count, first }) => ({ path, problem: `${problem} (${where(count, first)})` })),
    );
  }
  return { points, duplicates };
}

function pointAt(base: ExperimentInput, axes: readonly Axis[], values: readonly unknown[]): Point {
  const input = axes.reduce((changed, { path }, k) => setField(changed, path, values[k]), base);
  const problems = axes.flatMap(({ path }) => {
    const problem = problemOfPath(path, input);
    return problem ? [{ path, problem }] : [];
  });
  if (problems.length > 0) throw new ConfigError('sweep', problems);
  const experiment = parseExperiment(input);
  return { values, experiment, id: runId(experiment) };
}

function product(lists: readonly (readonly unknown[])[]): unknown[][] {
  return lists.reduce<unknown[][]>((points, values) => points.flatMap((point) => values.map((value) => [...point, value])), [[]]);
}
