/** Which curves a report draws. */
import { type Outcome, type SeedGroup, type SeedGroups, summarise } from '../metrics/aggregate.ts';
import { decimate } from '../metrics/decimate.ts';
import type { Trace } from '../metrics/trace.ts';
import { VERDICT_KINDS } from '../metrics/verdict.ts';
import type { RunRecord } from '../sweep/record.ts';
import { type Chart, type Curve, type CurvePoint, MOST_SERIES } from './chart.ts';
import type { ReportInput } from './report.ts';
import { scaleOver, shortPath, wordOf } from './scales.ts';

export interface Curves {
  /** What is drawn and what is not, in words. */
  readonly note: string;
  readonly charts: readonly Chart[];
}

/**
 * Outcomes over the axis with the most numbers, a curve for each value of the next axis, the other axes at their first values.
 * Undefined without an axis of numbers.
 */
export function seedCurves({ axes, groups }: SeedGroups<RunRecord>, outcomes: readonly Outcome[]): Curves | undefined {
  const order = axes.map((_, k) => k).sort((a, b) => axes[b].values.length - axes[a].values.length);
  const across = order.find((k) => axes[k].values.length > 1 && axes[k].values.every((value) => typeof value === 'number'));
  if (across === undefined) return undefined;
  const numbers = axes[across].values as readonly number[];
  const [apart, ...fixed] = order.filter((k) => k !== across && axes[k].values.length > 1);
  const paths = axes.map(({ path }) => path);
  const name = (k: number) => shortPath(paths[k], paths);
  const values = apart === undefined ? [undefined] : evenly(axes[apart].values, MOST_SERIES);
  const lies = ({ values: own }: SeedGroup<RunRecord>, k: number, value: unknown) =>
    JSON.stringify(own[k]) === JSON.stringify(value);
  const here = groups.filter((group) => fixed.every((k) => lies(group, k, axes[k].values[0])));
  const charts = outcomes.map((outcome) => ({
    title: outcome.label,
    xName: name(across),
    x: isWide(numbers) ? ('log' as const) : ('linear' as const),
    y: outcome.scale === 'log' ? ('log' as const) : ('linear' as const),
    curves: values.map((value) => {
      const own = apart === undefined ? here : here.filter((group) => lies(group, apart, value));
      return {
        label: apart === undefined ? outcome.label : `${name(apart)} ${wordOf(value)}`,
        points: pointsOf(own, across, outcome),
      };
    }),
  }));
  const of = apart === undefined ? '' : `, a curve for each value of ${name(apart)}`;
  const some =
    apart !== undefined && values.length < axes[apart].values.length ? ` (${values.length} of ${axes[apart].values.length})` : '';
  const rest = fixed.map((k) => `${name(k)} is ${wordOf(axes[k].values[0])}`).join(', ');
  const note = `Medians of the finite values, with a band from the lower to the upper quartile, over ${name(across)}${of}${some}.${rest ? ` Here ${rest}.` : ''}`;
  return { note, charts };
}

function isWide(numbers: readonly number[]): boolean {
  const scale = scaleOver(numbers, 'linear');
  return scale !== undefined && scale.low > 0 && scale.high / scale.low >= 20;
}

function pointsOf(groups: readonly SeedGroup<RunRecord>[], across: number, outcome: Outcome): CurvePoint[] {
  // A group without a finished run is no finding: it neither ends a curve nor marks it.
  const points = groups
    .filter(({ finished }) => finished.length > 0)
    .map(({ values, finished }) => {
      const { median, lower, upper } = summarise(finished, outcome);
      const x = values[across] as number;
      if (median === null || lower === null || upper === null) return { x, y: Number.NaN };
      return { x, y: median, band: [lower, upper] as const };
    });
  return points.sort((a, b) => a.x - b.x);
}

function evenly<T>(values: readonly T[], most: number): readonly T[] {
  if (values.length <= most) return values;
  return Array.from({ length: most }, (_, k) => values[Math.round((k * (values.length - 1)) / (most - 1))]);
}

/** Stretches of a trace that are drawn by their extremes. */
const STRETCHES = 60;

/** Loss and gradient norm of one run of each verdict: the one in the middle of its kind, in the order of the points. */
export async function traceCurves({ axes, points, records, trace }: ReportInput): Promise<Curves> {
  const byId = new Map(records.map((record) => [record.id, record]));
  const chosen = VERDICT_KINDS.flatMap((kind) => {
    const runs = points.filter(({ id }) => byId.get(id)?.result.verdict.kind === kind);
    return runs.length > 0 ? [{ kind, point: runs[Math.floor(runs.length / 2)] }] : [];
  });
  const paths = axes.map(({ path }) => path);
  const losses: Curve[] = [];
  const norms: Curve[] = [];
  for (const { kind, point } of chosen) {
    const found = await trace(point.id);
    if (!found) continue;
    const where = axes.map(({ path }, k) => `${shortPath(path, paths)} ${wordOf(point.values[k])}`).join(', ');
    const { loss, norm } = reduced(found);
    losses.push({ label: `${kind}: ${where}`, points: loss });
    norms.push({ label: `${kind}: ${where}`, points: norm });
  }
  const common = { xName: 'iteration', x: 'linear' } as const;
  return {
    note: 'For each verdict the run in the middle of its kind, in the order of the points. A cross ends what is not finite after it.',
    charts: [
      { ...common, title: 'Loss of the batch', yName: 'loss', y: 'log', curves: losses },
      { ...common, title: 'Global gradient norm before clipping', yName: 'log2 of the norm', y: 'linear', curves: norms },
    ],
  };
}

function reduced({ scalars, length }: Trace): { readonly loss: CurvePoint[]; readonly norm: CurvePoint[] } {
  const columns = [scalars.loss.view(), scalars.log2GradientNorm.view()];
  const edges = Array.from({ length: STRETCHES + 1 }, (_, k) => Math.round((k * length) / STRETCHES));
  const kept = decimate(columns, edges);
  const [loss, norm] = columns.map((values) => kept.map((i) => ({ x: scalars.iteration.at(i), y: values[i] })));
  return { loss, norm };
}
