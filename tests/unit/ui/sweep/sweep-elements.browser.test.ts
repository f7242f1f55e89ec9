/** The elements around a sweep's charts, each by itself: what it shows, what it asks for, and nothing for axe to find. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseExperiment, runId } from '../../../../src/model/experiment.ts';
import type { ResolvedAxis, SweepEstimate } from '../../../../src/sweep/sweep-protocol.ts';
import { initialState } from '../../../../src/ui/state.ts';
import type { SweepAxis } from '../../../../src/ui/sweep/axis-form.ts';
import type { SweepBase } from '../../../../src/ui/sweep/base-form.ts';
import type { SweepBefore } from '../../../../src/ui/sweep/before.ts';
import type { SweepForm } from '../../../../src/ui/sweep/describe-form.ts';
import { axesOf, type Json } from '../../../../src/ui/sweep/document.ts';
import type { SweepExtras } from '../../../../src/ui/sweep/extras-form.ts';
import type { SweepFilter } from '../../../../src/ui/sweep/filter-form.ts';
import type { SweepFindings } from '../../../../src/ui/sweep/findings.ts';
import type { SweepLegend } from '../../../../src/ui/sweep/legend.ts';
import { addRecords, domainOf, mapRuns, runTable } from '../../../../src/ui/sweep/map-data.ts';
import { queryOf } from '../../../../src/ui/sweep/map-query.ts';
import type { SweepProgressStrip } from '../../../../src/ui/sweep/progress-strip.ts';
import { firstView, initialSweepState } from '../../../../src/ui/sweep/reducer.ts';
import type { SweepRefine } from '../../../../src/ui/sweep/refine-panel.ts';
import { type Selection, selectRuns } from '../../../../src/ui/sweep/selection.ts';
import type { SweepSelection } from '../../../../src/ui/sweep/selection-bar.ts';
import type { SweepViewState } from '../../../../src/ui/sweep/state.ts';
import type { SweepStored } from '../../../../src/ui/sweep/stored.ts';
import '../../../../src/ui/sweep/sweep-view.ts';
import type { SweepView } from '../../../../src/ui/sweep/sweep-view.ts';
import { button, choose, expectAccessible, find, findAll, rowsOf, show, soon, type, wordsOf } from '../../../support/elements.ts';
import { recordOf } from './records.ts';

afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

const AXES: ResolvedAxis[] = [
  { path: 'model.depth', values: [1, 2] },
  { path: 'optimizer.learningRate', values: [0.1, 1] },
  { path: 'seed', values: [1, 2] },
];
const DOCUMENT: Json = { title: 'Tiny', experiment: { iterations: 5 }, axes: AXES };

/** Eight runs, the last not finished; at rate 1 all diverged. */
function sweepOf(change: Partial<SweepViewState> = {}): SweepViewState {
  const points = Array.from({ length: 8 }, (_, p) => {
    const [depth, learningRate, seed] = [1 + (p >> 2), (p >> 1) & 1 ? 1 : 0.1, 1 + (p & 1)];
    // As a sweep trains it: a run without a finite weight ends.
    const trained = { iterations: 5, seed, model: { kind: 'mlp', depth }, stop: { weightsNotFinite: true } } as const;
    const id = runId(parseExperiment({ ...trained, optimizer: { name: 'sgd', learningRate } }));
    return { id, values: [depth, learningRate, seed] };
  });
  const table = runTable(AXES, points);
  addRecords(
    table,
    points.slice(0, 7).map(({ id, values }, p) => recordOf(id, values[1] === 1 ? Number.NaN : 1 + p / 10)),
  );
  const open = { sweepId: 'sweep-0123456789', document: DOCUMENT, table };
  return { ...initialSweepState(DOCUMENT), open, view: firstView(table.axes), ...change };
}
const openOf = (sweep: SweepViewState) => sweep.open as NonNullable<SweepViewState['open']>;
const selectedOf = (sweep: SweepViewState, selection: Selection = sweep.selection) =>
  selectRuns(openOf(sweep).table, selection) as NonNullable<ReturnType<typeof selectRuns>>;
