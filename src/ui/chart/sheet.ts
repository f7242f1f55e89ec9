/** All charts of the view that is shown as one picture. */
import { Colors } from '../colors.ts';
import { download } from '../export/download.ts';
import { type Caption, SHEET_WIDTH, sheetFigure } from './figure.ts';
import type { ChartMenu } from './menu.ts';
import { fileName, pngOf, svgText } from './save.ts';

/** Attribute of the element that holds a view's charts; its value is the sheet's title. */
export const SHEET = 'data-sheet';

/** Visible elements of that selector in document order. */
function shown(root: ParentNode, selector: string): Element[] {
  return [...within(root, selector)].filter((element) => element.checkVisibility());
}

/** In shadow trees too. */
function* within(root: ParentNode, selector: string): Generator<Element> {
  for (const element of root.querySelectorAll('*')) {
    if (element.matches(selector)) yield element;
    if (element.shadowRoot) yield* within(element.shadowRoot, selector);
  }
}

/**
 * @returns the sheet and its title
 * @throws Error where no chart shows anything
 */
export async function drawSheet(page: ParentNode, address: string): Promise<{ picture: SVGElement; title: string }> {
  const view = shown(page, `[${SHEET}]`)[0] as HTMLElement | undefined;
  const menus = (view ? shown(view, 'nabla-chart-menu') : []) as ChartMenu[];
  const draw = (menu: ChartMenu, more: Partial<Caption> = {}) =>
    menu.picture({ title: menu.heading, unit: menu.unit, settings: [], address: '', ...more });
  const drawn = await Promise.all(menus.map(async (menu) => ({ menu, picture: await draw(menu) })));
  const pictures = drawn.flatMap(({ menu, picture }) => (picture ? [{ menu, picture }] : []));
  const last = pictures.at(-1);
  if (!view || !last) throw new Error('There is nothing to draw yet.');
  if (pictures.length % 2 === 1) last.picture = (await draw(last.menu, { width: SHEET_WIDTH })) ?? last.picture;
  const settings = [...new Set(pictures.flatMap(({ menu }) => menu.settings()))];
  const colors = new Colors(view);
  const title = view.getAttribute(SHEET) ?? '';
  const sheet = sheetFigure(
    pictures.map(({ picture }) => picture),
    { title, unit: 'All charts, as they were shown', settings, address },
    (token) => colors.of(token),
  );
  return { picture: sheet, title };
}

/** Draws the view that is shown and hands it over as a file. */
export async function saveSheet(format: 'png' | 'svg'): Promise<void> {
  const { picture, title } = await drawSheet(document, location.href);
  const name = `${fileName(title)}.${format}`;
  if (format === 'svg') download(name, [svgText(picture)], 'image/svg+xml');
  else download(name, [await pngOf(picture)], 'image/png');
}
