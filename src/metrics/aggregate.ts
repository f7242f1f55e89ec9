/** What the runs of a sweep say together: outcomes, groups of seeds, maps over two axes. */
import type { RunResult } from './result.ts';
import { VERDICT_KINDS, type VerdictKind } from './verdict.ts';

/** A run's record, or anything else that holds its result. */
export interface Measured {
  /** Run id. */
  readonly id: string;
  readonly result: RunResult;
}

export interface AxisValues {
  /** Dotted path into the experiment. */
  readonly path: string;
  readonly values: readonly unknown[];
}

/** Where a run lies on the axes. */
export interface PlacedRun {
  readonly id: string;
  /** One value per axis, in the order of the axes. */
  readonly values: readonly unknown[];
}

export interface Outcome {
  readonly key: string;
  readonly label: string;
  readonly kind: 'verdict' | 'number';
  /** How numbers spread: those of a log scale are positive. */
  readonly scale: 'category' | 'linear' | 'log';
  /** NaN and ±Infinity as such; null where it does not apply. Of a verdict its index in VERDICT_KINDS. */
  of(run: Pick<Measured, 'result'>): number | null;
}

const number = (key: string, label: string, scale: 'linear' | 'log', read: (result: RunResult) => number | null): Outcome => ({
  key,
  label,
  kind: 'number',
  scale,
  of: ({ result }) => read(result),
});

export const OUTCOMES: readonly Outcome[] = [
  {
    key: 'verdict',
    label: 'Verdict',
    kind: 'verdict',
    scale: 'category',
    of: ({ result }) => VERDICT_KINDS.indexOf(result.verdict.kind),
  },
  number('loss', 'Final loss', 'log', ({ loss }) => loss),
  number('bestLoss', 'Best loss', 'log', ({ bestLoss }) => bestLoss),
  number('testLoss', 'Held-out loss', 'log', ({ testLoss }) => testLoss),
  number('testAccuracy', 'Held-out accuracy', 'linear', ({ testAccuracy }) => testAccuracy),
  number('maxLog2Norm', 'Largest gradient norm, log2', 'linear', ({ log2GradientNorm }) => log2GradientNorm.max),
  number('lastLog2Norm', 'Final gradient norm, log2', 'linear', ({ log2GradientNorm }) => log2GradientNorm.last),
  number('growth', 'Gradient growth per layer towards the input', 'log', ({ growth }) => growth.latest?.factor ?? null),
  number('clipShare', 'Share of clipped iterations', 'linear', ({ clipShare }) => clipShare),
  number('firstNonFinite', 'First non-finite iteration', 'linear', ({ firstNonFinite }) => firstNonFinite?.iteration ?? null),
  number('iterations', 'Iterations trained', 'linear', ({ iterations }) => iterations),
];

/** @throws Error for a key that is none of OUTCOMES */
export function outcomeOf(key: string): Outcome {
  const outcome = OUTCOMES.find((candidate) => candidate.key === key);
  if (!outcome) throw new Error(`no outcome "${key}"`);
  return outcome;
}

/** Whether a run broke for good: its loss or gradient ended non-finite, or its loss far above where it began. */
export function isDiverged({ verdict }: RunResult): boolean {
  return verdict.kind === 'diverged' || (verdict.kind === 'exploding' && verdict.iteration !== undefined);
}

/** What some runs have in common in one outcome. The three counts add up to the runs. */
export interface Summary {
  /** Of the finite values; null where there are none. */
  readonly median: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly finite: number;
  /** NaN or ±Infinity. */
  readonly nonFinite: number;
  /** Where the outcome does not apply. */
  readonly absent: number;
}

/** Median and quartiles of the finite values, and how many values are not finite: those never count as missing. */
export function summarise(runs: readonly Pick<Measured, 'result'>[], outcome: Outcome): Summary {
  const values = runs.map((run) => outcome.of(run)).filter((value) => value !== null);
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  const at = (share: number) => (finite.length > 0 ? quantile(finite, share) : null);
  return {
    median: at(0.5),
    lower: at(0.25),
    upper: at(0.75),
    finite: finite.length,
    nonFinite: values.length - finite.length,
    absent: runs.length - values.length,
  };
}

/**
 * Linear interpolation between order statistics, the default of R and NumPy.
 *
 * @param sorted ascending, not empty
 * ref: Hyndman and Fan 1996, "Sample quantiles in statistical packages", definition 7
 */
export function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

/** How many runs a part of a sweep has, and how they ended. */
export interface Counts {
  /** Runs of the sweep, finished or not. */
  readonly runs: number;
  readonly finished: number;
  /** `isDiverged`. */
  readonly diverged: number;
  /** Runs in which a value was not finite, those that recovered included. */
  readonly nonFinite: number;
  readonly verdicts: Readonly<Record<VerdictKind, number>>;
}

export function countRuns(runs: number, finished: readonly Pick<Measured, 'result'>[]): Counts {
  const verdicts = Object.fromEntries(VERDICT_KINDS.map((kind) => [kind, 0])) as Record<VerdictKind, number>;
  for (const { result } of finished) verdicts[result.verdict.kind]++;
  return {
    runs,
    finished: finished.length,
    diverged: finished.filter(({ result }) => isDiverged(result)).length,
    nonFinite: finished.filter(({ result }) => result.firstNonFinite !== null).length,
    verdicts,
  };
}

/** Runs that differ in nothing but their seed. */
export interface SeedGroup<R extends Measured> {
  /** By axis, without the seed's. */
  readonly values: readonly unknown[];
  readonly counts: Counts;
  /** Those that have finished, in the order of the points. */
  readonly finished: readonly R[];
}

export interface SeedGroups<R extends Measured> {
  /** All but the seed's. */
  readonly axes: readonly AxisValues[];
  /** In the order of their first points. */
  readonly groups: readonly SeedGroup<R>[];
}

/** Groups the runs over the axis `seed`; without one each run is a group. `summarise` says what a group's outcome is. */
export function seedGroups<R extends Measured>(
  axes: readonly AxisValues[],
  points: readonly PlacedRun[],
  records: Iterable<R>,
): SeedGroups<R> {
  const byId = new Map([...records].map((record) => [record.id, record]));
  const kept = axes.flatMap(({ path }, k) => (path === 'seed' ? [] : [k]));
  const found = new Map<string, { values: unknown[]; runs: number; finished: R[] }>();
  for (const { id, values } of points) {
    const own = kept.map((k) => values[k]);
    const key = JSON.stringify(own);
    const group = found.get(key) ?? { values: own, runs: 0, finished: [] };
    found.set(key, group);
    group.runs++;
    const record = byId.get(id);
    if (record) group.finished.push(record);
  }
  const groups = [...found.values()].map(({ values, runs, finished }) => ({
    values,
    finished,
    counts: countRuns(runs, finished),
  }));
  return { axes: kept.map((k) => axes[k]), groups };
}
