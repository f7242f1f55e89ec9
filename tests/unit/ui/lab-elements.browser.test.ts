/** The elements around the Lab's charts, each by itself: what it shows, what it asks for, and nothing for axe to find. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { AdapterReport } from '../../../src/engine/report.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import type { ExperimentInput } from '../../../src/model/schema.ts';
import type { HistoryButtons } from '../../../src/ui/history-buttons.ts';
import type { Insight } from '../../../src/ui/insight.ts';
import type { LayerMap } from '../../../src/ui/layer-map.ts';
import type { Messages } from '../../../src/ui/messages.ts';
import '../../../src/ui/messages.ts';
import type { PlayBar } from '../../../src/ui/play-bar.ts';
import '../../../src/ui/remarks.ts';
import type { Remarks } from '../../../src/ui/remarks.ts';
import type { RunHead } from '../../../src/ui/run-head.ts';
import '../../../src/ui/run-head.ts';
import type { Spectra } from '../../../src/ui/spectra.ts';
import '../../../src/ui/insight.ts';
import '../../../src/ui/stage.ts';
import type { Stage } from '../../../src/ui/stage.ts';
import { identityOf, initialState, type LabState } from '../../../src/ui/state.ts';
import type { TopBar } from '../../../src/ui/top-bar.ts';
import '../../../src/ui/top-bar.ts';
import type { ValuesPanel } from '../../../src/ui/values.ts';
import type { ViewBar } from '../../../src/ui/view-bar.ts';
import '../../../src/ui/view-bar.ts';
import { button, choose, expectAccessible, find, findAll, press, rowsOf, show, soon, wordsOf } from '../../support/elements.ts';
import { syntheticTrace } from '../../support/synthetic.ts';

afterEach(() => document.body.replaceChildren());

const SUMMARY = {
  replicas: 2,
  parameters: 1234,
  bytes: 2 ** 20,
  dispatchesPerIteration: 50,
  flopPerIteration: 3e6,
  gradientLayers: ['z0', 'z1', 'z2', 'z3'],
  unitLayers: [],
  recurrentLayers: [],
  weightLayers: [],
  measured: [],
  isAll: true,
  isHalf: false,
  hasHistograms: false,
} satisfies NonNullable<LabState['summaries']>[number];

/** Two runs of ten iterations: A is well, the loss of B is NaN from iteration 7 on. */
function labOf(change: Partial<LabState> = {}, inputs: readonly ExperimentInput[] = [{}, { model: { kind: 'mlp', depth: 9 } }]) {
  const experiments = inputs.map((input) => parseExperiment(input));
  const traces = experiments.map((_, r) =>
    syntheticTrace({
      iterations: 10,
      row: (i) => (r === 1 && i >= 7 ? { loss: Number.NaN, firstNonFinite: 2 } : { loss: 2 - i / 10, log2GradientNorm: 3 }),
      tests: [{ iteration: 9, loss: 1.25, accuracy: 0.75 }],
    }),
  );
  const summaries = experiments.map(() => SUMMARY);
  const own = { experiments, ...identityOf(experiments), traces, summaries, revision: 1, runState: 'paused' } as const;
  return { ...initialState(), ...own, logIterations: false, ...change };
}

const GPU: AdapterReport = {
  engine: 'gpu',
  why: 'A hardware adapter was found.',
  adapter: { vendor: 'v', architecture: 'a', device: '', description: 'Card (X)', software: false, features: [], limits: {} },
};

