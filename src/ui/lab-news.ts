/** What the tab's title says of the Lab, and what its runs have done that is worth a notification. */
import { formatCount } from '../metrics/format.ts';
import type { Trace } from '../metrics/trace.ts';
import type { Progress } from './presence.ts';
import { runName } from './runs.ts';
import type { LabState } from './state.ts';

/** `37 % · 746 / 2,000` while the runs train. */
export function labProgress({ runState, traces, experiments }: LabState): Progress {
  const isTraining = runState === 'running';
  const done = Math.max(0, ...(traces ?? []).map(({ length }) => length));
  if (done === 0) return { title: undefined, isTraining };
  const total = Math.max(...experiments.map(({ iterations }) => iterations));
  if (runState === 'finished') return { title: `✓ ${formatCount(done)}`, isTraining };
  const text = `${Math.floor((100 * done) / total)} % · ${formatCount(done)} / ${formatCount(total)}`;
  return { title: isTraining ? text : `❚❚ ${text}`, isTraining };
}

/** Says each thing once, and nothing of what is only told again after a reload. */
export class LabNews {
  readonly #diverged = new WeakSet<Trace>();

  of(before: LabState, { runState, traces, failure, stored }: LabState): string[] {
    if (before.runState !== 'running' || stored) return [];
    const news = (traces ?? []).flatMap((trace, r) => {
      const { firstNonFinite: first } = trace;
      if (!first || this.#diverged.has(trace)) return [];
      this.#diverged.add(trace);
      return [`Run ${runName(r)} diverged: ${first.tensor} is not finite at iteration ${formatCount(first.iteration)}.`];
    });
    if (runState !== 'finished') return news;
    const done = Math.max(0, ...(traces ?? []).map(({ length }) => length));
    return [
      ...news,
      failure ? `Training has stopped: ${failure}` : `The runs have finished, after ${formatCount(done)} iterations.`,
    ];
  }
}
