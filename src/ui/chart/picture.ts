/** Pictures of a chart in the page's colours. What draws them is loaded when the first is asked for. */
import { Colors } from '../colors.ts';
import type { Frame } from '../frame.ts';
import type { Caption, ColorOf, Panel } from './figure.ts';

/** @param chart the element whose theme the picture has */
export async function framePicture(chart: HTMLElement, frame: Frame, caption: Caption): Promise<SVGElement> {
  const { frameFigure } = await import('./figure.ts');
  return frameFigure(frame, caption, colorsOf(chart));
}

/** @param chart the element whose theme the picture has */
export async function canvasPicture(chart: HTMLElement, panels: readonly Panel[], caption: Caption): Promise<SVGElement> {
  const { canvasFigure } = await import('./figure.ts');
  return canvasFigure(panels, caption, colorsOf(chart));
}

function colorsOf(chart: HTMLElement): ColorOf {
  const colors = new Colors(chart);
  return (token) => colors.of(token);
}