describe('<nabla-top-bar>', () => {
  test('leads to views, dialogs and past itself, and goes through the themes', async () => {
    const { element, sent, details } = await show<TopBar>('nabla-top-bar', { lab: labOf({ report: GPU }), view: 'lab' });
    const [lab, sweep] = findAll<HTMLAnchorElement>(element, 'nav a');
    expect([lab.ariaCurrent, sweep.ariaCurrent]).toEqual(['page', null]);
    const click = new MouseEvent('click', { cancelable: true, bubbles: true, composed: true });
    sweep.dispatchEvent(click);
    expect([details('go'), click.defaultPrevented]).toEqual([['sweep'], true]);
    button(element, 'WebGPU · Card').click();
    for (const name of ['Files', 'Keyboard map', 'While you are away', 'Credits']) button(element, name).click();
    expect(details('open-dialog')).toEqual(['engine', 'files', 'keys', 'away', 'credits']);
    button(element, 'Skip to the charts').click();
    button(element, 'Colours: system').click();
    expect(sent.slice(-2).map(([name, detail]) => [name, detail])).toEqual([
      ['skip', null],
      ['action', { type: 'theme', theme: 'light' }],
    ]);
    await expectAccessible(element);
  });

  test('a click that asks for a tab of its own stays a link’s', async () => {
    const { element, details } = await show<TopBar>('nabla-top-bar', { lab: labOf() });
    element.addEventListener('click', (event) => {
      expect(event.defaultPrevented).toBe(false);
      event.preventDefault();
    });
    const [, sweep] = findAll(element, 'nav a');
    sweep.dispatchEvent(new MouseEvent('click', { ctrlKey: true, cancelable: true, bubbles: true, composed: true }));
    expect(details('go')).toEqual([]);
  });
});

describe('<nabla-play-bar>', () => {
  test('says where the runs stand, and asks for what its buttons say', async () => {
    const lab = labOf({}, [{ iterations: 40 }]);
    const { element, details } = await show<PlayBar>('nabla-play-bar', { lab });
    expect(wordsOf(find(element, '.where'))).toBe('iteration 10 / 40 · paused');
    expect(find<HTMLProgressElement>(element, 'progress').position).toBe(0.25);
    for (const name of ['▶ Start', 'Previous iteration', 'One iteration', 'Back to iteration 0']) button(element, name).click();
    choose(find(element, 'select'), '5');
    expect(details('action')).toEqual([
      { type: 'play', command: 'start' },
      { type: 'play', command: 'back' },
      { type: 'play', command: 'step' },
      { type: 'restart' },
      { type: 'speed', speed: 5 },
    ]);
    await expectAccessible(element);
  });

  test('keeps one button, and the focus on it, from start over pause to the next run', async () => {
    const { element, details, set } = await show<PlayBar>('nabla-play-bar', { lab: labOf() });
    const main = button(element, '▶ Start');
    main.focus();
    for (const [runState, label] of [
      ['running', '❚❚ Pause'],
      ['finished', '↻ Run again'],
    ] as const) {
      await set({ lab: labOf({ runState }) });
      expect([wordsOf(main), element.shadowRoot?.activeElement === main]).toEqual([label, true]);
      main.click();
    }
    expect(details('action')).toEqual([{ type: 'play', command: 'pause' }, { type: 'restart' }]);
    expect(button(element, 'One iteration').disabled).toBe(true);
  });

  test('asks for one step back at a time', async () => {
    const { element, details } = await show<PlayBar>('nabla-play-bar', { lab: labOf({ isGoingBack: true }) });
    button(element, 'Previous iteration').click();
    expect([details('action'), wordsOf(find(element, '.tail'))]).toEqual([[], '· going back']);
  });
});

describe('<nabla-history>', () => {
  const stand = {} as never;
  const past = [{ text: 'Depth 9', before: stand, after: stand }];

  test('names what it undoes, and has nothing to do again', async () => {
    const { element, details } = await show<HistoryButtons>('nabla-history', { history: { past, future: [] } });
    button(element, 'Undo: Depth 9').click();
    expect(details('action')).toEqual([{ type: 'undo', view: 'lab' }]);
    expect(button(element, 'Nothing to redo').disabled).toBe(true);
    await expectAccessible(element);
  });

  test('in the Sweep view leaves the Lab’s settings alone', async () => {
    const { element, details, set } = await show<HistoryButtons>('nabla-history', {
      history: { past, future: [] },
      view: 'sweep',
    });
    expect(button(element, 'Nothing to undo').disabled).toBe(true);
    await set({ history: { past, future: [{ text: 'Deletion of “T”', deleted: { what: 'sweep', id: 's' } }] } });
    button(element, 'Redo: Deletion of “T”').click();
    expect(details('action')).toEqual([{ type: 'redo', view: 'sweep' }]);
  });
});

