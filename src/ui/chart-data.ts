/** From traces to the frames of the charts over iterations. */
import type { Baseline } from '../data/dataset.ts';
import { bucketEdges, type Column, decimate, startsRun } from '../metrics/decimate.ts';
import { formatCount, LOG10_2, nonFiniteName } from '../metrics/format.ts';
import { LOG2_OVERFLOW, LOG2_VANISHING } from '../metrics/library-norm.ts';
import type { Trace } from '../metrics/trace.ts';
import { isSame } from '../model/experiment.ts';
import type { Experiment } from '../model/schema.ts';
import { log2NormAfter, log2NormAfterExtended } from './derived.ts';
import { formatSetting } from './format.ts';
import type { EdgeMark, Frame, Level, Moment, Sample, SeriesStyle } from './frame.ts';
import { hasClipping } from './run-quantity.ts';
import { runColor, runDash, runName } from './runs.ts';
import type { LabState, Range } from './state.ts';
import { type IterationScale, LINEAR_ITERATIONS, LOG_ITERATIONS, linearTicks, logTicks } from './ticks.ts';

/** Columns a chart is decimated to: about a chart's width in CSS pixels on the widest layout. */
const BUCKETS = 640;
/** Fewest iterations an axis shows, so that the first records do not jump. */
const SHORTEST_AXIS = 10;
/** Decades from which an end of the library's norm is in sight. */
const SIGHT = 3;

/** The part of the page's state that charts of iterations follow. */
export type ChartView = Pick<LabState, 'experiments' | 'logIterations' | 'zooms' | 'marks' | 'baselines'> &
  Partial<Pick<LabState, 'hidden'>>;

export function iterationScale(state: Pick<LabState, 'logIterations'>): IterationScale {
  return state.logIterations ? LOG_ITERATIONS : LINEAR_ITERATIONS;
}

/** One past the last recorded iteration; a stored trace holds fewer records than that. */
function recordedIterations({ length, scalars }: Trace): number {
  return length === 0 ? 0 : scalars.iteration.at(length - 1) + 1;
}

/** Iterations in view: the zoom, else everything recorded. */
export function visibleRange({
  zooms,
  traces,
}: Pick<LabState, 'zooms'> & { readonly traces?: readonly Trace[] | undefined }): Range {
  const zoom = zooms.at(-1);
  if (zoom) return zoom;
  const recorded = Math.max(0, ...(traces ?? []).map(recordedIterations));
  return [0, Math.max(SHORTEST_AXIS, recorded)];
}

/** Positions of the bucket borders, one more than there are buckets. */
export function borders(scale: IterationScale, [first, last]: Range, buckets: number): number[] {
  const from = scale.position(first);
  const step = (scale.position(last) - from) / buckets;
  return Array.from({ length: buckets + 1 }, (_, p) => scale.iteration(from + p * step) - 1e-9);
}

export interface Line {
  readonly run: number;
  readonly style: SeriesStyle;
  /** By index of what is drawn: of the iterations of the longest trace, unless others are said to be. */
  readonly values: Column;
  /** From a recorded value to a position on the y axis. */
  readonly position: (value: number) => number;
  /** What a triangle says, from its iteration. */
  readonly remark?: (value: number, iteration: number) => string;
}

/** An axis that is no logarithm. */
export type LinearAxis = Pick<Frame, 'yTicks'> & { readonly yRange: readonly [number, number] };

export const SHARE_AXIS: LinearAxis = {
  yRange: [0, 1],
  yTicks: linearTicks(0, 1, 4, (share) => `${Math.round(100 * share)} %`),
};

interface Drawn {
  readonly y: 'log' | LinearAxis;
  readonly levels?: (columns: readonly (readonly Sample[])[]) => readonly Level[];
  /** Held-out accuracies, of which the values are those of the traces. */
  readonly tests?: readonly Line[];
  /** Ascending iterations of the lines' values; by default those of the longest trace. */
  readonly iterations?: Column;
}

