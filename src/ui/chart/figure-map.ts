/** Maps, which are painted on canvases, as pictures: painted anew at the picture's size, with the key to their colours. */
import { type Caption, type ColorOf, figure, GAP, LINE, MONO, node, WIDTH } from './figure.ts';

/** Pixels of a painted map for each CSS pixel of the picture. */
const SCALE = 2;
/** Height of a map that fills the picture's width, in CSS pixels. */
const HEIGHT = { least: 200, most: 480 };

/** A map, and the words above it. */
export interface Panel {
  /** Paints it on that area, in CSS pixels, without what only a pointer shows. */
  readonly paint: (context: CanvasRenderingContext2D, width: number, height: number) => void;
  /** Height over width on the page. */
  readonly aspect: number;
  readonly label?: string;
}

/** What colours and signs mean. */
export interface Key {
  /** Colours from one end to the other, and what stands at the ends. */
  readonly ramp?: { readonly colors: readonly string[]; readonly low: string; readonly high: string } | undefined;
  /** `fill` is a custom property of the page. */
  readonly signs: readonly { readonly fill: string; readonly sign: string; readonly text: string }[];
}

/** A picture of up to three maps side by side, or more of them in rows. */
export function mapFigure(panels: readonly Panel[], caption: Caption, color: ColorOf, key?: Key): SVGElement {
  const across = Math.min(3, panels.length);
  const width = ((caption.width ?? WIDTH) - GAP * (across + 1)) / across;
  const heights = panels.map(({ aspect }) => Math.round(Math.max(HEIGHT.least, Math.min(HEIGHT.most, width * aspect))));
  const row = Math.max(...heights) + LINE + 8;
  const draw = ({ paint, label = '' }: Panel, k: number, top: number): SVGElement[] => {
    const x = GAP + (k % across) * (width + GAP);
    const y = top + Math.floor(k / across) * row;
    const image = { x, y: y + LINE, width, height: heights[k], href: painted(width, heights[k], paint) };
    return [words(label, x, y + 10, color), node('image', image)];
  };
  const height = row * Math.ceil(panels.length / across);
  const below = key ? LINE + 8 : 0;
  return figure(caption, color, height + below, (top) => [
    ...panels.flatMap((panel, k) => draw(panel, k, top)),
    ...(key ? drawKey(key, top + height, color) : []),
  ]);
}

function words(text: string, x: number, y: number, color: ColorOf): SVGElement {
  return node('text', { x, y, fill: color('--dim'), 'font-size': 11, 'font-family': MONO }, text);
}

function painted(width: number, height: number, paint: Panel['paint']): string {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(SCALE * width);
  canvas.height = Math.round(SCALE * height);
  const context = canvas.getContext('2d');
  context?.scale(SCALE, SCALE);
  if (context) paint(context, width, height);
  return canvas.toDataURL('image/png');
}

/** Of a text in the label's font, whose characters are all as wide, in pixels. */
const widthOf = (text: string) => 0.602 * 11 * text.length;

function drawKey({ ramp, signs }: Key, top: number, color: ColorOf): SVGElement[] {
  const parts: SVGElement[] = [];
  const base = top + 12;
  let x = GAP;
  const write = (text: string, room = 8) => {
    parts.push(words(text, x, base, color));
    x += widthOf(text) + room;
  };
  if (ramp) {
    write(ramp.low);
    const step = 132 / ramp.colors.length;
    // A little wider, so that no seam shows between two.
    for (const fill of ramp.colors) {
      parts.push(node('rect', { x, y: base - 10, width: step + 0.5, height: 11, fill }));
      x += step;
    }
    x += 8;
    write(ramp.high, 18);
  }
  for (const { fill, sign, text } of signs) {
    parts.push(node('rect', { x, y: base - 11, width: 13, height: 13, rx: 2, fill: color(fill), stroke: color('--edge') }));
    parts.push(
      node(
        'text',
        { x: x + 6.5, y: base - 1, fill: color('--panel'), 'font-size': 9, 'text-anchor': 'middle', 'font-family': MONO },
        sign,
      ),
    );
    x += 18;
    write(text, 18);
  }
  return parts;
}
