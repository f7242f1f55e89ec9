/** The page's keyboard shortcuts: one table, on which the key handler acts and of which the keyboard map is made. */
import { copyText } from './clipboard.ts';
import type { DialogName } from './dialogs.ts';
import { latestOf } from './history.ts';
import { type Action, type LabState, playOrPause } from './state.ts';
import { valuesText } from './values-data.ts';
import type { View } from './views.ts';

/** Where a shortcut works, in the order of the keyboard map. */
export const PLACES = {
  page: 'Everywhere',
  lab: 'In the Lab',
  sweep: 'In the Sweep view',
  chart: 'In a chart that has the focus',
  map: 'In a sweep’s map that has the focus',
  runs: 'In the table of runs',
} as const;
export type Place = keyof typeof PLACES;

/** What a shortcut may act on. */
export interface KeyContext {
  readonly view: View;
  readonly lab: LabState;
  dispatch(action: Action): void;
  open(dialog: DialogName): void;
}

export interface Shortcut {
  readonly place: Place;
  /** Alternatives as `keyOf` spells them: `Space`, `.`, `Ctrl+z`, `Ctrl+Shift+z`. */
  readonly keys: readonly string[];
  /** What it does, from the person's side. */
  readonly does: string;
  /** Absent where the element in focus handles the key. Returns false where there is nothing to do, so that the key keeps its use. */
  readonly act?: (context: KeyContext) => unknown;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { place: 'page', keys: ['?'], does: 'Show this map of the keys', act: ({ open }) => open('keys') },
  { place: 'page', keys: ['Escape'], does: 'Close a dialog; leave a field as it was' },
  {
    place: 'page',
    keys: ['Ctrl+z'],
    does: 'Undo a change of settings or of a sweep’s description, or a deletion',
    act: travel('undo'),
  },
  { place: 'page', keys: ['Ctrl+Shift+z', 'Ctrl+y'], does: 'Do again what was undone', act: travel('redo') },
  { place: 'lab', keys: ['Space'], does: 'Start, pause, or run again', act: ({ lab, dispatch }) => dispatch(playOrPause(lab)) },
  { place: 'lab', keys: ['.'], does: 'Train one iteration', act: ({ dispatch }) => dispatch({ type: 'play', command: 'step' }) },
  { place: 'lab', keys: [','], does: 'Go back one iteration', act: goBack },
  { place: 'lab', keys: ['r'], does: 'Back to iteration 0', act: ({ dispatch }) => dispatch({ type: 'restart' }) },
  { place: 'lab', keys: ['Backspace'], does: 'Previous zoom', act: previousZoom },
  {
    place: 'lab',
    keys: ['c'],
    does: 'Copy every chart’s values at the crosshair',
    act: ({ lab }) => copyText(valuesText(lab, location.href)),
  },
  { place: 'chart', keys: ['ArrowLeft', 'ArrowRight'], does: 'Move the crosshair by a sample; with Shift by ten' },
  { place: 'chart', keys: ['ArrowUp', 'ArrowDown'], does: 'In a map: read another layer, step or weight' },
  { place: 'chart', keys: ['+', '-'], does: 'Zoom in or out around the crosshair' },
  { place: 'chart', keys: ['Ctrl+ArrowLeft', 'Ctrl+ArrowRight'], does: 'Move what is in view by a tenth' },
  { place: 'chart', keys: ['Backspace'], does: 'Previous zoom' },
  { place: 'chart', keys: ['Escape'], does: 'Take the crosshair away' },
  { place: 'map', keys: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'], does: 'Move to the next cell' },
  { place: 'map', keys: ['Enter', 'Space'], does: 'Open the run of the cell' },
  { place: 'map', keys: ['Escape'], does: 'Take the cursor away' },
  { place: 'runs', keys: ['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End'], does: 'Move to another run' },
  { place: 'runs', keys: ['Enter'], does: 'Open the run' },
];

/** Steps of a key that is held wait for one another. */
function goBack({ lab: { isGoingBack, runState }, dispatch }: KeyContext): boolean {
  if (runState === 'loading') return false;
  if (!isGoingBack) dispatch({ type: 'play', command: 'back' });
  return true;
}

function travel(way: 'undo' | 'redo'): (context: KeyContext) => boolean {
  return ({ view, lab: { history }, dispatch }) => {
    if (!latestOf(history, way, view)) return false;
    dispatch({ type: way, view });
    return true;
  };
}

function previousZoom({ lab, dispatch }: KeyContext): boolean {
  if (lab.zooms.length === 0) return false;
  dispatch({ type: 'zoom back', all: false });
  return true;
}

/** How the table spells a key; undefined with Alt, which belongs to the browser. Ctrl and Command are the same. */
export function keyOf({ key, ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent): string | undefined {
  if (altKey) return undefined;
  if (ctrlKey || metaKey) return `Ctrl+${shiftKey ? 'Shift+' : ''}${key.toLowerCase()}`;
  return key === ' ' ? 'Space' : key;
}

const TYPED_INTO = 'input, textarea, [contenteditable]';
const USES_KEYS = `${TYPED_INTO}, select, [role=slider], [role=combobox], [role=listbox]`;
const USES_SPACE = 'button, a, summary';

/** Whether a control on the way from the focus to the page has a use of its own for a key. */
function isTaken(key: string, path: readonly EventTarget[]): boolean {
  const takers = key.startsWith('Ctrl+') ? TYPED_INTO : key === 'Space' ? `${USES_KEYS}, ${USES_SPACE}` : USES_KEYS;
  return path.some((target) => target instanceof Element && target.matches(takers));
}

/** Acts on a key that nothing else has taken. `single` says whether keys without Ctrl act, which a person may turn off. */
export function actOnKey(event: KeyboardEvent, context: KeyContext, single: boolean): void {
  const key = keyOf(event);
  if (key === undefined || event.defaultPrevented || (!single && key.length === 1)) return;
  if (isTaken(key, event.composedPath())) return;
  const shortcut = SHORTCUTS.find(
    ({ place, keys, act }) => act && (place === 'page' || place === context.view) && keys.includes(key),
  );
  if (shortcut?.act && shortcut.act(context) !== false) event.preventDefault();
}