const DEPTH_2: Selection = [{ column: 'axis:0', among: [1] }];
const documents = (details: unknown[]) => details.map((action) => (action as { document: Json }).document);

describe('<nabla-sweep-legend>', () => {
  const legendOf = (change: Partial<SweepViewState['view']>): Partial<SweepLegend> => {
    const sweep = sweepOf();
    const { table } = openOf(sweep);
    const query = queryOf({ ...sweep.view, ...change });
    const map = mapRuns(table, query);
    return { outcome: query.outcome, map, domain: domainOf(map, query.outcome) };
  };

  test('says from where to where the colours go, and what the signs mean', async () => {
    const { element } = await show<SweepLegend>('nabla-sweep-legend', legendOf({ outcome: 'loss' }));
    expect(findAll(element, 'span').map(wordsOf)).toEqual(['1.051.45', '▲ not finite']);
    await expectAccessible(element);
  });

  test('names verdicts by sign and word, not by colour alone', async () => {
    const { element } = await show<SweepLegend>('nabla-sweep-legend', legendOf({ outcome: 'verdict' }));
    expect(findAll(element, '.key').map(wordsOf)).toEqual(['●healthy', '▲diverged']);
    await expectAccessible(element);
  });
});

describe('<nabla-sweep-filter>', () => {
  test('selects by bounds, with the runs that diverged where that is asked for', async () => {
    const { element, details } = await show<SweepFilter>('nabla-sweep-filter', { open: openOf(sweepOf()) });
    find<HTMLInputElement>(element, '[name=to]').value = '1.2';
    button(element, 'Select').click();
    find(element, '[name=diverged]').click();
    button(element, 'Select').click();
    expect(details('sweep-action')).toEqual([
      { type: 'select', brushes: [{ column: 'loss', from: Number.NEGATIVE_INFINITY, to: Math.log10(1.2) }] },
      { type: 'select', brushes: [{ column: 'loss', from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }] },
    ]);
    expect(details('done').length).toBe(2);
    await expectAccessible(element);
  });

  test('selects by ticked values, and refuses in words what selects nothing', async () => {
    const { element, details, settled } = await show<SweepFilter>('nabla-sweep-filter', { open: openOf(sweepOf()) });
    choose(find(element, 'select'), 'axis:1');
    await settled();
    button(element, 'Select').click();
    await settled();
    expect(wordsOf(find(element, '[role=alert]'))).toBe('Nothing is ticked; valid is at least one value.');
    expect(details('sweep-action')).toEqual([]);
    findAll(element, '[name=among]')[1].click();
    button(element, 'Select').click();
    expect(details('sweep-action')).toEqual([{ type: 'select', brushes: [{ column: 'axis:1', among: [1] }] }]);
    await expectAccessible(element);
  });

  test('a bound that is no number is refused beside the fields', async () => {
    const { element, details, settled } = await show<SweepFilter>('nabla-sweep-filter', { open: openOf(sweepOf()) });
    find<HTMLInputElement>(element, '[name=from]').value = 'deep';
    button(element, 'Select').click();
    await settled();
    expect(wordsOf(find(element, '[role=alert]'))).toMatch(/deep.*valid is/);
    expect([find(element, '[name=from]').getAttribute('aria-invalid'), details('sweep-action')]).toEqual(['true', []]);
  });
});

