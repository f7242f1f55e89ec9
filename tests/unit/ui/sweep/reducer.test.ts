import { describe, expect, test } from 'vitest';
import type { FromSweepWorker, ResolvedAxis, RunPoint, SweepEstimate } from '../../../../src/sweep/sweep-protocol.ts';
import type { Json } from '../../../../src/ui/sweep/document.ts';
import { queryOf } from '../../../../src/ui/sweep/map-query.ts';
import { continuation, firstView, initialSweepState, reduceSweep, sweepCommands } from '../../../../src/ui/sweep/reducer.ts';
import type { SweepAction, SweepViewState } from '../../../../src/ui/sweep/state.ts';
import { recordOf } from './records.ts';

const DOCUMENT: Json = { title: 'T', experiment: {}, axes: [{ path: 'seed', values: [1, 2] }] };
const AXES: ResolvedAxis[] = [
  { path: 'seed', values: [1, 2, 3, 4, 5] },
  { path: 'model.depth', values: [1, 2] },
  { path: 'optimizer.learningRate', values: [0.1, 0.2, 0.3] },
  { path: 'clip.max', values: [1, 2] },
];
const POINTS: RunPoint[] = [
  { id: 'a', values: [1, 1, 0.1, 1] },
  { id: 'b', values: [2, 1, 0.1, 1] },
];
const opened: FromSweepWorker = {
  type: 'opened',
  sweepId: 's',
  sweep: DOCUMENT,
  axes: AXES,
  points: POINTS,
  records: [recordOf('a', 1)],
};
const estimate: SweepEstimate = { sweepId: 's', runs: 2, duplicates: 0, excluded: 0, finished: 0, cohorts: [], bytes: 1 };

const start = initialSweepState(DOCUMENT);
const worker = (message: FromSweepWorker): SweepAction => ({ type: 'worker', message });
const follow = (state: SweepViewState, ...actions: SweepAction[]) => actions.reduce(reduceSweep, state);
const shown = follow(start, worker(opened));

describe('the description', () => {
  test('is one document for form and JSON: an edit in either shows in the other', () => {
    const edited = follow(start, { type: 'document', document: { ...DOCUMENT, title: 'U' } });
    expect(JSON.parse(edited.text)).toEqual(edited.document);
    const typed = follow(edited, { type: 'mode', mode: 'json' }, { type: 'text', text: '{"axes":[],"kept":1}' });
    expect(typed.document).toEqual({ axes: [], kept: 1 });
    expect(follow(typed, { type: 'mode', mode: 'form' }).text).toBe('{"axes":[],"kept":1}');
  });

  test('that cannot be read keeps its text and the last document, and says why', () => {
    const broken = follow(start, worker({ type: 'estimated', estimate }), { type: 'text', text: '{' });
    expect(broken.text).toBe('{');
    expect(broken.document).toBe(start.document);
    expect(broken.textProblem).toContain('not JSON');
    expect(broken.estimate).toBeUndefined();
    expect(follow(broken, { type: 'text', text: '{}' }).textProblem).toBeUndefined();
  });

  test('is refused by field until it is accepted', () => {
    const problems = [{ path: 'axes.0.path', problem: 'no' }];
    const refused = follow(start, worker({ type: 'refused', problems }));
    expect([refused.problems, refused.checking, refused.estimate]).toEqual([problems, false, undefined]);
    expect(follow(refused, worker({ type: 'estimated', estimate })).problems).toEqual([]);
  });

  test('follows a sweep that is opened, but not one that was started and edited since', () => {
    const stored: FromSweepWorker = { ...opened, sweep: { ...DOCUMENT, title: 'stored' } } as FromSweepWorker;
    expect(follow(start, { type: 'open', sweepId: 's' }, worker(stored)).document.title).toBe('stored');
    const edited = follow(
      start,
      { type: 'start', engine: 'auto' },
      { type: 'document', document: { title: 'newer' } },
      worker(opened),
    );
    expect(edited.document.title).toBe('newer');
    expect(edited.open?.document).toEqual(DOCUMENT);
  });
});