describe('<nabla-run-head>', () => {
  test('of a run that broke says so by sign and word, and leads to where', async () => {
    const { element, details } = await show<RunHead>('nabla-run-head', { lab: labOf(), run: 1 });
    expect(wordsOf(find(element, '[role=status]'))).toMatch(/^▲ .*iteration 7/);
    button(element, 'Zoom to it').click();
    expect(details('action')).toEqual([{ type: 'zoom', range: [0, 14] }]);
    await expectAccessible(element);
  });

  test('before the first message says that it loads', async () => {
    const { element } = await show<RunHead>('nabla-run-head', { lab: labOf({ traces: undefined }) });
    expect(wordsOf(find(element, '[role=status]'))).toBe('Loading');
  });
});

describe('<nabla-view-bar>', () => {
  test('has a key to the runs that are shown, the zoom, and the scale', async () => {
    const lab = labOf({ hidden: [1], zooms: [[3, 1500]] }, [{ clip: { rule: 'torch_norm' } }, {}]);
    const { element, details } = await show<ViewBar>('nabla-view-bar', { lab });
    const keys = findAll(element, '.key').map(wordsOf);
    expect(keys.slice(0, 3)).toEqual(['run A', 'clip', '▲ not finite']);
    button(element, '3 … 1,500 ✕Reset zoom').click();
    expect(button(element, 'linear').ariaPressed).toBe('true');
    button(element, 'log').click();
    expect(details('action')).toEqual([
      { type: 'zoom back', all: true },
      { type: 'log iterations', on: true },
    ]);
    await expectAccessible(element);
  });
});

describe('<nabla-values>', () => {
  const open = async (lab: LabState) => {
    const shown = await show<ValuesPanel>('nabla-values', { lab });
    find(shown.element, 'summary').click();
    await soon(() => find(shown.element, 'table'));
    return shown;
  };

  test('is closed at first; open it lists every chart’s value of every run at the crosshair', async () => {
    const { element, set } = await show<ValuesPanel>('nabla-values', { lab: labOf() });
    expect([findAll(element, 'table').length, wordsOf(find(element, 'summary'))]).toEqual([0, 'Values @ 9']);
    find(element, 'summary').click();
    await soon(() => find(element, 'table'));
    const loss = () => rowsOf(find(element, 'table')).find(([head]) => head === 'Loss');
    expect(loss()).toEqual(['Loss', '1.10', 'NaN']);
    await set({ lab: labOf({ hover: 2 }) });
    expect([loss(), find(element, '[role=region]').ariaLabel]).toEqual([['Loss', '1.80', '1.80'], 'Values at iteration 2']);
    await expectAccessible(element);
  });

  test('copies them with the settings and says so; Escape closes it and gives the focus back', async () => {
    const written = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    const { element } = await open(labOf());
    button(element, 'Copy (c)').click();
    await soon(() => button(element, 'Copied'));
    const lines = written.mock.calls[0][0].split('\n');
    expect(lines[0]).toBe('iteration 9');
    expect(lines[2]).toMatch(/^A\t1\.10\t/);
    expect(lines.at(-1)).toBe(location.href);
    press(button(element, 'Copied'), 'Escape');
    await soon(() => expect(findAll(element, 'table')).toEqual([]));
    expect(element.shadowRoot?.activeElement?.localName).toBe('summary');
    written.mockRestore();
  });
});