describe('<nabla-sweep-extras>', () => {
  test('turns sampling, a constraint and an end into the document', async () => {
    const { element, details } = await show<SweepExtras>('nabla-sweep-extras', { document: DOCUMENT });
    button(element, 'random').click();
    button(element, '+ Constraint').click();
    type(find(element, '#seconds'), '60');
    type(find(element, '#stop-lossBelow'), '0.5');
    expect(documents(details('sweep-action'))).toEqual([
      { ...DOCUMENT, sampling: { kind: 'random', count: 200, seed: 1 } },
      { ...DOCUMENT, constraints: [{ of: { 'model.depth': 1 }, atMost: 64 }] },
      { ...DOCUMENT, stop: { seconds: 60 } },
      { ...DOCUMENT, experiment: { iterations: 5, stop: { lossBelow: 0.5 } } },
    ]);
    await expectAccessible(element);
  });

  test('shows what stands there, changes it, and says at its field what is refused', async () => {
    const document = {
      ...DOCUMENT,
      sampling: { kind: 'random', count: 'many', seed: 1 },
      constraints: [{ of: { 'model.depth': 1, 'model.width': 2 }, atMost: 100 }],
    };
    const problems = [{ path: 'sampling.count', problem: 'sampling.count: "many" is no whole number' }];
    const { element, details } = await show<SweepExtras>('nabla-sweep-extras', { document, problems });
    const count = find<HTMLInputElement>(element, '#sample-count');
    expect([count.value, count.getAttribute('aria-invalid')]).toEqual(['many', 'true']);
    expect(wordsOf(find(element, `#${count.getAttribute('aria-describedby')}`))).toContain('is no whole number');
    const product = find<HTMLInputElement>(element, '[aria-label="Product of powers"]');
    expect(product.value).toBe('model.depth * model.width^2');
    type(product, 'model.depth^3');
    button(element, 'Remove constraint 1').click();
    button(element, 'every point of the grid').click();
    expect(documents(details('sweep-action'))).toEqual([
      { ...document, constraints: [{ of: { 'model.depth': 3 }, atMost: 100 }] },
      expect.not.objectContaining({ constraints: expect.anything() }),
      expect.not.objectContaining({ sampling: expect.anything() }),
    ]);
    await expectAccessible(element);
  });
});

describe('<nabla-sweep-refine>', () => {
  test('proposes more values between those that are selected, and puts them into the form', async () => {
    const sweep = sweepOf();
    const selection: Selection = [{ column: 'axis:1', among: [0] }];
    const properties = { open: openOf(sweep), selected: selectedOf(sweep, selection) };
    const { element, details, settled } = await show<SweepRefine>('nabla-sweep-refine', properties);
    const runs = () => wordsOf(find(element, '[role=status]'));
    const before = runs();
    expect(button(element, '4').ariaPressed).toBe('true');
    button(element, '8').click();
    await settled();
    expect([runs(), rowsOf(find(element, 'table'))[2][0]]).toEqual([expect.not.stringMatching(before), 'learning rate']);
    button(element, 'Put into the form').click();
    expect(details('sweep-action')).toEqual([{ type: 'propose', document: expect.objectContaining({ title: 'Tiny, finer' }) }]);
    expect(details('done').length).toBe(1);
    await expectAccessible(element);
  });

  test('says so where the selection leaves every axis whole', async () => {
    const sweep = sweepOf();
    const selected = selectedOf(sweep, [{ column: 'axis:0', among: [0, 1] }]);
    const { element } = await show<SweepRefine>('nabla-sweep-refine', { open: openOf(sweep), selected });
    expect(wordsOf(element)).toMatch(/nothing to refine/);
  });
});

describe('<nabla-sweep-selection>', () => {
  test('says how many runs are selected and by what, and takes a brush or all away', async () => {
    const sweep = sweepOf({ selection: DEPTH_2 });
    const { element, details } = await show<SweepSelection>('nabla-sweep-selection', { sweep, selected: selectedOf(sweep) });
    expect(wordsOf(find(element, '[role=status]'))).toBe('4 of 8 runs selected, 1 not finished');
    find(element, '.chip button').click();
    button(element, 'Select none').click();
    expect(details('sweep-action')).toEqual([{ type: 'unselect', column: 'axis:0' }, { type: 'unselect' }]);
    await expectAccessible(element);
  });

  test('saves the selected runs that have finished', async () => {
    const names: string[] = [];
    const texts: Promise<string>[] = [];
    vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      texts.push((blob as Blob).text());
      return '#';
    });
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      names.push(this.download);
    });
    const sweep = sweepOf({ selection: DEPTH_2 });
    const { element } = await show<SweepSelection>('nabla-sweep-selection', { sweep, selected: selectedOf(sweep) });
    button(element, 'CSV').click();
    await soon(() => expect(names).toEqual(['sweep-sweep-01-selected.csv']));
    expect((await texts[0]).trimEnd().split('\n').length).toBe(1 + 3);
  });

  test('opens filter and finer sweep below, one at a time, and folds them when they are done', async () => {
    const sweep = sweepOf({ selection: DEPTH_2 });
    const { element, settled } = await show<SweepSelection>('nabla-sweep-selection', { sweep, selected: selectedOf(sweep) });
    const below = async () => {
      await settled();
      return findAll(element, '.below').map(({ localName }) => localName);
    };
    button(element, '+ Filter').click();
    expect([await below(), button(element, '+ Filter').ariaExpanded]).toEqual([['nabla-sweep-filter'], 'true']);
    button(element, 'Finer sweep …').click();
    expect(await below()).toEqual(['nabla-sweep-refine']);
    button(element, 'Put into the form').click();
    expect(await below()).toEqual([]);
  });
});

