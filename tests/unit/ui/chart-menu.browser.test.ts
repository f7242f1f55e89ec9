/** What leaves a chart: pictures that say what they show, and gestures that ask for another view. */
import { afterEach, describe, expect, test } from 'vitest';
import { frameFigure, SHEET_WIDTH, WIDTH } from '../../../src/ui/chart/figure.ts';
import { mapFigure, type Panel } from '../../../src/ui/chart/figure-map.ts';
import type { ChartMenu } from '../../../src/ui/chart/menu.ts';
import { pngOf, svgText } from '../../../src/ui/chart/save.ts';
import { drawSheet, SHEET } from '../../../src/ui/chart/sheet.ts';
import { NablaChart } from '../../../src/ui/chart.ts';
import type { Frame } from '../../../src/ui/frame.ts';

const FRAME: Frame = {
  styles: [{ label: 'Run A', color: '--run-a', width: 1.6, dash: [7, 3], tag: 'A' }],
  xs: [0, 1, 2, 3],
  columns: [[1, 2, null, 0]],
  marks: [{ x: 2, series: 0, edge: 'top', label: 'NaN @ 2 · z13' }],
  moments: [{ x: 1, label: 'A: Learning rate 0.2' }],
  levels: [{ y: 0.5, label: 'clip 1', color: '--accent' }],
  xRange: [0, 3],
  yRange: [-1, 3],
  xTicks: [{ at: 0, label: '0' }],
  yTicks: [{ at: 0, label: '1' }],
};
const HOSTILE = '</text><script>alert(1)</script>"&';
const CAPTION = {
  title: `Loss ${HOSTILE}`,
  unit: 'cross-entropy',
  settings: ['A Own settings: seed=7', `B ${'x'.repeat(300)}`],
  address: 'https://example.org/#v=1&seed=7',
};
const color = () => 'rgb(1, 2, 3)';

const wordsOf = (picture: SVGElement) => [...picture.querySelectorAll('text')].map(({ textContent }) => textContent);

afterEach(() => document.body.replaceChildren());

describe('a picture of a chart', () => {
  const picture = () => frameFigure(FRAME, CAPTION, color);

  test('has title, unit, settings and address burnt in, as text whatever they are', () => {
    const text = svgText(picture());
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
    expect(parsed.querySelector('parsererror')).toBeNull();
    expect(parsed.querySelectorAll('script').length).toBe(0);
    const lines = [...parsed.querySelectorAll('text')].map(({ textContent }) => textContent);
    expect(lines).toEqual(expect.arrayContaining([CAPTION.title, CAPTION.unit, CAPTION.settings[0], CAPTION.address]));
    // A long line goes on in the next, and nothing of it is lost.
    expect(lines.join('')).toContain(CAPTION.settings[1]);
  });

  test('cuts nothing off at its right edge', () => {
    const long = { ...CAPTION, settings: ['W'.repeat(500)], address: `https://example.org/#${'W'.repeat(700)}` };
    const drawn = frameFigure(FRAME, long, color);
    document.body.append(drawn);
    const right = drawn.getBoundingClientRect().right;
    for (const text of drawn.querySelectorAll('text')) {
      if (text.textContent?.includes('WWW')) expect(text.getBoundingClientRect().right).toBeLessThanOrEqual(right);
    }
    expect(wordsOf(drawn).join('').match(/W/g)?.length).toBe(1200);
  });

  test('draws lines, their gaps, triangles with their words, levels and moments', () => {
    const drawn = picture();
    const line = drawn.querySelector('path[fill=none]')?.getAttribute('d') ?? '';
    expect(line.match(/M/g)?.length).toBe(2);
    // The sample behind the gap stands alone, and would not be seen without a dot.
    expect(drawn.querySelectorAll('circle').length).toBe(1);
    expect(drawn.querySelector('path[fill=none]')?.getAttribute('stroke-dasharray')).toBe('7 3');
    const words = [...drawn.querySelectorAll('text')].map(({ textContent }) => textContent);
    expect(words).toEqual(expect.arrayContaining(['NaN @ 2 · z13', 'clip 1', 'A']));
    expect(drawn.querySelectorAll('line[stroke-dasharray="2 3"]').length).toBe(1);
  });

  test('places letters, and labels at its right edge, where nothing is covered or cut off', () => {
    const two = { ...FRAME, styles: ['A', 'B'].map((tag) => ({ label: tag, color: '--run-a', width: 1, tag })) };
    const marks = [{ x: 3, series: 0, edge: 'top', label: 'NaN @ 3 · z13' } as const];
    const drawn = frameFigure({ ...two, columns: [FRAME.columns[0], FRAME.columns[0]], marks }, CAPTION, color);
    const [a, b, mark] = ['A', 'B', 'NaN @ 3 · z13'].map((text) =>
      [...drawn.querySelectorAll('text')].find(({ textContent }) => textContent === text),
    );
    const high = (text: Element | undefined) => Number(text?.getAttribute('y'));
    expect(Math.abs(high(a) - high(b))).toBeGreaterThanOrEqual(10);
    expect(mark?.getAttribute('text-anchor')).toBe('end');
  });

  test('fills the band between two series, in parts where both have a gap', () => {
    const edge = { label: 'quartile', color: '--run-a', width: 0, alpha: 0.16 };
    const columns = [
      [0, 0, null, 0],
      [1, 2, null, 1],
    ];
    const drawn = frameFigure(
      { ...FRAME, styles: [edge, edge], bands: [{ low: 0, high: 1 }], columns, marks: [] },
      CAPTION,
      color,
    );
    const band = drawn.querySelector('path[opacity="0.16"]')?.getAttribute('d') ?? '';
    // Two samples make a quadrangle; a single one behind the gap a line of no width.
    expect(band.split('z').map((part) => part.match(/[ML]/g)?.length ?? 0)).toEqual([4, 2, 0]);
  });

  test('becomes a PNG of twice its size', async () => {
    const drawn = picture();
    const bitmap = await createImageBitmap(await pngOf(drawn));
    expect([bitmap.width, bitmap.height]).toEqual([1920, 2 * Number(drawn.getAttribute('height'))]);
  });
});

