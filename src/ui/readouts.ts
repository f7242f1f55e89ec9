/** What charts say in words and numbers: read-outs at the crosshair, summaries for those who cannot see them, data tables. */
import { html, type TemplateResult } from 'lit';
import { firstIndex, lowerBound } from '../metrics/decimate.ts';
import { formatCount, formatLog2, formatNumber, formatPercent } from '../metrics/format.ts';
import { libraryNorm } from '../metrics/library-norm.ts';
import type { LayerRecord, Trace } from '../metrics/trace.ts';
import type { Experiment } from '../model/schema.ts';
import type { Table } from './frame.ts';
import { formatLayer, LAYER_QUANTITY, type LayerQuantity } from './layer-quantity.ts';
import { formatRunValue, isMeasured, RUN_QUANTITY, type RunQuantity } from './run-quantity.ts';
import { runColor, runName } from './runs.ts';

export type Quantity = 'loss' | 'accuracy' | RunQuantity;
/** Rows of a data table: enough to follow a curve, few enough to read. */
const TABLE_ROWS = 60;
/** Values of more runs than this take several lines. */
const ONE_LINE = 4;
/** Of float32. */
const SMALLEST_NORMAL = 2 ** -126;

const RECORDED = { loss: 'loss', norm: 'log2GradientNorm', accuracy: 'accuracy' } as const;
const FORMATS = { loss: formatNumber, norm: formatLog2, accuracy: formatPercent } as const;

/**
 * A quantity of one run at an iteration as text; `–` where it was not recorded.
 *
 * @param experiment the run's, where it is known: what a library would have made of a norm depends on its range
 */
export function valueAt(trace: Trace, quantity: Quantity, iteration: number, experiment?: Experiment): string {
  const index = lowerBound(trace.scalars.iteration.view(), iteration);
  if (index >= trace.length) return '–';
  if (quantity !== 'loss' && quantity !== 'norm' && quantity !== 'accuracy') {
    return isMeasured(quantity, trace, experiment) ? formatRunValue(quantity)(RUN_QUANTITY[quantity].values(trace)[index]) : '–';
  }
  const value = trace.scalars[RECORDED[quantity]].at(index);
  if (quantity === 'loss') return lossText(value, experiment);
  const text = FORMATS[quantity](value);
  if (quantity !== 'norm') return text;
  return `${text}${libraryWords(value, experiment)}${clippedWords(value, trace.scalars.clipCoefficient.at(index), experiment)}`;
}

/** A loss; of a text also in bits a character, as character models are compared. */
export function lossText(loss: number, experiment: Experiment | undefined): string {
  const text = formatNumber(loss);
  const isText = experiment?.task.name === 'austen' && experiment.loss === 'cross_entropy' && Number.isFinite(loss);
  return isText ? `${text} (${formatNumber(loss / Math.LN2)} bits)` : text;
}

/** ` (library: ∞)` behind a finite norm of which float32's sum of squares overflows, in a run that clips as the library does. */
function libraryWords(log2: number, experiment: Experiment | undefined): string {
  if (experiment?.range !== 'ieee' || !Number.isFinite(log2)) return '';
  const norm = libraryNorm(log2);
  return norm === Infinity ? ' (library: ∞)' : norm === 0 ? ' (library: 0)' : '';
}

/** ` → 1.00`: what is left of the norm, in words where the coefficient has made the step zero or NaN. */
function clippedWords(log2: number, coefficient: number, experiment: Experiment | undefined): string {
  if (Number.isNaN(log2) || coefficient >= 1) return '';
  if (Number.isNaN(coefficient) || log2 === Infinity) return ' → NaN';
  if (experiment?.range === 'extended' && coefficient < SMALLEST_NORMAL) {
    // The device multiplies by a scale and a power of two; their product, which is recorded, lies below float32.
    return 'max' in experiment.clip ? ` → ${formatNumber(experiment.clip.max)}` : '';
  }
  return coefficient === 0 ? ' → 0 (silent zero step)' : ` → ${formatLog2(log2 + Math.log2(coefficient))}`;
}