describe('<nabla-sweep-before>', () => {
  const estimate: SweepEstimate = {
    sweepId: 's',
    runs: 1200,
    duplicates: 3,
    excluded: 0,
    finished: 0,
    bytes: 2 ** 20,
    seconds: 90,
    cohorts: [{ label: 'width 64', runs: 1200, slots: 64, depths: [1, 8], bytes: 2 ** 20, seconds: 90 } as never],
  };

  test('says runs, memory and time, and starts on the chosen engine', async () => {
    const { element, details } = await show<SweepBefore>('nabla-sweep-before', {
      sweep: sweepOf({ checking: false, estimate }),
      engine: 'cpu',
    });
    const facts = findAll(element, 'dt').map((term) => [wordsOf(term), wordsOf(term.nextElementSibling as Element)]);
    expect(facts).toEqual([
      ['Runs', '1,200'],
      ['Duplicates left out', '3'],
      ['Memory', '1 MB'],
      ['Predicted time', '90 s'],
    ]);
    expect(rowsOf(find(element, 'table'))[1].slice(0, 4)).toEqual(['width 64', '1,200', '64', '1–8']);
    button(element, '▶ Start').click();
    button(element, 'Calibrate').click();
    expect(details('sweep-action')).toEqual([
      { type: 'start', engine: 'cpu' },
      { type: 'calibrate', engine: 'cpu' },
    ]);
    find(element, 'summary').click();
    await expectAccessible(element);
  });

  test('cannot be started while something is refused, and says where to look', async () => {
    const problems = [{ path: 'axes.0.path', problem: 'no' }];
    const { element, set } = await show<SweepBefore>('nabla-sweep-before', { sweep: sweepOf({ problems }) });
    expect(wordsOf(find(element, '[role=status]'))).toMatch(/^One thing in the description cannot be used: see the red sentence/);
    expect(button(element, '▶ Start').disabled).toBe(true);
    await expectAccessible(element);
    await set({ sweep: sweepOf({ checking: false, estimate: { ...estimate, finished: 1000 } }) });
    expect(button(element, '▶ Train 200 more').disabled).toBe(false);
    await set({ sweep: sweepOf({ checking: false, estimate, work: 'running' }) });
    expect(button(element, '▶ Start').disabled).toBe(true);
  });
});

describe('<nabla-sweep-progress>', () => {
  const progress = {
    runs: 8,
    finished: 6,
    diverged: 2,
    training: 2,
    runsPerMinute: 120,
    iterationsPerSecond: 3000,
    elapsedSeconds: 3,
    secondsLeft: 61,
  } as const;

  test('says how far it is, how fast, what diverged and how long it will take; pauses and cancels', async () => {
    const sweep = sweepOf({ work: 'running', progress });
    const { element, details } = await show<SweepProgressStrip>('nabla-sweep-progress', { sweep });
    expect(wordsOf(element)).toMatch(/^6 \/ 8 120 runs\/min · 61 s left · ▲ 2 diverged/);
    expect(find<HTMLProgressElement>(element, 'progress').position).toBe(0.75);
    expect(wordsOf(find(element, '[role=status]'))).toBe('running');
    button(element, '❚❚ Pause').click();
    button(element, 'Cancel').click();
    expect(details('sweep-action')).toEqual([{ type: 'pause' }, { type: 'cancel' }]);
    await expectAccessible(element);
  });

  test('resumes what is paused, and has nothing to press once it is over', async () => {
    const { element, details, set } = await show<SweepProgressStrip>('nabla-sweep-progress', {
      sweep: sweepOf({ work: 'paused' }),
    });
    button(element, '▶ Resume').click();
    expect(details('sweep-action')).toEqual([{ type: 'resume' }]);
    await set({ sweep: sweepOf({ work: 'cancelled', workMessage: 'The device was lost.' }) });
    expect(findAll(element, 'button')).toEqual([]);
    expect(wordsOf(element)).toMatch(/cancelled; what has finished is kept.*The device was lost\.$/);
  });
});