describe('a picture of maps', () => {
  const asked: (readonly number[])[] = [];
  const panel = (aspect: number, label: string): Panel => ({
    paint: (context, width, height) => {
      asked.push([width, height]);
      context.fillStyle = 'rgb(9, 99, 199)';
      context.fillRect(0, 0, width, height);
    },
    aspect,
    label,
  });
  afterEach(() => asked.splice(0));

  test('paints each anew, as large as it will be, up to three beside each other', async () => {
    const drawn = mapFigure([panel(0.5, 'clip none'), panel(0.5, 'clip 1')], CAPTION, color);
    expect(asked).toEqual([
      [456, 228],
      [456, 228],
    ]);
    expect(wordsOf(drawn)).toEqual(expect.arrayContaining(['clip none', 'clip 1']));
    const image = drawn.querySelector('image')?.getAttribute('href') ?? '';
    const bitmap = await createImageBitmap(await (await fetch(image)).blob());
    expect([bitmap.width, bitmap.height]).toEqual([912, 456]);
  });

  test('is neither too flat to read nor taller than a screen', () => {
    mapFigure([panel(0.1, '')], CAPTION, color);
    mapFigure([panel(3, '')], CAPTION, color);
    expect(asked).toEqual([
      [928, 200],
      [928, 480],
    ]);
  });

  test('has the key to its colours and signs under it', () => {
    const key = {
      ramp: { colors: ['rgb(1, 1, 1)', 'rgb(2, 2, 2)'], low: '0.1', high: '≥ 54' },
      signs: [{ fill: '--bad', sign: '▲', text: 'not finite' }],
    };
    const [plain, drawn] = [undefined, key].map((own) => mapFigure([panel(0.5, '')], CAPTION, color, own));
    expect(wordsOf(drawn)).toEqual(expect.arrayContaining(['0.1', '≥ 54', '▲', 'not finite']));
    const fills = [...drawn.querySelectorAll('rect')].map((rect) => rect.getAttribute('fill'));
    expect(fills).toEqual(expect.arrayContaining(key.ramp.colors));
    expect(Number(drawn.getAttribute('height'))).toBeGreaterThan(Number(plain.getAttribute('height')));
  });
});

describe('a sheet of all charts', () => {
  async function view(count: number, title = 'Lab') {
    const holder = document.createElement('div');
    holder.setAttribute(SHEET, title);
    const charts = Array.from({ length: count }, (_, k) => {
      const chart = new NablaChart();
      Object.assign(chart, { heading: `Chart ${k}`, frame: FRAME, settings: () => CAPTION.settings });
      return chart;
    });
    holder.append(...charts);
    document.body.append(holder);
    await Promise.all(charts.map(({ updateComplete }) => updateComplete));
    return { holder, charts };
  }
  const parts = (picture: SVGElement) =>
    [...picture.querySelectorAll(':scope > svg')].map((part) => ['x', 'width'].map((name) => Number(part.getAttribute(name))));

  test('has each of them in reading order, two beside each other, settings and address once', async () => {
    await view(4);
    const { picture, title } = await drawSheet(document, CAPTION.address);
    expect(title).toBe('Lab');
    const words = wordsOf(picture);
    expect(words.filter((word) => word?.startsWith('Chart'))).toEqual(['Chart 0', 'Chart 1', 'Chart 2', 'Chart 3']);
    for (const line of [CAPTION.settings[0], CAPTION.address]) expect(words.filter((word) => word === line)).toEqual([line]);
    expect(parts(picture)).toEqual([0, WIDTH, 0, WIDTH].map((x) => [x, WIDTH]));
    // Nothing lies over anything else, and the words below them all.
    const tops = [...picture.querySelectorAll(':scope > svg')].map((part) => Number(part.getAttribute('y')));
    expect(tops[2]).toBe(tops[0] + Number(picture.querySelector(':scope > svg')?.getAttribute('height')));
  });

  test('draws one that is left over across both columns', async () => {
    await view(3);
    expect(parts((await drawSheet(document, '')).picture)).toEqual([
      [0, WIDTH],
      [WIDTH, WIDTH],
      [0, SHEET_WIDTH],
    ]);
  });

  test('leaves out charts that show nothing and views that are not shown', async () => {
    const { holder } = await view(2, 'Hidden');
    holder.style.display = 'none';
    const { charts } = await view(2, 'Shown');
    charts[0].frame = undefined;
    const { picture, title } = await drawSheet(document, '');
    expect([title, wordsOf(picture).filter((word) => word?.startsWith('Chart'))]).toEqual(['Shown', ['Chart 1']]);
  });

  test('says so where there is nothing to draw', async () => {
    await expect(drawSheet(document, '')).rejects.toThrow('There is nothing to draw yet.');
  });
});

