/** What a sweep's document may hold, and what is wrong with one. */
import * as v from 'valibot';
import type { Problem } from '../model/errors.ts';
import { problemsOf } from '../model/experiment.ts';
import type { Axis, Sweep } from './axes.ts';
import type { Constraint } from './constraints.ts';

/** Points beyond which a sweep is taken for a slip. */
export const MOST_POINTS = 100_000;

/** The axis that is crossed in full in every sample: its values are repetitions of the same run. */
export const SEED = 'seed';

export const SCALES = ['linear', 'log', 'integer', 'integer_log'] as const;

/** Names of letters and digits: none of them is a prototype's. */
const DOTTED = /^[a-z][a-z0-9]*(\.[a-z][a-z0-9]*)*$/i;

const finite = v.pipe(v.number(), v.finite());
const integer = (low: number, high: number) => v.pipe(v.number(), v.integer(), v.minValue(low), v.maxValue(high));

const sweepSchema = v.strictObject({
  title: v.optional(v.string()),
  claim: v.optional(v.string()),
  experiment: v.record(v.string(), v.unknown()),
  axes: v.pipe(
    v.array(
      v.strictObject({
        path: v.string(),
        values: v.optional(v.pipe(v.array(v.unknown()), v.minLength(1))),
        range: v.optional(
          v.strictObject({
            from: finite,
            to: finite,
            count: v.optional(integer(2, MOST_POINTS)),
            scale: v.picklist(SCALES),
          }),
        ),
      }),
    ),
    v.minLength(1),
  ),
  sampling: v.optional(
    v.variant('kind', [
      v.strictObject({ kind: v.literal('grid') }),
      v.strictObject({ kind: v.literal('random'), count: integer(1, MOST_POINTS), seed: integer(0, 0xffffffff) }),
    ]),
  ),
  constraints: v.optional(
    v.array(v.strictObject({ of: v.record(v.string(), finite), atMost: v.optional(finite), atLeast: v.optional(finite) })),
  ),
  stop: v.optional(v.strictObject({ seconds: v.optional(v.pipe(finite, v.gtValue(0))) })),
  // Sixty-four points hold the landmarks of a trace whatever it looks like (metrics/trace-codec.ts).
  traces: v.optional(v.strictObject({ points: v.optional(integer(64, 10_000_000)), layers: v.optional(integer(0, 10_000_000)) })),
});

/** The document as it is where its fields are valid one by one, else what is wrong with them. */
export function readSweep(input: unknown): { readonly sweep: Sweep } | { readonly problems: readonly Problem[] } {
  const result = v.safeParse(sweepSchema, input);
  if (!result.success) return { problems: problemsOf(sweepSchema, result.issues).map(sayMore) };
  // That an axis has either values or a range is among `problemsOfSweep`.
  return { sweep: result.output as unknown as Sweep };
}

/** What is wrong with fields that are valid one by one. */
export function problemsOfSweep({ axes, constraints = [], sampling }: Sweep): Problem[] {
  const isRandom = sampling?.kind === 'random';
  return [
    ...axes.flatMap((axis, k) => [...problemsOfPath(axes, k), ...problemsOfValues(axis, k, isRandom)]),
    ...constraints.flatMap(problemsOfConstraint),
  ];
}

/** A list without its elements and a number of a range say nothing of what would be valid; this does. */
function sayMore({ path, problem }: Problem): Problem {
  const valid = /^axes\.\d+\.range\.count$/.test(path) ? `a whole number from 2 to ${MOST_POINTS}` : undefined;
  if (/^axes(\.\d+\.values)?$/.test(path) && problem.startsWith('[]'))
    return { path, problem: `the list is empty; valid is at least one ${path === 'axes' ? 'axis' : 'value'}` };
  return valid ? { path, problem: problem.replace(/valid is .*/, `valid is ${valid}`) } : { path, problem };
}

function problemsOfPath(axes: readonly Axis[], k: number): Problem[] {
  const { path } = axes[k];
  const at = `axes.${k}.path`;
  if (!DOTTED.test(path)) {
    return [{ path: at, problem: `"${path}" is not valid; valid is a dotted path such as "optimizer.learningRate"` }];
  }
  if (axes.findIndex((other) => other.path === path) < k) {
    return [{ path: at, problem: `"${path}" has an axis already; join the two` }];
  }
  // Axes are applied in their order: an optimizer's rate after the optimizer.
  const over = axes.slice(k).find((other) => path.startsWith(`${other.path}.`))?.path;
  return over
    ? [{ path: at, problem: `"${path}" lies within "${over}", a later axis that replaces it; put "${over}" first` }]
    : [];
}

function problemsOfValues({ path, values, range }: Axis, k: number, isRandom: boolean): Problem[] {
  const at = `axes.${k}`;
  if (values && range) return [{ path: at, problem: 'has both values and a range; valid is one of them' }];
  if (!range) return values ? [] : [{ path: at, problem: 'has neither values nor a range; valid is one of them' }];
  const problems: Problem[] = [];
  const { from, to, count, scale } = range;
  if (!(from < to))
    problems.push({ path: `${at}.range.to`, problem: `${to} is not valid; valid is a number above from, ${from}` });
  if (scale.endsWith('log') && !(from > 0)) {
    problems.push({
      path: `${at}.range.from`,
      problem: `${from} is not valid; on the scale "${scale}" valid is a number above 0`,
    });
  }
  for (const end of ['from', 'to'] as const) {
    if (scale.startsWith('integer') && !Number.isInteger(range[end])) {
      problems.push({
        path: `${at}.range.${end}`,
        problem: `${range[end]} is not valid; on the scale "${scale}" valid is a whole number`,
      });
    }
  }
  if (count === undefined && (!isRandom || path === SEED)) {
    problems.push({ path: `${at}.range.count`, problem: `is missing; valid is a whole number from 2 to ${MOST_POINTS}` });
  }
  return problems;
}

function problemsOfConstraint({ of, atMost, atLeast }: Constraint, k: number): Problem[] {
  const at = `constraints.${k}`;
  const paths = Object.keys(of);
  const problems = paths
    .filter((path) => !DOTTED.test(path))
    .map((path) => ({ path: `${at}.of`, problem: `"${path}" is not valid; valid is a dotted path such as "model.depth"` }));
  if (paths.length === 0) problems.push({ path: `${at}.of`, problem: 'names no field; valid is for example {"model.depth": 1}' });
  if (atMost === undefined && atLeast === undefined) {
    problems.push({ path: at, problem: 'has no bound; valid is atMost, atLeast or both' });
  }
  if (atMost !== undefined && atLeast !== undefined && atLeast > atMost) {
    problems.push({ path: `${at}.atLeast`, problem: `${atLeast} exceeds atMost, ${atMost}; no point can keep both` });
  }
  return problems;
}
