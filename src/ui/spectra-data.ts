/** Spectral radius and largest singular value of recurrent weights, as a chart and a table. */
import { formatCount, formatNumber } from '../metrics/format.ts';
import type { TestRecord } from '../metrics/trace.ts';
import { type ChartView, iterationScale, logRange, momentsOf, styleAmong } from './chart-data.ts';
import type { EdgeMark, Frame, Sample, SeriesStyle, Table } from './frame.ts';
import { runName } from './runs.ts';
import type { Range } from './state.ts';
import { type IterationScale, logTicks } from './ticks.ts';

type Tested = { readonly tests: readonly TestRecord[] };

/** One recurrent matrix of one run and its evaluations. */
export interface Matrix {
  readonly run: number;
  /** `h0`, `h0.f`. */
  readonly name: string;
  readonly points: readonly { readonly iteration: number; readonly radius: number; readonly sigma: number }[];
}

/** The recurrent matrices of all runs. */
export function matricesOf(runs: readonly Tested[]): readonly Matrix[] {
  return runs.flatMap(({ tests }, run) => {
    const names = tests.find(({ spectra }) => spectra.length > 0)?.spectra.map(({ matrix }) => matrix) ?? [];
    return names.map((name) => ({
      run,
      name,
      points: tests.flatMap(({ iteration, spectra }) => {
        const found = spectra.find(({ matrix }) => matrix === name);
        return found ? [{ iteration, radius: found.radius, sigma: found.sigma }] : [];
      }),
    }));
  });
}

export type SpectrumValue = 'radius' | 'sigma';

/** A triangle for each number that a log axis cannot show; the first says what it is. */
function brokenMarks(points: Matrix['points'], series: number, value: SpectrumValue, scale: IterationScale): EdgeMark[] {
  const broken = points.filter((point) => !Number.isFinite(Math.log10(point[value])));
  return broken.map((point, k) => ({
    x: scale.position(point.iteration),
    series,
    edge: point[value] === 0 ? 'bottom' : 'top',
    label: k === 0 ? `${formatNumber(point[value])} @ ${formatCount(point.iteration)}` : '',
  }));
}

const layerOf = (name: string) => name.replace(/\..*/, '');

/**
 * One of both values over the iterations, a curve for each matrix of the last layer; undefined without any.
 *
 * @param view what of the iterations is in view, as in all charts over them
 */
export function spectraFrame(
  runs: readonly Tested[],
  value: SpectrumValue,
  view: Pick<ChartView, 'logIterations' | 'marks' | 'hidden'>,
  range: Range,
): Frame | undefined {
  const all = matricesOf(runs).filter(({ run }) => !view.hidden?.includes(run));
  // Of several layers the last: a curve for each matrix of all of them could not be told apart.
  const lastOf = (run: number) => layerOf(all.findLast((matrix) => matrix.run === run)?.name ?? '');
  const matrices = all.filter(({ run, name }) => layerOf(name) === lastOf(run));
  const iterations = [...new Set(matrices.flatMap(({ points }) => points.map(({ iteration }) => iteration)))].sort(
    (a, b) => a - b,
  );
  if (iterations.length === 0) return undefined;
  const scale = iterationScale(view);
  const columns = matrices.map(({ points }) => {
    const at = new Map(points.map((point) => [point.iteration, Math.log10(point[value])]));
    return iterations.map((iteration): Sample => {
      const y = at.get(iteration);
      return y === undefined ? undefined : Number.isFinite(y) ? y : null;
    });
  });
  const levels = [{ y: 0, label: '1', color: '--dim' }];
  const yRange = logRange(columns, levels);
  return {
    styles: matrices.map(({ run, name }): SeriesStyle => {
      const { tag: _, ...style } = styleAmong([...runs] as never, run, { dots: true });
      return {
        ...style,
        label: `Run ${runName(run)}, ${name}`,
        tag: `${runName(run)}${name.slice(layerOf(name).length + 1)}`,
      };
    }),
    xs: iterations.map(scale.position),
    columns,
    marks: matrices.flatMap(({ points }, series) => brokenMarks(points, series, value, scale)),
    moments: momentsOf(view, scale),
    levels,
    xRange: [scale.position(range[0]), scale.position(range[1])],
    yRange,
    xTicks: scale.ticks(range[0], range[1], 4),
    yTicks: logTicks(yRange[0], yRange[1], 4),
  };
}

/** Every evaluation, a column for each matrix and value. */
export function spectraTable(runs: readonly Tested[]): Table {
  const { columns, rows } = spectraData(runs);
  const text = ([iteration, ...values]: readonly (number | null)[]) => [
    formatCount(iteration ?? 0),
    ...values.map((value) => (value === null ? '' : formatNumber(value))),
  ];
  return { columns, rows: rows.map(text) };
}

/** As `spectraTable`, number for number. */
export function spectraData(runs: readonly Tested[]) {
  const matrices = matricesOf(runs);
  const xs = [...new Set(matrices.flatMap(({ points }) => points.map(({ iteration }) => iteration)))].sort((a, b) => a - b);
  return {
    columns: ['Iteration', ...matrices.flatMap(({ run, name }) => [`${runName(run)} ρ ${name}`, `${runName(run)} σ ${name}`])],
    rows: xs.map((x) => [
      x,
      ...matrices.flatMap(({ points }): (number | null)[] => {
        const point = points.find(({ iteration }) => iteration === x);
        return point ? [point.radius, point.sigma] : [null, null];
      }),
    ]),
  };
}

/** The latest value of every matrix in words. */
export function spectraWords(runs: readonly Tested[], value: SpectrumValue): string {
  return matricesOf(runs)
    .map(({ run, name, points }) => `${runName(run)} ${name} ${formatNumber(points.at(-1)?.[value] ?? Number.NaN)}`)
    .join(', ');
}
