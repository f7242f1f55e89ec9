/** Numbers of the form: where a slider goes, what range is shown, what an arrow key does. */
import { formatCount } from '../../metrics/format.ts';
import type { FieldDescription } from '../../model/describe.ts';
import type { NumberBounds } from '../../model/fields.ts';
import { formatSetting } from '../format.ts';

/** Positions of a slider: the value itself, or its decimal logarithm. */
export interface Slider {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly log: boolean;
  readonly isInteger: boolean;
}

/** Whole numbers up to so many have a slider over all of them. */
const MOST_STOPS = 1000;
/** A fraction moves by hundredths. */
const HUNDREDTH = 0.01;

/** Over what is usual, else over what is valid if that is short; undefined where neither is known. */
export function sliderOf({ bounds, usual, log }: FieldDescription): Slider | undefined {
  if (!bounds) return undefined;
  const { isInteger } = bounds;
  const [from, to] = usual ?? wholeRange(bounds) ?? [];
  if (from === undefined || to === undefined) return undefined;
  if (log) return { from: Math.log10(from), to: Math.log10(to), step: 0.05, log, isInteger };
  const step = isInteger ? 1 : to - from > 1 ? 0.05 : HUNDREDTH;
  return { from, to, step, log, isInteger };
}

function wholeRange({ isInteger, least, most, above, below }: NumberBounds): [number, number] | undefined {
  const gap = isInteger ? 1 : HUNDREDTH;
  const from = least ?? (above === undefined ? undefined : above + gap);
  const to = most ?? (below === undefined ? undefined : below - gap);
  if (from === undefined || to === undefined || (isInteger && to - from > MOST_STOPS)) return undefined;
  return [from, to];
}

export function positionOf({ from, to, log }: Slider, value: number): number {
  const at = log ? Math.log10(value) : value;
  return Math.min(to, Math.max(from, at));
}

/** Two significant digits where it moves by factors, else what the step gives. */
export function valueAt({ log, isInteger }: Slider, position: number): number {
  if (!log) return Number(position.toPrecision(6));
  const value = 10 ** position;
  return isInteger ? Number(Math.max(Math.round(value), 1).toPrecision(2)) : Number(value.toPrecision(2));
}

/** The next value by an arrow key: a whole number by 1, any other by a unit of its second digit; undefined beyond the bounds. */
export function steppedValue({ bounds }: FieldDescription, value: number, direction: 1 | -1): number | undefined {
  if (!bounds) return undefined;
  // Downwards from a power of ten the second digit is that of the decade below.
  const size = Math.abs(value) * (direction * Math.sign(value) < 0 ? 1 - 1e-9 : 1);
  const unit = bounds.isInteger ? 1 : size === 0 ? HUNDREDTH : 10 ** (Math.floor(Math.log10(size)) - 1);
  const next = Number((value + direction * unit).toPrecision(12));
  return isWithin(bounds, next) ? next : undefined;
}

function isWithin({ least, most, above, below }: NumberBounds, x: number): boolean {
  const { NEGATIVE_INFINITY: none, POSITIVE_INFINITY: all } = Number;
  return x >= (least ?? none) && x <= (most ?? all) && x > (above ?? none) && x < (below ?? all);
}

/** The bounds as they stand beside a field: `1 … 10,000`, `> 0`, `0 ≤ x < 1`; empty for anything but a number. */
export function rangeText({ bounds }: FieldDescription): string {
  if (!bounds) return '';
  const { isInteger, least, most, above, below } = bounds;
  const text = (x: number) => (isInteger ? formatCount(x) : formatSetting(x));
  if (least !== undefined && most !== undefined) return `${text(least)} … ${text(most)}`;
  const low = least !== undefined ? `${text(least)} ≤ x` : above !== undefined ? `${text(above)} < x` : '';
  const high = most !== undefined ? `x ≤ ${text(most)}` : below !== undefined ? `x < ${text(below)}` : '';
  if (low && high) return `${low}${high.slice(1)}`;
  if (low) return least !== undefined ? `≥ ${text(least)}` : `> ${text(above as number)}`;
  return high || 'any number';
}
