/** A chart as an SVG picture that stands alone: title, what it shows, settings and address are part of it. */
import type { Frame, Sample } from '../frame.ts';
import { placeLevels, Tags } from './labels.ts';

export interface Caption {
  readonly title: string;
  /** What is shown, in a few words. */
  readonly unit: string;
  /** A line for each run. */
  readonly settings: readonly string[];
  /** Where the same can be seen again. */
  readonly address: string;
  /** Of the picture, in CSS pixels; by default `WIDTH`. */
  readonly width?: number;
}

/** The page's colours, by custom property. */
export type ColorOf = (token: string) => string;

const NS = 'http://www.w3.org/2000/svg';
export const SANS = 'system-ui, "Segoe UI", "DejaVu Sans", sans-serif';
export const MONO = 'ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace';
export const WIDTH = 960;
const PLOT = { left: 64, right: 28, height: 400 } as const;
/** Of a sheet of charts, and of one that has a row of it for itself. */
export const SHEET_WIDTH = 2 * WIDTH;
export const LINE = 17;
export const GAP = 16;
/** Of a line of settings or of the address, and the width of its characters: that of the widest of the fonts, and a little. */
const FONT_SIZE = 12;
const CHARACTER = 0.61 * FONT_SIZE;

/** Of a text in the label's font, whose characters are all as wide, in pixels. */
const widthOf = (text: string) => 0.602 * 11 * text.length;

type Attributes = Readonly<Record<string, string | number>>;

/** An SVG element. Text goes into the picture as text, whatever it is. */
export function node(name: string, attributes: Attributes, content: string | readonly SVGElement[] = []): SVGElement {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (typeof content === 'string') element.textContent = content;
  else element.append(...content);
  return element;
}

/** Cuts a long line into several; an address breaks anywhere. */
function wrapped(text: string, width: number): string[] {
  return text.match(new RegExp(`.{1,${Math.floor((width - 2 * GAP) / CHARACTER)}}`, 'gs')) ?? [];
}

/**
 * The whole picture around what `body` draws below `top`.
 *
 * @param height of the body
 */
export function figure(
  caption: Caption,
  color: ColorOf,
  height: number,
  body: (top: number) => readonly SVGElement[],
): SVGElement {
  const { width = WIDTH } = caption;
  const words = (text: string, y: number, more: Attributes = {}) =>
    node('text', { x: GAP, y, fill: color('--dim'), 'font-size': FONT_SIZE, 'font-family': MONO, ...more }, text);
  const parts: SVGElement[] = [
    words(caption.title, 28, { fill: color('--text'), 'font-size': 17, 'font-weight': 600, 'font-family': SANS }),
    words(caption.unit, 48, { 'font-family': SANS }),
    ...body(62),
  ];
  let y = 62 + height + 20;
  for (const line of [...caption.settings, caption.address].flatMap((text) => wrapped(text, width))) {
    parts.push(words(line, y));
    y += LINE;
  }
  const paper = node('rect', { width: '100%', height: '100%', fill: color('--panel') });
  return node('svg', { xmlns: NS, width, height: y, viewBox: `0 0 ${width} ${y}`, role: 'img' }, [
    node('title', {}, caption.title),
    paper,
    ...parts,
  ]);
}

/** A picture of a frame. */
export function frameFigure(frame: Frame, caption: Caption, color: ColorOf): SVGElement {
  return figure(caption, color, PLOT.height, (top) => drawFrame(frame, color, top, caption.width));
}

/** Pictures side by side in two columns, one that is left over across both, with settings and address once below. */
export function sheetFigure(pictures: readonly SVGElement[], caption: Caption, color: ColorOf): SVGElement {
  const heights = pictures.map((picture) => Number(picture.getAttribute('height')));
  const rows = heights.flatMap((height, k) => (k % 2 === 0 ? [Math.max(height, heights[k + 1] ?? 0)] : []));
  const place = (picture: SVGElement, k: number, top: number): SVGElement => {
    const above = rows.slice(0, k >> 1).reduce((sum, height) => sum + height, 0);
    picture.setAttribute('x', String((k % 2) * WIDTH));
    picture.setAttribute('y', String(top + above));
    return picture;
  };
  const height = rows.reduce((sum, row) => sum + row, 0);
  return figure({ ...caption, width: SHEET_WIDTH }, color, height, (top) => pictures.map((picture, k) => place(picture, k, top)));
}