describe('full screen', () => {
  test('without the API of the browser the chart covers the page, until Escape, wherever the focus is', async () => {
    const chart = new NablaChart();
    Object.assign(chart, { heading: 'Loss', frame: FRAME, requestFullscreen: undefined });
    document.body.append(chart);
    await chart.updateComplete;
    const menu = chart.renderRoot.querySelector<ChartMenu>('nabla-chart-menu');
    const fill = menu?.renderRoot.querySelector('button');
    const covers = () => chart.hasAttribute('covers') && getComputedStyle(chart).position === 'fixed';
    fill?.click();
    await expect.poll(covers).toBe(true);
    await menu?.updateComplete;
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    expect(covers()).toBe(false);
    fill?.click();
    await expect.poll(covers).toBe(true);
    fill?.click();
    await expect.poll(covers).toBe(false);
  });
});

describe('<nabla-chart>', () => {
  async function show(fixed = false) {
    const chart = new NablaChart();
    Object.assign(chart, { heading: 'Loss', frame: FRAME, fixed });
    chart.style.cssText = 'width: 600px; height: 300px';
    document.body.append(chart);
    await chart.updateComplete;
    const asked: [string, readonly [number, number]][] = [];
    for (const name of ['chart-zoom', 'chart-view']) {
      chart.addEventListener(name, (event) => asked.push([name, (event as CustomEvent<[number, number]>).detail]));
    }
    const area = chart.shadowRoot?.querySelector<HTMLElement>('.u-over');
    if (!area) throw new Error('no plot');
    const { left, width, top } = area.getBoundingClientRect();
    const wheel = (more: WheelEventInit) => {
      const event = new WheelEvent('wheel', {
        clientX: left + width / 3,
        clientY: top + 20,
        cancelable: true,
        bubbles: true,
        ...more,
      });
      area.dispatchEvent(event);
      return event.defaultPrevented;
    };
    const finger = (name: string, pointerId: number, share: number) =>
      area.dispatchEvent(
        new PointerEvent(name, {
          pointerId,
          pointerType: 'touch',
          clientX: left + share * width,
          clientY: top + 20,
          bubbles: true,
        }),
      );
    return { asked, wheel, finger, width };
  }

  test('the wheel with Ctrl zooms at the pointer, one zoom a gesture; without, it scrolls the page', async () => {
    const { asked, wheel, width } = await show();
    expect(wheel({ deltaY: 100 })).toBe(false);
    expect(asked).toEqual([]);
    expect(wheel({ deltaY: -100, ctrlKey: true })).toBe(true);
    wheel({ deltaY: -100, ctrlKey: true });
    expect(asked.map(([name]) => name)).toEqual(['chart-zoom', 'chart-view']);
    const [from, to] = asked[0][1];
    expect(to - from).toBeCloseTo(3 / 1.25, 9);
    // An event's place is a whole pixel.
    expect(Math.abs(from + (to - from) / 3 - 1)).toBeLessThan(3 / width);
  });

  test('the wheel sideways pans', async () => {
    const { asked, wheel } = await show();
    expect(wheel({ deltaY: 50, shiftKey: true })).toBe(true);
    const [from, to] = asked[0][1];
    expect(to - from).toBeCloseTo(3, 9);
    expect(from).toBeGreaterThan(0);
  });

  test('two fingers zoom, one does not', async () => {
    const { asked, finger } = await show();
    finger('pointerdown', 1, 0.3);
    finger('pointermove', 1, 0.4);
    expect(asked).toEqual([]);
    finger('pointerdown', 2, 0.6);
    finger('pointermove', 2, 0.8);
    expect(asked.length).toBe(1);
    const [from, to] = asked[0][1];
    expect(to - from).toBeCloseTo(1.5, 6);
  });

  test('a chart whose axis is not the iterations takes no zoom', async () => {
    const { asked, wheel } = await show(true);
    wheel({ deltaY: -100, ctrlKey: true });
    expect(asked).toEqual([]);
  });
});
