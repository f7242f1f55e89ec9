/** Edits of a sweep's description in words, as they stand behind "Undo". */
import { canonicalJson } from '../../model/experiment.ts';
import { axesOf, experimentOf, type Json } from './document.ts';
import type { SweepAction, SweepViewState } from './state.ts';

const PARTS: Readonly<Record<string, string>> = {
  experiment: 'Base experiment',
  sampling: 'Random sample',
  constraints: 'Constraints',
  stop: 'Time limit',
};

const titleOf = ({ title }: Json) => `“${title || 'Untitled'}”`;
const same = (a: unknown, b: unknown) => canonicalJson(a) === canonicalJson(b);

/** What an action that has changed the description is called. */
export function editText(before: SweepViewState, after: SweepViewState, action: SweepAction): string {
  switch (action.type) {
    case 'text':
      return action.isTyped ? 'JSON of the sweep' : 'Sweep of a file';
    case 'propose':
      return 'Finer sweep';
    case 'unpropose':
      return 'Return of the sweep before';
    case 'worker':
      return `Opening of ${titleOf(after.document)}`;
    default:
      return documentText(before.document, after.document);
  }
}

function documentText(before: Json, after: Json): string {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !same(before[key], after[key]));
  const [key] = keys;
  if (keys.length !== 1) return `Sweep ${titleOf(after)}`;
  if (key === 'title') return `Title ${titleOf(after)}`;
  if (key === 'axes') return axesText(before, after);
  if (key === 'experiment' && same({ ...experimentOf(before), iterations: 0 }, { ...experimentOf(after), iterations: 0 }))
    return `Iterations ${experimentOf(after).iterations ?? 'as usual'}`;
  return PARTS[key] ?? key;
}

function axesText(before: Json, after: Json): string {
  const [from, to] = [axesOf(before), axesOf(after)];
  const name = (path: string | undefined) => path || 'without a field';
  const other = to.findIndex((axis, k) => !same(axis, from[k]));
  if (to.length > from.length) return to.length === from.length + 1 ? `Axis ${name(to.at(-1)?.path)}` : 'Axes';
  if (to.length < from.length) {
    const gone = other < 0 ? to.length : other;
    return `Removal of axis ${name(from[gone].path)}`;
  }
  if (same(from.map(({ path }) => path).sort(), to.map(({ path }) => path).sort()))
    return from[other]?.path === to[other]?.path ? `Values of ${name(to[other]?.path)}` : 'Order of the axes';
  return `Axis ${name(to[other]?.path)}`;
}
