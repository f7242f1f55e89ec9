/**
 * How a session hands its steps to the device: in submissions of bounded time, few at once, and in the order of the calls. A
 * device that works on one submission for too long is reset by its driver or browser, and deep queues slow it down.
 */

/** Aim of a submission; by the spread of real ones it stays within the 50 to 100 ms that leave a page answerable. */
const AIM_MS = 75;
/** Steps of a submission until one has been measured. */
const FIRST_STEPS = 64;
/** A submission has at most so many times the steps of the largest measured: cheap steps may be followed by dear ones. */
const GROWTH = 4;
/** A pass of this many steps costs few submissions, however short the steps. */
const MOST_STEPS = 8192;
/** Weight of the latest submission. */
const LATEST = 0.5;
/** Submissions that the device has not finished. */
const MOST_IN_FLIGHT = 3;

/** Measures submissions and says how many steps the next one may have. */
export class SubmissionSize {
  #stepMs: number | undefined;
  #largest = FIRST_STEPS / GROWTH;

  get steps(): number {
    if (this.#stepMs === undefined) return FIRST_STEPS;
    const aimed = Math.floor(AIM_MS / Math.max(this.#stepMs, 1e-6));
    return Math.max(1, Math.min(aimed, GROWTH * this.#largest, MOST_STEPS));
  }

  /** A submission of so many steps has kept the device busy for so long. */
  finished(steps: number, ms: number): void {
    const stepMs = ms / steps;
    this.#stepMs = this.#stepMs === undefined ? stepMs : (1 - LATEST) * this.#stepMs + LATEST * stepMs;
    this.#largest = Math.max(this.#largest, steps);
  }
}

/**
 * Where a submission that starts at step `from` ends: after at most `most` steps, and between two iterations where it holds
 * a whole one.
 *
 * @param total steps of all iterations
 */
export function submissionEnd(from: number, total: number, perIteration: number, most: number): number {
  const end = Math.min(total, from + Math.max(1, most));
  const boundary = end - (end % perIteration);
  return boundary > from ? boundary : end;
}

/** Something that is done in its turn. */
export interface Task {
  /** Does the next part. Returns when the device has finished it, or undefined for what the device need not be waited for. */
  next(): Promise<unknown> | undefined;
  /** Whether nothing is left to be done. */
  readonly isDone: boolean;
  /** Whether its parts count as submissions in flight. */
  readonly isLong: boolean;
  /** It will not be done: an error of an earlier part, or the end of the session. */
  drop(error: Error): void;
}

/** Does tasks in the order in which they were added, at once where nothing holds them up. */
export class TaskQueue {
  readonly #tasks: Task[] = [];
  #inFlight = 0;
  #pumping = false;

  /** Whether what is added now will be done later. */
  get isHeldUp(): boolean {
    return this.#tasks.length > 0;
  }

  add(task: Task): void {
    this.#tasks.push(task);
    this.#pump();
  }

  /** Drops what has not been done. */
  clear(error: Error): void {
    for (const task of this.#tasks.splice(0)) task.drop(error);
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let task = this.#tasks.at(0); task; task = this.#tasks.at(0)) {
      if (task.isLong && !task.isDone && this.#inFlight >= MOST_IN_FLIGHT) break;
      try {
        const finished = task.isDone ? undefined : task.next();
        if (task.isDone) this.#tasks.shift();
        if (finished && task.isLong) this.#fly(finished);
      } catch (error) {
        this.#tasks.shift();
        task.drop(error as Error);
      }
    }
    this.#pumping = false;
  }

  #fly(finished: Promise<unknown>): void {
    this.#inFlight += 1;
    const land = () => {
      this.#inFlight -= 1;
      this.#pump();
    };
    // A failure is the task's own to report.
    finished.then(land, land);
  }
}