describe('<nabla-messages>', () => {
  test('a failure is an alert with the ways on; on the CPU engine it does not offer the CPU engine', async () => {
    const { element, details, set } = await show<Messages>('nabla-messages', { lab: labOf({ failure: 'The device was lost.' }) });
    expect(wordsOf(find(element, '[role=alert] p'))).toBe('The device was lost.');
    for (const name of ['Run again', 'Use the CPU engine', 'Dismiss']) button(element, name).click();
    expect(details('action')).toEqual([
      { type: 'restart' },
      { type: 'engine', engine: 'cpu' },
      { type: 'dismiss', what: 'failure' },
    ]);
    await expectAccessible(element);
    await set({ lab: labOf({ failure: 'No.', engine: 'cpu' }) });
    expect(() => button(element, 'Use the CPU engine')).toThrow();
  });

  test('what a link said and was not used stands here, sentence by sentence', async () => {
    const { element, details } = await show<Messages>('nabla-messages', { lab: labOf({ notice: 'depth: no\nwidth: no' }) });
    expect(find(element, '[role=status] p').innerText).toBe('depth: no\nwidth: no');
    button(element, 'Dismiss').click();
    expect(details('action')).toEqual([{ type: 'dismiss', what: 'notice' }]);
  });

  test('without WebGPU says why and what was checked; nothing where nobody asked for it', async () => {
    const report = { engine: 'cpu', why: 'No adapter.', noGpu: 'adapter null' } as const;
    const checks = [{ name: 'secure context', outcome: 'failed', found: 'http' }] as const;
    const { element, set } = await show<Messages>('nabla-messages', { lab: labOf({ report, checks }) });
    expect(wordsOf(find(element, 'section > p'))).toBe('No adapter.');
    expect(wordsOf(find(element, '.checks'))).toContain('failed: The page is secure: http');
    await expectAccessible(element);
    await set({ lab: labOf({ report: { ...report, noGpu: 'not asked for' } }) });
    expect(findAll(element, 'section')).toEqual([]);
  });
});

describe('<nabla-remarks>', () => {
  const resumed = { iteration: 1200, trainedBy: 'gpu', keptAt: Date.now() - 120_000 } as const;

  test('offers runs of before a reload, and says which engine goes on', async () => {
    const report = { engine: 'cpu', why: '' } as const;
    const { element, details } = await show<Remarks>('nabla-remarks', { lab: labOf({ resumed, report }) });
    expect(wordsOf(find(element, 'h2'))).toBe('The runs wait at iteration 1,200');
    expect(wordsOf(find(element, 'p'))).toMatch(/kept 2\S* min ago.*trained by WebGPU; the CPU engine goes on/);
    button(element, 'Resume at iteration 1,200').click();
    button(element, 'Start over').click();
    const start = { type: 'play', command: 'start' };
    expect(details('action')).toEqual([start, { type: 'restart' }, start]);
    await expectAccessible(element);
  });

  test('finished runs have nothing to go on with; what happened meanwhile is told until dismissed', async () => {
    const remark = { title: 'This page was frozen', text: 'From 10 h to 11 h.' };
    const lab = labOf({ resumed, remark, runState: 'finished' });
    const { element, details } = await show<Remarks>('nabla-remarks', { lab });
    expect(findAll(element, 'h2').map(wordsOf)).toEqual(['The runs have finished', 'This page was frozen']);
    expect(findAll(element, 'button').map(wordsOf)).toEqual(['Start over', 'Dismiss']);
    button(element, 'Dismiss').click();
    expect(details('action')).toEqual([{ type: 'dismiss', what: 'remark' }]);
  });
});

describe('<nabla-insight>', () => {
  test('has verdict and evidence of each run, its numbers, changes in mid-run, and the plan', async () => {
    const lab = labOf({ marks: [{ iteration: 4, text: 'A learning rate 0.1 → 0.2' }] });
    const { element, set } = await show<Insight>('nabla-insight', { lab });
    const verdicts = findAll(element, 'section.verdict');
    expect(verdicts.map(({ ariaLabel }) => ariaLabel)).toEqual(['Verdict on run A', 'Verdict on run B']);
    expect(wordsOf(verdicts[1])).toMatch(/iteration 7/);
    const [growth, numbers, plan] = ['at iteration 0', 'Loss', 'Replicas'].map((word) =>
      findAll(element, 'table').find((table) => rowsOf(table).flat().includes(word)),
    ) as Element[];
    expect(rowsOf(growth)[1][0]).toBe('A');
    expect(rowsOf(numbers)).toEqual([
      ['', 'A', 'B'],
      ['Iterations', '10', '10'],
      ['Loss', '1.10', 'NaN'],
      ['Held-out loss', '1.25', '1.25'],
      ['Held-out accuracy', '75.0 %', '75.0 %'],
      ['Gradient norm', '8.00', expect.anything()],
      ['First not finite', 'none', 'loss @ 7'],
    ]);
    expect(rowsOf(plan).slice(0, 3)).toEqual([
      ['', 'A and B'],
      ['Parameters of a run', '1,234'],
      ['Replicas', '2'],
    ]);
    expect(wordsOf(find(element, '.moments'))).toBe('@ 4 A learning rate 0.1 → 0.2');
    await expectAccessible(element);
    await set({ lab: labOf({ summaries: undefined }) });
    expect(wordsOf(element)).toContain('None loaded.');
  });
});

