/** The profile: one quantity over the layers at one iteration, as a chart, a table and words. */
import { formatCount } from '../metrics/format.ts';
import { fitGrowth } from '../metrics/growth.ts';
import { type Stack, stackOf, stackValues } from '../metrics/stack.ts';
import type { LayerRecord, Trace } from '../metrics/trace.ts';
import { latestFinite } from '../metrics/verdict.ts';
import type { Experiment } from '../model/schema.ts';
import { predictGrowth } from '../theory/prediction.ts';
import { logRange, styleAmong } from './chart-data.ts';
import type { Frame, Sample, SeriesStyle, Table } from './frame.ts';
import { formatLayer, LAYER_QUANTITY, type LayerQuantity, positionOf } from './layer-quantity.ts';
import { RUN_NAMES } from './settings.ts';
import { linearTicks, logTicks } from './ticks.ts';

/** The record a profile shows: the latest finite one, else the latest. */
export function profileRecord(trace: Trace, stack: Stack): LayerRecord | undefined {
  return latestFinite(trace.layers, stack) ?? trace.layers.at(-1);
}

/** Undefined where no run has measured the quantity. */
export function profileFrame(
  experiments: readonly Experiment[],
  traces: readonly Trace[],
  quantity: LayerQuantity,
): Frame | undefined {
  const records = traces.map((trace, r) => profileRecord(trace, stackOf(trace, experiments[r])));
  const { scale, values } = LAYER_QUANTITY[quantity];
  const rows = records.map((record) => (record ? values(record) : new Float32Array(0)));
  const length = Math.max(...rows.map((row) => row.length));
  if (length === 0) return undefined;
  const xs = Array.from({ length }, (_, l) => l);
  const position = positionOf(quantity);
  const measured = rows.map((row) => xs.map((l): Sample => finiteOrNull(position(row[l] ?? Number.NaN))));
  // A plot keeps its number of series: where nothing is fitted the line is empty.
  const fitted = traces.map((trace, r) => fitOf(records[r], quantity, stackOf(trace, experiments[r]), xs));
  const predicted = traces.map((trace, r) =>
    predictedOf(experiments[r], quantity === 'gradient' ? records[r] : undefined, stackOf(trace, experiments[r]).count, xs),
  );
  const yRange = scale === 'log' ? logRange(measured, []) : ([0, 1] as const);
  return {
    styles: [
      ...traces.map((_, r) => styleAmong(traces, r, { dots: true, dotsOnly: true, tagAtStart: true })),
      ...fitted.map((_, r): SeriesStyle => {
        const { color, label } = styleAmong(traces, r);
        return { label: `Fit of ${label.toLowerCase()}`, color, width: 1, alpha: 0.8, dash: [3, 3] };
      }),
      ...traces.map((_, r): SeriesStyle => {
        const { color, label } = styleAmong(traces, r);
        return { label: `Mean field, ${label.toLowerCase()}`, color, width: 2, alpha: 0.45, dash: [1, 4] };
      }),
    ],
    xs,
    columns: [...measured, ...fitted, ...predicted],
    marks: [],
    moments: [],
    levels: [],
    xRange: [0, Math.max(1, length - 1)],
    yRange,
    xTicks: linearTicks(0, Math.max(1, length - 1), 8, String, 1),
    yTicks:
      scale === 'log' ? logTicks(yRange[0], yRange[1], 5) : linearTicks(0, 1, 5, (share) => `${Math.round(100 * share)} %`, 0.01),
  };
}

function finiteOrNull(value: number): Sample {
  return Number.isFinite(value) ? value : null;
}

/** The fitted growth as a line over the hidden layers, or over the steps. */
function fitOf(record: LayerRecord | undefined, quantity: LayerQuantity, stack: Stack, xs: readonly number[]): Sample[] {
  const { first, count } = stack;
  const fit = record && LAYER_QUANTITY[quantity].series === stack.series ? fitGrowth(stackValues(record, stack)) : undefined;
  const position = positionOf(quantity);
  const isInside = (l: number) => l >= first && l < first + count;
  return xs.map((l) => (fit && isInside(l) ? position(fit.log2AtInput - (l - first) * fit.log2PerLayer) : null));
}

/** What mean-field theory predicts for the initial weights, from the measured gradient of the last hidden layer on. */
function predictedOf(experiment: Experiment, record: LayerRecord | undefined, hidden: number, xs: readonly number[]): Sample[] {
  const prediction = record && predictGrowth(experiment);
  if (!prediction || 'reason' in prediction) return xs.map(() => null);
  const layers = experiment.model.kind === 'residual_mlp' ? experiment.model.blocks + 1 : hidden;
  const profile = prediction.log2Profile(layers);
  const anchor = record.log2Dz[layers - 1];
  const position = positionOf('gradient');
  return xs.map((l) => (l < layers ? finiteOrNull(position(anchor + profile[l])) : null));
}

/** Names of the layers of two runs, input side first; `z3 | x3` where both have one and call it otherwise. */
export function sideBySide(a: readonly string[], b: readonly string[]): string[] {
  const longer = a.length >= b.length ? a : b;
  return longer.map((name, l) => (a[l] === b[l] || l >= a.length || l >= b.length ? name : `${a[l]} | ${b[l]}`));
}

/** A value of a profile in words. */
export function profileValue(record: LayerRecord | undefined, quantity: LayerQuantity, layer: number): string {
  const value = record && LAYER_QUANTITY[quantity].values(record)[layer];
  return value === undefined ? '–' : formatLayer(quantity)(value);
}

export function profileTable(
  experiments: readonly Experiment[],
  traces: readonly Trace[],
  quantity: LayerQuantity,
  layers: readonly string[],
): Table {
  const records = traces.map((trace, r) => profileRecord(trace, stackOf(trace, experiments[r])));
  const names = traces.length > 1 ? RUN_NAMES : [LAYER_QUANTITY[quantity].label];
  return {
    columns: ['Layer', ...names.map((name, r) => `${name} @ ${records[r]?.iteration ?? '–'}`)],
    rows: layers.map((layer, l) => [layer, ...records.map((record) => profileValue(record, quantity, l))]),
  };
}

export function summarizeProfile(experiments: readonly Experiment[], traces: readonly Trace[], quantity: LayerQuantity): string {
  const { label, values, ofSteps = false } = LAYER_QUANTITY[quantity];
  return traces
    .map((trace, r) => {
      const run = traces.length > 1 ? `Run ${RUN_NAMES[r]}` : 'The run';
      const stack = stackOf(trace, experiments[r]);
      const record = profileRecord(trace, stack);
      const isStack = LAYER_QUANTITY[quantity].series === stack.series;
      const length = record ? values(record).length : 0;
      const range = isStack ? [stack.first, stack.first + stack.count - 1] : [0, Math.min(stack.count, length) - 1];
      if (!record || length === 0) return `${run}: nothing recorded.`;
      const [start, end] = range.map((l) => profileValue(record, quantity, Math.max(l, 0)));
      const places = ofSteps ? ['first step', 'last step'] : ['input side', 'last hidden layer'];
      return `${run}, ${label} at iteration ${formatCount(record.iteration)}: ${start} at the ${places[0]}, ${end} at the ${places[1]}.`;
    })
    .join(' ');
}