/** Latest iteration that any run has recorded. */
export function latestIteration(traces: readonly Trace[]): number {
  return Math.max(0, ...traces.map((trace) => (trace.length === 0 ? 0 : trace.scalars.iteration.at(trace.length - 1))));
}

export function readout(
  traces: readonly Trace[],
  hover: number | undefined,
  value: (trace: Trace, iteration: number, run: number) => string,
): TemplateResult {
  const iteration = hover ?? latestIteration(traces);
  return readings(
    `@ ${formatCount(iteration)}`,
    traces.map((trace, r) => value(trace, iteration, r)),
  );
}

/** A place and what every run has there; of many runs in cells of one width, so that a chart does not jump as digits come and go. */
export function readings(place: string, values: readonly string[]): TemplateResult {
  if (values.length <= ONE_LINE)
    return html`${place}${values.map((value, r) => html` &nbsp;<span>${runLetter(r)} ${value}</span>`)}`;
  // What clipping or a library made of a value is for those who ask for all values.
  const short = (value: string) => value.replace(/ [→(].*/, '');
  return html`<div class="cells"><span>${place}</span>${values.map((value, r) => html`<span>${runLetter(r)} ${short(value)}</span>`)}</div>`;
}

/** A run's letter in its colour. */
export function runLetter(run: number): TemplateResult {
  return html`<b style="color: var(${runColor(run)})">${runName(run)}</b>`;
}

/** The latest held-out result up to an iteration. */
export function heldOut(trace: Trace, iteration: number): string {
  const test = trace.tests.findLast((record) => record.iteration <= iteration);
  return test ? formatPercent(test.accuracy) : '–';
}

export function summarize(experiments: readonly Experiment[], traces: readonly Trace[], quantity: Quantity): string {
  const value = (r: number, iteration: number) => valueAt(traces[r], quantity, iteration, experiments[r]);
  const summaries = traces.map((trace, r) => {
    const name = runName(r);
    if (trace.length === 0) return `Run ${name}: nothing recorded.`;
    const last = trace.scalars.iteration.at(trace.length - 1);
    const broken = trace.firstNonFinite
      ? `, first not finite at iteration ${trace.firstNonFinite.iteration} in ${trace.firstNonFinite.tensor}`
      : '';
    return `Run ${name} from ${value(r, 0)} at iteration 0 to ${value(r, last)} at iteration ${last}${broken}.`;
  });
  return summaries.join(' ');
}

/** Evenly spaced iterations, always with the first, the last and each run's first non-finite one. */
export function sampled(traces: readonly Trace[]): number[] {
  const last = latestIteration(traces);
  const step = Math.max(1, Math.ceil((last + 1) / TABLE_ROWS));
  const wanted = new Set<number>([
    last,
    ...traces.flatMap(({ firstNonFinite }) => (firstNonFinite ? [firstNonFinite.iteration] : [])),
  ]);
  for (let i = 0; i <= last; i += step) wanted.add(i);
  return [...wanted].sort((a, b) => a - b);
}

export function scalarTable(experiments: readonly Experiment[], traces: readonly Trace[], quantity: Quantity): Table {
  const rows = sampled(traces).map((iteration) => [
    formatCount(iteration),
    ...traces.map((trace, r) => valueAt(trace, quantity, iteration, experiments[r])),
  ]);
  return { columns: ['Iteration', ...traces.map((_, r) => runName(r))], rows };
}

export function accuracyTable(traces: readonly Trace[]): Table {
  const tested = traces.flatMap((trace) => trace.tests.map(({ iteration }) => iteration));
  const iterations = [...new Set([...sampled(traces), ...tested])].sort((a, b) => a - b);
  const exact = (trace: Trace, iteration: number) => {
    const test = trace.tests.find((record) => record.iteration === iteration);
    return test ? formatPercent(test.accuracy) : '';
  };
  const rows = iterations.map((iteration) => [
    formatCount(iteration),
    ...traces.flatMap((trace) => [valueAt(trace, 'accuracy', iteration), exact(trace, iteration)]),
  ]);
  const heads = traces.flatMap((_, r) => [`${runName(r)} training`, `${runName(r)} held out`]);
  return { columns: ['Iteration', ...heads], rows };
}

/**
 * What was recorded, number for number: of norms their log2, which no file format bounds.
 *
 * @param nameOf the runs in the heads
 */
export function seriesData(traces: readonly Trace[], quantity: Quantity, nameOf: (run: number) => string = runName): Table {
  const columns = traces.map((trace) => ({
    iterations: trace.scalars.iteration.view(),
    values:
      quantity === 'loss' || quantity === 'accuracy' ? trace.scalars[quantity].view() : RUN_QUANTITY[quantity].values(trace),
    tests: new Map(quantity === 'accuracy' ? trace.tests.map(({ iteration, accuracy }) => [iteration, accuracy]) : []),
  }));
  const isLog = quantity !== 'loss' && quantity !== 'accuracy' && RUN_QUANTITY[quantity].scale === 'log';
  const label = quantity === 'loss' || quantity === 'accuracy' ? quantity : RUN_QUANTITY[quantity].label.toLowerCase();
  const heads = traces.flatMap((_, r) => [
    `${nameOf(r)} ${isLog ? 'log2 ' : ''}${label}`,
    ...(quantity === 'accuracy' ? [`${nameOf(r)} held out`] : []),
  ]);
  const rows = new Map<number, (number | null)[]>();
  const width = heads.length / Math.max(1, traces.length);
  const put = (iteration: number, at: number, value: number) => {
    const row = rows.get(iteration) ?? new Array<number | null>(heads.length).fill(null);
    row[at] = value;
    rows.set(iteration, row);
  };
  for (const [r, { iterations, values, tests }] of columns.entries()) {
    iterations.forEach((iteration, i) => {
      put(iteration, r * width, values[i]);
    });
    for (const [iteration, accuracy] of tests) put(iteration, r * width + 1, accuracy);
  }
  const ordered = [...rows].sort(([a], [b]) => a - b);
  return { columns: ['iteration', ...heads], rows: ordered.map(([iteration, row]) => [iteration, ...row]) };
}

/** Every record of a map's quantity, number for number: of norms log2. @param offset as of `mapTable` */
export function mapData({ layers }: Trace, quantity: LayerQuantity, names: readonly string[], offset = 0): Table {
  const { values } = LAYER_QUANTITY[quantity];
  return {
    columns: ['iteration', ...names],
    rows: layers.map((record) => {
      const own = values(record);
      return [record.iteration, ...names.map((_, l) => own[offset + l])];
    }),
  };
}

/** The record that holds at an iteration: the latest one not after it. */
export function recordAt({ layers }: Trace, iteration: number): LayerRecord | undefined {
  const index = firstIndex(layers.length, (k) => layers[k].iteration > iteration);
  return layers[index - 1];
}

/** Columns of a map's table: steps, of which there may be hundreds, are thinned out. */
const TABLE_COLUMNS = 120;

/** @param offset index of the first name's value in the record's series */
export function mapTable({ layers }: Trace, quantity: LayerQuantity, names: readonly string[], offset = 0): Table {
  const step = Math.max(1, Math.ceil(layers.length / TABLE_ROWS));
  const records = layers.filter((_, k) => k % step === 0);
  const { values } = LAYER_QUANTITY[quantity];
  const stride = Math.ceil(names.length / TABLE_COLUMNS);
  const shown = [...names.keys()].filter((l) => l % stride === 0 || l === names.length - 1);
  const text = formatLayer(quantity);
  return {
    columns: ['Iteration', ...shown.map((l) => names[l])],
    rows: records.map((record) => [formatCount(record.iteration), ...shown.map((l) => text(values(record)[offset + l]))]),
  };
}
