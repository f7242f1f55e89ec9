/** Gives the Lab a new engine when its device is lost, as often and as late as browsers give one. */
import type { DeviceLostError, Engine } from '../engine/engine.ts';
import type { EngineChoice } from '../engine/report.ts';
import { planRecovery } from './recovery.ts';

/** What losses come from, for who has not caused them knowingly. */
const CAUSES = 'That happens when the graphics process crashes, the driver is reset or updated, or the machine slept.';
/** Attempts after which a failure is told rather than met by another one. */
const MOST_LOSSES = 3;

export class LabRecovery {
  #lost = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #giveUp: (() => void) | undefined;

  constructor(
    readonly open: (choice: EngineChoice) => Promise<Engine>,
    /** Milliseconds of a monotonic clock. */
    readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * @param tell hears what was lost and what is being done
   * @returns an engine to go on with: another device, or the CPU engine after the third loss
   * @throws what stood in the way last, or the loss when `abort` was called meanwhile
   */
  async reopen(loss: DeviceLostError, tell: (message: string) => void): Promise<Engine> {
    for (let problem = `The browser has lost the GPU device (${loss.reason}). ${CAUSES}`; ; ) {
      this.#lost += 1;
      const { message, waitMs, engine } = planRecovery(this.#lost, this.now() - this.#lastMs);
      this.#lastMs = this.now();
      tell(`${problem} ${message}`);
      if (waitMs > 0) await this.#wait(waitMs, loss);
      try {
        return await this.open(engine);
      } catch (error) {
        if (this.#lost >= MOST_LOSSES) throw error;
        problem = (error as Error).message;
      }
    }
  }

  /** Ends a wait, where there is one. */
  abort(): void {
    this.#giveUp?.();
  }

  async #wait(ms: number, loss: DeviceLostError): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#giveUp = () => reject(loss);
        timer = setTimeout(resolve, ms);
      });
    } finally {
      clearTimeout(timer);
      this.#giveUp = undefined;
    }
  }
}
