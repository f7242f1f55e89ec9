/** The ring of training states that going back starts from: dense near the present, sparse further back, within a budget. */

/** How far back it shall be possible to go step by step, where memory allows. */
export const REACH = 64;

export interface Moment<State> {
  /** Iterations trained when the state was as it is. */
  readonly iteration: number;
  readonly bytes: number;
  readonly state: State;
}

export class History<State> {
  /** Ascending by iteration. */
  #moments: Moment<State>[] = [];
  /** Of the latest moment, by which the next ones are judged. */
  #bytes = 0;

  /** @param budget bytes that all states together may take */
  constructor(readonly budget: number) {}

  /** How many states of the size of the latest fit. */
  get room(): number {
    return this.#bytes === 0 ? Number.POSITIVE_INFINITY : Math.floor(this.budget / this.#bytes);
  }

  /** Bytes of the latest state. */
  get bytes(): number {
    return this.#bytes;
  }

  get iterations(): number[] {
    return this.#moments.map(({ iteration }) => iteration);
  }

  /** Iterations that must lie between two states so that those that fit reach far enough back. */
  get spacing(): number {
    return Math.max(1, Math.ceil(REACH / Math.max(1, this.room - 2)));
  }

  /** Keeps a moment that is later than all others or at one of their iterations; what no longer fits goes. */
  add(moment: Moment<State>): void {
    this.#bytes = moment.bytes;
    const at = this.#moments.findIndex(({ iteration }) => iteration >= moment.iteration);
    if (at < 0) this.#moments.push(moment);
    else this.#moments.splice(at, this.#moments[at].iteration === moment.iteration ? 1 : 0, moment);
    while (this.#moments.length > 0 && this.#total() > this.budget) this.#moments.splice(this.#leastMissed(), 1);
  }

  /** The latest moment at an iteration or before it. */
  before(iteration: number): Moment<State> | undefined {
    return this.#moments.findLast((moment) => moment.iteration <= iteration);
  }

  /** Forgets what came after so many iterations. */
  cut(iterations: number): void {
    this.#moments = this.#moments.filter(({ iteration }) => iteration <= iterations);
  }

  #total(): number {
    return this.#moments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Index of the moment without which the way back is lengthened least, in proportion to how far back it lies. The first stays, so
   * that every iteration can be reached, and the latest; where only two fit, the latest two that reach far enough back stay.
   */
  #leastMissed(): number {
    const moments = this.#moments;
    const last = moments.length - 1;
    if (last < 2 || this.room < 3) {
      const isClose = last > 0 && moments[last].iteration - moments[last - 1].iteration < REACH;
      return isClose ? last : 0;
    }
    const loss = (k: number) => {
      const [from, to] = [moments[k - 1].iteration, moments[k + 1].iteration];
      return (to - from) / (moments[last].iteration - from);
    };
    let least = 1;
    for (let k = 2; k < last; k++) if (loss(k) < loss(least)) least = k;
    return least;
  }
}

/**
 * Iterations at which to keep states on the way from one iteration to a later one, so that further steps back are short: at
 * distances of powers of two from the end.
 */
export function stopsBetween(from: number, to: number): number[] {
  const stops: number[] = [];
  for (let distance = REACH; distance >= 1; distance /= 2) if (to - distance > from) stops.push(to - distance);
  return [...stops, to];
}
