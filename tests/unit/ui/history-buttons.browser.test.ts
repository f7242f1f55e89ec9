/** Undo and redo as buttons: each names the latest change of the view that is shown, and acts on that. */
import { afterEach, expect, test } from 'vitest';
import type { History } from '../../../src/ui/history.ts';
import '../../../src/ui/history-buttons.ts';
import type { HistoryButtons } from '../../../src/ui/history-buttons.ts';
import { reduce } from '../../../src/ui/reducer.ts';
import { type Action, initialState } from '../../../src/ui/state.ts';
import type { View } from '../../../src/ui/views.ts';

afterEach(() => document.body.replaceChildren());

const EDITS: readonly Action[] = [
  { type: 'described', described: { before: '{}', after: '{"axes":[]}', isTyped: false }, text: 'Axis model.depth' },
  { type: 'edit', path: 'seed', value: 7, text: '7' },
];
const { history } = EDITS.reduce(reduce, initialState());

async function show(of: History, view: View): Promise<{ buttons: HTMLButtonElement[]; actions: Action[] }> {
  const element = document.createElement('nabla-history') as HistoryButtons;
  const actions: Action[] = [];
  element.addEventListener('action', (event) => actions.push((event as CustomEvent<Action>).detail));
  Object.assign(element, { history: of, view });
  document.body.append(element);
  await element.updateComplete;
  return { buttons: [...(element.shadowRoot?.querySelectorAll('button') ?? [])], actions };
}

test.each<[View, string]>([
  ['lab', 'Undo: A: Seed 7'],
  ['sweep', 'Undo: Axis model.depth'],
])('in the %s they are about its own changes', async (view, label) => {
  const { buttons, actions } = await show(history, view);
  expect(buttons.map(({ ariaLabel, disabled }) => [ariaLabel, disabled])).toEqual([
    [label, false],
    ['Nothing to redo', true],
  ]);
  buttons[0].click();
  expect(actions).toEqual([{ type: 'undo', view }]);
});
