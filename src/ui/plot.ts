/** The one file that knows uPlot. A plot is built once and fed frames; it is rebuilt for other series, never for data. */
import { unsafeCSS } from 'lit';
import uPlot from 'uplot';
import uPlotCss from 'uplot/dist/uPlot.min.css?inline';
import { SHORTEST_DRAG } from './chart/area.ts';
import { FrameDraw } from './chart/frame-draw.ts';
import { placeLevels, Tags } from './chart/labels.ts';
import { Colors } from './colors.ts';
import type { EdgeMark, Frame, SeriesStyle } from './frame.ts';

export const plotStyles = unsafeCSS(uPlotCss);

export interface PlotEvents {
  /** Position under the pointer, undefined when it leaves. */
  hover(x: number | undefined): void;
  zoom(from: number, to: number): void;
  reset(): void;
}

/** Whole pixels: uPlot scales no others to the screen's density. */
const FONT = '11px ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace';

export class Plot {
  readonly #plot: uPlot;
  readonly #host: HTMLElement;
  readonly #colors: Colors;
  #frame: Frame;
  #inside = false;
  readonly #built: string;
  /** Position of the crosshair. */
  #at: number | undefined;
  /** To be taken on with the next drawing. */
  #size: Size | undefined;
  #isRestyled = false;
  readonly #drawing = new FrameDraw(() => this.#draw());

