/** The profile: one quantity over the layers, or the steps, at one iteration, as a chart, a table and words. */
import { formatCount, formatFactor, nonFiniteName } from '../metrics/format.ts';
import { fitGrowth, type Growth } from '../metrics/growth.ts';
import { type Stack, stackOf, stackValues } from '../metrics/stack.ts';
import type { LayerRecord, Trace } from '../metrics/trace.ts';
import { latestFinite } from '../metrics/verdict.ts';
import type { Experiment } from '../model/schema.ts';
import { predictGrowth } from '../theory/prediction.ts';
import { predictionOf } from '../theory/recurrent-experiment.ts';
import { logRange, styleAmong, zeroOf } from './chart-data.ts';
import type { EdgeMark, Frame, Sample, SeriesStyle, Table } from './frame.ts';
import { type Curve, curveName, curvesOf } from './layer-parts.ts';
import { formatLayer, LAYER_QUANTITY, type LayerQuantity, linearAxis, mayBeNone, positionOf } from './layer-quantity.ts';
import { recordAt } from './readouts.ts';
import { usualRatio } from './run-quantity.ts';
import { runName } from './runs.ts';
import { linearTicks, logTicks } from './ticks.ts';

/** What a profile is of. */
export interface ProfileView {
  readonly experiments: readonly Experiment[];
  readonly traces: readonly Trace[];
  readonly quantity: LayerQuantity;
  /** Recurrent layer whose steps are shown; by default the last. */
  readonly part?: number | undefined;
  /** Runs without curves. */
  readonly hidden?: readonly number[];
  /** Iteration of the crosshair, where it is over a chart of iterations. */
  readonly at?: number | undefined;
}

/** The record a profile shows: that at the crosshair; without one the latest that is finite, else the latest. */
export function profileRecord(trace: Trace, stack: Stack, at?: number): LayerRecord | undefined {
  if (at !== undefined) return recordAt(trace, at);
  return latestFinite(trace.layers, stack) ?? trace.layers.at(-1);
}

/** Steps from which on dots would run into each other. */
const MOST_DOTS = 50;
/** How the curves of a layer's gates are told apart, besides by their letters. */
const GATE_DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3]];

/** Undefined where no run has measured the quantity. */
export function profileFrame({ experiments, traces, quantity, part, hidden = [], at }: ProfileView): Frame | undefined {
  const records = traces.map((trace, r) => profileRecord(trace, stackOf(trace, experiments[r]), at));
  const { scale, values, ofSteps = false } = LAYER_QUANTITY[quantity];
  const curves = traces.map((trace, r) => curvesOf(quantity, trace, experiments[r], part));
  const rows = curves.flatMap((own, r) => {
    const record = records[r];
    const drawn: readonly (Curve | undefined)[] = own.length > 0 ? own : [undefined];
    return drawn.map((curve) => ({ r, curve, row: record && curve ? slice(values(record), curve) : new Float32Array(0) }));
  });
  const length = Math.max(...rows.map(({ row }) => row.length));
  if (length === 0) return undefined;
  const xs = Array.from({ length }, (_, l) => l);
  const position = positionOf(quantity);
  const found = rows.map(({ row }) => xs.map((l): Sample => sampleOf(position(row[l] ?? Number.NaN), scale === 'log')));
  // A plot keeps its number of series: where nothing is fitted the line is empty.
  const stacks = traces.map((trace, r) => shownStack(trace, experiments[r], quantity, curves[r][0]));
  const fitted = stacks.map((stack, r) => fitLine(fitOf(records[r], stack), stack?.count ?? 0, xs));
  const predicted = stacks.map((stack, r) => predictedOf(experiments[r], stack && records[r], stack, xs));
  const isBelow = found.some((column) => column.some((y) => typeof y === 'number' && y < 0));
  const linear = linearAxis(quantity, isBelow);
  const levels = quantity === 'ratio' ? [usualRatio()] : [];
  const finite = scale === 'log' ? logRange(found, levels) : linear.range;
  const zero = zeroOf(found, finite[0]);
  const measured = zero?.columns ?? found;
  const yRange = zero === undefined ? finite : ([zero.at - 0.06 * (finite[1] - zero.at), finite[1]] as const);
  const styleOf = ({ r, curve }: (typeof rows)[number]): SeriesStyle => {
    if (!ofSteps) return styleAmong(traces, r, { dots: true, dotsOnly: true, tagAtStart: true });
    const gate = curve?.gate ?? '';
    const place =
      gate === ''
        ? 0
        : Math.max(
            0,
            curves[r].findIndex((other) => other.gate === gate),
          );
    const tag = `${traces.length > 1 ? runName(r) : ''}${gate}`;
    const dots = gate === '' && length <= MOST_DOTS;
    const line = dots ? { dots, dotsOnly: true } : { width: gate === '' ? 2 : 1.4, alpha: gate === '' ? 0.6 : 1 };
    const dash = GATE_DASHES[place].length > 0 ? { dash: GATE_DASHES[place] } : {};
    return { ...styleAmong(traces, r), ...line, ...dash, tag, tagAtStart: true };
  };
  const isShown = [...rows.map(({ r }) => r), ...traces.keys(), ...traces.keys()].map((r) => !hidden.includes(r));
  return {
    styles: [
      ...rows.map(styleOf),
      ...fitted.map((_, r): SeriesStyle => {
        const { color, label } = styleAmong(traces, r);
        return { label: `Fit of ${label.toLowerCase()}`, color, width: 1, alpha: 0.8, dash: [3, 3] };
      }),
      ...traces.map((_, r): SeriesStyle => {
        const { color, label } = styleAmong(traces, r);
        return { label: `Mean field, ${label.toLowerCase()}`, color, width: 2, alpha: 0.45, dash: [1, 4] };
      }),
    ].filter((_, k) => isShown[k]),
    xs,
    columns: [...measured, ...fitted, ...predicted].filter((_, k) => isShown[k]),
    marks: rows
      .filter(({ r }) => !hidden.includes(r))
      .flatMap(({ row }, series) => (mayBeNone(quantity) ? [] : brokenMarks(row, series, ofSteps ? 'step' : 'layer', position))),
    moments: [],
    levels,
    xRange: [0, Math.max(1, length - 1)],
    yRange,
    xTicks: linearTicks(0, Math.max(1, length - 1), 8, String, 1),
    yTicks: [
      ...(zero ? [{ at: zero.at, label: '0' }] : []),
      ...(scale === 'log' ? logTicks(finite[0], yRange[1], 5) : linear.ticks),
    ],
  };
}

