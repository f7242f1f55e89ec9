/** From numbers to places, colours and words. */
import { formatNumber, formatPercent } from '../metrics/format.ts';

/** Eleven colours of viridis at equal distances; between them it is straight in sRGB to within two steps of 255. */
const VIRIDIS = '440154 482475 414487 355f8d 2a788e 21918c 22a884 44bf70 7ad151 bddf26 fde725'
  .split(' ')
  .map((hex) => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));

/**
 * @param share 0…1
 * ref: van der Walt and Smith 2015, matplotlib's default colour map; equal steps look equal, in grey and to the colour-blind too
 */
export function viridis(share: number): string {
  const position = Math.min(1, Math.max(0, share)) * (VIRIDIS.length - 1);
  const below = Math.min(VIRIDIS.length - 2, Math.floor(position));
  const mixed = VIRIDIS[below].map((c, k) => Math.round(c + (position - below) * (VIRIDIS[below + 1][k] - c)));
  return `#${mixed.map((c) => c.toString(16).padStart(2, '0')).join('')}`;
}

export type ScaleKind = 'linear' | 'log';

export interface Scale {
  readonly kind: ScaleKind;
  readonly low: number;
  readonly high: number;
  /** 0 at `low`, 1 at `high`; NaN for what the scale cannot hold. */
  shareOf(x: number): number;
  /** Ascending round values within the scale. */
  readonly ticks: readonly number[];
}

/** A scale over finite values; of a log scale over the positive ones. Undefined where there are none. */
export function scaleOver(values: Iterable<number>, kind: ScaleKind): Scale | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const x of values) {
    if (!Number.isFinite(x) || (kind === 'log' && x <= 0)) continue;
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  if (low > high) return undefined;
  const to = kind === 'log' ? Math.log10 : (x: number) => x;
  const width = to(high) - to(low);
  return {
    kind,
    low,
    high,
    // One value alone lies in the middle.
    shareOf: (x) => (width > 0 ? (to(x) - to(low)) / width : 0.5),
    ticks: width > 0 ? ticksBetween(low, high, kind) : [low],
  };
}

const MOST_TICKS = 6;

function ticksBetween(low: number, high: number, kind: ScaleKind): number[] {
  if (kind === 'log' && high / low >= 10) {
    const powers = whole(Math.log10(low), Math.log10(high)).map((power) => 10 ** power);
    if (powers.length > MOST_TICKS) return powers.filter((_, k) => k % Math.ceil(powers.length / MOST_TICKS) === 0);
    if (powers.length > 3) return powers;
    const fine = whole(Math.floor(Math.log10(low)), Math.log10(high)).flatMap((power) => [1, 2, 5].map((x) => x * 10 ** power));
    return fine.map((x) => Number(x.toPrecision(12))).filter((x) => x >= low && x <= high);
  }
  const raw = (high - low) / (MOST_TICKS - 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
  return whole(low / step, high / step).map((k) => Number((k * step).toPrecision(12)));
}

/** Whole numbers between two numbers, those included that differ from one by rounding alone. */
function whole(low: number, high: number): number[] {
  const first = Math.ceil(low - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(high + 1e-9 - first) + 1) }, (_, k) => first + k);
}

/** A value of an axis: a number with three digits, a word, or an object by its values. */
export function wordOf(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(3))).replace('-', '−');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).map(wordOf).join(' ');
}

/** A number of an outcome: shares as percentages. */
export function numberOf(key: string, value: number): string {
  return key === 'testAccuracy' || key === 'clipShare' ? formatPercent(value) : formatNumber(value);
}

/** The last name of a path, or all of it where two axes end alike. */
export function shortPath(path: string, all: readonly string[]): string {
  const last = (name: string) => name.slice(name.lastIndexOf('.') + 1);
  return all.filter((other) => last(other) === last(path)).length > 1 ? path : last(path);
}
