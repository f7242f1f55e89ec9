import { describe, expect, test } from 'vitest';
import { deletionBetween, descriptionBetween, latestOf } from '../../../src/ui/history.ts';
import { PAIRS } from '../../../src/ui/pairs.ts';
import { commandsFor, reduce } from '../../../src/ui/reducer.ts';
import { type Action, initialState, type LabState } from '../../../src/ui/state.ts';

const follow = (state: LabState, ...actions: Action[]) => actions.reduce(reduce, state);
const edit = (path: string, value: unknown): Action => ({ type: 'edit', path, value, text: String(value) });
const running: Action = { type: 'worker', message: { type: 'state', state: 'running', iterationsPerSecond: 9 } };
const start = follow(initialState(), running);
const UNDO: Action = { type: 'undo', view: 'lab' };
const REDO: Action = { type: 'redo', view: 'lab' };
const names = ({ history }: LabState) => [history.past, history.future].map((entries) => entries.map(({ text }) => text));

describe('an undo', () => {
  test('of a change in mid-run retunes back, and a redo retunes again', () => {
    const edited = follow(start, edit('optimizer.learningRate', 0.1));
    expect(names(edited)).toEqual([['A: Learning rate 0.1'], []]);
    const undone = follow(edited, UNDO);
    expect(undone.experiments).toEqual(start.experiments);
    expect(commandsFor(edited, undone)).toEqual([
      { type: 'retune', experiments: start.experiments, text: 'A: Learning rate 0.01' },
    ]);
    expect(undone.pendingRetunes).toBe(edited.pendingRetunes + 1);
    expect(names(undone)).toEqual([[], ['A: Learning rate 0.1']]);
    const redone = follow(undone, REDO);
    expect(commandsFor(undone, redone)).toMatchObject([{ type: 'retune', experiments: edited.experiments }]);
    expect(names(redone)).toEqual(names(edited));
  });

  test('of a live change in a finished run trains it again', () => {
    const finished: Action = { type: 'worker', message: { type: 'state', state: 'finished', iterationsPerSecond: 0 } };
    const edited = follow(start, edit('optimizer.learningRate', 0.1), finished);
    expect(commandsFor(edited, follow(edited, UNDO))).toMatchObject([{ type: 'load', run: true }]);
  });

  test('of another pair brings back experiments and titles', () => {
    const other = PAIRS[1];
    const chosen = follow(start, { type: 'pair', id: other.id });
    expect(names(chosen)[0]).toEqual([other.titles.join(' and ')]);
    const undone = follow(chosen, UNDO);
    expect([undone.experiments, undone.titles, undone.claims]).toEqual([start.experiments, start.titles, start.claims]);
    expect(commandsFor(chosen, undone)).toMatchObject([{ type: 'load' }]);
  });

  test('of an engine reopens the one before', () => {
    const chosen = follow(start, { type: 'engine', engine: 'cpu' });
    const undone = follow(chosen, UNDO);
    expect(commandsFor(chosen, undone)).toMatchObject([{ type: 'load', engine: 'auto' }]);
  });

  test('with nothing to undo is nothing', () => {
    expect(follow(start, UNDO)).toBe(start);
    expect(follow(start, REDO)).toBe(start);
  });
});

test('looking, refused values and the worker leave no trace in the history', () => {
  const looked = follow(
    start,
    { type: 'log iterations', on: false },
    { type: 'zoom', range: [0, 9] },
    edit('model.depth', 1e9),
    edit('model.depth', start.experiments[0].model.kind === 'mlp' ? start.experiments[0].model.depth : 0),
    { type: 'worker', message: { type: 'back', iteration: 3, experiments: PAIRS[1].experiments } },
  );
  expect(names(looked)).toEqual([[], []]);
});

test('a change after an undo forgets what could be done again', () => {
  const changed = follow(start, edit('clip.rule', 'value'), UNDO, edit('seed', 7));
  expect(names(changed)).toEqual([['A: Seed 7'], []]);
});

