/** Paints the cells of one panel of a map. Colour is the outcome; hatching and signs say what colour alone must not. */
import { VERDICT_KINDS, type VerdictKind } from '../../metrics/verdict.ts';
import type { Colors } from '../colors.ts';
import { symbolOf } from '../run-head.ts';
import { CELL, type Domain, type RunMap, shareOf } from './map-data.ts';
import type { Outcome } from './outcomes.ts';
import { viridis } from './viridis.ts';

export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Colours of verdicts, tokens of the page: Okabe–Ito. */
export const VERDICT_TOKENS: Readonly<Record<VerdictKind, string>> = {
  healthy: '--good',
  exploding: '--bad',
  diverged: '--series-7',
  vanishing: '--series-2',
  stuck: '--warn',
  starting: '--faint',
};

/** Below this many pixels a cell has no room for a gap, a corner or a sign. */
const ROOM_FOR_GAP = 5;
const ROOM_FOR_CORNER = 8;
const ROOM_FOR_SIGN = 13;

export function paintCells(
  context: CanvasRenderingContext2D,
  map: RunMap,
  panel: number,
  frame: Frame,
  outcome: Outcome,
  domain: Domain,
  colors: Colors,
): void {
  const { columns, rows } = map;
  const [wide, high] = [frame.width / columns, frame.height / rows];
  const room = Math.min(wide, high);
  const gap = room >= ROOM_FOR_GAP ? 1 : 0;
  const hatching = hatch(context, colors.of('--panel'), colors.of('--bad'));
  context.font = '10px ui-monospace, "DejaVu Sans Mono", monospace';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const cell = (panel * rows + y) * columns + x;
      const kind = map.kind[cell];
      if (kind === CELL.absent) continue;
      const box = boxOf(frame, map, x, y, gap);
      if (kind === CELL.pending) {
        context.fillStyle = colors.of('--raise');
        context.fillRect(box.left, box.top, box.width, box.height);
      } else if (kind === CELL.broken) {
        context.fillStyle = hatching;
        context.fillRect(box.left, box.top, box.width, box.height);
        if (room >= ROOM_FOR_SIGN) sign(context, '▲', box, colors.of('--bad'));
      } else if (kind === CELL.none) {
        context.fillStyle = colors.of('--line');
        context.fillRect(box.left, box.top, box.width, box.height);
      } else paintValue(context, map, cell, box, outcome, domain, colors, room);
    }
  }
}

/** Draws paper over the cells without a selected run, and a line around those that have one. */
export function veilCells(
  context: CanvasRenderingContext2D,
  map: RunMap,
  panel: number,
  frame: Frame,
  selected: Uint32Array,
  colors: Colors,
): void {
  const { columns, rows } = map;
  const isSelected = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < columns && y < rows && selected[(panel * rows + y) * columns + x] > 0;
  const edges = new Path2D();
  context.globalAlpha = 0.72;
  context.fillStyle = colors.of('--panel');
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const { left, top, width, height } = boxOf(frame, map, x, y, 0);
      if (!isSelected(x, y)) {
        context.fillRect(left, top, width, height);
        continue;
      }
      if (!isSelected(x - 1, y)) edges.rect(left, top, 0, height);
      if (!isSelected(x + 1, y)) edges.rect(left + width, top, 0, height);
      if (!isSelected(x, y + 1)) edges.rect(left, top, width, 0);
      if (!isSelected(x, y - 1)) edges.rect(left, top + height, width, 0);
    }
  }
  context.globalAlpha = 1;
  context.lineWidth = 1.5;
  context.strokeStyle = colors.of('--text');
  context.stroke(edges);
}

