/** The pointer on the area of a chart that is drawn on a canvas: crosshair, zoom and pan, told as uPlot's charts tell them. */
import { css } from 'lit';
import { emit } from '../events.ts';
import { listenForGestures, type Span } from './gestures.ts';

/** The area lies over the canvas, as large as what its axes span. */
export const areaStyles = css`
  .area { position: absolute; touch-action: pan-y; cursor: crosshair; overflow: hidden; }
  .area > i { position: absolute; top: 0; bottom: 0; background: color-mix(in srgb, var(--accent) 22%, transparent); pointer-events: none; }
`;

/** A drag shorter than this many pixels is a click. */
export const SHORTEST_DRAG = 6;

export interface AreaHost {
  /** First and last position in view; undefined where there is nothing to zoom. */
  range(): Span | undefined;
  /** Told where the pointer is, in shares of the area's width and height from its upper left; undefined when it leaves. */
  hover(at: { readonly x: number; readonly y: number } | undefined): void;
}

/**
 * Listens as long as the area lives: a drag zooms to what it spans, a double click shows everything, and the rest is
 * `listenForGestures`.
 *
 * @param chart sends the events
 */
export function listenOnArea(area: HTMLElement, chart: HTMLElement, host: AreaHost): void {
  let end: (() => void) | undefined;
  const shareOf = ({ clientX, clientY }: MouseEvent) => {
    const { left, top, width, height } = area.getBoundingClientRect();
    const share = (length: number, whole: number) => Math.min(1, Math.max(0, length / whole));
    return { x: share(clientX - left, width), y: share(clientY - top, height) };
  };
  area.addEventListener('pointermove', (event) => host.hover(shareOf(event)));
  area.addEventListener('pointerleave', () => host.hover(undefined));
  area.addEventListener('dblclick', () => emit(chart, 'chart-reset', { all: true }));
  area.addEventListener('pointerdown', (event) => {
    // A finger scrolls, and with Shift the drag pans.
    if (event.pointerType === 'touch' || event.button !== 0 || event.shiftKey || !host.range()) return;
    event.preventDefault();
    end?.();
    end = drag(area, shareOf(event).x, ([from, to]) => {
      const range = host.range();
      const position = (share: number) => (range ? range[0] + share * (range[1] - range[0]) : 0);
      if (range) emit(chart, 'chart-zoom', [position(from), position(to)] as const);
    });
  });
  listenForGestures(area, {
    range: () => host.range(),
    view: (range, isFirst) => emit(chart, isFirst ? 'chart-zoom' : 'chart-view', range),
  });
}

/**
 * Shows what a drag spans until the button is let go, wherever that is.
 *
 * @param start share of the area's width
 * @param done told the shares between which it was
 * @returns ends it without a word
 */
function drag(area: HTMLElement, start: number, done: (span: Span) => void): () => void {
  const { left, width } = area.getBoundingClientRect();
  const mark = document.createElement('i');
  area.append(mark);
  const listening = new AbortController();
  const end = () => {
    listening.abort();
    mark.remove();
  };
  const spanTo = (event: PointerEvent): Span => {
    const share = Math.min(1, Math.max(0, (event.clientX - left) / width));
    return [Math.min(start, share), Math.max(start, share)];
  };
  const { signal } = listening;
  const move = (event: PointerEvent) => {
    const [from, to] = spanTo(event);
    Object.assign(mark.style, { left: `${100 * from}%`, width: `${100 * (to - from)}%` });
  };
  const up = (event: PointerEvent) => {
    const span = spanTo(event);
    end();
    if ((span[1] - span[0]) * width >= SHORTEST_DRAG) done(span);
  };
  window.addEventListener('pointermove', move, { signal });
  window.addEventListener('pointerup', up, { signal });
  window.addEventListener('pointercancel', end, { signal });
  return end;
}
