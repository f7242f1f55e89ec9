/** The keys of a chart that has the focus: they move its crosshair, zoom, pan and go back, told as the pointer's gestures are. */
import { emit } from '../events.ts';
import { panned, type Span } from './gestures.ts';

/** What `aria-keyshortcuts` says of a chart, and of one that takes no zoom. */
export const WALK_KEYS = 'ArrowLeft ArrowRight';
export const CHART_KEYS = `${WALK_KEYS} + - Backspace`;

export interface Walk {
  /** Positions of the samples, ascending. */
  readonly xs: readonly number[];
  /** First and last position in view. */
  readonly range: Span;
  /** Position of the crosshair. */
  readonly at: number | undefined;
  /** Takes no zoom. */
  readonly fixed?: boolean;
}

/**
 * Acts on a key, which goes no further then.
 *
 * @param chart sends the events
 */
export function actOnChartKey(chart: HTMLElement, event: KeyboardEvent, { xs, range, at, fixed = false }: Walk): void {
  const [from, to] = range;
  const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const factor = { '+': 0.5, '=': 0.5, '-': 2 }[event.key];
  if (direction && event.ctrlKey && !fixed) emit(chart, 'chart-view', panned(range, direction * 0.1));
  else if (direction) {
    const next = stepped(xs, range, at, direction * (event.shiftKey ? 10 : 1));
    if (next !== undefined) emit(chart, 'chart-hover', next);
  } else if (event.key === 'Escape') emit(chart, 'chart-hover', undefined);
  else if (factor && !fixed) {
    const middle = at ?? (from + to) / 2;
    const half = ((to - from) * factor) / 2;
    emit(chart, 'chart-zoom', [middle - half, middle + half] as const);
  } else if (event.key === 'Backspace' && !fixed) emit(chart, 'chart-reset', { all: false });
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** The sample in view that is so many from the crosshair; without one, from the end that lies behind. */
function stepped(xs: readonly number[], [low, high]: Span, at: number | undefined, samples: number): number | undefined {
  const shown = xs.filter((x) => x >= low && x <= high);
  const from = at === undefined ? (samples > 0 ? -1 : shown.length) : nearest(shown, at);
  return shown[Math.min(shown.length - 1, Math.max(0, from + samples))];
}

function nearest(xs: readonly number[], x: number): number {
  return xs.reduce((best, value, i) => (Math.abs(value - x) < Math.abs(xs[best] - x) ? i : best), 0);
}
