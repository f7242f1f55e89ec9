/** The elements of histograms and of norms over the iterations. */
import { afterEach, expect, test } from 'vitest';
import { HISTOGRAM_HEAD, HISTOGRAM_WORDS, shapeOf } from '../../../src/metrics/layer-series.ts';
import { Trace } from '../../../src/metrics/trace.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import '../../../src/ui/histograms.ts';
import '../../../src/ui/run-series.ts';
import type { Histograms } from '../../../src/ui/histograms.ts';
import { reduce } from '../../../src/ui/reducer.ts';
import type { RunSeries } from '../../../src/ui/run-series.ts';
import { type Action, initialState, type LabState } from '../../../src/ui/state.ts';
import { frameShown } from '../../support/next-frame.ts';
import { syntheticTrace } from '../../support/synthetic.ts';

const RECORDS = 4;
const WEIGHTS = ['l0.weight', 'l1.weight'];
const names = { gradientLayers: [], weightLayers: WEIGHTS, unitLayers: [], recurrentLayers: [], isAll: false, isHalf: false };

/** Ten numbers a weight: one is 0, i of them NaN at iteration i, the others in one bin: from 1 on, of the second weight from 4 on. */
function traceOf(hasHistograms: boolean): Trace {
  const shape = shapeOf({ ...names, hasHistograms });
  const words = (i: number, l: number) => {
    const own = new Float32Array(HISTOGRAM_WORDS);
    own.set([-150, 1, i, 0]);
    own[HISTOGRAM_HEAD + 75 + l] = 9 - i;
    return own;
  };
  const scalars = syntheticTrace({ iterations: RECORDS }).scalars;
  const trace = new Trace([], shape);
  for (const [name, series] of Object.entries(scalars)) for (const x of series.view()) trace.scalars[name as 'loss'].push(x);
  for (let i = 0; i < RECORDS; i++) {
    const histogram = hasHistograms ? WEIGHTS.flatMap((_, l) => [...words(i, l)]) : [];
    const dW = WEIGHTS.map(() => 0);
    const block = {
      replicas: 1,
      iterations: 0,
      scalars: new Float32Array(0),
      layers: [[{ iteration: i, words: Float32Array.from([...dW, ...histogram]) }]],
    };
    trace.append(block, 0);
  }
  return trace;
}

function labWith(hasHistograms: boolean, more: Partial<LabState> = {}): LabState {
  const experiment = parseExperiment({ probes: { histograms: hasHistograms }, clip: { rule: 'torch_norm' } });
  const base = initialState();
  const each = <T>(value: T) => base.experiments.map(() => value);
  const summary = { ...names, hasHistograms };
  const lists = { experiments: each(experiment), traces: each(traceOf(hasHistograms)), summaries: each(summary) };
  return { ...base, ...lists, logIterations: false, revision: 1, ...more } as unknown as LabState;
}

async function show<T extends Histograms | RunSeries>(
  tag: string,
  lab: LabState,
): Promise<{ element: T; actions: Action[]; hovers: unknown[] }> {
  const element = document.createElement(tag) as T;
  const actions: Action[] = [];
  const hovers: unknown[] = [];
  element.addEventListener('action', (event) => {
    const action = (event as CustomEvent<Action>).detail;
    actions.push(action);
    element.lab = reduce(element.lab, action);
  });
  element.addEventListener('chart-hover', (event) => hovers.push((event as CustomEvent).detail));
  element.style.cssText = 'width: 700px; height: 280px';
  element.lab = lab;
  document.body.append(element);
  await element.updateComplete;
  return { element, actions, hovers };
}

const of = (element: Element, selector: string) => element.shadowRoot?.querySelector(selector) as HTMLElement;
const label = (element: Element) => of(element, '[role=img]').getAttribute('aria-label');

afterEach(() => document.body.replaceChildren());

test('the histogram says what it shows, at the latest iteration and at the crosshair', async () => {
  const { element } = await show<Histograms>('nabla-histograms', labWith(true));
  expect(label(element)).toMatch(/run A\. @ 3 {2}l0\.weight, 10 numbers: median about 2\.00.*0: 10\.0 %, NaN: 30\.0 %, ±∞: none/);
  element.lab = { ...element.lab, hover: 0 };
  await element.updateComplete;
  expect(label(element)).toMatch(/@ 0 {2}l0\.weight.*NaN: none/);
});

test('draws NaN apart from finite numbers, and nothing where there is none', async () => {
  const { element } = await show<Histograms>('nabla-histograms', labWith(true, { hover: 0 }));
  const canvas = of(element, 'canvas') as HTMLCanvasElement;
  const pixels = () => canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
  await frameShown();
  const before = [...pixels()];
  expect(new Set(before).size).toBeGreaterThan(10);
  // At iteration 3 there is a bar of NaN, in the rows above everything finite.
  element.lab = { ...element.lab, hover: 3 };
  await element.updateComplete;
  await frameShown();
  const after = [...pixels()];
  const top = (data: number[]) => data.slice(4 * canvas.width * 8, 4 * canvas.width * 9);
  expect(top(after)).not.toEqual(top(before));
});

