/** Draws histograms: a map of shares, one column each, and beside it the bars of one of them on the same axis. */
import { LOG10_2 } from '../metrics/format.ts';
import { OCTAVES } from '../metrics/layer-series.ts';
import { paintMoments } from './chart/moments.ts';
import type { Colors } from './colors.ts';
import type { Tick } from './frame.ts';
import type { HistogramGrid } from './histogram-data.ts';
import { inferno } from './inferno.ts';
import { logTicks } from './ticks.ts';

const FONT = '11px ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace';
/** Share at the dark end of the colours. */
const LEAST_SHARE = 1e-4;
const LEAST_DECADES = -Math.log10(LEAST_SHARE);
/** Height of a row of zeros or of what is not finite, and the gap that parts it from the others. */
const SPECIAL = 13;
const GAP = 4;
const TOP = 4;
const BOTTOM = 20;
const LEFT = 50;
const LEGEND = 52;

/** Where things stand on the canvas. */
export interface Layout {
  readonly map: { readonly left: number; readonly width: number };
  readonly bars: { readonly left: number; readonly width: number };
  /** Tops of the special rows, and the area of the others. */
  readonly nan: number;
  readonly inf: number;
  readonly finite: { readonly top: number; readonly height: number };
  readonly zero: number;
  readonly bottom: number;
}

export function layoutOf(width: number, height: number): Layout {
  const inner = width - LEFT - LEGEND;
  const bars = Math.round(Math.max(70, Math.min(200, 0.28 * inner)));
  const bottom = height - BOTTOM;
  const zero = bottom - SPECIAL;
  const top = TOP + 2 * SPECIAL + GAP;
  return {
    map: { left: LEFT, width: Math.max(10, inner - bars - 12) },
    bars: { left: LEFT + Math.max(10, inner - bars - 12) + 12, width: bars },
    nan: TOP,
    inf: TOP + SPECIAL,
    finite: { top, height: zero - GAP - top },
    zero,
    bottom,
  };
}

/** What is drawn: shares of one histogram beside the grid, and where they belong in it. */
export interface Drawn {
  readonly grid: HistogramGrid;
  readonly bars: { readonly shares: Float32Array; readonly zero: number; readonly inf: number; readonly nan: number } | undefined;
  /** Share of the map's width at which the bars' column is. */
  readonly at: number | undefined;
  /** Shares of it at which settings were changed in mid-run. */
  readonly moments: readonly number[];
  readonly ticks: readonly (Tick & { readonly share: number })[];
}

export function paintHistograms(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  { grid, bars, at, moments, ticks }: Drawn,
  colors: Colors,
): void {
  const layout = layoutOf(width, height);
  context.font = FONT;
  for (const { left, width: across } of [layout.map, layout.bars]) {
    context.fillStyle = colors.of('--raise');
    context.fillRect(left, layout.finite.top, across, layout.finite.height);
    for (const top of [layout.nan, layout.inf, layout.zero]) context.fillRect(left, top + 1, across, SPECIAL - 2);
  }
  paintMap(context, layout, grid);
  const xs = moments.map((share) => layout.map.left + share * layout.map.width);
  paintMoments(context, xs, TOP, layout.bottom - TOP, colors);
  if (at !== undefined) {
    context.fillStyle = colors.of('--text');
    context.fillRect(layout.map.left + at * layout.map.width, TOP, 1, layout.bottom - TOP);
  }
  if (bars) paintBars(context, layout, grid.rows, bars, colors);
  paintAxes(context, layout, grid, ticks, colors);
  paintLegend(context, layout, colors);
}

function colorOf(share: number): readonly [number, number, number] {
  // Never black: what is rarer than the scale shows is not nothing.
  return inferno(Math.max(0.06, 1 + Math.log10(share) / LEAST_DECADES));
}