describe('the worker', () => {
  test('is told what a person asks for, with the document as it stands', () => {
    expect(sweepCommands(start, { type: 'start', engine: 'cpu' })).toEqual([{ type: 'start', sweep: DOCUMENT, engine: 'cpu' }]);
    expect(sweepCommands(start, { type: 'calibrate', engine: 'gpu' })[0]).toMatchObject({ type: 'calibrate', engine: 'gpu' });
    expect(sweepCommands(start, { type: 'pause' })).toEqual([{ type: 'pause' }]);
    expect(sweepCommands(start, { type: 'continue', sweepId: 'x', engine: 'auto' })).toEqual([{ type: 'open', sweepId: 'x' }]);
    expect(sweepCommands(start, { type: 'delete', sweepId: 'x' })).toEqual([{ type: 'delete', sweepId: 'x' }]);
    expect(sweepCommands(start, { type: 'view', change: { x: 0 } })).toEqual([]);
  });

  test('is asked for the trace of a run of the open sweep only', () => {
    expect(sweepCommands(shown, { type: 'run', id: 'a' })).toEqual([{ type: 'trace', sweepId: 's', id: 'a' }]);
    expect(sweepCommands(shown, { type: 'run', id: 'z' })).toEqual([]);
    expect(follow(shown, { type: 'run', id: 'z' })).toBe(shown);
  });

  test('starts a stored sweep once it is open, if that was asked for; control: opening alone starts nothing', () => {
    const asked = follow(start, { type: 'continue', sweepId: 's', engine: 'auto' });
    expect(continuation(asked, opened, 'cpu')).toEqual({ type: 'start', sweep: DOCUMENT, engine: 'cpu' });
    expect(continuation(follow(asked, worker(opened)), opened, 'cpu')).toBeUndefined();
    expect(continuation(follow(start, { type: 'open', sweepId: 's' }), opened, 'cpu')).toBeUndefined();
  });

  test('fills the table in place and counts what came', () => {
    const more = follow(shown, worker({ type: 'records', records: [recordOf('b', 2), recordOf('elsewhere', 3)] }));
    expect(more.revision).toBe(shown.revision + 1);
    expect(more.open?.table.records.filter(Boolean)).toHaveLength(2);
    expect(follow(start, worker({ type: 'records', records: [recordOf('b', 2)] }))).toBe(start);
  });

  test('that fails frees the buttons and says so; a pause outlives it', () => {
    const failed = follow(start, { type: 'start', engine: 'auto' }, worker({ type: 'failed', message: 'lost' }));
    expect([failed.failure, failed.asked, failed.work]).toEqual(['lost', undefined, 'idle']);
    expect(follow(failed, { type: 'dismiss', what: 'failure' }).failure).toBeUndefined();
    const paused = follow(shown, worker({ type: 'state', state: 'paused' }), worker({ type: 'failed', message: 'x' }));
    expect(paused.work).toBe('paused');
  });

  test('opens the same sweep again without losing view, run and cursor; another one takes them', () => {
    const looked = follow(shown, { type: 'run', id: 'a' }, { type: 'cursor', cursor: { panel: 0, x: 1, y: 0 } });
    const again = follow(looked, worker(opened));
    expect([again.run, again.cursor, again.view]).toEqual([looked.run, looked.cursor, looked.view]);
    const other = follow(looked, worker({ ...opened, sweepId: 'other' } as FromSweepWorker));
    expect([other.run, other.cursor]).toEqual([undefined, undefined]);
  });
});

