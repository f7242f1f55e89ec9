/** Zooming and panning a chart by wheel and touch. What a gesture does is told as the span of positions that it wants in view. */

/** First and last position. */
export type Span = readonly [number, number];

export interface GestureHost {
  /** What is in view; undefined where there is nothing to zoom. */
  range(): Span | undefined;
  /** The first span of a gesture is a new zoom; those that follow take its place. */
  view(range: Span, isFirst: boolean): void;
}

/** A gesture ends when nothing has come for so long, in milliseconds. */
const PAUSE = 350;
/** Zoom of a wheel's step of 100 pixels. */
const STEP = 1.25;

/** The span that is `factor` times as wide, with `share` of its width still left of the same position. */
export function zoomed([from, to]: Span, share: number, factor: number): Span {
  const at = from + share * (to - from);
  return [at - share * (to - from) * factor, at + (1 - share) * (to - from) * factor];
}

/** The span moved by a share of its width. */
export function panned([from, to]: Span, share: number): Span {
  const by = share * (to - from);
  return [from + by, to + by];
}

/** Spans of two fingers: where they were on the element, and where they are, as shares of its width. */
export function pinched([from, to]: Span, before: Span, now: Span): Span {
  const at = (share: number) => from + share * (to - from);
  const [a, b] = [at(before[0]), at(before[1])];
  const width = now[1] - now[0];
  // Positions a and b shall lie under the fingers again.
  const slope = Math.abs(width) < 0.02 ? to - from : (b - a) / width;
  return [a - now[0] * slope, a - now[0] * slope + slope];
}

/**
 * Listens on the plot's area: the wheel with Ctrl (and a touchpad's pinch, which is the same) zooms at the pointer, with Shift or
 * sideways it pans; a drag with Shift or the middle button pans; two fingers do both. The wheel alone scrolls the page.
 *
 * @returns stops listening
 */
export function listenForGestures(area: HTMLElement, host: GestureHost): () => void {
  let last = Number.NEGATIVE_INFINITY;
  const tell = (range: Span, time: number) => {
    host.view(range, time - last > PAUSE);
    last = time;
  };
  const shareOf = (x: number) => {
    const { left, width } = area.getBoundingClientRect();
    return (x - left) / width;
  };
  const wheel = (event: WheelEvent): void => {
    const range = host.range();
    if (!range) return;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey) tell(zoomed(range, shareOf(event.clientX), STEP ** (event.deltaY / 100)), event.timeStamp);
    else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      tell(panned(range, sideways / area.clientWidth), event.timeStamp);
    } else return;
    event.preventDefault();
  };
  const fingers = new Map<number, number>();
  const down = (event: PointerEvent): void => {
    const isPan = event.pointerType !== 'touch' && (event.shiftKey || event.button === 1);
    if (event.pointerType !== 'touch' && !isPan) return;
    fingers.set(event.pointerId, shareOf(event.clientX));
    if (isPan) {
      // The drag that selects a span must not begin.
      event.stopPropagation();
      event.preventDefault();
      area.setPointerCapture(event.pointerId);
    }
  };
  const move = (event: PointerEvent): void => {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const now = shareOf(event.clientX);
    const range = host.range();
    if (range && event.pointerType !== 'touch') tell(panned(range, before - now), event.timeStamp);
    else if (range && fingers.size === 2) {
      const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, share]) => share);
      tell(pinched(range, [other, before], [other, now]), event.timeStamp);
    }
    fingers.set(event.pointerId, now);
  };
  const up = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
  };
  const mouse = (event: MouseEvent): void => {
    if (event.shiftKey || event.button === 1) event.stopPropagation();
  };
  const listeners = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up, mousedown: mouse } as const;
  area.addEventListener('wheel', wheel, { passive: false });
  for (const [name, listener] of Object.entries(listeners))
    area.addEventListener(name, listener as EventListener, { capture: true });
  return () => {
    area.removeEventListener('wheel', wheel);
    for (const [name, listener] of Object.entries(listeners))
      area.removeEventListener(name, listener as EventListener, { capture: true });
  };
}
