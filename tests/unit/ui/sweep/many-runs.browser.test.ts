/** Map, parallel coordinates and table of 50,000 runs: what a brush in one of them does in the others. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { ChartMenu } from '../../../../src/ui/chart/menu.ts';
import type { SweepPanel } from '../../../../src/ui/sweep/map-panel.ts';
import '../../../../src/ui/sweep/maps.ts';
import type { SweepMaps } from '../../../../src/ui/sweep/maps.ts';
import '../../../../src/ui/sweep/parallel.ts';
import type { SweepParallel } from '../../../../src/ui/sweep/parallel.ts';
import { dimensionsOf } from '../../../../src/ui/sweep/parallel-data.ts';
import { firstView, initialSweepState, reduceSweep } from '../../../../src/ui/sweep/reducer.ts';
import '../../../../src/ui/sweep/run-list.ts';
import type { SweepRuns } from '../../../../src/ui/sweep/run-list.ts';
import { selectRuns } from '../../../../src/ui/sweep/selection.ts';
import type { SweepAction, SweepViewState } from '../../../../src/ui/sweep/state.ts';
import { MANY, manyRuns } from './many.ts';

let start: SweepViewState;

beforeAll(() => {
  const table = manyRuns();
  start = {
    ...initialSweepState({ experiment: {}, axes: [] }),
    open: { sweepId: 'many', document: { experiment: {}, axes: [] }, table },
    view: firstView(table.axes),
  };
});

type Shown = (SweepMaps | SweepParallel | SweepRuns) & HTMLElement;

/** An element with the state that its own actions lead to, as the view keeps it. */
async function show<E extends Shown>(tag: string): Promise<{ element: E; root: ShadowRoot; state: () => SweepViewState }> {
  const element = document.createElement(tag) as E;
  element.style.cssText = 'display: flex; width: 900px; height: 420px';
  let state = start;
  const give = () => {
    element.sweep = state;
    element.selected = state.open && selectRuns(state.open.table, state.selection);
  };
  element.addEventListener('sweep-action', (event) => {
    state = reduceSweep(state, (event as CustomEvent<SweepAction>).detail);
    give();
  });
  give();
  document.body.append(element);
  await element.updateComplete;
  return { element, root: element.shadowRoot as ShadowRoot, state: () => state };
}

const press = (target: Element, key: string, shiftKey = false) =>
  target.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true, composed: true, cancelable: true }));
const point = (target: Element, type: string, clientX: number, clientY: number) =>
  target.dispatchEvent(
    new PointerEvent(type, { clientX, clientY, button: 0, pointerId: 1, pointerType: 'mouse', bubbles: true, composed: true }),
  );
/** Capturing needs a pointer that is really there. */
Element.prototype.setPointerCapture = () => undefined;

describe('the table of 50,000 runs', () => {
  test('has the rows in view in the document, all of them in its count, and opens the one the keyboard is on', async () => {
    const { element, root, state } = await show<SweepRuns>('nabla-sweep-runs');
    const grid = root.querySelector('[role=grid]') as HTMLElement;
    expect(grid.getAttribute('aria-rowcount')).toBe(String(MANY + 1));
    expect(root.querySelectorAll('.body').length).toBeLessThan(60);
    press(grid, 'End');
    await element.updateComplete;
    await expect.poll(() => root.querySelector(`#row-${MANY - 1}`)?.getAttribute('aria-rowindex')).toBe(String(MANY + 1));
    press(grid, 'Enter');
    expect(state().run?.id).toBe((MANY - 1).toString(16).padStart(16, '0'));
    element.remove();
  });

  test('is sorted by a head and filtered by words', async () => {
    const { element, root } = await show<SweepRuns>('nabla-sweep-runs');
    const heads = [...root.querySelectorAll<HTMLElement>('[role=columnheader]')];
    const loss = heads.findIndex(({ innerText }) => innerText.trim() === 'loss');
    heads[loss].querySelector('button')?.click();
    await element.updateComplete;
    // Run 0 diverged; the loss of run 7919⁻¹ mod 50,000 is the least above 1.
    expect(root.querySelector('#row-0')?.children[loss].textContent).toBe('1.00');
    const find = root.querySelector('input[type=search]') as HTMLInputElement;
    find.value = 'torch 3.162e−3';
    find.dispatchEvent(new Event('input'));
    await element.updateComplete;
    // One rate and one clip rule: 25 depths and 25 seeds.
    expect(root.querySelector('[role=status]')?.textContent).toContain('625 of 50,000 runs');
    element.remove();
  });
});

