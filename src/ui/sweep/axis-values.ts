/** Values of an axis as text, and where they lie. */
import type { Cell } from '../../metrics/trace-tables.ts';
import { canonicalJson } from '../../model/experiment.ts';
import type { ResolvedAxis } from '../../sweep/sweep-protocol.ts';
import { formatSetting } from '../format.ts';
import type { Tick } from '../frame.ts';
import { linearTicks, logTicks } from '../ticks.ts';

const MINUS = '−';

/** A value in few letters: 0.01, 1e−5, relu, `torch_norm 1` for an object. */
export function valueWord(value: unknown): string {
  if (typeof value === 'number') return numberWord(value);
  if (typeof value !== 'object' || value === null) return String(value).replaceAll('_', ' ');
  return Object.values(value).map(valueWord).join(' ') || '{}';
}

/** Whole numbers in full, others to four digits; scientific below 0.01, where axes span decades. */
function numberWord(x: number): string {
  const short = Number.isInteger(x) ? x : Number(x.toPrecision(4));
  const text = x !== 0 && Math.abs(x) < 0.01 ? short.toExponential() : formatSetting(short);
  return text.replace('e-', `e${MINUS}`).replace(/^-/, MINUS);
}

/** A value in a file: as it is, an object as its JSON. */
export function valueCell(value: unknown): Cell {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : canonicalJson(value);
}

/** The last part of a path, in words: `learning rate`, `depth`; `of` where two axes end alike. */
export function axisName(path: string, among: readonly string[] = []): string {
  const last = (text: string) => text.slice(text.lastIndexOf('.') + 1);
  const clash = among.some((other) => other !== path && last(other) === last(path));
  return (clash ? path.replaceAll('.', ' ') : last(path)).replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Where values lie on an axis with room between them: log10 for powers, the value itself, else its index. */
export interface AxisScale {
  readonly kind: 'log' | 'linear' | 'words';
  position(index: number): number;
}

/** An axis as it is shown. */
export interface ShownAxis extends ResolvedAxis {
  /** Whether its scale is logarithmic, where the sweep says so; else its values tell. */
  readonly isLog?: boolean | undefined;
}

export function scaleOf({ values, isLog }: ShownAxis): AxisScale {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length < values.length || numbers.length < 2) return { kind: 'words', position: (index) => index };
  const positive = numbers.every((x) => x > 0);
  if (positive && (isLog ?? unevenness(numbers.map(Math.log10)) < unevenness(numbers)))
    return { kind: 'log', position: (index) => Math.log10(numbers[index]) };
  return { kind: 'linear', position: (index) => numbers[index] };
}

/** Labels along an axis of equal cells, at most `most`: its own values, of many numbers round ones between them. */
export function labelsOf(axis: ShownAxis, most: number): Tick[] {
  const { values } = axis;
  const { kind, position } = scaleOf(axis);
  const ascending = values.every((value, i) => i === 0 || kind === 'words' || Number(value) > Number(values[i - 1]));
  if (kind === 'words' || values.length <= 12 || !ascending) {
    const every = Math.max(1, Math.ceil(values.length / Math.max(1, most)));
    return values.flatMap((value, at) => (at % every === 0 ? [{ at, label: valueWord(value) }] : []));
  }
  const [low, high] = [position(0), position(values.length - 1)];
  const ticks = kind === 'log' ? logTicks(low, high, Math.min(most, 10)) : linearTicks(low, high, Math.min(most, 10), valueWord);
  const every = Math.max(1, Math.ceil(ticks.length / Math.max(1, most)));
  return ticks
    .filter((_, k) => k % every === 0)
    .map(({ at, label }) => {
      const above = values.findIndex((_, index) => position(index) >= at - 1e-9);
      if (above <= 0) return { at: 0, label };
      const below = position(above - 1);
      return { at: above - 1 + (at - below) / (position(above) - below), label };
    });
}

/** Coefficient of variation of the gaps: 0 for evenly spaced numbers. Two numbers count as spaced by the ratio between them. */
function unevenness(xs: readonly number[]): number {
  const sorted = [...xs].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((x, i) => x - sorted[i]);
  const mean = gaps.reduce((sum, gap) => sum + gap / gaps.length, 0);
  if (gaps.length === 1) return sorted[1] > 5 * sorted[0] ? sorted[1] : 0;
  return Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2 / gaps.length, 0)) / mean;
}