function paintValue(
  context: CanvasRenderingContext2D,
  map: RunMap,
  cell: number,
  box: Frame,
  outcome: Outcome,
  domain: Domain,
  colors: Colors,
  room: number,
): void {
  const value = map.value[cell];
  if (outcome.scale === 'verdict') {
    const kind = VERDICT_KINDS[value];
    context.fillStyle = colors.of(VERDICT_TOKENS[kind]);
    context.fillRect(box.left, box.top, box.width, box.height);
    if (room >= ROOM_FOR_SIGN) sign(context, symbolOf(kind), box, colors.of('--panel'));
    else if (map.broken[cell] > 0 && room >= ROOM_FOR_CORNER) corner(context, box, colors.of('--panel'));
    return;
  }
  const share = shareOf(domain, value);
  context.fillStyle = `rgb(${viridis(goodIsBright(outcome) ? 1 - share : share).join(' ')})`;
  context.fillRect(box.left, box.top, box.width, box.height);
  if (map.broken[cell] === 0) return;
  const ink = goodIsBright(outcome) ? share < 0.4 : share > 0.6;
  if (map.broken[cell] === map.finished[cell] && room >= ROOM_FOR_SIGN) sign(context, '▲', box, ink ? '#000' : '#fff');
  else if (room >= ROOM_FOR_CORNER) corner(context, box, ink ? '#000' : '#fff');
  else {
    context.fillStyle = ink ? '#000' : '#fff';
    context.fillRect(box.left, box.top, Math.max(1, box.width / 3), Math.max(1, box.height / 3));
  }
}

/** Of losses the small ones are bright, so that the eye goes where it trains. */
export function goodIsBright({ id }: Outcome): boolean {
  return id === 'loss' || id === 'bestLoss' || id === 'testLoss';
}

/** The pixels of a cell, whole ones, so that neighbours meet without a seam. The first row lies at the bottom. */
export function boxOf(
  frame: Frame,
  { columns, rows }: Pick<RunMap, 'columns' | 'rows'>,
  x: number,
  y: number,
  gap: number,
): Frame {
  const left = Math.round(frame.left + (x / columns) * frame.width);
  const right = Math.round(frame.left + ((x + 1) / columns) * frame.width);
  const top = Math.round(frame.top + ((rows - 1 - y) / rows) * frame.height);
  const bottom = Math.round(frame.top + ((rows - y) / rows) * frame.height);
  return { left, top, width: Math.max(1, right - left - gap), height: Math.max(1, bottom - top - gap) };
}

/** The cell at a position; undefined outside. */
export function cellAt(
  frame: Frame,
  { columns, rows }: Pick<RunMap, 'columns' | 'rows'>,
  left: number,
  top: number,
): { readonly x: number; readonly y: number } | undefined {
  const x = Math.floor(((left - frame.left) / frame.width) * columns);
  const y = rows - 1 - Math.floor(((top - frame.top) / frame.height) * rows);
  return x < 0 || y < 0 || x >= columns || y >= rows ? undefined : { x, y };
}

function corner(context: CanvasRenderingContext2D, { left, top, width, height }: Frame, ink: string): void {
  const size = Math.min(7, Math.min(width, height) / 2);
  context.fillStyle = ink;
  context.beginPath();
  context.moveTo(left + width, top);
  context.lineTo(left + width - size, top);
  context.lineTo(left + width, top + size);
  context.fill();
}

function sign(context: CanvasRenderingContext2D, text: string, { left, top, width, height }: Frame, ink: string): void {
  context.fillStyle = ink;
  context.fillText(text, left + width / 2, top + height / 2 + 0.5);
}

/** Diagonal lines that run on from cell to cell. */
export function hatch(context: CanvasRenderingContext2D, paper: string, ink: string): CanvasPattern | string {
  const size = 6;
  const tile = document.createElement('canvas');
  tile.width = tile.height = size * 2;
  const brush = tile.getContext('2d');
  if (!brush) return ink;
  brush.scale(2, 2);
  brush.fillStyle = paper;
  brush.fillRect(0, 0, size, size);
  brush.globalAlpha = 0.24;
  brush.fillStyle = ink;
  brush.fillRect(0, 0, size, size);
  brush.globalAlpha = 0.7;
  brush.strokeStyle = ink;
  brush.lineWidth = 1;
  brush.beginPath();
  for (const shift of [-size, 0, size]) {
    brush.moveTo(shift, size);
    brush.lineTo(shift + size, 0);
  }
  brush.stroke();
  const pattern = context.createPattern(tile, 'repeat');
  pattern?.setTransform(new DOMMatrix().scale(0.5));
  return pattern ?? ink;
}