test('keys walk along records and through the weights', async () => {
  const { element, hovers } = await show<Histograms>('nabla-histograms', labWith(true, { hover: 2 }));
  const host = of(element, '[role=img]');
  const press = (key: string) => host.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  press('ArrowLeft');
  press('ArrowRight');
  expect(hovers).toEqual([1, 3]);
  press('ArrowUp');
  await element.updateComplete;
  expect(label(element)).toMatch(/l1\.weight, 10 numbers: median about 8\.00/);
  press('ArrowUp');
  await element.updateComplete;
  expect(label(element)).toMatch(/l1\.weight/);
});

test('the wheel and the keys zoom over the iterations; over the weights there is nothing to zoom', async () => {
  const { element } = await show<Histograms>('nabla-histograms', labWith(true, { hover: 2, zooms: [[0, 4]] }));
  await frameShown();
  const zooms: unknown[] = [];
  element.addEventListener('chart-zoom', (event) => zooms.push((event as CustomEvent).detail));
  const area = of(element, '.area');
  const { left, width } = area.getBoundingClientRect();
  const turn = () => {
    const event = new WheelEvent('wheel', { clientX: left + width, deltaY: -100, ctrlKey: true, cancelable: true });
    area.dispatchEvent(event);
    of(element, '[role=img]').dispatchEvent(new KeyboardEvent('keydown', { key: '+' }));
    return event.defaultPrevented;
  };
  expect(turn()).toBe(true);
  // An event's place is a whole pixel.
  expect(zooms).toEqual([
    [expect.closeTo(4 - 4 / 1.25, 1), expect.closeTo(4, 1)],
    [1, 3],
  ]);
  element.lab = { ...element.lab, looks: { ...element.lab.looks, across: 'weights' } };
  await element.updateComplete;
  expect([turn(), zooms.length]).toEqual([false, 2]);
});

test('the crosshair is gone when the pointer leaves', async () => {
  const { element, hovers } = await show<Histograms>('nabla-histograms', labWith(true, { hover: 2 }));
  of(element, '.area').dispatchEvent(new PointerEvent('pointerleave'));
  expect(hovers).toEqual([undefined]);
});

test('over the layers the keys choose one; the table holds its bins', async () => {
  const { element } = await show<Histograms>('nabla-histograms', labWith(true));
  const buttons = [...(element.shadowRoot?.querySelectorAll('button') ?? [])];
  buttons.find(({ textContent }) => textContent?.includes('layer'))?.click();
  of(element, '[role=img]').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }));
  of(element, '.table-button').click();
  await element.updateComplete;
  const rows = [...(element.shadowRoot?.querySelectorAll('tbody tr') ?? [])].map((row) =>
    [...row.children].map(({ textContent }) => textContent),
  );
  expect(rows).toEqual([
    ['4.00 to 16.0', '6', '60.0 %'],
    ['0', '1', '10.0 %'],
    ['NaN', '3', '30.0 %'],
  ]);
});

test('where none are recorded it says why, and asks for them', async () => {
  const { element, actions } = await show<Histograms>('nabla-histograms', labWith(false));
  expect(of(element, '.empty').textContent).toMatch(/Run A records none/);
  of(element, '.empty button').click();
  expect(actions.at(-1)).toEqual({ type: 'edit', path: 'probes.histograms', value: true, text: 'true' });
});

test('the pointer passes over the layers, and the one that it leaves at is chosen', async () => {
  const { element, actions } = await show<Histograms>('nabla-histograms', labWith(true));
  const looks = { ...element.lab.looks, across: 'weights' } as const;
  element.lab = { ...element.lab, looks };
  await element.updateComplete;
  await frameShown();
  const area = of(element, '.area');
  const { left, top, width, height } = area.getBoundingClientRect();
  area.dispatchEvent(new PointerEvent('pointermove', { clientX: left + 0.6 * width, clientY: top + height / 2 }));
  await element.updateComplete;
  expect(label(element)).toMatch(/l1\.weight/);
  expect(actions).toEqual([]);
  area.dispatchEvent(new PointerEvent('pointerleave'));
  expect(actions).toEqual([{ type: 'look', change: { weight: 1 } }]);
});

test('the chart of norms shows what is chosen', async () => {
  const { element } = await show<RunSeries>('nabla-run-series', labWith(false));
  const chart = of(element, 'nabla-chart') as HTMLElement & { heading: string; updateComplete: Promise<unknown> };
  expect([chart.heading, (chart as unknown as { frame: { styles: unknown[] } }).frame.styles.length]).toEqual([
    'Gradient norm',
    4,
  ]);
  const select = of(element, 'select') as HTMLSelectElement;
  select.value = 'updateRatio';
  select.dispatchEvent(new Event('change'));
  await element.updateComplete;
  await chart.updateComplete;
  expect(chart.heading).toBe('Update ratio');
  expect(label(chart)).toMatch(/^Update ratio\. Run A from 0\.00391 at iteration 0/);
});
