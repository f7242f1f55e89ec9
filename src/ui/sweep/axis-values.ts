/** Values of an axis as text, and where they lie. */
import type { ResolvedAxis } from '../../sweep/sweep-protocol.ts';
import { formatSetting } from '../format.ts';

const MINUS = '−';

/** A value in few letters: 0.01, 1e−5, relu, `torch_norm 1` for an object. */
export function valueWord(value: unknown): string {
  if (typeof value === 'number') return formatSetting(value).replace('e-', `e${MINUS}`).replace(/^-/, MINUS);
  if (typeof value !== 'object' || value === null) return String(value).replaceAll('_', ' ');
  return Object.values(value).map(valueWord).join(' ') || '{}';
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

export function scaleOf({ values }: ResolvedAxis): AxisScale {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length < values.length || numbers.length < 2) return { kind: 'words', position: (index) => index };
  const positive = numbers.every((x) => x > 0);
  if (positive && unevenness(numbers.map(Math.log10)) < unevenness(numbers))
    return { kind: 'log', position: (index) => Math.log10(numbers[index]) };
  return { kind: 'linear', position: (index) => numbers[index] };
}

/** Coefficient of variation of the gaps: 0 for evenly spaced numbers. Two numbers count as spaced by the ratio between them. */
function unevenness(xs: readonly number[]): number {
  const sorted = [...xs].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((x, i) => x - sorted[i]);
  const mean = gaps.reduce((sum, gap) => sum + gap / gaps.length, 0);
  if (gaps.length === 1) return sorted[1] > 5 * sorted[0] ? sorted[1] : 0;
  return Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2 / gaps.length, 0)) / mean;
}
