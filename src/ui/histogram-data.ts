/** From the histograms of a run's records to what is drawn and said of them. */
import { firstIndex } from '../metrics/decimate.ts';
import { formatCount, formatLog2, formatPercent } from '../metrics/format.ts';
import { binStart, countOf, type Histogram, histogramOf, histogramRows } from '../metrics/histogram.ts';
import { BINS, OCTAVES } from '../metrics/layer-series.ts';
import type { LayerRecord } from '../metrics/trace.ts';
import { borders } from './chart-data.ts';
import type { Table } from './frame.ts';
import type { Range } from './state.ts';
import type { IterationScale } from './ticks.ts';

/** Histograms side by side, one a column: shares of the numbers of a weight's gradient. */
export interface HistogramGrid {
  readonly columns: number;
  /** log2 |g| from which the lowest row counts, and rows of two octaves. */
  readonly from: number;
  readonly rows: number;
  /** (columns, rows); 0 where there is none. */
  readonly shares: Float32Array;
  /** By column. */
  readonly zeros: Float32Array;
  readonly infinities: Float32Array;
  readonly nans: Float32Array;
  readonly filled: Uint8Array;
}

/** Fewest rows, so that the first records do not jump. */
const FEWEST_ROWS = 12;
/** Records looked at in a column, but for their zeros and what is not finite, which count in each. */
const MOST_IN_COLUMN = 16;

/** Of one weight over the iterations in view; of several records in a column the largest share of each row. */
export function overIterations(
  records: readonly LayerRecord[],
  weight: number,
  scale: IterationScale,
  range: Range,
  columns: number,
): HistogramGrid {
  const values = borders(scale, range, columns);
  const edges = values.map((x) => firstIndex(records.length, (k) => records[k].iteration >= x));
  // A record counts until the next one, so that rare records leave no holes.
  const gap = records.length > 1 ? records[1].iteration - records[0].iteration : 1;
  const own = Array.from({ length: columns }, (_, p): Histogram[] => {
    const [first, to] = [edges[p], edges[p + 1]];
    const isBetween = first === to;
    if (isBetween && (first === 0 || values[p] >= records[first - 1].iteration + gap)) return [];
    const from = isBetween ? first - 1 : first;
    return records.slice(from, Math.max(to, from + 1)).map(({ histogram }) => histogramOf(histogram, weight));
  });
  return gridOf(own);
}

/** Of each weight at one record. */
export function overWeights({ histogram }: LayerRecord, weights: number): HistogramGrid {
  return gridOf(Array.from({ length: weights }, (_, l) => [histogramOf(histogram, l)]));
}

/** @param histograms of each column */
function gridOf(histograms: readonly (readonly Histogram[])[]): HistogramGrid {
  const columns = histograms.length;
  const shown = histograms.map((own) => (own.length <= MOST_IN_COLUMN ? own : thinned(own)));
  const [from, rows] = rowsOf(shown.flat());
  const shares = new Float32Array(columns * rows);
  const special = () => new Float32Array(columns);
  const [zeros, infinities, nans, filled] = [special(), special(), special(), new Uint8Array(columns)];
  for (const [p, own] of histograms.entries()) {
    if (own.length === 0) continue;
    filled[p] = 1;
    const count = countOf(own[0]);
    for (const each of own) {
      zeros[p] = Math.max(zeros[p], each.zeros / count);
      infinities[p] = Math.max(infinities[p], each.infinities / count);
      nans[p] = Math.max(nans[p], each.nans / count);
    }
    for (const each of shown[p]) {
      const offset = (binStart(each, 0) - from) / OCTAVES;
      for (let n = Math.max(0, -offset); n < BINS && n + offset < rows; n++) {
        const at = p * rows + n + offset;
        shares[at] = Math.max(shares[at], each.bins[n] / count);
      }
    }
  }
  return { columns, from, rows, shares, zeros, infinities, nans, filled };
}

