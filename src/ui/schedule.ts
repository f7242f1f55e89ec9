/** When the page draws: at most once a frame, never in a hidden tab, and not for most of the time. */
import { turnsTaken } from './turns.ts';

/** Drawing may take this share of the page's time; the rest is left to input and, on few cores, to the worker. */
const DRAWING_SHARE = 0.25;

export class DrawSchedule {
  readonly #draw: () => void;
  #frame = 0;
  #earliest = 0;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** @param atOnce draw in the next frame, however long the last drawing took: for what a person does */
  request(atOnce: boolean): void {
    if (atOnce) this.#earliest = 0;
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = 0;
      if (now < this.#earliest) {
        this.request(false);
        return;
      }
      const start = performance.now();
      this.#draw();
      // Elements update in microtasks and in turns: what they took is known once those are over.
      setTimeout(async () => {
        await turnsTaken();
        const took = performance.now() - start;
        this.#earliest = start + took / DRAWING_SHARE;
      });
    });
  }
}
