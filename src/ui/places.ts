/** One quantity of the layers, or the steps, at the first, the middle and the last of them, over the iterations. */
import { lowerBound } from '../metrics/decimate.ts';
import { formatCount } from '../metrics/format.ts';
import type { LayerRecord, Trace } from '../metrics/trace.ts';
import type { Experiment } from '../model/schema.ts';
import { type ChartView, frame, type Line, type LinearAxis, remarkOf, styleAmong } from './chart-data.ts';
import type { Frame, SeriesStyle, Table } from './frame.ts';
import { curveName, curvesOf, mapCurve } from './layer-parts.ts';
import { formatLayer, LAYER_QUANTITY, linearAxis, mayBeNone, positionOf } from './layer-quantity.ts';
import { latestIteration, recordAt, sampled } from './readouts.ts';
import { usualRatio } from './run-quantity.ts';
import { runName } from './runs.ts';
import type { LabState } from './state.ts';

/** What a chart of places is of: what the profile and the map show. */
export type PlacesView = ChartView & Pick<LabState, 'quantity' | 'looks' | 'summaries'>;

export interface Place {
  /** `z0`, `h0[99]`, `h0.f[99]`. */
  readonly name: string;
  /** Index in the record's series. */
  readonly at: number;
}

/** How the curves of a run are told apart, besides by their names. */
const LOOK = {
  first: { width: 2.2, alpha: 1 },
  middle: { width: 1.5, alpha: 0.75 },
  last: { width: 0.9, alpha: 0.75 },
};

/** The first, the middle and the last layer, or step; fewer where there are fewer, none where nothing is measured. */
export function placesOf({ quantity, looks, experiments, summaries }: PlacesView, trace: Trace, run: number): readonly Place[] {
  const experiment: Experiment | undefined = experiments[run];
  const curve = experiment && mapCurve(curvesOf(quantity, trace, experiment, looks.part), looks.gate);
  if (!curve || curve.count === 0) return [];
  const names = summaries?.[run] ? LAYER_QUANTITY[quantity].names(summaries[run]) : [];
  const last = curve.count - 1;
  return [...new Set([0, last >> 1, last])].map((place) => {
    const at = curve.first + place;
    return { at, name: names[at] ?? `${curveName(curve) || 'layer '}${place}` };
  });
}

/** Undefined where no run has measured the quantity. */
export function placesFrame(view: PlacesView, traces: readonly Trace[]): Frame | undefined {
  const { quantity } = view;
  const { scale, values } = LAYER_QUANTITY[quantity];
  const iterations = recordedIterations(traces);
  const lines = traces.flatMap((trace, run) => {
    const records = held(trace, iterations).map(values);
    const places = placesOf(view, trace, run);
    const own = styleAmong(traces, run);
    const remark = mayBeNone(quantity) ? {} : { remark: once(remarkOf(trace)) };
    return places.map(({ name, at }, k): Line => {
      const style: SeriesStyle = {
        ...own,
        label: `${own.label}, ${name}`,
        tag: traces.length === 1 ? name : `${runName(run)} ${name}`,
        // At the start the curves are smooth, and apart where gradients explode or vanish.
        tagAtStart: true,
        ...LOOK[k === 0 ? 'first' : k < places.length - 1 ? 'middle' : 'last'],
      };
      return {
        run,
        style,
        values: Float32Array.from(records, (record) => record[at]),
        position: positionOf(quantity),
        ...remark,
      };
    });
  });
  if (lines.length === 0 || iterations.length === 0) return undefined;
  const levels = quantity === 'ratio' ? [usualRatio()] : [];
  const isBelow = lines.some((line) => Array.from(line.values).some((value) => value < 0));
  return frame(view, traces, lines, { y: scale === 'log' ? 'log' : axisOf(quantity, isBelow), levels: () => levels, iterations });
}

type Remark = NonNullable<Line['remark']>;

/** The same words at the same iteration stand once, and not at every place of a run. */
function once(remark: Remark): Remark {
  const said = new Set<string>();
  return (value, iteration) => {
    const words = remark(value, iteration);
    if (said.has(words)) return '';
    said.add(words);
    return words;
  };
}

function axisOf(quantity: PlacesView['quantity'], isBelow: boolean): LinearAxis {
  const { range, ticks } = linearAxis(quantity, isBelow);
  return { yRange: range, yTicks: ticks };
}

