/** The table of shortcuts: what acts where, what a focused control keeps for itself, and what the map shows. */
import { afterEach, expect, test } from 'vitest';
import '../../../src/ui/key-map.ts';
import type { KeyMap } from '../../../src/ui/key-map.ts';
import { actOnKey, type KeyContext, keyOf, PLACES, SHORTCUTS } from '../../../src/ui/shortcuts.ts';
import { areSingleKeysOn, setSingleKeys } from '../../../src/ui/single-keys.ts';
import { type Action, initialState, type LabState } from '../../../src/ui/state.ts';

afterEach(() => {
  document.body.replaceChildren();
  setSingleKeys(true);
});

/** What a key pressed in an element has done. */
function press(
  init: KeyboardEventInit,
  { into = document.body, lab = {}, view = 'lab' as KeyContext['view'], single = true } = {} as {
    into?: Element;
    lab?: Partial<LabState>;
    view?: KeyContext['view'];
    single?: boolean;
  },
) {
  const done: (Action | string)[] = [];
  const context: KeyContext = {
    view,
    lab: { ...initialState(), ...lab },
    dispatch: (action) => done.push(action),
    open: (dialog) => done.push(dialog),
  };
  const listen = (event: Event) => actOnKey(event as KeyboardEvent, context, single);
  window.addEventListener('keydown', listen);
  const event = new KeyboardEvent('keydown', { ...init, bubbles: true, composed: true, cancelable: true });
  into.dispatchEvent(event);
  window.removeEventListener('keydown', listen);
  return { done, prevented: event.defaultPrevented };
}

function add(tag: string): Element {
  const element = document.createElement(tag);
  document.body.append(element);
  return element;
}

test('Space starts and pauses in the Lab and nowhere else; a button keeps it', () => {
  expect(press({ key: ' ' }, { lab: { runState: 'paused' } }).done).toEqual([{ type: 'play', command: 'start' }]);
  expect(press({ key: ' ' }, { lab: { runState: 'running' } }).done).toEqual([{ type: 'play', command: 'pause' }]);
  expect(press({ key: ' ' }, { lab: { runState: 'finished' } }).done).toEqual([{ type: 'restart' }]);
  expect(press({ key: ' ' }, { view: 'sweep' })).toEqual({ done: [], prevented: false });
  expect(press({ key: ' ' }, { into: add('button') })).toEqual({ done: [], prevented: false });
  expect(press({ key: '.' }, { into: add('button') }).done).toEqual([{ type: 'play', command: 'step' }]);
});

test('a comma goes back one iteration, one step after the other', () => {
  expect(press({ key: ',' }, { lab: { runState: 'running' } }).done).toEqual([{ type: 'play', command: 'back' }]);
  expect(press({ key: ',' }, { lab: { runState: 'paused', isGoingBack: true } })).toEqual({ done: [], prevented: true });
  expect(press({ key: ',' }, { lab: { runState: 'loading' } })).toEqual({ done: [], prevented: false });
});

test('what is typed into a field stays there', () => {
  for (const tag of ['input', 'textarea', 'select']) expect(press({ key: '.' }, { into: add(tag) }).done).toEqual([]);
});

test('a key with nothing to do keeps its use', () => {
  expect(press({ key: 'Backspace' })).toEqual({ done: [], prevented: false });
  expect(press({ key: 'Backspace' }, { lab: { zooms: [[1, 2]] } }).prevented).toBe(true);
  expect(press({ key: 'r', ctrlKey: true })).toEqual({ done: [], prevented: false });
  expect(press({ key: '.', altKey: true })).toEqual({ done: [], prevented: false });
});

test('letters and signs can be turned off; Space and Backspace stay', () => {
  expect(press({ key: '?' }).done).toEqual(['keys']);
  expect(press({ key: '?' }, { single: false }).done).toEqual([]);
  expect(press({ key: ' ' }, { single: false }).done).toHaveLength(1);
});

test('keys have one spelling', () => {
  const spelled = (init: KeyboardEventInit) => keyOf(new KeyboardEvent('keydown', init));
  expect(spelled({ key: 'Z', metaKey: true, shiftKey: true })).toBe('Ctrl+Shift+z');
  expect(spelled({ key: ' ' })).toBe('Space');
  // Two shortcuts that act on one key in one place: the second would never be reached.
  const acting = SHORTCUTS.filter(({ act }) => act).flatMap(({ place, keys }) => keys.map((key) => `${place} ${key}`));
  expect(new Set(acting).size).toBe(acting.length);
});

test('the map shows every shortcut, and keeps the choice about letters', async () => {
  const map = add('nabla-key-map') as KeyMap;
  await map.updateComplete;
  const root = map.shadowRoot as ShadowRoot;
  expect(root.querySelectorAll('tr')).toHaveLength(SHORTCUTS.length);
  const places = new Set(SHORTCUTS.map(({ place }) => PLACES[place]));
  expect([...root.querySelectorAll('caption')].map(({ textContent }) => textContent)).toEqual([...places]);
  expect([...(root.querySelector('tr')?.querySelectorAll('kbd') ?? [])].map(({ textContent }) => textContent)).toEqual(['?']);
  root.querySelector('input')?.click();
  expect(areSingleKeysOn()).toBe(false);
});