  constructor(host: HTMLElement, frame: Frame, events: PlotEvents) {
    this.#host = host;
    this.#frame = frame;
    this.#built = builtOf(frame.styles);
    this.#colors = new Colors(host);
    const { width, height } = host.getBoundingClientRect();
    this.#plot = new uPlot(this.#options(width, height, events), dataOf(frame), (plot, init) => {
      host.append(plot.root);
      // With its scales from the start, it is drawn once.
      plot.batch(() => {
        init();
        setScales(plot, frame);
      });
    });
    this.#drawing.drawn();
  }

  /** Whether a frame has the series that the plot was built with; all else about them may change. */
  fits({ styles }: Frame): boolean {
    return this.#built === builtOf(styles);
  }

  /** Where pointers and wheels act on the data. */
  get area(): HTMLElement {
    return this.#plot.over;
  }

  draw(frame: Frame): void {
    this.#frame = frame;
    this.#drawing.ask();
  }

  #draw(): void {
    const plot = this.#plot;
    plot.batch(() => {
      if (this.#size) plot.setSize(this.#size);
      plot.setData(dataOf(this.#frame), false);
      setScales(plot, this.#frame);
      if (this.#isRestyled) plot.redraw(false, true);
    });
    this.#size = undefined;
    this.#isRestyled = false;
    this.point(this.#at);
  }

  /** Puts the crosshair at a position without telling anyone. */
  point(x: number | undefined): void {
    this.#at = x;
    const left = x === undefined ? -10 : this.#plot.valToPos(x, 'x');
    const inside = left >= 0 && left <= this.#plot.over.clientWidth;
    this.#plot.setCursor({ left: inside ? left : -10, top: -10 }, false);
  }

  resize(): void {
    const { width, height } = this.#host.getBoundingClientRect();
    if (width === 0 || height === 0 || (width === this.#plot.width && height === this.#plot.height)) return;
    this.#size = { width, height };
    this.#drawing.ask();
  }

  /** Reads the colours anew. */
  restyle(): void {
    this.#colors.clear();
    this.#isRestyled = true;
    this.#drawing.ask();
  }

  destroy(): void {
    this.#drawing.stop();
    this.#plot.destroy();
  }

  #options(width: number, height: number, events: PlotEvents): uPlot.Options {
    const axis = (side: number, ticks: () => Frame['xTicks'], size: number): uPlot.Axis => ({
      side,
      size,
      font: FONT,
      gap: 4,
      stroke: () => this.#colors.of('--faint'),
      grid: { stroke: () => this.#colors.of('--line'), width: 1, show: side === 3 },
      ticks: { show: false },
      splits: () => ticks().map(({ at }) => at),
      values: () => ticks().map(({ label }) => label),
    });
    return {
      width,
      height,
      padding: [6, 14, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false, auto: false, range: (_, low, high) => [low ?? 0, high ?? 1] },
        y: { auto: false, range: (_, low, high) => [low ?? 0, high ?? 1] },
      },
      axes: [axis(2, () => this.#frame.xTicks, 22), axis(3, () => this.#frame.yTicks, 48)],
      series: [{}, ...this.#frame.styles.map((_, s) => this.#series(s))],
      bands: (this.#frame.bands ?? []).map(({ low, high }) => ({
        series: [high + 1, low + 1],
        fill: () => this.#colors.of(this.#frame.styles[high].color),
      })),
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: SHORTEST_DRAG },
        bind: {
          dblclick: () => () => {
            events.reset();
            return null;
          },
        },
      },
      hooks: {
        init: [
          ({ over }) => {
            over.addEventListener('pointerenter', () => {
              this.#inside = true;
            });
            over.addEventListener('pointerleave', () => {
              this.#inside = false;
              events.hover(undefined);
            });
          },
        ],
        setCursor: [
          (plot) => {
            const { left } = plot.cursor;
            // uPlot also moves the cursor to the edge when the pointer leaves.
            if (this.#inside && left !== undefined && left >= 0) events.hover(plot.posToVal(left, 'x'));
          },
        ],
        setSelect: [
          (plot) => {
            const { left, width: wide } = plot.select;
            if (wide < SHORTEST_DRAG) return;
            events.zoom(plot.posToVal(left, 'x'), plot.posToVal(left + wide, 'x'));
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
        draw: [(plot) => this.#decorate(plot)],
      },
    };
  }

  #series(s: number): uPlot.Series {
    const style = () => this.#frame.styles[s];
    const first = style();
    const series: uPlot.Series = {
      label: first.label,
      scale: 'y',
      stroke: () => this.#colors.of(style().color),
      width: first.width,
      alpha: first.alpha ?? 1,
      spanGaps: false,
      points: {
        show: first.dots === true,
        size: first.dots ? 5.5 : 5,
        width: 0,
        fill: () => this.#colors.of(style().color),
        filter: (plot, index, show) => (show ? null : lonePoints(plot.data[index] as (number | null | undefined)[])),
      },
    };
    if (first.dash) series.dash = [...first.dash];
    if (first.dotsOnly) series.paths = () => null;
    return series;
  }

  #decorate(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const scale = uPlot.pxRatio;
    ctx.save();
    ctx.font = FONT.replace('11px', `${11 * scale}px`);
    ctx.textBaseline = 'alphabetic';
    const right = bbox.left + bbox.width;
    const inside = this.#frame.levels.filter(({ y }) => y >= (plot.scales.y.min ?? 0) && y <= (plot.scales.y.max ?? 0));
    for (const { at, label, color, isLabelled } of placeLevels(inside, (y) => plot.valToPos(y, 'y', true), scale)) {
      ctx.strokeStyle = ctx.fillStyle = this.#colors.of(color);
      line(ctx, bbox.left, at, right, at, scale, [4, 4]);
      if (!isLabelled) continue;
      ctx.textAlign = 'right';
      const below = at + 14 * scale < bbox.top + bbox.height;
      ctx.fillText(label, right - 14 * scale, at + (below ? 11 : -4) * scale);
    }
    for (const { x } of this.#frame.moments) {
      const at = plot.valToPos(x, 'x', true);
      if (at < bbox.left || at > right) continue;
      ctx.strokeStyle = this.#colors.of('--dim');
      line(ctx, at, bbox.top, at, bbox.top + bbox.height, scale, [2, 3]);
    }
    const tags = new Tags({ top: bbox.top + 8 * scale, bottom: bbox.top + bbox.height, right: ctx.canvas.width }, scale);
    for (const [s, style] of this.#frame.styles.entries()) this.#tag(plot, style, s, tags);
    let row = 0;
    for (const mark of this.#frame.marks) row += this.#mark(plot, mark, row);
    ctx.restore();
  }

  /** The run's letter beside its last visible sample, or its first. */
  #tag({ ctx, bbox, data, valToPos, scales }: uPlot, { tag, tagAtStart, color }: SeriesStyle, s: number, tags: Tags): void {
    if (!tag) return;
    const ys = data[s + 1];
    const high = scales.x.max ?? Number.POSITIVE_INFINITY;
    const shown = (y: unknown, i: number) => y != null && data[0][i] <= high;
    const found = tagAtStart ? ys.findIndex(shown) : ys.findLastIndex(shown);
    if (found < 0) return;
    const x = valToPos(data[0][found], 'x', true);
    const y = valToPos(ys[found] as number, 'y', true);
    if (x < bbox.left - 1 || y < bbox.top) return;
    ctx.fillStyle = this.#colors.of(color);
    ctx.textAlign = 'left';
    const place = tags.place({ x, y }, tagAtStart ?? false, ctx.measureText(tag).width);
    ctx.fillText(tag, place.x, place.y);
  }

  /** Draws a triangle; returns 1 when its label took a row of its own. */
  #mark({ ctx, bbox, valToPos }: uPlot, { x, series, edge, label }: EdgeMark, row: number): number {
    const at = valToPos(x, 'x', true);
    if (at < bbox.left - 1 || at > bbox.left + bbox.width + 1) return 0;
    const size = 5 * uPlot.pxRatio;
    const top = edge === 'top';
    const y = top ? bbox.top : bbox.top + bbox.height;
    ctx.fillStyle = this.#colors.of(this.#frame.styles[series].color);
    ctx.beginPath();
    ctx.moveTo(at, y);
    ctx.lineTo(at - size, y + (top ? 2 : -2) * size);
    ctx.lineTo(at + size, y + (top ? 2 : -2) * size);
    ctx.fill();
    if (label === '') return 0;
    const wide = ctx.measureText(label).width;
    const leftward = at + size + wide > bbox.left + bbox.width;
    ctx.textAlign = leftward ? 'right' : 'left';
    const shift = (row * 13 + 9) * uPlot.pxRatio;
    ctx.fillText(label, at + (leftward ? -1 : 1) * (size + 3 * uPlot.pxRatio), y + (top ? shift : -4 * uPlot.pxRatio));
    return 1;
  }
}

/** What of the series is settled when a plot is built. */
function builtOf(styles: readonly SeriesStyle[]): string {
  return JSON.stringify(styles.map(({ width, alpha, dash, dots, dotsOnly }) => [width, alpha, dash, dots, dotsOnly]));
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function setScales(plot: uPlot, { xRange, yRange }: Frame): void {
  plot.setScale('x', { min: xRange[0], max: xRange[1] });
  plot.setScale('y', { min: yRange[0], max: yRange[1] });
}

function dataOf({ xs, columns }: Frame): uPlot.AlignedData {
  return [xs, ...columns] as uPlot.AlignedData;
}

/** Indices of samples whose neighbours, not counting what is not sampled, are no samples: a line cannot show them. */
function lonePoints(ys: readonly (number | null | undefined)[]): number[] {
  const sampled = ys.flatMap((y, i) => (y === undefined ? [] : [i]));
  return sampled.filter((i, k) => ys[i] !== null && ys[sampled[k - 1]] == null && ys[sampled[k + 1]] == null);
}

function line(
  ctx: CanvasRenderingContext2D,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  scale: number,
  dash: number[],
): void {
  ctx.lineWidth = scale;
  ctx.setLineDash(dash.map((d) => d * scale));
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
  ctx.setLineDash([]);
}