describe('<nabla-spectra>', () => {
  const RECURRENT: ExperimentInput = { task: { name: 'adding' }, model: { kind: 'recurrent' } };

  test('is there for recurrent runs alone', async () => {
    const { element } = await show<Spectra>('nabla-spectra', { lab: labOf() });
    expect(findAll(element, '*')).toEqual([]);
  });

  test('says the latest value in words, shows first and latest in a table, and the other value on request', async () => {
    const lab = labOf({}, [RECURRENT]);
    const spectra = (sigma: number) => [{ matrix: 'Whh', radius: sigma / 2, sigma, isConverged: true }];
    const [trace] = lab.traces ?? [];
    (trace.tests as unknown[]).splice(
      0,
      1,
      ...[1, 3].map((sigma, k) => ({ iteration: 9 * k, loss: 1, accuracy: 1, spectra: spectra(sigma) })),
    );
    const { element, details, set } = await show<Spectra>('nabla-spectra', { lab }, 'display: block; width: 320px');
    const summary = () => find(element, '[role=img]').ariaLabel;
    expect(summary()).toMatch(/^Spectral radius.*Latest spectral radius: .*1\.50/);
    expect(rowsOf(find(element, 'table'))[1]).toEqual(['A Whh', '0.500 → 1.50', '1.00 → 3.00']);
    button(element, 'σ max').click();
    expect(details('action')).toEqual([{ type: 'look', change: { spectrum: 'sigma' } }]);
    await set({ lab: { ...lab, looks: { ...lab.looks, spectrum: 'sigma' } } });
    expect(summary()).toMatch(/^Singular value.*Latest largest singular value: .*3\.00/);
    await expectAccessible(element);
  });
});

