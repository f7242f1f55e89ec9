/** Undo and redo: what was changed or deleted, by name, and the way back and forth between. Pure data, so that it can be tested and kept. */
import { canonicalJson } from '../model/experiment.ts';
import type { Action, LabState } from './state.ts';
import type { View } from './views.ts';

/** What a change of settings replaces. How charts are looked at is no part of it: looking loses nothing. */
const PARTS = [
  'experiments',
  'engine',
  'titles',
  'claims',
  'origin',
  'target',
  'mapRun',
  'baseline',
  'hidden',
] as const satisfies readonly (keyof LabState)[];
export type Stand = Pick<LabState, (typeof PARTS)[number]>;

/** Something kept in this browser that was put away; it goes for good when the page is opened the next time. */
export interface Deleted {
  readonly what: 'run' | 'lab' | 'sweep';
  readonly id: string;
}

/** The description of a sweep before and after an edit, as text. */
export interface Described {
  readonly before: string;
  readonly after: string;
  /** Letter by letter: what follows in the same way is the same change. */
  readonly isTyped: boolean;
}

/** One thing that can be undone; `text` names it behind "Undo". */
export type Entry =
  | { readonly text: string; readonly before: Stand; readonly after: Stand }
  | { readonly text: string; readonly described: Described }
  | { readonly text: string; readonly deleted: Deleted };

export interface History {
  /** The latest last. */
  readonly past: readonly Entry[];
  /** What was undone, the next to be done again last. */
  readonly future: readonly Entry[];
}

export const NO_HISTORY: History = { past: [], future: [] };
/** Entries kept; each holds references, no copies. */
const MOST_ENTRIES = 200;

export function standOf(state: LabState): Stand {
  return Object.fromEntries(PARTS.map((part) => [part, state[part]])) as unknown as Stand;
}

function isSame(a: Stand, b: Stand): boolean {
  return (
    a.engine === b.engine && (a.experiments === b.experiments || canonicalJson(a.experiments) === canonicalJson(b.experiments))
  );
}

/** What does not show does not change: each view undoes what is its own, and deletions are undone in every one. */
function belongs(entry: Entry, view: View): boolean {
  return 'deleted' in entry || view === ('described' in entry ? 'sweep' : 'lab');
}

/** What an undo or redo in a view is about; undefined where there is nothing. */
export function latestOf({ past, future }: History, way: 'undo' | 'redo', view: View): Entry | undefined {
  return (way === 'undo' ? past : future).findLast((entry) => belongs(entry, view));
}

/** A change forgets what could be done again where it was made. */
function push({ past, future }: History, entry: Entry): History {
  const rest = 'deleted' in entry ? [] : future.filter((other) => !belongs(other, 'described' in entry ? 'sweep' : 'lab'));
  return { past: [...past, entry].slice(-MOST_ENTRIES), future: rest };
}

/** Forgets a change of the engine, if that is the latest, which has not come about. */
export function withoutEngineChange(history: History): History {
  const last = history.past.at(-1);
  const isOfEngine = last && 'before' in last && last.before.engine !== last.after.engine;
  return isOfEngine ? { ...history, past: history.past.slice(0, -1) } : history;
}

function withDescribed(history: History, text: string, described: Described): History {
  const { past, future } = history;
  const last = past.at(-1);
  if (future.length > 0 || !last || !('described' in last) || !last.described.isTyped || !described.isTyped)
    return push(history, { text, described });
  return { past: past.with(-1, { text, described: { ...described, before: last.described.before } }), future };
}

/**
 * The state with a person's change in its history.
 *
 * @param textOf what the change is called; asked for only where there is one
 */
export function remember(before: LabState, after: LabState, action: Action, textOf: () => string): LabState {
  if (action.type === 'worker' || action.type === 'undo' || action.type === 'redo') return after;
  if (action.type === 'deleted') {
    const { text, deleted } = action;
    return { ...after, history: push(before.history, { text, deleted }) };
  }
  if (action.type === 'described') return { ...after, history: withDescribed(before.history, action.text, action.described) };
  if (before.experiments === after.experiments && before.engine === after.engine) return after;
  const [from, to] = [standOf(before), standOf(after)];
  if (isSame(from, to)) return after;
  return { ...after, history: push(before.history, { text: textOf(), before: from, after: to }) };
}

/** The entry that an undo or redo is about, and the history behind it; undefined where there is none. */
export function travel(
  all: History,
  way: 'undo' | 'redo',
  view: View,
): { readonly entry: Entry; readonly history: History } | undefined {
  const entry = latestOf(all, way, view);
  if (!entry) return undefined;
  const { past, future } = all;
  const without = (entries: readonly Entry[]) => entries.filter((other) => other !== entry);
  const history =
    way === 'undo' ? { past: without(past), future: [...future, entry] } : { past: [...past, entry], future: without(future) };
  return { entry, history };
}

interface Moved {
  readonly entry: Entry;
  readonly way: 'undo' | 'redo' | 'new';
}

function movedBetween(before: History, after: History): Moved | undefined {
  if (before === after) return undefined;
  if (after.future.length > before.future.length) return { entry: after.future[after.future.length - 1], way: 'undo' };
  const entry = after.past.at(-1);
  return entry && { entry, way: before.future.includes(entry) ? 'redo' : 'new' };
}

/** What storage must be told so that it follows from one history to the next: what has gone, or come back. */
export function deletionBetween(
  before: History,
  after: History,
): { readonly deleted: Deleted; readonly gone: boolean } | undefined {
  const moved = movedBetween(before, after);
  return moved && 'deleted' in moved.entry ? { deleted: moved.entry.deleted, gone: moved.way !== 'undo' } : undefined;
}

/** The description that the Sweep view must go to so that it follows; its own edits stand there already. */
export function descriptionBetween(before: History, after: History): string | undefined {
  const moved = movedBetween(before, after);
  if (!moved || !('described' in moved.entry) || moved.way === 'new') return undefined;
  const { described } = moved.entry;
  return moved.way === 'undo' ? described.before : described.after;
}
