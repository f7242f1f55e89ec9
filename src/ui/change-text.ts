/** Changes of settings in words. */
import type { Experiment } from '../model/schema.ts';
import { fieldValue } from './fields.ts';
import { listed, runName } from './runs.ts';
import { differingPaths, shortSetting } from './settings.ts';
import type { Action, LabState } from './state.ts';

/** What a change is called behind "Undo". */
export function nameOf(before: LabState, after: LabState, action: Action): string {
  switch (action.type) {
    case 'edit':
      return changeText(before.experiments, after.experiments);
    case 'add run':
      return `Copy of run ${runName(action.of)}`;
    case 'remove run':
      return `Removal of run ${runName(action.run)}`;
    case 'engine':
      return `Engine ${action.engine}`;
    case 'settings':
      return action.name ?? 'Settings of the link';
    case 'stored':
      return `Kept curves of ${listed(action.runs.map(({ title }) => title))}`;
    default:
      return listed(after.titles);
  }
}

/** `A: Learning rate 0.1`, `A and B: ...`, for the line that marks a change in mid-run. */
export function changeText(before: readonly Experiment[], after: readonly Experiment[]): string {
  const byChange = new Map<string, string[]>();
  for (const [r, run] of after.entries()) {
    const changes = differingPaths(before[r], run)
      .filter((path) => fieldValue(run, path) !== undefined)
      .map((path) => shortSetting(run, path));
    const text = [...new Set(changes)].join(', ');
    if (text !== '') byChange.set(text, [...(byChange.get(text) ?? []), runName(r)]);
  }
  return [...byChange].map(([text, names]) => `${listed(names)}: ${text}`).join('; ');
}