describe('<nabla-layer-map>', () => {
  const properties: Partial<LayerMap> = {
    grid: (columns) =>
      ({
        columns,
        layers: 2,
        cells: Float64Array.from({ length: 2 * columns }, (_, k) => k % 2),
        filled: new Uint8Array(columns).fill(1),
        low: 0,
        high: 1,
      }) as never,
    range: [0, 10],
    readout: (row) => (row === undefined ? 'all' : `row ${row}`),
    summary: '@ 9  layer 0: 1.00',
    table: () => ({ columns: ['Layer', '0'], rows: [['z0', '1.00']] }),
  };
  const STYLE = 'width: 514px; height: 260px';
  /** Its rows are known once it is drawn. */
  const painted = (element: Element) =>
    expect.poll(() => find<HTMLCanvasElement>(element, 'canvas').getContext('2d')?.getImageData(100, 50, 1, 1).data[3]).toBe(255);

  test('says in words what it shows, and shows it as a table', async () => {
    const { element, settled } = await show<LayerMap>('nabla-layer-map', { ...properties, run: 1, runs: 2 }, STYLE);
    expect(find(element, '.host').ariaLabel).toMatch(/^Layer by iteration map of run B, .*@ 9 {2}layer 0: 1\.00$/);
    const toggle = button(element, 'Layer × iteration: data table');
    toggle.click();
    await settled();
    expect([toggle.ariaPressed, rowsOf(find(element, 'table'))]).toEqual([
      'true',
      [
        ['Layer', '0'],
        ['z0', '1.00'],
      ],
    ]);
    await expectAccessible(element);
  });

  test('another run is chosen; the pointer reads the cell where it is, and a double click shows everything', async () => {
    const { element, details, settled } = await show<LayerMap>('nabla-layer-map', { ...properties, runs: 2 }, STYLE);
    button(element, 'Run B').click();
    expect(details('action')).toEqual([{ type: 'map run', run: 1 }]);
    const area = find(element, '.area');
    await painted(element);
    const { left, top, width, height } = area.getBoundingClientRect();
    const at = { clientX: left + width / 2, clientY: top + 0.75 * height };
    area.dispatchEvent(new PointerEvent('pointermove', { ...at, bubbles: true }));
    await settled();
    expect(find(element, '.read').textContent).toBe('row 1');
    area.dispatchEvent(new PointerEvent('pointerleave'));
    await settled();
    expect(find(element, '.read').textContent).toBe('all');
    expect(details('chart-hover')).toEqual([expect.closeTo(5, 0), undefined]);
    area.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
    expect(details('chart-reset')).toEqual([{ all: true }]);
  });

  test('a drag zooms to what it spans, wherever it ends; a click does not', async () => {
    const { element, details } = await show<LayerMap>('nabla-layer-map', properties, STYLE);
    const area = find(element, '.area');
    const { left, width } = area.getBoundingClientRect();
    const tell = (name: string, share: number, more: PointerEventInit = {}) =>
      (name === 'pointerdown' ? area : window).dispatchEvent(
        new PointerEvent(name, { clientX: left + share * width, bubbles: true, cancelable: true, ...more }),
      );
    tell('pointerdown', 0.8);
    tell('pointermove', 0.3);
    expect(findAll(area, 'i').length).toBe(1);
    tell('pointerup', -0.2);
    expect(findAll(area, 'i').length).toBe(0);
    const [zoom] = details('chart-zoom') as [number, number][];
    expect(zoom[0]).toBe(0);
    // An event's place is a whole pixel.
    expect(Math.abs(zoom[1] - 8)).toBeLessThan(10 / width);
    tell('pointerdown', 0.8);
    tell('pointerup', 0.8);
    tell('pointerdown', 0.2, { pointerType: 'touch' });
    tell('pointerup', 0.8, { pointerType: 'touch' });
    expect(details('chart-zoom').length).toBe(1);
  });

  test('a change in mid-run is a line on every colour', async () => {
    const { element, set } = await show<LayerMap>('nabla-layer-map', properties, STYLE);
    await painted(element);
    const canvas = find<HTMLCanvasElement>(element, 'canvas');
    const column = () => {
      // Axes and colours stand around the map.
      const [x, height] = [48 + (canvas.clientWidth - 48 - 66) / 2, canvas.clientHeight - 4 - 20];
      const { data } = canvas.getContext('2d')?.getImageData(Math.round(x), 4, 1, height) ?? { data: [] };
      return new Set(Array.from({ length: height }, (_, y) => data.slice(4 * y, 4 * y + 3).join(' '))).size;
    };
    // One colour a layer.
    expect(column()).toBe(2);
    await set({ moments: [{ x: 5, label: 'A: Learning rate 0.1' }] });
    // Each with and without a dash.
    await expect.poll(column).toBeGreaterThan(3);
    await set({ moments: [{ x: 11, label: 'A: Learning rate 0.1' }] });
    await expect.poll(column).toBe(2);
  });

  test('keys walk over the records and the layers, zoom, pan and go back', async () => {
    const xs = () => [0, 4, 5, 9, 20];
    const { element, details, settled, set } = await show<LayerMap>('nabla-layer-map', { ...properties, xs, at: 4 }, STYLE);
    await painted(element);
    const host = find(element, '.host');
    const press = (key: string, more: KeyboardEventInit = {}) =>
      host.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
    const read = async () => {
      await settled();
      return find(element, '.read').textContent;
    };
    host.focus();
    press('ArrowRight');
    press('ArrowRight', { shiftKey: true });
    press('+');
    press('ArrowLeft', { ctrlKey: true });
    press('Backspace');
    expect(details('chart-hover')).toEqual([5, 9]);
    expect(details('chart-zoom')).toEqual([[1.5, 6.5]]);
    expect(details('chart-view')).toEqual([[-1, 9]]);
    expect(details('chart-reset')).toEqual([{ all: false }]);
    press('ArrowDown');
    expect(await read()).toBe('row 0');
    press('ArrowDown');
    press('ArrowDown');
    expect([await read(), find(element, '.read').ariaLive]).toEqual(['row 1', 'polite']);
    press('Escape');
    expect(await read()).toBe('all');
    await set({ at: undefined });
    press('ArrowLeft');
    expect(details('chart-hover').at(-1)).toBe(9);
    await expectAccessible(element);
  });
});