/** Ascending iterations of which any run has a record. */
function recordedIterations(traces: readonly Trace[]): readonly number[] {
  const all = new Set(traces.flatMap(({ layers }) => layers.map(({ iteration }) => iteration)));
  return [...all].sort((a, b) => a - b);
}

/** The record that holds at each iteration, up to a run's last one; runs may be measured at different intervals. */
function held({ layers }: Trace, iterations: readonly number[]): LayerRecord[] {
  const last = layers.at(-1)?.iteration ?? -1;
  const own = iterations.slice(0, lowerBound(iterations, last + 1));
  let k = 0;
  return own.map((iteration) => {
    while (k + 1 < layers.length && layers[k + 1].iteration <= iteration) k++;
    return layers[k];
  });
}

/** `‖∂L/∂z‖ of z0, z15, z31`, where all runs have these. */
export function placesUnit(view: PlacesView, traces: readonly Trace[]): string {
  const { label, ofSteps } = LAYER_QUANTITY[view.quantity];
  const names = new Set(traces.map((trace, r) => listOf(placesOf(view, trace, r))));
  const [shared = ''] = names;
  return `${label} of ${names.size === 1 && shared !== '' ? shared : `the first, middle and last ${ofSteps ? 'step' : 'layer'}`}`;
}

const listOf = (places: readonly Place[]) => places.map(({ name }) => name).join(', ');

/** `1.2e5 31.0 0.0041`. */
export function placesAt(view: PlacesView, trace: Trace, iteration: number, run: number): string {
  return valuesAt(view, trace, iteration, run).join(' ') || '–';
}

function valuesAt(view: PlacesView, trace: Trace, iteration: number, run: number): string[] {
  const record = recordAt(trace, iteration);
  const { values } = LAYER_QUANTITY[view.quantity];
  const text = formatLayer(view.quantity);
  return record ? placesOf(view, trace, run).map(({ at }) => text(values(record)[at])) : [];
}

export function summarizePlaces(view: PlacesView, traces: readonly Trace[]): string {
  const { label } = LAYER_QUANTITY[view.quantity];
  const last = latestIteration(traces);
  const words = traces.map((trace, r) => {
    const [from, to] = [0, last].map((iteration) => valuesAt(view, trace, iteration, r));
    const changes = placesOf(view, trace, r).map(({ name }, k) => `${name} from ${from[k] ?? '–'} to ${to[k] ?? '–'}`);
    return `Run ${runName(r)}, iteration 0 to ${formatCount(last)}: ${changes.join(', ') || 'nothing recorded'}.`;
  });
  return `${label}. ${words.join(' ')}`;
}

/** Evenly spaced records, a column for each place. */
export function placesTable(view: PlacesView, traces: readonly Trace[]): Table {
  const text = formatLayer(view.quantity);
  const { columns, rows } = placesRows(view, traces, sampled(traces));
  const cell = (value: number | null) => (value === null ? '–' : text(value));
  return { columns, rows: rows.map(([iteration, ...values]) => [formatCount(iteration), ...values.map(cell)]) };
}

/** Every record, number for number: of norms log2. */
export function placesData(view: PlacesView, traces: readonly Trace[]): Table {
  const { label, scale } = LAYER_QUANTITY[view.quantity];
  const { columns, rows } = placesRows(view, traces, recordedIterations(traces));
  const [first, ...names] = columns;
  return { columns: [first, ...names.map((name) => `${name} ${scale === 'log' ? 'log2 ' : ''}${label}`)], rows };
}

function placesRows(view: PlacesView, traces: readonly Trace[], iterations: readonly number[]) {
  const { values } = LAYER_QUANTITY[view.quantity];
  const places = traces.map((trace, r) => placesOf(view, trace, r));
  const cells = (iteration: number) =>
    traces.flatMap((trace, r) => {
      const isRecorded = iteration <= (trace.layers.at(-1)?.iteration ?? -1);
      const record = isRecorded ? recordAt(trace, iteration) : undefined;
      return places[r].map(({ at }) => (record ? values(record)[at] : null));
    });
  return {
    columns: ['iteration', ...places.flatMap((own, r) => own.map(({ name }) => `${runName(r)} ${name}`))],
    rows: iterations.map((iteration): [number, ...(number | null)[]] => [iteration, ...cells(iteration)]),
  };
}
