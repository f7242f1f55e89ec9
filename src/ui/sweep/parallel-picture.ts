/** Paints the axes of the parallel coordinates, which are elements on the page, into a picture. */
import type { Colors } from '../colors.ts';
import { BAND_HEIGHT, TOP } from './parallel-axis.ts';
import { type Dimension, hasBand, heightsOf } from './parallel-data.ts';
import type { Selection } from './selection.ts';

const MONO = '11px ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace';
const BOLD = '600 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif';

export interface Axes {
  readonly dimensions: readonly Dimension[];
  readonly selection: Selection;
  /** Where each of them stands, and how far apart, in CSS pixels. */
  readonly xs: readonly number[];
  readonly gap: number;
  /** Where a height lies on all of them, 0 to 1. */
  readonly row: (height: number) => number;
}

export function paintAxes(
  context: CanvasRenderingContext2D,
  { dimensions, selection, xs, gap, row }: Axes,
  colors: Colors,
): void {
  const band = { top: TOP, height: BAND_HEIGHT - 5 };
  dimensions.forEach((dimension, k) => {
    const [x, isFirst] = [xs[k], k === 0];
    context.strokeStyle = colors.of('--dim');
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x + 0.5, TOP);
    context.lineTo(x + 0.5, row(0));
    context.stroke();
    context.textAlign = isFirst ? 'left' : 'center';
    context.font = BOLD;
    context.fillStyle = colors.of('--text');
    context.fillText(dimension.name, isFirst ? x - 12 : x, 12, gap - 6);
    context.font = MONO;
    const write = (text: string, y: number, token: string) => {
      context.textAlign = isFirst ? 'left' : 'right';
      const width = context.measureText(text).width + 4;
      context.globalAlpha = 0.72;
      context.fillStyle = colors.of('--panel');
      context.fillRect(isFirst ? x + 5 : x - 5 - width, y - 7, width, 13);
      context.globalAlpha = 1;
      context.fillStyle = colors.of(token);
      context.fillText(text, isFirst ? x + 7 : x - 7, y + 4);
    };
    for (const { at, label } of dimension.ticks) write(label, row(at), '--dim');
    if (hasBand(dimension)) {
      context.strokeStyle = colors.of('--bad');
      context.setLineDash([3, 3]);
      context.strokeRect(x - 11.5, band.top + 0.5, 24, band.height);
      context.setLineDash([]);
      write('▲ div.', band.top + band.height / 2, '--bad');
    }
    context.strokeStyle = colors.of('--accent');
    context.lineWidth = 1.5;
    const brush = selection.find(({ column }) => column === dimension.column);
    for (const [low, high] of brush ? heightsOf(dimension, brush) : []) {
      const [top, bottom] = [high, low].map((height) => (height > 1 ? band.top + band.height / 2 : row(height)));
      context.strokeRect(x - 9, top - 3, 18, bottom - top + 6);
    }
  });
}