describe('<nabla-stage>', () => {
  const STYLE = 'width: 900px; height: 700px';
  const named = (element: Element) => findAll(element, '[role=img]').map(({ ariaLabel }) => ariaLabel?.split(/[.,]/)[0]);

  test('has loss, norm, profile, accuracy and the map, each with words and a table', async () => {
    const { element, settled } = await show<Stage>('nabla-stage', { lab: labOf() }, STYLE);
    await settled();
    expect(named(element).sort()).toEqual(
      ['Accuracy', 'By layer', 'Gradient norm', 'Layer by iteration map of run A', 'Loss'].sort(),
    );
    expect(findAll(element, '.table-button').length).toBe(5);
    await expectAccessible(element);
  });

  test('hears its charts: crosshair, zoom and the way back; what is shown of the layers is chosen', async () => {
    const { element, details } = await show<Stage>('nabla-stage', { lab: labOf({ zooms: [[0, 5]] }) }, STYLE);
    const chart = find(element, 'nabla-chart');
    const tell = (name: string, detail: unknown) =>
      chart.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
    tell('chart-hover', 2.2);
    tell('chart-zoom', [1.2, 3.9]);
    tell('chart-reset', { all: false });
    const quantities = findAll<HTMLSelectElement>(element, 'nabla-chart > label > select').find(
      ({ value }) => value === 'gradient',
    );
    choose(quantities as Element, 'weight');
    expect(details('action')).toEqual([
      { type: 'hover', iteration: 2 },
      { type: 'zoom', range: [expect.any(Number), expect.any(Number)] },
      { type: 'zoom back', all: false },
      { type: 'quantity', quantity: 'weight' },
    ]);
  });

  test('the chart of norms shows the profile’s quantity at the first, the middle and the last layer where that is chosen', async () => {
    const lab = labOf();
    const { element, details, settled, set } = await show<Stage>('nabla-stage', { lab }, STYLE);
    await settled();
    const series = () => find(element, 'nabla-run-series');
    choose(find(series(), 'select'), 'places');
    expect(details('action')).toEqual([{ type: 'look', change: { series: 'places' } }]);
    await set({ lab: { ...lab, quantity: 'gradient', looks: { ...lab.looks, series: 'places' } } });
    const chart = find(series(), 'nabla-chart');
    await soon(async () => {
      await settled();
      expect(wordsOf(chart)).toContain('‖∂L/∂z‖ of z0, z1, z3');
    });
    await expectAccessible(element);
  });

  test('histograms take the place of the map where they are asked for', async () => {
    const lab = labOf();
    const { element, details, settled, set } = await show<Stage>('nabla-stage', { lab }, STYLE);
    button(element, 'Histograms').click();
    expect(details('action')).toEqual([{ type: 'look', change: { wide: 'histograms' } }]);
    await set({ lab: { ...lab, looks: { ...lab.looks, wide: 'histograms' } } });
    await soon(async () => {
      await settled();
      expect(find(element, 'nabla-histograms').shadowRoot).not.toBeNull();
    });
    expect([findAll(element, 'nabla-layer-map'), button(element, 'Histograms').ariaPressed]).toEqual([[], 'true']);
  });

  test('waits in words for the first iteration; a regression has no accuracy', async () => {
    const { element } = await show<Stage>(
      'nabla-stage',
      { lab: labOf({ traces: undefined }, [{ task: { name: 'teacher' } }]) },
      STYLE,
    );
    const words = findAll(element, 'nabla-chart').map(wordsOf).join(' ');
    expect(words).toContain('Waiting for the first iteration.');
    expect(words).toContain('A regression has no accuracy.');
  });
});