export function frame(
  state: ChartView,
  traces: readonly Trace[],
  all: readonly Line[],
  { y, levels: levelsOf = () => [], tests: allTests = [], iterations = longest(traces).scalars.iteration.view() }: Drawn,
): Frame {
  const isShown = ({ run }: Line) => !state.hidden?.includes(run);
  const [lines, tests] = [all.filter(isShown), allTests.filter(isShown)];
  const scale = iterationScale(state);
  const range = visibleRange({ zooms: state.zooms, traces });
  const edges = bucketEdges(iterations, borders(scale, range, BUCKETS));
  // One more on each side, so that lines run to the frame.
  edges[0] = Math.max(0, edges[0] - 1);
  edges.push(Math.min(iterations.length, edges[edges.length - 1] + 2));
  const kept = decimate(
    lines.map(({ values }) => values),
    edges,
  );
  const own = new Map(kept.map((i) => [iterations[i], i]));
  const tested = tests.length > 0 ? traces.flatMap((trace) => trace.tests.map(({ iteration }) => iteration)) : [];
  const positions = [...new Set([...own.keys(), ...tested])].sort((a, b) => a - b);
  const marks: EdgeMark[] = [];
  const columns = lines.map(({ values, position, remark }, series) =>
    positions.map((iteration): Sample => {
      const i = own.get(iteration);
      if (i === undefined || i >= values.length) return undefined;
      const at = position(values[i]);
      if (Number.isFinite(at)) return at;
      if (startsRun(values, i) && remark) {
        const label = marks.some((mark) => mark.series === series) ? '' : remark(values[i], iteration);
        marks.push({ x: scale.position(iteration), series, edge: at === -Infinity ? 'bottom' : 'top', label });
      }
      if (at === -Infinity && y === 'log') return at;
      return null;
    }),
  );
  for (const { run } of tests) {
    const byIteration = new Map(traces[run].tests.map(({ iteration, accuracy }) => [iteration, accuracy]));
    columns.push(positions.map((iteration) => finiteOrUndefined(byIteration.get(iteration))));
  }
  const levels = levelsOf(columns);
  const finite = y === 'log' ? logRange(columns, levels) : y.yRange;
  const zero = zeroOf(columns, finite[0]);
  const yRange = zero === undefined ? finite : ([zero.at - 0.06 * (finite[1] - zero.at), finite[1]] as const);
  const ticks = y === 'log' ? logTicks(finite[0], yRange[1], 5) : y.yTicks;
  return {
    styles: [...lines, ...tests].map(({ style }) => style),
    xs: positions.map(scale.position),
    columns: zero?.columns ?? columns,
    marks,
    moments: momentsOf(state, scale),
    levels,
    xRange: [scale.position(range[0]), scale.position(range[1])],
    yRange,
    xTicks: scale.ticks(range[0], range[1], 7),
    yTicks: zero === undefined ? ticks : [{ at: zero.at, label: '0' }, ...ticks],
  };
}

function longest(traces: readonly Trace[]): Trace {
  return traces.reduce((most, trace) => (trace.length > most.length ? trace : most));
}

/**
 * Zeros on a log axis, which have no place there: the axis is linear from 0 to the lowest decade in view, which takes up a decade's
 * height (symlog). Undefined where there are none.
 */
export function zeroOf(
  columns: readonly (readonly Sample[])[],
  low: number,
): { readonly at: number; readonly columns: readonly (readonly Sample[])[] } | undefined {
  if (!columns.some((column) => column.includes(Number.NEGATIVE_INFINITY))) return undefined;
  const at = Math.floor(low) - 1;
  return { at, columns: columns.map((column) => column.map((y) => (y === Number.NEGATIVE_INFINITY ? at : y))) };
}

function finiteOrUndefined(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** The changes made in mid-run. */
export function momentsOf(state: Pick<LabState, 'marks'>, scale: IterationScale): Moment[] {
  return state.marks.map(({ iteration, text }) => ({ x: scale.position(iteration), label: text }));
}

/** Finite samples and levels with a margin, at least one decade. */
export function logRange(columns: readonly (readonly Sample[])[], levels: readonly Level[]): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const take = (y: number) => {
    low = Math.min(low, y);
    high = Math.max(high, y);
  };
  for (const column of columns) for (const y of column) if (typeof y === 'number' && Number.isFinite(y)) take(y);
  for (const { y } of levels) take(y);
  if (low > high) return [-1, 1];
  const margin = Math.max(0.06 * (high - low), (1 - (high - low)) / 2);
  // A level's label stands under its line, and what hangs from the top over it.
  const room = (end: number) => (levels.some(({ y }) => y === end) ? 0.15 * (high - low) : 0);
  return [low - Math.max(margin, room(low)), high + Math.max(margin, room(high))];
}

/** `NaN @ 3 · z17`: value, iteration and, where this is the first of the run, the tensor. */
export function remarkOf(trace: Trace): (value: number, iteration: number) => string {
  return (value, iteration) => {
    if (value === -Infinity) return `0 @ ${formatCount(iteration)}`;
    const first = trace.firstNonFinite;
    const tensor = first && first.iteration === iteration ? ` · ${first.tensor}` : '';
    return `${nonFiniteName(value)} @ ${formatCount(iteration)}${tensor}`;
  };
}

function runStyle(r: number, extra: Partial<SeriesStyle> = {}): SeriesStyle {
  return { label: `Run ${runName(r)}`, color: runColor(r), width: 1.6, dash: runDash(r), tag: runName(r), ...extra };
}

/** A run alone needs no letter, and has the colour that says nothing about it. */
export function styleAmong(traces: readonly Trace[], r: number, extra: Partial<SeriesStyle> = {}): SeriesStyle {
  if (traces.length > 1) return runStyle(r, extra);
  const { tag: _, ...style } = runStyle(1, { dash: [], ...extra, label: 'Run' });
  return style;
}

