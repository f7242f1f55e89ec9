/** Axis positions and their ticks. */
import { formatCount } from '../metrics/format.ts';
import { formatTick } from './format.ts';
import type { Tick } from './frame.ts';

/** How iterations lie on the x axis. */
export interface IterationScale {
  position(iteration: number): number;
  /** Iteration at a position, not rounded. */
  iteration(position: number): number;
  ticks(first: number, last: number, most: number): Tick[];
}

/** Steps of 1, 2, 5 times a power of ten, the smallest that needs at most `most` intervals. */
function niceStep(span: number, most: number): number {
  const raw = span / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((k) => k * power).find((step) => step >= raw * (1 - 1e-9)) ?? 10 * power;
}

export function linearTicks(low: number, high: number, most: number, label: (x: number) => string, least = 0): Tick[] {
  const step = Math.max(least, niceStep(high - low || 1, most));
  const ticks: Tick[] = [];
  // + 0 turns a −0 into 0.
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++)
    ticks.push({ at: k * step + 0, label: label(k * step + 0) });
  return ticks;
}

/** Ticks of a log axis whose positions are log10 values: decades, in a narrow window also 2 and 5 times each. */
export function logTicks(low: number, high: number, most: number): Tick[] {
  if (high - low >= 2) return linearTicks(low, high, most, formatTick, 1);
  const ticks: Tick[] = [];
  const mantissas = high - low < 0.7 ? [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9] : [1, 2, 5];
  for (let exponent = Math.floor(low); exponent <= Math.floor(high); exponent++) {
    for (const mantissa of mantissas) {
      const at = exponent + Math.log10(mantissa);
      if (at >= low && at <= high) ticks.push({ at, label: mantissa === 1.5 ? '' : formatTick(at) });
    }
  }
  return ticks.filter(({ label }) => label !== '');
}

export const LINEAR_ITERATIONS: IterationScale = {
  position: (iteration) => iteration,
  iteration: (position) => position,
  ticks: (first, last, most) => linearTicks(first, last, most, formatCount, 1),
};

/** log10 of one more than the iteration, so that iteration 0 has a place. */
export const LOG_ITERATIONS: IterationScale = {
  position: (iteration) => Math.log10(iteration + 1),
  iteration: (position) => 10 ** position - 1,
  ticks: (first, last, most) => {
    const from = Math.log10(first + 1);
    const to = Math.log10(last + 1);
    if (to - from < 1)
      return linearTicks(first, last, most, formatCount, 1).map(({ at, label }) => ({ at: Math.log10(at + 1), label }));
    const wanted = [0];
    const mantissas = (to - from) * 3 <= most ? [1, 2, 5] : (to - from) * 2 <= most ? [1, 3] : [1];
    for (let power = 1; power <= last; power *= 10) for (const m of mantissas) wanted.push(m * power);
    const shown = wanted.filter((i) => i >= first && i <= last);
    return shown.map((iteration) => ({ at: Math.log10(iteration + 1), label: formatCount(iteration) }));
  },
};
