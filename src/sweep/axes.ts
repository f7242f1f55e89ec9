/** A sweep: an experiment plus axes; its runs are the points of a grid or of a random sample. */
import { fnv1a64 } from '../math/fnv.ts';
import { ConfigError, type Problem } from '../model/errors.ts';
import { canonicalJson } from '../model/experiment.ts';
import type { Experiment, ExperimentInput } from '../model/schema.ts';
import { type Constraint, keeps } from './constraints.ts';
import { PointFields } from './point-fields.ts';
import { chooseValues, inOrder, type Values } from './sampling.ts';
import type { ResolvedAxis } from './sweep-protocol.ts';
import { MOST_POINTS, problemsOfSweep, readSweep, type SCALES } from './sweep-schema.ts';

/** Numbers from `from` to `to`, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
  /** Values of a grid; integer_log may have fewer, as values that round to the same integer are one. Not used by random samples. */
  readonly count?: number;
  readonly scale: (typeof SCALES)[number];
}

/** A dotted path into the experiment, with the values it takes or the range they lie in. */
export type Axis =
  | { readonly path: string; readonly values: readonly unknown[]; readonly range?: never }
  | { readonly path: string; readonly range: Range; readonly values?: never };

/** How points are chosen: every combination of the axes' values, or `count` random points, each with every seed of the axis `seed`. */
export type Sampling = { readonly kind: 'grid' } | { readonly kind: 'random'; readonly count: number; readonly seed: number };

export interface Sweep {
  readonly title?: string;
  readonly claim?: string;
  /** What every run shares, not yet validated. */
  readonly experiment: ExperimentInput;
  readonly axes: readonly Axis[];
  /** By default a grid. */
  readonly sampling?: Sampling;
  /** Points that break one are left out. */
  readonly constraints?: readonly Constraint[];
  /** When no further run is begun; what has finished stays. */
  readonly stop?: { readonly seconds?: number };
  /** What is kept of each run's trace: iterations and layer records at most. */
  readonly traces?: { readonly points?: number; readonly layers?: number };
}

/** One point of a sweep: one run. */
export interface Point {
  /** Values by axis, in the order of the axes. */
  readonly values: readonly unknown[];
  /** Shares its objects with other points' experiments: read only. */
  readonly experiment: Experiment;
  readonly id: string;
}

export interface Expansion {
  /** Of a grid: the last axis varies fastest. Of a random sample: in the order drawn, each with all seeds. */
  readonly points: readonly Point[];
  /** Points left out because an earlier one is the same run. */
  readonly duplicates: readonly Point[];
  /** How many points were left out because they break a constraint. */
  readonly excluded: number;
}

/** @throws ConfigError naming every wrong field of the sweep itself; its experiment is checked by `expand` */
export function parseSweep(input: unknown, subject: string): Sweep {
  const read = readSweep(input);
  if ('problems' in read) throw new ConfigError(subject, read.problems);
  const problems = problemsOfSweep(read.sweep);
  if (problems.length > 0) throw new ConfigError(subject, problems);
  const size = chooseValues(read.sweep).size;
  if (size > MOST_POINTS) {
    const problem = `${size.toLocaleString('en')} points; valid is at most ${MOST_POINTS.toLocaleString('en')}`;
    throw new ConfigError(subject, [{ path: 'axes', problem }]);
  }
  return read.sweep;
}

/** The axes with their values written out: those of a grid as given, those of a random sample as drawn, in ascending order. */
export function resolveAxes(sweep: Sweep): ResolvedAxis[] {
  const { lists } = chooseValues(sweep);
  return sweep.axes.map((axis, k) => ({
    path: axis.path,
    values: sweep.sampling?.kind === 'random' ? inOrder(axis, lists[k]) : lists[k],
  }));
}

/**
 * The sweep's name: a hash of everything that decides which runs there are and what is kept of them. Title and claim are words,
 * and `stop` only ends a session early: a sweep that is resumed with more time is the same one.
 */
export function sweepId({ title: _title, claim: _claim, stop: _stop, ...sweep }: Sweep): string {
  return fnv1a64(canonicalJson(sweep));
}

/**
 * The runs of a sweep. Each group of fields is validated once for each combination of its values, so that a sweep of 100,000 points
 * takes about a second.
 *
 * @throws ConfigError naming everything that is wrong at any point, and where
 */
export function expand(sweep: Sweep, subject: string): Expansion {
  const { constraints = [] } = sweep;
  const chosen = chooseValues(sweep);
  const fields = new PointFields(sweep.experiment, sweep.axes, chosen.lists, constraints);
  const faults = new Faults(sweep.axes, chosen);
  const points: Point[] = [];
  const duplicates: Point[] = [];
  const ids = new Set<string>();
  let excluded = 0;
  for (let n = 0; n < chosen.size; n++) {
    const indices = chosen.indicesOf(n);
    const part = fields.at(indices);
    if (part.pathProblems.length > 0) {
      faults.add(part.pathProblems, n);
    } else if (part.constraintProblems.length > 0) {
      faults.add(part.constraintProblems, n);
    } else if (!constraints.every((constraint) => keeps(constraint, part.numberAt))) {
      excluded++;
    } else {
      const run = part.complete();
      if ('problems' in run) {
        faults.add(run.problems, n);
        continue;
      }
      const point = { values: indices.map((index, k) => chosen.lists[k][index]), ...run };
      (ids.has(point.id) ? duplicates : points).push(point);
      ids.add(point.id);
    }
  }
  faults.throwIfAny(subject);
  if (points.length === 0) {
    const problem = `they exclude all ${chosen.size} points; valid are bounds that some point keeps`;
    throw new ConfigError(subject, [{ path: 'constraints', problem }]);
  }
  return { points, duplicates, excluded };
}

/** Problems by their text, with how often and where first. */
class Faults {
  readonly #found = new Map<string, Problem & { count: number; readonly first: number }>();
  readonly #axes: readonly Axis[];
  readonly #chosen: Values;

  constructor(axes: readonly Axis[], chosen: Values) {
    this.#axes = axes;
    this.#chosen = chosen;
  }

  add(problems: readonly Problem[], point: number): void {
    for (const { path, problem } of problems) {
      const key = `${path}: ${problem}`;
      const known = this.#found.get(key);
      if (known) known.count++;
      else this.#found.set(key, { path, problem, count: 1, first: point });
    }
  }

  throwIfAny(subject: string): void {
    if (this.#found.size === 0) return;
    const problems = [...this.#found.values()].map(({ path, problem, count, first }) => {
      const where = count === 1 ? 'at the point' : `at ${count} of ${this.#chosen.size} points, the first`;
      return { path, problem: `${problem} (${where} ${this.#describe(first)})` };
    });
    throw new ConfigError(subject, problems);
  }

  /** `optimizer.learningRate = 0.1, seed = 1` */
  #describe(point: number): string {
    const indices = this.#chosen.indicesOf(point);
    return this.#axes.map(({ path }, k) => `${path} = ${canonicalJson(this.#chosen.lists[k][indices[k]])}`).join(', ');
  }
}
