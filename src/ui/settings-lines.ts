/** What the Lab's runs are, in a line each: for pictures of charts and what is copied out of them. */
import type { Experiment } from '../model/schema.ts';
import { runName } from './runs.ts';
import { changedPaths, differenceSummary } from './settings.ts';
import type { LabState } from './state.ts';

/** What an experiment changes of the defaults. */
export function settingsWords(experiment: Experiment): string {
  const words = [...changedPaths(experiment)].map(([path, value]) => `${path}=${value}`);
  return words.join(' ') || 'defaults';
}

/** The baseline by what it changes of the defaults, the others by what sets them apart from it. */
export function settingsLines({ experiments, titles, baseline }: LabState): string[] {
  return experiments.map((experiment, r) => {
    const apart = () => differenceSummary(experiment, experiments[baseline]) || `as ${runName(baseline)}`;
    return `${runName(r)} ${titles[r]}: ${r === baseline ? settingsWords(experiment) : apart()}`;
  });
}