describe('the map of 50,000 runs', () => {
  test('has in its picture what the colours mean, and what is held or aggregated', async () => {
    const { element, root } = await show<SweepMaps>('nabla-sweep-maps');
    await root.querySelector<SweepPanel>('nabla-sweep-panel')?.updateComplete;
    const menu = root.querySelector('nabla-chart-menu') as ChartMenu;
    expect(menu.unit).toMatch(/^Final loss, 1\.\d+ \(bright\) to .* \(dark\), .*median over 25 seeds$/);
    const picture = await menu.picture({ title: '', unit: '', settings: [], address: '' });
    const words = [...(picture?.querySelectorAll('text') ?? [])].map(({ textContent }) => textContent);
    expect(words).toContain('some of its runs not finite');
    expect(picture?.querySelectorAll('rect').length).toBeGreaterThan(30);
    element.remove();
  });

  test('selects a rectangle of cells by Shift and the arrows, and lets go by Escape', async () => {
    const { element, root, state } = await show<SweepMaps>('nabla-sweep-maps');
    const panel = root.querySelector('nabla-sweep-panel') as HTMLElement & { updateComplete: Promise<unknown> };
    await panel.updateComplete;
    const host = panel.shadowRoot?.querySelector('.host') as HTMLElement;
    press(host, 'ArrowRight');
    await element.updateComplete;
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowUp']) {
      press(host, key, true);
      await element.updateComplete;
      await panel.updateComplete;
    }
    // Three rates and two depths, one clip rule, 25 seeds.
    expect(state().open && selectRuns(state().open?.table ?? (undefined as never), state().selection)?.count).toBe(150);
    press(host, 'Escape');
    expect(state().selection).toEqual([]);
    element.remove();
  });

  test('selects by a drag, which opens no run; control: a click opens one', async () => {
    const { element, root, state } = await show<SweepMaps>('nabla-sweep-maps');
    const panel = root.querySelector('nabla-sweep-panel') as HTMLElement & { updateComplete: Promise<unknown> };
    await panel.updateComplete;
    const canvas = panel.shadowRoot?.querySelector('canvas') as HTMLCanvasElement;
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const at = (x: number, y: number) => [left + x * width, top + y * height] as const;
    point(canvas, 'pointerdown', ...at(0.4, 0.4));
    await element.updateComplete;
    await panel.updateComplete;
    for (const share of [0.5, 0.6]) {
      point(canvas, 'pointermove', ...at(share, share));
      await element.updateComplete;
      await panel.updateComplete;
    }
    point(canvas, 'pointerup', ...at(0.6, 0.6));
    canvas.dispatchEvent(new MouseEvent('click', { clientX: at(0.6, 0.6)[0], clientY: at(0.6, 0.6)[1] }));
    expect(state().selection.map(({ column }) => column)).toEqual(['axis:1', 'axis:0', 'axis:2']);
    expect(state().run).toBeUndefined();
    canvas.dispatchEvent(new MouseEvent('click', { clientX: at(0.6, 0.6)[0], clientY: at(0.6, 0.6)[1] }));
    expect(state().run).toBeDefined();
    element.remove();
  });
});

describe('the parallel coordinates of 50,000 runs', () => {
  test('draw every run a few at a time, and say so in words and as a table', async () => {
    const { element, root } = await show<SweepParallel>('nabla-sweep-parallel');
    const canvas = root.querySelector('canvas') as HTMLCanvasElement;
    expect(canvas.getAttribute('aria-label')).toContain('each of 50,000 finished runs');
    expect(canvas.getAttribute('aria-label')).toContain('10,000 diverged');
    const inked = () => {
      const { width, height } = canvas;
      const data = canvas.getContext('2d')?.getImageData(0, 0, Math.max(1, width), Math.max(1, height)).data ?? [];
      return data.some((value, k) => k % 4 === 3 && value > 0);
    };
    await expect.poll(inked, { timeout: 20_000 }).toBe(true);
    // On the page names and ticks are elements of their own: a picture has them too.
    const write = vi.spyOn(CanvasRenderingContext2D.prototype, 'fillText');
    const menu = root.querySelector('nabla-chart-menu') as ChartMenu;
    const picture = await menu.picture({ title: '', unit: '', settings: [], address: '' });
    expect(picture?.querySelectorAll('image').length).toBe(1);
    const words = write.mock.calls.map(([text]) => text);
    write.mockRestore();
    for (const { name, ticks } of dimensionsOf(start.open?.table ?? (undefined as never), element.sweep.columns))
      expect(words).toEqual(expect.arrayContaining([name, ...ticks.map(({ label }) => label)]));
    expect(words).toContain('▲ div.');
    (root.querySelector('.table-button') as HTMLElement).click();
    await element.updateComplete;
    const rows = [...root.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent));
    // Without a value are none; a fifth diverged.
    expect(rows.find(([name]) => name === 'loss')).toEqual(['loss', 'log', '1.00', '1.50', '2.00', '10,000', '0']);
    element.remove();
  });

  test('select by the keyboard along an axis, up into the band of the runs that diverged', async () => {
    const { element, root, state } = await show<SweepParallel>('nabla-sweep-parallel');
    const axisNamed = (label: string) => {
      const lines = [...root.querySelectorAll('nabla-sweep-parallel-axis')].map((axis) =>
        axis.shadowRoot?.querySelector('.line'),
      );
      return lines.find((line) => line?.getAttribute('aria-label') === label) as HTMLElement;
    };
    await new Promise(requestAnimationFrame);
    const loss = axisNamed('Final loss');
    press(loss, 'End');
    press(loss, 'Enter');
    expect(state().open && selectRuns(start.open?.table ?? (undefined as never), state().selection)?.count).toBe(10_000);
    press(loss, 'Escape');
    expect(state().selection).toEqual([]);
    const seed = axisNamed('seed');
    press(seed, 'ArrowUp', true);
    expect(state().selection).toEqual([{ column: 'axis:3', among: [0, 1] }]);
    await element.updateComplete;
    await new Promise(requestAnimationFrame);
    expect(seed.getAttribute('aria-valuetext')).toBe('1; selected: 0 to 1, 4,000 runs');
    element.remove();
  });
});