test('a deletion is put away, brought back by undo and put away again by redo', () => {
  const deleted = { what: 'run', id: 'f00' } as const;
  const before = follow(start, edit('seed', 7));
  const gone = follow(before, { type: 'deleted', deleted, text: 'Deletion of “x”' });
  expect(deletionBetween(before.history, gone.history)).toEqual({ deleted, gone: true });
  const back = follow(gone, UNDO);
  expect(deletionBetween(gone.history, back.history)).toEqual({ deleted, gone: false });
  expect(back.experiments).toBe(before.experiments);
  const again = follow(back, REDO);
  expect(deletionBetween(back.history, again.history)).toEqual({ deleted, gone: true });
  // An undo of settings is none of the storage's business.
  const further = follow(back, UNDO);
  expect(deletionBetween(back.history, further.history)).toBeUndefined();
});

test('the history is bounded', () => {
  let state = start;
  for (let seed = 0; seed < 250; seed++) state = reduce(state, edit('seed', 1000 + seed));
  expect(state.history.past).toHaveLength(200);
  expect(state.history.past.at(-1)?.text).toBe('A: Seed 1249');
});

describe('edits of a sweep’s description', () => {
  const described = (before: string, after: string, isTyped = false): Action => ({
    type: 'described',
    described: { before, after, isTyped },
    text: after,
  });
  const [undo, redo]: readonly Action[] = [
    { type: 'undo', view: 'sweep' },
    { type: 'redo', view: 'sweep' },
  ];

  test('are undone and done again, and the description follows', () => {
    const two = follow(start, described('a', 'b'), described('b', 'c'));
    const back = follow(two, undo);
    expect(descriptionBetween(two.history, back.history)).toBe('b');
    const further = follow(back, undo);
    expect(descriptionBetween(back.history, further.history)).toBe('a');
    const again = follow(further, redo);
    expect(descriptionBetween(further.history, again.history)).toBe('b');
    expect(names(again)).toEqual([['b'], ['c']]);
    // The view has made its own edit already.
    expect(descriptionBetween(start.history, two.history)).toBeUndefined();
  });

  test('and settings of the Lab are each undone in their own view; deletions in both', () => {
    const mixed = follow(start, edit('seed', 7), described('a', 'b'));
    expect(latestOf(mixed.history, 'undo', 'lab')?.text).toBe('A: Seed 7');
    const lab = follow(mixed, UNDO);
    expect(lab.experiments).toEqual(start.experiments);
    expect(descriptionBetween(mixed.history, lab.history)).toBeUndefined();
    // An edit here forgets nothing that can be done again there.
    const edited = follow(lab, described('b', 'c'));
    expect(latestOf(edited.history, 'redo', 'lab')?.text).toBe('A: Seed 7');
    expect(latestOf(edited.history, 'redo', 'sweep')).toBeUndefined();
    const sweep = follow(mixed, undo);
    expect([sweep.experiments, descriptionBetween(mixed.history, sweep.history)]).toEqual([mixed.experiments, 'a']);
    const deleted = { what: 'sweep', id: 's' } as const;
    const gone = follow(mixed, { type: 'deleted', deleted, text: 'Deletion' });
    for (const view of ['lab', 'sweep'] as const) {
      const kept = follow(gone, { type: 'undo', view });
      expect(deletionBetween(gone.history, kept.history)).toEqual({ deleted, gone: false });
    }
  });

  test('letter by letter are one change; control: anything between begins another', () => {
    const typed = follow(start, described('a', 'ab', true), described('ab', 'abc', true));
    expect(descriptionBetween(typed.history, follow(typed, undo).history)).toBe('a');
    const between = follow(start, described('a', 'ab', true), described('ab', 'x'), described('x', 'xy', true));
    expect(between.history.past).toHaveLength(3);
    const undone = follow(start, described('a', 'ab', true), described('ab', 'abc'), undo, described('ab', 'aby', true));
    expect(undone.history.past).toHaveLength(2);
  });
});
