/** What edits of a sweep's description are called behind "Undo". */
import { expect, test } from 'vitest';
import {
  type Json,
  withAxis,
  withAxisMoved,
  withBaseValue,
  withConstraint,
  withSampling,
  withTitle,
} from '../../../../src/ui/sweep/document.ts';
import { editText } from '../../../../src/ui/sweep/edit-text.ts';
import { initialSweepState, reduceSweep } from '../../../../src/ui/sweep/reducer.ts';
import type { SweepAction } from '../../../../src/ui/sweep/state.ts';

const DOCUMENT: Json = {
  title: 'Tiny',
  experiment: { iterations: 20, seed: 1 },
  axes: [
    { path: 'model.depth', values: [2, 4] },
    { path: 'seed', values: [1, 2, 3] },
  ],
};
const values = (path: string, ...list: unknown[]) => ({ path, values: list, range: undefined });
const start = initialSweepState(DOCUMENT);

function called(action: SweepAction): string {
  return editText(start, reduceSweep(start, action), action);
}

test.each<[string, Json]>([
  ['Title “Small”', withTitle(DOCUMENT, 'Small')],
  ['Iterations 40', withBaseValue(DOCUMENT, 'iterations', 40)],
  ['Base experiment', withBaseValue(DOCUMENT, 'seed', 7)],
  ['Axis batchSize', withAxis(DOCUMENT, 2, values('batchSize', 8))],
  ['Axis without a field', withAxis(DOCUMENT, 2, values(''))],
  ['Axis model.width', withAxis(DOCUMENT, 0, values('model.width', 8))],
  ['Values of model.depth', withAxis(DOCUMENT, 0, values('model.depth', 2, 8))],
  ['Removal of axis model.depth', withAxis(DOCUMENT, 0, undefined)],
  ['Removal of axis seed', withAxis(DOCUMENT, 1, undefined)],
  ['Order of the axes', withAxisMoved(DOCUMENT, 0, 1)],
  ['Random sample', withSampling(DOCUMENT, { count: 5, seed: 1 })],
  ['Constraints', withConstraint(DOCUMENT, 0, { of: { seed: 1 }, atLeast: 1, atMost: undefined })],
  ['Sweep “Other”', { title: 'Other', experiment: {}, axes: [] }],
])('%s', (text, document) => {
  expect(called({ type: 'document', document })).toBe(text);
});

test('of texts, files and proposals', () => {
  expect(called({ type: 'text', text: '{', isTyped: true })).toBe('JSON of the sweep');
  expect(called({ type: 'text', text: '{}' })).toBe('Sweep of a file');
  expect(called({ type: 'propose', document: {} })).toBe('Finer sweep');
});

test('an undo brings back a text that could not be read, with what is wrong with it', () => {
  const broken = reduceSweep(start, { type: 'text', text: '{', isTyped: true });
  const whole = reduceSweep(broken, { type: 'description', text: start.text });
  expect([whole.document, whole.textProblem]).toEqual([DOCUMENT, undefined]);
  const again = reduceSweep(whole, { type: 'description', text: '{' });
  expect([again.text, again.textProblem]).toEqual(['{', expect.stringMatching(/^This is not JSON/)]);
});
