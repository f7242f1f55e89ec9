/** What the Lab's runs are, in a line each: for pictures of charts and what is copied out of them. */
import { runName } from './runs.ts';
import { changedPaths, differenceSummary } from './settings.ts';
import type { LabState } from './state.ts';

/** The baseline by what it changes of the defaults, the others by what sets them apart from it. */
export function settingsLines({ experiments, titles, baseline }: LabState): string[] {
  return experiments.map((experiment, r) => {
    const own = [...changedPaths(experiment)].map(([path, value]) => `${path}=${value}`).join(' ');
    const words = r === baseline ? own : differenceSummary(experiment, experiments[baseline]) || `as ${runName(baseline)}`;
    return `${runName(r)} ${titles[r]}: ${words || 'defaults'}`;
  });
}
