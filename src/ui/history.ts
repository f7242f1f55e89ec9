/** Undo and redo: what was changed or deleted, by name, and the way back and forth between. Pure data, so that it can be tested and kept. */
import { canonicalJson } from '../model/experiment.ts';
import type { Action, LabState } from './state.ts';

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
  readonly what: 'run' | 'sweep';
  readonly id: string;
}

/** One thing that can be undone; `text` names it behind "Undo". */
export type Entry =
  | { readonly text: string; readonly before: Stand; readonly after: Stand }
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

function push({ past }: History, entry: Entry): History {
  return { past: [...past, entry].slice(-MOST_ENTRIES), future: [] };
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
  if (before.experiments === after.experiments && before.engine === after.engine) return after;
  const [from, to] = [standOf(before), standOf(after)];
  if (isSame(from, to)) return after;
  return { ...after, history: push(before.history, { text: textOf(), before: from, after: to }) };
}

/** The entry that an undo or redo is about, and the history behind it; undefined where there is none. */
export function travel(
  { past, future }: History,
  way: 'undo' | 'redo',
): { readonly entry: Entry; readonly history: History } | undefined {
  const entry = (way === 'undo' ? past : future).at(-1);
  if (!entry) return undefined;
  const history =
    way === 'undo'
      ? { past: past.slice(0, -1), future: [...future, entry] }
      : { past: [...past, entry], future: future.slice(0, -1) };
  return { entry, history };
}

/** What storage must be told so that it follows from one history to the next: what has gone, or come back. */
export function deletionBetween(
  before: History,
  after: History,
): { readonly deleted: Deleted; readonly gone: boolean } | undefined {
  if (before === after) return undefined;
  const isUndo = after.future.length > before.future.length;
  const entry = (isUndo ? before : after).past.at(-1);
  return entry && 'deleted' in entry ? { deleted: entry.deleted, gone: !isUndo } : undefined;
}