describe('<nabla-sweep-axis>', () => {
  const axisOf = (axis: object, more: Partial<SweepAxis> = {}) => {
    const document: Json = { experiment: {}, axes: [{ path: 'seed', values: [1, 2] }, axis] };
    return { document, axis: axesOf(document)[1], index: 1, count: 2, ...more };
  };
  const axes = (details: unknown[]) => documents(details).map((document) => (document.axes as Json[])[1]);

  test('edits values as a list, moves and removes the axis', async () => {
    const { element, details } = await show<SweepAxis>('nabla-sweep-axis', axisOf({ path: 'model.depth', values: [1, 2] }));
    const values = find<HTMLInputElement>(element, '[aria-label^=Values]:is(input)');
    expect(values.value).toBe('1, 2');
    type(values, '4, 8, relu');
    button(element, 'Remove model.depth').click();
    expect(button(element, 'Move model.depth down').disabled).toBe(true);
    button(element, 'Move model.depth up').click();
    expect(axes(details('sweep-action'))).toEqual([
      { path: 'model.depth', values: [4, 8, 'relu'] },
      undefined,
      { path: 'seed', values: [1, 2] },
    ]);
    await expectAccessible(element);
  });

  test('a list becomes the range between its ends; its ends and scale are edited', async () => {
    const list = await show<SweepAxis>('nabla-sweep-axis', axisOf({ path: 'optimizer.learningRate', values: [0.1, 0.01, 1] }));
    button(list.element, 'range').click();
    expect(axes(list.details('sweep-action'))).toEqual([
      { path: 'optimizer.learningRate', range: { from: 0.01, to: 1, count: 3, scale: 'log' } },
    ]);
    document.body.replaceChildren();
    const range = { from: 1, to: 8, count: 'many', scale: 'integer' };
    const problems = [{ path: 'axes.1.range.count', problem: 'count: "many"; valid is a whole number' }];
    const { element, details } = await show<SweepAxis>('nabla-sweep-axis', axisOf({ path: 'model.depth', range }, { problems }));
    expect(find(element, '#count').getAttribute('aria-invalid')).toBe('true');
    expect(wordsOf(find(element, '[role=alert]'))).toContain('valid is a whole number');
    type(find(element, '#to'), '16');
    choose(find(element, '[aria-label=Scale]'), 'integer_log');
    expect(axes(details('sweep-action'))).toEqual([
      { path: 'model.depth', range: { ...range, to: 16 } },
      { path: 'model.depth', range: { ...range, scale: 'integer_log' } },
    ]);
    await expectAccessible(element);
  });

  test('another path brings values that suit it; what it means stands below', async () => {
    const { element, details } = await show<SweepAxis>('nabla-sweep-axis', axisOf({ path: 'seed', values: [1] }));
    expect(wordsOf(find(element, '.note'))).not.toBe('');
    type(find(element, '[aria-label="Path of axis 2"]'), 'model.activation');
    expect(axes(details('sweep-action'))).toEqual([
      { path: 'model.activation', values: expect.arrayContaining(['relu', 'tanh']) },
    ]);
  });
});

