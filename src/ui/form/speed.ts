/** How fast runs would train, from what this machine has been seen to do with other plans. */

/** What an iteration of all plans consists of. */
export interface IterationCost {
  readonly dispatches: number;
  readonly flop: number;
}

/** An iteration that was timed. */
export interface Timed extends IterationCost {
  readonly seconds: number;
}

/** Seconds of an iteration: at least, at most, and the middle of both by factors. */
export interface IterationSeconds {
  readonly least: number;
  readonly about: number;
  readonly most: number;
  /** Whether these very plans were timed. */
  readonly isMeasured: boolean;
}

/** Timings that are kept, the latest last. */
const MOST_TIMED = 24;

/**
 * An iteration takes some time for each dispatch and some for each floating-point operation, in shares that no single timing tells
 * apart: it lies between what it would be if all were the one, and if all were the other. Of several timings the one that leaves the
 * least open counts.
 *
 * @returns undefined where nothing has been timed
 */
export function iterationSeconds(cost: IterationCost, timed: readonly Timed[]): IterationSeconds | undefined {
  const spans = timed.map(({ dispatches, flop, seconds }) => {
    const both = [(seconds * cost.dispatches) / dispatches, (seconds * cost.flop) / flop];
    return { least: Math.min(...both), most: Math.max(...both), isMeasured: isSame(cost, { dispatches, flop }) };
  });
  const open = ({ least, most }: { least: number; most: number }) => most / least;
  const best = spans.reduce<(typeof spans)[number] | undefined>(
    (least, span) => (least === undefined || open(span) <= open(least) ? span : least),
    undefined,
  );
  return best && { ...best, about: Math.sqrt(best.least * best.most) };
}

function isSame(a: IterationCost, b: IterationCost): boolean {
  return a.dispatches === b.dispatches && a.flop === b.flop;
}

/** With a timing more; an older one of the same plans goes. */
export function withTiming(timed: readonly Timed[], latest: Timed): readonly Timed[] {
  if (!(latest.seconds > 0) || !(latest.flop > 0) || !(latest.dispatches > 0)) return timed;
  return [...timed.filter((other) => !isSame(other, latest)), latest].slice(-MOST_TIMED);
}
