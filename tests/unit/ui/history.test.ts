import { describe, expect, test } from 'vitest';
import { deletionBetween } from '../../../src/ui/history.ts';
import { PAIRS } from '../../../src/ui/pairs.ts';
import { commandsFor, reduce } from '../../../src/ui/reducer.ts';
import { type Action, initialState, type LabState } from '../../../src/ui/state.ts';

const follow = (state: LabState, ...actions: Action[]) => actions.reduce(reduce, state);
const edit = (path: string, value: unknown): Action => ({ type: 'edit', path, value, text: String(value) });
const running: Action = { type: 'worker', message: { type: 'state', state: 'running', iterationsPerSecond: 9 } };
const start = follow(initialState(), running);
const names = ({ history }: LabState) => [history.past, history.future].map((entries) => entries.map(({ text }) => text));

describe('an undo', () => {
  test('of a change in mid-run retunes back, and a redo retunes again', () => {
    const edited = follow(start, edit('optimizer.learningRate', 0.1));
    expect(names(edited)).toEqual([['A: Learning rate 0.1'], []]);
    const undone = follow(edited, { type: 'undo' });
    expect(undone.experiments).toEqual(start.experiments);
    expect(commandsFor(edited, undone)).toEqual([
      { type: 'retune', experiments: start.experiments, text: 'A: Learning rate 0.01' },
    ]);
    expect(undone.pendingRetunes).toBe(edited.pendingRetunes + 1);
    expect(names(undone)).toEqual([[], ['A: Learning rate 0.1']]);
    const redone = follow(undone, { type: 'redo' });
    expect(commandsFor(undone, redone)).toMatchObject([{ type: 'retune', experiments: edited.experiments }]);
    expect(names(redone)).toEqual(names(edited));
  });

  test('of a live change in a finished run trains it again', () => {
    const finished: Action = { type: 'worker', message: { type: 'state', state: 'finished', iterationsPerSecond: 0 } };
    const edited = follow(start, edit('optimizer.learningRate', 0.1), finished);
    expect(commandsFor(edited, follow(edited, { type: 'undo' }))).toMatchObject([{ type: 'load', run: true }]);
  });

  test('of another pair brings back experiments and titles', () => {
    const other = PAIRS[1];
    const chosen = follow(start, { type: 'pair', id: other.id });
    expect(names(chosen)[0]).toEqual([other.titles.join(' and ')]);
    const undone = follow(chosen, { type: 'undo' });
    expect([undone.experiments, undone.titles, undone.claims]).toEqual([start.experiments, start.titles, start.claims]);
    expect(commandsFor(chosen, undone)).toMatchObject([{ type: 'load' }]);
  });

  test('of an engine reopens the one before', () => {
    const chosen = follow(start, { type: 'engine', engine: 'cpu' });
    const undone = follow(chosen, { type: 'undo' });
    expect(commandsFor(chosen, undone)).toMatchObject([{ type: 'load', engine: 'auto' }]);
  });

  test('with nothing to undo is nothing', () => {
    expect(follow(start, { type: 'undo' })).toBe(start);
    expect(follow(start, { type: 'redo' })).toBe(start);
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
  const changed = follow(start, edit('clip.rule', 'value'), { type: 'undo' }, edit('seed', 7));
  expect(names(changed)).toEqual([['A: Seed 7'], []]);
});

test('a deletion is put away, brought back by undo and put away again by redo', () => {
  const deleted = { what: 'run', id: 'f00' } as const;
  const before = follow(start, edit('seed', 7));
  const gone = follow(before, { type: 'deleted', deleted, text: 'Deletion of “x”' });
  expect(deletionBetween(before.history, gone.history)).toEqual({ deleted, gone: true });
  const back = follow(gone, { type: 'undo' });
  expect(deletionBetween(gone.history, back.history)).toEqual({ deleted, gone: false });
  expect(back.experiments).toBe(before.experiments);
  const again = follow(back, { type: 'redo' });
  expect(deletionBetween(back.history, again.history)).toEqual({ deleted, gone: true });
  // An undo of settings is none of the storage's business.
  const further = follow(back, { type: 'undo' });
  expect(deletionBetween(back.history, further.history)).toBeUndefined();
});

test('the history is bounded', () => {
  let state = start;
  for (let seed = 0; seed < 250; seed++) state = reduce(state, edit('seed', 1000 + seed));
  expect(state.history.past).toHaveLength(200);
  expect(state.history.past.at(-1)?.text).toBe('A: Seed 1249');
});
