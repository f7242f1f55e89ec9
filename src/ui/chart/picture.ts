/** Pictures of a chart in the page's colours. What draws them is loaded when the first is asked for. */
import { Colors } from '../colors.ts';
import type { Frame } from '../frame.ts';
import type { Caption, ColorOf } from './figure.ts';
import type { Key, Panel } from './figure-map.ts';

/** @param chart the element whose theme the picture has */
export async function framePicture(chart: HTMLElement, frame: Frame, caption: Caption): Promise<SVGElement> {
  const { frameFigure } = await import('./figure.ts');
  return frameFigure(frame, caption, colorsOf(chart));
}

/** @param chart the element whose theme the picture has */
export async function mapPicture(chart: HTMLElement, panels: readonly Panel[], caption: Caption, key?: Key): Promise<SVGElement> {
  const { mapFigure } = await import('./figure-map.ts');
  return mapFigure(panels, caption, colorsOf(chart), key);
}

function colorsOf(chart: HTMLElement): ColorOf {
  const colors = new Colors(chart);
  return (token) => colors.of(token);
}