export function lossFrame(state: ChartView, traces: readonly Trace[]): Frame {
  const lines = traces.map(
    (trace, run): Line => ({
      run,
      style: styleAmong(traces, run),
      values: trace.scalars.loss.view(),
      position: Math.log10,
      remark: remarkOf(trace),
    }),
  );
  const levels = baselineLevels(state, ({ loss }) => (loss !== undefined && loss > 0 ? Math.log10(loss) : undefined));
  return frame(state, traces, lines, { y: 'log', levels: () => levels });
}

/** Known results as levels: of a task that all runs have once, else under each run's letter. */
function baselineLevels(
  { baselines, experiments }: ChartView,
  position: (baseline: Baseline) => number | undefined,
): readonly Level[] {
  if (!baselines) return [];
  const isShared = experiments.every(({ task }) => isSame(task, experiments[0].task));
  const level = (baseline: Baseline, prefix: string, color: string): Level[] => {
    const y = position(baseline);
    return y === undefined ? [] : [{ y, label: `${prefix}${baseline.name}`, color, givesWay: true }];
  };
  if (isShared) return baselines[0].flatMap((baseline) => level(baseline, '', '--dim'));
  return baselines.flatMap((own, r) => own.flatMap((baseline) => level(baseline, `${runName(r)} `, runColor(r))));
}

export function normFrame(state: ChartView, traces: readonly Trace[]): Frame {
  const lines = traces.map((trace, run): Line => {
    const values = trace.scalars.log2GradientNorm.view();
    return { run, style: styleAmong(traces, run), values, position: (log2) => log2 * LOG10_2, remark: remarkOf(trace) };
  });
  const clips = clipLevels(state.experiments.slice(0, traces.length));
  return frame(state, traces, [...lines, ...afterClipping(state, traces)], {
    y: 'log',
    levels: (columns) => [...clips, ...libraryLevels(columns.flat())],
  });
}

/** The norms that are left, of runs that clip by them. */
function afterClipping({ experiments }: ChartView, traces: readonly Trace[]): Line[] {
  return traces.flatMap((trace, r): Line[] => {
    const experiment: Experiment | undefined = experiments[r];
    if (!hasClipping(trace, experiment)) return [];
    const { tag: _, ...own } = styleAmong(traces, r);
    const style = { ...own, label: `${own.label}, after clipping`, width: 2, alpha: 0.8, dash: [1, 3] };
    const limit = experiment && 'max' in experiment.clip ? Math.log10(experiment.clip.max) : Number.NaN;
    const isExtended = experiment?.range === 'extended';
    return [
      {
        run: r,
        style,
        values: (isExtended ? log2NormAfterExtended : log2NormAfter).of(trace),
        position: (log2) => (isExtended && log2 === Infinity ? limit : log2 * LOG10_2),
        remark: (value, iteration) =>
          `${value === -Infinity ? '0' : nonFiniteName(value)} after clipping @ ${formatCount(iteration)}`,
      },
    ];
  });
}

/** Where the norm of a float32 library ends, once a norm in view comes near. */
function libraryLevels(log10: readonly Sample[]): Level[] {
  const shown = log10.filter((y) => typeof y === 'number');
  const [end, zero] = [LOG2_OVERFLOW * LOG10_2, LOG2_VANISHING * LOG10_2];
  const level = (y: number, words: string): Level => ({
    y,
    label: `${words} ${(10 ** y).toExponential(1).replace('+', '')}`,
    color: '--dim',
  });
  return [
    ...(shown.some((y) => y >= end - SIGHT) ? [level(end, 'float32 norm ends,')] : []),
    ...(shown.some((y) => y <= zero + SIGHT) ? [level(zero, 'float32 norm is 0 below')] : []),
  ];
}

function clipLevels(experiments: readonly Experiment[]): Level[] {
  // Only a rule that clips the global norm has a level among global norms.
  const maxima = experiments.map(({ clip }) =>
    clip.rule === 'torch_norm' || clip.rule === 'tensorflow_global_norm' ? clip.max : undefined,
  );
  const level = (max: number, label: string, color: string): Level => ({ y: Math.log10(max), label, color });
  const [a] = maxima;
  if (a !== undefined && maxima.every((max) => max === a)) return [level(a, `clip ${formatSetting(a)}`, '--accent')];
  return maxima.flatMap((max, r) =>
    max === undefined ? [] : [level(max, `clip ${runName(r)} ${formatSetting(max)}`, runColor(r))],
  );
}

export function accuracyFrame(state: LabState, traces: readonly Trace[]): Frame {
  const position = (share: number) => share;
  const training = traces.map(({ scalars }, run): Line => {
    const { tag: _, ...style } = runStyle(run, { label: `Run ${runName(run)}, training`, alpha: 0.35, width: 1 });
    return { run, style, values: scalars.accuracy.view(), position };
  });
  const heldOut = traces.map((_, run): Line => {
    return { run, style: runStyle(run, { label: `Run ${runName(run)}, held out`, width: 2, dots: true }), values: [], position };
  });
  const levels = baselineLevels(state, ({ accuracy }) => accuracy);
  return frame(state, traces, training, { y: SHARE_AXIS, levels: () => levels, tests: heldOut });
}
