/** Histograms of log2 |g|: how the numbers of a weight's gradient are spread over the exponents. */

import { HISTOGRAM_HEAD, HISTOGRAM_WORDS, OCTAVES } from './layer-series.ts';

/** Of the gradient of one weight before clipping. */
export interface Histogram {
  /** log2 |g| from which the first bin counts: even, −150 but for gradients that have an exponent of their own. */
  readonly origin: number;
  readonly zeros: number;
  readonly nans: number;
  /** Of either sign. */
  readonly infinities: number;
  /** How many numbers have origin + 2 n ≤ log2 |g| < origin + 2 n + 2. */
  readonly bins: Float32Array;
}

/** One weight's part of the series `histogram` of a record. */
export function histogramOf(words: Float32Array, weight: number): Histogram {
  const own = words.subarray(weight * HISTOGRAM_WORDS, (weight + 1) * HISTOGRAM_WORDS);
  const [origin, zeros, nans, infinities] = own;
  return { origin, zeros, nans, infinities, bins: own.subarray(HISTOGRAM_HEAD) };
}

/** The series `histogram` of a record, weight by weight. */
export function histogramsOf(words: Float32Array): Histogram[] {
  return Array.from({ length: words.length / HISTOGRAM_WORDS }, (_, l) => histogramOf(words, l));
}

/** log2 |g| from which a bin counts. */
export function binStart({ origin }: Histogram, n: number): number {
  return origin + OCTAVES * n;
}

/** How many numbers were counted: those of the weight. */
export function countOf({ zeros, nans, infinities, bins }: Histogram): number {
  return bins.reduce((sum, count) => sum + count, zeros + nans + infinities);
}

/** What a row of a table of histograms counts: `log2` numbers from 2^from on, or those that have no logarithm. */
export type HistogramRow = readonly [kind: 'log2' | 'zero' | 'nan' | 'inf', from: number | null, count: number];

/** What is not empty, as rows. */
export function histogramRows(histogram: Histogram): HistogramRow[] {
  const { zeros, nans, infinities, bins } = histogram;
  const rows: HistogramRow[] = [
    ['zero', null, zeros],
    ...Array.from(bins, (count, n): HistogramRow => ['log2', binStart(histogram, n), count]),
    ['inf', null, infinities],
    ['nan', null, nans],
  ];
  return rows.filter(([, , count]) => count > 0);
}