function drawFrame(frame: Frame, color: ColorOf, top: number, outer = WIDTH): SVGElement[] {
  const width = outer - PLOT.left - PLOT.right;
  const height = PLOT.height - 24;
  const [x0, x1] = frame.xRange;
  const [y0, y1] = frame.yRange;
  const px = (x: number) => round(PLOT.left + ((x - x0) / (x1 - x0)) * width);
  const py = (y: number) => round(top + height - ((y - y0) / (y1 - y0)) * height);
  const label = (text: string, x: number, y: number, more: Attributes = {}) =>
    node('text', { x, y, fill: color('--faint'), 'font-size': 11, 'font-family': MONO, ...more }, text);
  const rule = (x: number, y: number, toX: number, toY: number, stroke: string, dash = '') =>
    node('line', { x1: x, y1: y, x2: toX, y2: toY, stroke, 'stroke-dasharray': dash });
  const right = PLOT.left + width;
  const inside = ({ at }: { readonly at: number }, [low, high]: readonly [number, number]) => at >= low && at <= high;
  const grid = frame.yTicks
    .filter((tick) => inside(tick, frame.yRange))
    .flatMap(({ at, label: text }) => [
      rule(PLOT.left, py(at), right, py(at), color('--line')),
      label(text, PLOT.left - 6, py(at) + 4, { 'text-anchor': 'end' }),
    ]);
  const ticks = frame.xTicks
    .filter((tick) => inside(tick, frame.xRange))
    .map(({ at, label: text }) => label(text, px(at), top + height + 16, { 'text-anchor': 'middle' }));
  const shownLevels = frame.levels.filter(({ y }) => inside({ at: y }, frame.yRange));
  const levels = placeLevels(shownLevels, py).flatMap(({ at, label: text, color: token, isLabelled }) => [
    rule(PLOT.left, at, right, at, color(token), '4 4'),
    ...(isLabelled ? [label(text, right - 14, at + 12, { 'text-anchor': 'end', fill: color(token) })] : []),
  ]);
  const moments = frame.moments
    .filter(({ x }) => inside({ at: x }, frame.xRange))
    .map(({ x }) => rule(px(x), top, px(x), top + height, color('--dim'), '2 3'));
  const pointsOf = (s: number) =>
    frame.xs.flatMap((x, i): (readonly [number, number] | null)[] => {
      const y: Sample = frame.columns[s]?.[i];
      if (y === undefined || x < x0 || x > x1) return [];
      return [y === null ? null : [px(x), py(y)]];
    });
  const bands = (frame.bands ?? []).map(({ low, high }) => {
    const { color: token, alpha = 1 } = frame.styles[high];
    return node('path', { d: areaOf(pointsOf(low), pointsOf(high)), fill: color(token), opacity: alpha });
  });
  const tags = new Tags({ top: top + 8, bottom: top + height, right: outer - 2 });
  const series = frame.styles.flatMap((style, s) => {
    const stroke = color(style.color);
    const points = pointsOf(s);
    const shown = points.filter((point) => point !== null);
    const line = { d: pathOf(points), fill: 'none', stroke, 'stroke-width': style.width, opacity: style.alpha ?? 1 };
    const dash = style.dash?.length ? { 'stroke-dasharray': style.dash.join(' ') } : {};
    // A sample without neighbours has no line.
    const alone = points.flatMap((point, i) => (point && !points[i - 1] && !points[i + 1] ? [point] : []));
    const dotted = style.dots ? shown : alone;
    const dots = dotted.map(([cx, cy]) => node('circle', { cx, cy, r: 2.7, fill: stroke }));
    const end = style.tagAtStart ? shown[0] : shown.at(-1);
    const place = style.tag && end && tags.place({ x: end[0], y: end[1] }, style.tagAtStart ?? false, widthOf(style.tag));
    const tag = style.tag && place ? [label(style.tag, place.x, place.y, { fill: stroke, 'font-weight': 700 })] : [];
    return [...(style.dotsOnly || style.width === 0 ? [] : [node('path', { ...line, ...dash })]), ...dots, ...tag];
  });
  let row = 0;
  const marks = frame.marks
    .filter(({ x }) => inside({ at: x }, frame.xRange))
    .flatMap(({ x, series: s, edge, label: text }) => {
      const [at, y, down] = [px(x), edge === 'top' ? top : top + height, edge === 'top' ? 1 : -1];
      const fill = color(frame.styles[s].color);
      const triangle = node('path', { d: `M${at},${y}l-5,${10 * down}h10z`, fill });
      if (text === '') return [triangle];
      const shift = edge === 'top' ? 13 * row++ + 10 : -4;
      const isLeft = at + 8 + widthOf(text) > outer;
      return [triangle, label(text, at + (isLeft ? -8 : 8), y + shift, { fill, ...(isLeft && { 'text-anchor': 'end' }) })];
    });
  return [...grid, ...ticks, ...bands, ...levels, ...moments, ...series, ...marks];
}

type Points = readonly (readonly [number, number] | null)[];

/** The area between two lines, which have their gaps at the same places; a part for each stretch without gaps. */
function areaOf(low: Points, high: Points): string {
  const starts = [0, ...low.flatMap((point, i) => (point === null ? [i + 1] : []))];
  const parts = starts.map((start, k) => {
    const end = (starts[k + 1] ?? low.length + 1) - 1;
    return [...high.slice(start, end), ...low.slice(start, end).reverse()];
  });
  return parts.map((part) => (part.length > 0 ? `${pathOf(part)}z` : '')).join('');
}

/** null parts the line. */
function pathOf(points: Points): string {
  let isDown = false;
  return points
    .map((point) => {
      const command = point === null ? '' : `${isDown ? 'L' : 'M'}${point[0]},${point[1]}`;
      isDown = point !== null;
      return command;
    })
    .join('');
}

const round = (x: number) => Math.round(100 * x) / 100;