describe('<nabla-sweep-form>', () => {
  test('is a form and JSON of one document, opens examples and brings back what stood there', async () => {
    const lab = initialState();
    const { element, details, set } = await show<SweepForm>('nabla-sweep-form', { sweep: sweepOf(), lab });
    expect(find<HTMLInputElement>(element, '#title').value).toBe('Tiny');
    expect(findAll(element, 'nabla-sweep-axis').length).toBe(3);
    type(find(element, '#title'), 'Large');
    button(element, '+ Axis').click();
    button(element, 'JSON').click();
    find(element, '.examples button').click();
    expect(details('sweep-action')).toEqual([
      { type: 'document', document: { ...DOCUMENT, title: 'Large' } },
      { type: 'document', document: { ...DOCUMENT, axes: [...AXES, { path: '', values: [] }] } },
      { type: 'mode', mode: 'json' },
      { type: 'document', document: expect.objectContaining({ axes: expect.anything() }) },
    ]);
    await expectAccessible(element);
    await set({ sweep: sweepOf({ replaced: '{}' }) });
    button(element, 'Bring back what stood here').click();
    expect(details('sweep-action').at(-1)).toEqual({ type: 'unpropose' });
  });

  test('as JSON says what cannot be read, and sends what is typed', async () => {
    const sweep = sweepOf({ mode: 'json', text: '{', textProblem: 'This is not JSON: it ends too soon.' });
    const { element, details } = await show<SweepForm>('nabla-sweep-form', { sweep, lab: initialState() });
    const area = find<HTMLTextAreaElement>(element, 'textarea');
    expect([area.value, area.getAttribute('aria-invalid')]).toEqual(['{', 'true']);
    expect(wordsOf(find(element, '[role=alert]'))).toBe('This is not JSON: it ends too soon.');
    type(area, '{}');
    expect(details('sweep-action')).toEqual([{ type: 'text', text: '{}', isTyped: true }]);
    await expectAccessible(element);
  });
});

describe('<nabla-sweep-base>', () => {
  test('takes over one of the Lab’s runs, however many there are', async () => {
    const lab = initialState();
    const [experiment] = lab.experiments;
    const three = { ...lab, experiments: [experiment, experiment, { ...experiment, seed: 77 }], titles: ['A', 'B', 'C'] };
    const { element, details, set } = await show<SweepBase>('nabla-sweep-base', { document: DOCUMENT, lab: three });
    const select = find<HTMLSelectElement>(element, '#base');
    const ofLab = () => [...select.options].filter(({ value }) => value.startsWith('lab')).map(wordsOf);
    expect([select.value, ofLab()]).toEqual(['own', ['the Lab’s run A: A', 'the Lab’s run B: B', 'the Lab’s run C: C']]);
    choose(select, 'lab-2');
    expect(documents(details('sweep-action'))).toEqual([{ ...DOCUMENT, experiment: expect.objectContaining({ seed: 77 }) }]);
    await set({ lab: { ...lab, experiments: [experiment], titles: ['Alone'] } });
    expect(ofLab()).toEqual(['the Lab’s run A: Alone']);
    await expectAccessible(element);
  });

  test('reads a base that is pasted, scenarios among them, and keeps what it cannot read', async () => {
    const { element, details, settled } = await show<SweepBase>('nabla-sweep-base', { document: DOCUMENT, lab: initialState() });
    const area = find<HTMLTextAreaElement>(element, 'textarea');
    type(area, '{"title": "S", "experiment": {"seed": 4}}');
    expect(documents(details('sweep-action'))).toEqual([{ ...DOCUMENT, experiment: { seed: 4 } }]);
    type(area, '{"seed": ');
    await settled();
    expect([area.value, wordsOf(find(element, '[role=alert]'))]).toEqual(['{"seed": ', expect.stringMatching(/JSON/)]);
    expect(details('sweep-action').length).toBe(1);
  });
});