describe('the view', () => {
  test('starts with the longest axes, a short one as panels, seeds aggregated, others held', () => {
    const view = firstView(AXES);
    expect([view.x, view.y, view.facet]).toEqual([2, 1, 3]);
    expect(view.fixed).toEqual([undefined, undefined, undefined, 0]);
    expect(firstView([AXES[0]])).toMatchObject({ x: 0, y: undefined, facet: undefined, sliceLines: undefined });
    expect(firstView(AXES, true).sliceLines).toBeUndefined();
  });

  test('has each axis in one place: one that takes another’s place swaps with it', () => {
    const at = (change: Parameters<typeof follow>[1]) => {
      const { view } = follow(shown, change);
      return [view.x, view.y, view.facet];
    };
    expect(at({ type: 'view', change: { x: 1 } })).toEqual([1, 2, 3]);
    expect(at({ type: 'view', change: { y: 2 } })).toEqual([1, 2, 3]);
    expect(at({ type: 'view', change: { y: 3 } })).toEqual([2, 3, undefined]);
    expect(at({ type: 'view', change: { facet: 1 } })).toEqual([2, undefined, 1]);
    expect(at({ type: 'view', change: { facet: 2 } })).toEqual([2, 1, 3]);
    expect(at({ type: 'view', change: { y: undefined } })).toEqual([2, undefined, 3]);
    const sliced = follow(shown, { type: 'view', change: { sliceX: 1 } }).view;
    expect([sliced.sliceX, sliced.sliceLines]).toEqual([1, 2]);
  });

  test('holds axes only where the map does not show them', () => {
    expect([...queryOf(shown.view).fixed]).toEqual([]);
    const single = follow(shown, { type: 'view', change: { facet: undefined } });
    expect([...queryOf(single.view).fixed]).toEqual([[3, 0]]);
    expect([...queryOf(follow(single, { type: 'fix', axis: 3, index: undefined }).view).fixed]).toEqual([]);
  });
});

test('a trace that comes late does not replace that of the run opened since', () => {
  const second = follow(shown, { type: 'run', id: 'a' }, { type: 'run', id: 'b' });
  expect(follow(second, { type: 'trace', id: 'a', trace: 'none' }).run).toEqual({ id: 'b', trace: 'loading' });
  expect(follow(second, { type: 'trace', id: 'b', trace: 'none' }).run).toEqual({ id: 'b', trace: 'none' });
});

test('a deleted sweep can be brought back until another is deleted', () => {
  const stored = { sweepId: 's', title: 'T', runs: 2, finished: 1 };
  const listed = follow(shown, worker({ type: 'sweeps', sweeps: [stored] }), { type: 'delete', sweepId: 's' });
  expect(listed.deleted).toEqual(stored);
  expect(sweepCommands(listed, { type: 'restore', sweepId: 's' })).toEqual([{ type: 'restore', sweepId: 's' }]);
  expect(follow(listed, { type: 'restore', sweepId: 's' }).deleted).toBeUndefined();
  // Begun again, it is another one.
  expect(follow(listed, worker(opened)).deleted).toBeUndefined();
});

test('brushes add up over columns, replace each other in one, and go with their sweep', () => {
  const brushed = follow(
    shown,
    { type: 'select', brushes: [{ column: 'axis:0', among: [1] }] },
    { type: 'select', brushes: [{ column: 'loss', from: 0, to: 1 }] },
    { type: 'select', brushes: [{ column: 'axis:0', among: [2, 3] }] },
  );
  expect(brushed.selection).toEqual([
    { column: 'loss', from: 0, to: 1 },
    { column: 'axis:0', among: [2, 3] },
  ]);
  expect(follow(brushed, { type: 'unselect', column: 'loss' }).selection).toEqual([{ column: 'axis:0', among: [2, 3] }]);
  expect(follow(brushed, { type: 'unselect' }).selection).toEqual([]);
  expect(follow(brushed, worker({ ...opened, sweepId: 'other' } as FromSweepWorker)).selection).toEqual([]);
  expect(follow(brushed, worker(opened)).selection).toBe(brushed.selection);
});

test('a proposal takes the form’s place, and what stood there comes back, even where it could not be read', () => {
  const broken = follow(start, { type: 'text', text: '{ "axes": ' });
  const proposed = follow(broken, { type: 'propose', document: { title: 'finer' } });
  expect([proposed.document, proposed.pane, proposed.textProblem]).toEqual([{ title: 'finer' }, 'form', undefined]);
  const back = follow(proposed, { type: 'unpropose' });
  expect([back.text, back.replaced]).toEqual([broken.text, undefined]);
  expect(back.textProblem).toBe(broken.textProblem);
});

test('a deleted sweep is no longer shown; control: another one is', () => {
  expect(follow(shown, { type: 'delete', sweepId: 's' }).open).toBeUndefined();
  expect(follow(shown, { type: 'delete', sweepId: 't' }).open).toBe(shown.open);
});