function thinned(own: readonly Histogram[]): Histogram[] {
  return Array.from({ length: MOST_IN_COLUMN }, (_, k) => own[Math.round((k * (own.length - 1)) / (MOST_IN_COLUMN - 1))]);
}

/** The lowest row and how many reach from there to the highest that is not empty, with one more on each side. */
function rowsOf(histograms: readonly Histogram[]): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const each of histograms) {
    for (let n = 0; n < BINS; n++) {
      if (each.bins[n] === 0) continue;
      low = Math.min(low, binStart(each, n));
      high = Math.max(high, binStart(each, n));
    }
  }
  if (low > high) return [-OCTAVES * FEWEST_ROWS, FEWEST_ROWS];
  const rows = Math.max(FEWEST_ROWS, (high - low) / OCTAVES + 3);
  return [high + OCTAVES - OCTAVES * (rows - 1), rows];
}

/** A histogram at one column of a grid's rows, as shares; what lies outside is left out. */
export function barsOf(histogram: Histogram, { from, rows }: Pick<HistogramGrid, 'from' | 'rows'>): Float32Array {
  const count = countOf(histogram);
  return Float32Array.from({ length: rows }, (_, k) => (histogram.bins[(from - histogram.origin) / OCTAVES + k] ?? 0) / count);
}

/** log2 |g| below which half of the numbers lie that are finite and not 0: the middle of their bin. Undefined where there are none. */
export function medianOf(histogram: Histogram): number | undefined {
  const finite = histogram.bins.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const [n, count] of histogram.bins.entries()) {
    below += count;
    if (count > 0 && below >= finite / 2) return binStart(histogram, n) + OCTAVES / 2;
  }
  return undefined;
}

/** `median about 2.4e−5, 1.5e−8 to 0.00098; 0: 3.1 %, NaN: none, ±∞: none` */
export function histogramWords(histogram: Histogram): string {
  const total = countOf(histogram);
  const share = (count: number) => (count === 0 ? 'none' : formatPercent(count / total));
  const rows = histogramRows(histogram).flatMap(([kind, from]) => (kind === 'log2' ? [from ?? 0] : []));
  const median = medianOf(histogram);
  const range =
    median === undefined
      ? 'nothing finite but 0'
      : `median about ${formatLog2(median)}, all within ${formatLog2(Math.min(...rows))} to ${formatLog2(Math.max(...rows) + OCTAVES)}`;
  return `${range}; 0: ${share(histogram.zeros)}, NaN: ${share(histogram.nans)}, ±∞: ${share(histogram.infinities)}`;
}

/** What is not empty of some weights' histograms, number for number, in the columns of an exported trace. */
export function histogramData(
  records: readonly LayerRecord[],
  weights: readonly { readonly name: string; readonly index: number }[],
): Table {
  const rows = records.flatMap(({ iteration, histogram }) =>
    weights.flatMap(({ name, index }) => histogramRows(histogramOf(histogram, index)).map((row) => [iteration, name, ...row])),
  );
  return { columns: ['iteration', 'weight', 'kind', 'log2From', 'count'], rows };
}

const KINDS = { zero: '0', inf: '±∞', nan: 'NaN' } as const;

/** What is not empty, from the largest numbers down, zeros and what is not finite last. */
export function histogramTable(histogram: Histogram): Table {
  const total = countOf(histogram);
  const rows = histogramRows(histogram);
  const finite = rows.filter(([kind]) => kind === 'log2').reverse();
  const others = rows.filter(([kind]) => kind !== 'log2');
  return {
    columns: ['|g|', 'Numbers', 'Share'],
    rows: [...finite, ...others].map(([kind, from, count]) => [
      kind === 'log2' ? `${formatLog2(from ?? 0)} to ${formatLog2((from ?? 0) + OCTAVES)}` : KINDS[kind],
      formatCount(count),
      formatPercent(count / total),
    ]),
  };
}