describe('<nabla-sweep-findings>', () => {
  test('lists the runs of the cell under the cursor, and opens one', async () => {
    const sweep = sweepOf({ cursor: { panel: 0, x: 0, y: 0 } });
    const { element, details } = await show<SweepFindings>('nabla-sweep-findings', { sweep });
    expect(wordsOf(find(element, '.verdict'))).toMatch(/2 of 2 runs finished/);
    const runs = findAll<HTMLButtonElement>(element, '.runs button');
    expect(runs.map(wordsOf)).toEqual([expect.stringMatching(/^seed 1/), expect.stringMatching(/^seed 2/)]);
    runs[1].click();
    expect(details('sweep-action')).toEqual([{ type: 'run', id: openOf(sweep).table.points[1].id }]);
    await expectAccessible(element);
  });

  test('says what became of the open run, and opens it in the Lab beside its clipped twin', async () => {
    const id = openOf(sweepOf()).table.points[2].id;
    const sweep = sweepOf({ run: { id, trace: 'none' } });
    const { element, details } = await show<SweepFindings>('nabla-sweep-findings', { sweep });
    const facts = new Map(findAll(element, 'dt').map((term) => [wordsOf(term), wordsOf(term.nextElementSibling as Element)]));
    expect([facts.get('depth'), facts.get('learning rate'), facts.get('First not finite')]).toEqual(['1', '1', 'z0 @ 7']);
    button(element, 'Open in the Lab').click();
    const [{ experiments, run }] = details('open-in-lab') as [{ experiments: { clip: { rule: string } }[]; run: boolean }];
    expect([experiments.map(({ clip }) => clip.rule), run]).toEqual([['none', 'torch_norm'], true]);
    await expectAccessible(element);
  });
});

describe('<nabla-sweep-stored>', () => {
  const stored = [
    { sweepId: 'a', title: 'First', runs: 8, finished: 8 },
    { sweepId: 'b', title: '', runs: 8, finished: 3 },
  ];

  test('opens, continues and deletes by name; a deletion can be undone', async () => {
    const sweep = sweepOf({ stored, deleted: { sweepId: 'c', title: 'Gone', runs: 2, finished: 1 } });
    const { element, details } = await show<SweepStored>('nabla-sweep-stored', { sweep, engine: 'cpu' });
    expect(findAll(element, 'li').map((entry) => wordsOf(entry).replace(/ Continue.*| Open.*/, ''))).toEqual([
      'First8 / 8',
      'Untitled3 / 8',
    ]);
    for (const name of ['Open First', 'Delete First', 'Continue Untitled', 'Undo: keep Gone']) button(element, name).click();
    expect(details('sweep-action')).toEqual([
      { type: 'open', sweepId: 'a' },
      { type: 'delete', sweepId: 'a' },
      { type: 'continue', sweepId: 'b', engine: 'cpu' },
      { type: 'restore', sweepId: 'c' },
    ]);
    await expectAccessible(element);
  });

  test('opens nothing else while a sweep is trained', async () => {
    const { element } = await show<SweepStored>('nabla-sweep-stored', { sweep: sweepOf({ stored, work: 'running' }) });
    expect(button(element, 'Open First').disabled).toBe(true);
  });
});

describe('<nabla-sweep>', () => {
  beforeEach(() => localStorage.clear());

  test('draws nothing until it is shown; then the form counts its runs and says what a sweep is', async () => {
    const { element, set } = await show<SweepView>('nabla-sweep', { lab: initialState(), described: DOCUMENT });
    expect(wordsOf(element)).toBe('');
    await set({ active: true });
    expect(wordsOf(find(element, '.welcome h3'))).toBe('No sweep is open');
    await soon(() => expect(wordsOf(find(element, 'dd'))).toBe('8'));
    expect(element.description).toEqual(DOCUMENT);
    await expectAccessible(element);
  });

  test('says upwards that it trains before it does, and that a sweep was deleted, under its name', async () => {
    const { element, sent } = await show<SweepView>('nabla-sweep', { lab: initialState(), active: true });
    const tell = (detail: object) => element.dispatchEvent(new CustomEvent('sweep-action', { detail }));
    tell({ type: 'worker', message: { type: 'sweeps', sweeps: [{ sweepId: 's', title: 'Mine', runs: 1, finished: 1 }] } });
    await soon(() => button(element, 'Delete Mine').click());
    expect(sent.filter(([name]) => name === 'action')).toEqual([
      ['action', { type: 'deleted', deleted: { what: 'sweep', id: 's' }, text: 'Deletion of “Mine”' }],
    ]);
    tell({ type: 'calibrate', engine: 'cpu' });
    expect(sent.map(([name]) => name)).toContain('sweep-trains');
  });
});
