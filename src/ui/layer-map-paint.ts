/** Paints a map of layers, or steps, over the iterations: colour is the quantity, hatching is what is not finite. */
import type { Span } from './chart/gestures.ts';
import { paintMoments } from './chart/moments.ts';
import type { Colors } from './colors.ts';
import type { Moment, Tick } from './frame.ts';
import { inferno } from './inferno.ts';
import type { MapGrid } from './map-data.ts';

/** Room around the cells, in CSS pixels: for the rows' ends on the left, the colours on the right, the iterations below. */
export const LEFT = 48;
export const RIGHT = 66;
export const BOTTOM = 20;
export const TOP = 4;
const FONT = '11px ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace';

/** The cells, one pixel each: transparent where there is no record or none that is finite. */
export interface MapCells {
  readonly image: HTMLCanvasElement;
  /** First and last column with a cell that is not finite. */
  readonly broken: Span | undefined;
  /** Values at the ends of the colours. */
  readonly domain: Span;
}

export interface MapDrawing {
  readonly cells: MapCells | undefined;
  /** First and last position on the x axis. */
  readonly range: Span;
  readonly ticks: readonly Tick[];
  readonly unit: 'layer' | 'step';
  /** What stands at the ends of the colours. */
  readonly label: (value: number) => string;
  readonly moments: readonly Moment[];
  /** The crosshair, and the row that is read out. */
  readonly at: number | undefined;
  readonly row: number | undefined;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

export function cellsOf(grid: MapGrid | undefined): MapCells | undefined {
  if (!grid || grid.layers === 0) return undefined;
  const { columns, layers, filled, cells, low, high } = grid;
  const image = document.createElement('canvas');
  image.width = columns;
  image.height = layers;
  const context = image.getContext('2d');
  if (!context) return undefined;
  const pixels = context.createImageData(columns, layers);
  let broken: Span | undefined;
  for (let p = 0; p < columns; p++) {
    if (!filled[p]) continue;
    for (let l = 0; l < layers; l++) {
      const value = cells[p * layers + l];
      if (Number.isNaN(value)) {
        broken = [broken?.[0] ?? p, p];
        continue;
      }
      const [r, g, b] = inferno((value - low) / (high - low));
      pixels.data.set([r, g, b, 255], 4 * (l * columns + p));
    }
  }
  context.putImageData(pixels, 0, 0);
  return { image, broken, domain: [low, high] };
}

/** @param size of the canvas, in the context's units */
export function paintMap(context: CanvasRenderingContext2D, size: Size, drawing: MapDrawing, colors: Colors): void {
  const { cells } = drawing;
  const inner = { width: size.width - LEFT - RIGHT, height: size.height - TOP - BOTTOM };
  context.fillStyle = colors.of('--raise');
  context.fillRect(LEFT, TOP, inner.width, inner.height);
  context.imageSmoothingEnabled = false;
  if (cells) {
    if (cells.broken) hatch(context, cells.broken, cells.image.width, inner, colors.of('--panel'), colors.of('--faint'));
    context.drawImage(cells.image, LEFT, TOP, inner.width, inner.height);
  }
  paintLabels(context, inner, drawing, colors);
  paintPlaces(context, inner, drawing, colors);
}

function paintLabels(context: CanvasRenderingContext2D, inner: Size, drawing: MapDrawing, colors: Colors): void {
  const { cells, range, ticks, unit, label } = drawing;
  const [low, high] = cells?.domain ?? [0, 1];
  context.font = FONT;
  context.fillStyle = colors.of('--faint');
  context.textAlign = 'right';
  context.fillText('0', LEFT - 4, TOP + 9);
  context.fillText(String((cells?.image.height ?? 1) - 1), LEFT - 4, TOP + inner.height - 1);
  context.fillText(unit, LEFT - 4, TOP + inner.height / 2 + 3);
  context.textAlign = 'center';
  const span = range[1] - range[0];
  for (const { at, label: text } of ticks)
    context.fillText(text, LEFT + ((at - range[0]) / span) * inner.width, TOP + inner.height + 14);
  const left = LEFT + inner.width + 12;
  for (let y = 0; y < inner.height; y++) {
    context.fillStyle = `rgb(${inferno(1 - y / inner.height).join(' ')})`;
    context.fillRect(left, TOP + y, 10, 1.5);
  }
  context.fillStyle = colors.of('--faint');
  context.textAlign = 'left';
  context.fillText(label(high), left + 14, TOP + 9);
  context.fillText(label(low), left + 14, TOP + inner.height);
}

/** Changes in mid-run, the iteration of the crosshair of all charts, and the row that is read out. */
function paintPlaces(
  context: CanvasRenderingContext2D,
  inner: Size,
  { range: [from, to], moments, at, row, cells }: MapDrawing,
  colors: Colors,
): void {
  const placed = (xs: readonly number[]) =>
    xs.filter((x) => x >= from && x <= to).map((x) => LEFT + ((x - from) / (to - from)) * inner.width);
  paintMoments(context, placed(moments.map(({ x }) => x)), TOP, inner.height, colors);
  context.fillStyle = colors.of('--text');
  for (const x of placed(at === undefined ? [] : [at])) context.fillRect(x, TOP, 1, inner.height);
  // Beside the frame, so that it covers no cell.
  const rows = cells?.image.height ?? 0;
  if (row === undefined || row >= rows) return;
  const y = TOP + ((row + 0.5) / rows) * inner.height;
  context.beginPath();
  context.moveTo(LEFT + inner.width + 1, y);
  context.lineTo(LEFT + inner.width + 8, y - 4);
  context.lineTo(LEFT + inner.width + 8, y + 4);
  context.fill();
}

/** Diagonal lines over a span of columns; finite cells are painted over them. */
function hatch(
  context: CanvasRenderingContext2D,
  [first, last]: Span,
  columns: number,
  inner: Size,
  paper: string,
  ink: string,
): void {
  const left = LEFT + (first / columns) * inner.width;
  const width = ((last - first + 1) / columns) * inner.width;
  context.save();
  context.beginPath();
  context.rect(left, TOP, width, inner.height);
  context.clip();
  context.fillStyle = paper;
  context.fillRect(left, TOP, width, inner.height);
  context.strokeStyle = ink;
  context.globalAlpha = 0.55;
  context.beginPath();
  for (let x = left - inner.height; x < left + width; x += 7) {
    context.moveTo(x, TOP + inner.height);
    context.lineTo(x + inner.height, TOP);
  }
  context.stroke();
  context.restore();
}
