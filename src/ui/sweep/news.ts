/** What a sweep has done that is worth a notification. */
import { formatCount } from '../../metrics/format.ts';
import { isWorking, type SweepViewState } from './state.ts';

/** Says that it has ended, and when the first of its runs has diverged. */
export function sweepNews(before: SweepViewState, after: SweepViewState): string[] {
  if (!isWorking(before.work)) return [];
  const { work, progress } = after;
  const title = String(after.open?.document.title ?? 'The sweep');
  const [finished, diverged] = [progress?.finished ?? 0, progress?.diverged ?? 0];
  if (!isWorking(work)) {
    const how = work === 'finished' ? 'has finished' : 'has stopped';
    return [`${title} ${how}: ${formatCount(finished)} runs, ${formatCount(diverged)} of them diverged.`];
  }
  const isFirst = diverged > 0 && (before.progress?.diverged ?? diverged) === 0;
  return isFirst ? [`${title}: the first of its runs has diverged, after ${formatCount(finished)} had finished.`] : [];
}
