/** One drawing a frame, whoever asks for it: new data, another size, the crosshair. */
import { nextTask } from '../turns.ts';

export class FrameDraw {
  readonly #draw: () => void;
  /** Something is drawn that has not been shown yet. */
  #isDrawn = false;
  #isAsked = false;
  #isStopped = false;

  /** @param draw what has changed since it was called last */
  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** Draws at once; what is asked for a second time, when the frame that has the first is shown. */
  ask(): void {
    this.#isAsked = true;
    if (this.#isDrawn || this.#isStopped) return;
    this.#isAsked = false;
    this.drawn();
    this.#draw();
  }

  /** Something is drawn, by whomever: the next drawing waits for another frame. */
  drawn(): void {
    this.#isDrawn = true;
    // Elements are measured behind the callbacks of a frame and drawn anew before it is shown: the task after it is the first that is not.
    requestAnimationFrame(async () => {
      await nextTask();
      this.#isDrawn = false;
      if (this.#isAsked) this.ask();
    });
  }

  /** Draws nothing any more. */
  stop(): void {
    this.#isStopped = true;
  }
}