/** A triangle where numbers that no axis can show begin; the first says how far they reach. */
function brokenMarks(row: Float32Array, series: number, unit: string, position: (value: number) => number): EdgeMark[] {
  const isBroken = (l: number) => l in row && !Number.isFinite(position(row[l])) && row[l] !== Number.NEGATIVE_INFINITY;
  const starts = [...row.keys()].filter((l) => isBroken(l) && !isBroken(l - 1));
  return starts.map((l, k) => {
    let last = l;
    while (isBroken(last + 1)) last += 1;
    const where = last > l ? `${unit}s ${l} to ${last}` : `${unit} ${l}`;
    return { x: l, series, edge: 'top', label: k === 0 ? `${nonFiniteName(row[l])}, ${where}` : '' };
  });
}

function slice(values: Float32Array, { first, count }: Curve): Float32Array {
  return values.subarray(first, first + count);
}

/** What the growth of the shown quantity is fitted over; undefined where it is not one that is fitted. */
function shownStack(trace: Trace, experiment: Experiment, quantity: LayerQuantity, curve: Curve | undefined): Stack | undefined {
  const stack = stackOf(trace, experiment);
  if (LAYER_QUANTITY[quantity].series !== stack.series) return undefined;
  return stack.unit === 'step' && curve ? { ...stack, first: curve.first, count: curve.count } : stack;
}

/** An exact zero keeps its place below a log axis. */
function sampleOf(value: number, keepsZero: boolean): Sample {
  return keepsZero && value === Number.NEGATIVE_INFINITY ? value : finiteOrNull(value);
}

function finiteOrNull(value: number): Sample {
  return Number.isFinite(value) ? value : null;
}

function fitOf(record: LayerRecord | undefined, stack: Stack | undefined): Growth | undefined {
  return record && stack && fitGrowth(stackValues(record, stack));
}

/** The fitted growth as a line over the hidden layers, or over the steps. */
function fitLine(fit: Growth | undefined, count: number, xs: readonly number[]): Sample[] {
  const position = positionOf('gradient');
  return xs.map((l) => (fit && l < count ? position(fit.log2AtInput - l * fit.log2PerLayer) : null));
}

/** The growth per step of the steps that are shown, `×0.93 ± 0.01 a step`; empty for layers, and where nothing can be fitted. */
export function fitWords({ experiments, traces, quantity, part, at }: ProfileView, run: number): string {
  const [trace, experiment] = [traces[run], experiments[run]];
  const [curve] = curvesOf(quantity, trace, experiment, part);
  const stack = shownStack(trace, experiment, quantity, curve);
  if (stack?.unit !== 'step') return '';
  const fit = fitOf(profileRecord(trace, stackOf(trace, experiment), at), stack);
  return fit ? `${formatFactor(fit.factor, fit.standardError)} a step` : '';
}

/** What theory predicts for the initial weights, from the measured gradient of the last hidden layer, or the last step, on. */
function predictedOf(
  experiment: Experiment,
  record: LayerRecord | undefined,
  stack: Stack | undefined,
  xs: readonly number[],
): Sample[] {
  const profile = record && stack && predictedProfile(experiment, stack.count);
  if (!profile) return xs.map(() => null);
  const anchor = record[stack.series][stack.first + profile.length - 1];
  const position = positionOf('gradient');
  return xs.map((l) => (l < profile.length ? finiteOrNull(position(anchor + profile[l])) : null));
}