function paintMap(context: CanvasRenderingContext2D, layout: Layout, grid: HistogramGrid): void {
  const { columns, rows, shares, filled } = grid;
  const { left, width } = layout.map;
  if (columns === 0) return;
  const image = document.createElement('canvas');
  image.width = columns;
  image.height = rows;
  const own = image.getContext('2d');
  if (!own) return;
  const pixels = own.createImageData(columns, rows);
  const each = width / columns;
  for (let p = 0; p < columns; p++) {
    if (!filled[p]) continue;
    for (let k = 0; k < rows; k++) {
      const share = shares[p * rows + k];
      if (share > 0) pixels.data.set([...colorOf(share), 255], 4 * ((rows - 1 - k) * columns + p));
    }
    for (const [top, share] of [
      [layout.nan, grid.nans[p]],
      [layout.inf, grid.infinities[p]],
      [layout.zero, grid.zeros[p]],
    ]) {
      if (share === 0) continue;
      context.fillStyle = `rgb(${colorOf(share).join(' ')})`;
      context.fillRect(left + p * each, top + 1, Math.ceil(each), SPECIAL - 2);
    }
  }
  own.putImageData(pixels, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(image, left, layout.finite.top, width, layout.finite.height);
}

function paintBars(
  context: CanvasRenderingContext2D,
  layout: Layout,
  rows: number,
  { shares, zero, inf, nan }: NonNullable<Drawn['bars']>,
  colors: Colors,
): void {
  const { left, width } = layout.bars;
  const most = Math.max(zero, inf, nan, ...shares);
  const length = (share: number) => (share === 0 ? 0 : Math.max(1, (share / most) * width));
  const each = layout.finite.height / rows;
  context.fillStyle = colors.of('--accent');
  for (const [k, share] of shares.entries()) {
    const top = layout.finite.top + (rows - 1 - k) * each;
    context.fillRect(left, top, length(share), Math.max(1, each - (each > 4 ? 1 : 0)));
  }
  context.textAlign = 'right';
  for (const [top, share, color] of [
    [layout.nan, nan, '--bad'],
    [layout.inf, inf, '--bad'],
    [layout.zero, zero, '--dim'],
  ] as const) {
    context.fillStyle = colors.of(color);
    context.fillRect(left, top + 1, length(share), SPECIAL - 2);
    if (share === 0) continue;
    // Behind the bar where there is room, else on it.
    const words = share < 0.001 ? '<0.1 %' : `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
    const isInside = length(share) > width - 48;
    context.fillStyle = colors.of(isInside ? '--panel' : '--text');
    context.fillText(words, isInside ? left + length(share) - 3 : left + width - 2, top + SPECIAL - 3);
  }
}

function paintAxes(
  context: CanvasRenderingContext2D,
  layout: Layout,
  { from, rows }: HistogramGrid,
  ticks: Drawn['ticks'],
  colors: Colors,
): void {
  context.fillStyle = colors.of('--faint');
  context.textAlign = 'right';
  for (const [top, label] of [
    [layout.nan, 'NaN'],
    [layout.inf, '±∞'],
    [layout.zero, '0'],
  ] as const)
    context.fillText(label, LEFT - 4, top + SPECIAL - 3);
  const [low, high] = [from * LOG10_2, (from + OCTAVES * rows) * LOG10_2];
  const { top, height } = layout.finite;
  for (const { at, label } of logTicks(low, high, Math.max(2, Math.min(8, Math.floor(height / 24))))) {
    const y = top + height * (1 - (at - low) / (high - low));
    if (y > top + 6 && y < top + height - 2) context.fillText(label, LEFT - 4, y + 4);
  }
  context.textAlign = 'center';
  for (const { share, label } of ticks) context.fillText(label, layout.map.left + share * layout.map.width, layout.bottom + 14);
  context.textAlign = 'left';
  context.fillText('share', layout.bars.left, layout.bottom + 14);
}

function paintLegend(context: CanvasRenderingContext2D, layout: Layout, colors: Colors): void {
  const left = layout.bars.left + layout.bars.width + 10;
  const height = layout.bottom - TOP;
  for (let y = 0; y < height; y++) {
    context.fillStyle = `rgb(${colorOf(10 ** (-LEAST_DECADES * (y / height))).join(' ')})`;
    context.fillRect(left, TOP + y, 8, 1.5);
  }
  context.fillStyle = colors.of('--faint');
  context.textAlign = 'left';
  for (const [share, label] of [
    [0, '100%'],
    [0.5, '1%'],
    [1, '.01%'],
  ] as const)
    context.fillText(label, left + 11, TOP + (share === 0 ? 9 : share * height));
}