/** Predicted log2 norms less that of the last. */
function predictedProfile(experiment: Experiment, count: number): ArrayLike<number> | undefined {
  const { model } = experiment;
  if (model.kind === 'recurrent') {
    const prediction = predictionOf(experiment);
    // Of gated cells theory knows one path of several.
    if ('reason' in prediction || prediction.kind === 'gated') return undefined;
    return Float64Array.from({ length: count }, (_, t) => (count - 1 - t) * prediction.log2PerStep);
  }
  const prediction = predictGrowth(experiment);
  if ('reason' in prediction) return undefined;
  return prediction.log2Profile(model.kind === 'residual_mlp' ? model.blocks + 1 : count);
}

/** Names of the layers of several runs, input side first; `z3 | x3` where runs have one and call it otherwise. */
export function sideBySide(runs: readonly (readonly string[])[]): string[] {
  const length = Math.max(0, ...runs.map((names) => names.length));
  return Array.from({ length }, (_, l) => [...new Set(runs.flatMap((names) => names.slice(l, l + 1)))].join(' | '));
}

/** A value of a profile in words. */
export function profileValue(record: LayerRecord | undefined, quantity: LayerQuantity, layer: number): string {
  const value = record && LAYER_QUANTITY[quantity].values(record)[layer];
  return value === undefined ? '–' : formatLayer(quantity)(value);
}

/** The values of a run's curves at a layer or step; of gates each behind its letter. */
export function curveValues(
  record: LayerRecord | undefined,
  quantity: LayerQuantity,
  curves: readonly Curve[],
  at: number,
): string {
  const words = curves.map((curve) => {
    const value = at < curve.count ? profileValue(record, quantity, curve.first + at) : '–';
    return curve.gate === '' ? value : `${curve.gate} ${value}`;
  });
  return words.length > 0 ? words.join('  ') : '–';
}

/** A curve's or a run's values by layer or step, under its name and the iteration of the record. */
interface ProfileColumn {
  readonly head: string;
  readonly values: Float32Array;
}

function profileColumns({ experiments, traces, quantity, part, at: iteration }: ProfileView): readonly ProfileColumn[] {
  const { values, ofSteps = false, label } = LAYER_QUANTITY[quantity];
  return traces.flatMap((trace, r) => {
    const record = profileRecord(trace, stackOf(trace, experiments[r]), iteration);
    const own = record ? values(record) : new Float32Array(0);
    const at = `@ ${record?.iteration ?? '–'}`;
    const run = traces.length > 1 ? runName(r) : '';
    if (!ofSteps) return [{ head: `${run || label} ${at}`, values: own }];
    return curvesOf(quantity, trace, experiments[r], part).map((curve) => ({
      head: `${run}${run ? ' ' : ''}${curveName(curve)} ${at}`,
      values: slice(own, curve),
    }));
  });
}

/** @param layers names of the layers; of quantities along sequences, whose steps are numbered, nothing is asked of them */
export function profileTable(view: ProfileView, layers: readonly string[]): Table {
  const { columns, rows } = profileData(view, layers);
  const text = formatLayer(view.quantity);
  return { columns, rows: rows.map(([place, ...values]) => [place, ...values.map((x) => (x === null ? '–' : text(x)))]) };
}

/** As `profileTable`, number for number: of norms log2. */
export function profileData(view: ProfileView, layers: readonly string[]) {
  const columns = profileColumns(view);
  const { ofSteps = false } = LAYER_QUANTITY[view.quantity];
  const steps = Math.max(0, ...columns.map(({ values }) => values.length));
  const places = ofSteps ? Array.from({ length: steps }, (_, t) => String(t)) : layers;
  const rows = places.map((place, l): readonly [string, ...(number | null)[]] => [
    place,
    ...columns.map(({ values }) => values[l] ?? null),
  ]);
  return { columns: [ofSteps ? 'Step' : 'Layer', ...columns.map(({ head }) => head)], rows };
}

export function summarizeProfile(view: ProfileView): string {
  const { experiments, traces, quantity, part, at } = view;
  const { label, values, ofSteps = false } = LAYER_QUANTITY[quantity];
  return traces
    .map((trace, r) => {
      const run = traces.length > 1 ? `Run ${runName(r)}` : 'The run';
      const stack = stackOf(trace, experiments[r]);
      const record = profileRecord(trace, stack, at);
      const length = record ? values(record).length : 0;
      if (!record || length === 0) return `${run}: nothing recorded.`;
      const what = `${run}, ${label} at iteration ${formatCount(record.iteration)}`;
      if (ofSteps) {
        const curves = curvesOf(quantity, trace, experiments[r], part);
        const fit = fitWords(view, r);
        const last = Math.max(0, ...curves.map(({ count }) => count - 1));
        const ends = [0, last].map((t) => curveValues(record, quantity, curves, t));
        return `${what}, ${curves[0]?.name ?? ''}: ${ends[0]} at step 0, ${ends[1]} at step ${last}${fit ? `, ${fit}` : ''}.`;
      }
      const isStack = LAYER_QUANTITY[quantity].series === stack.series;
      const range = isStack ? [stack.first, stack.first + stack.count - 1] : [0, Math.min(stack.count, length) - 1];
      const [start, end] = range.map((l) => profileValue(record, quantity, Math.max(l, 0)));
      return `${what}: ${start} at the input side, ${end} at the last hidden layer.`;
    })
    .join(' ');
}
