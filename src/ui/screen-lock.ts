/** Keeps the screen on while something trains, where a person wants it: https://w3c.github.io/screen-wake-lock/ */

const KEY = 'nablascope.screenStaysOn';

export class ScreenLock {
  #wanted = localStorage.getItem(KEY) === 'on';
  #isTraining = false;
  #held: WakeLockSentinel | undefined;
  #isAsking = false;
  #refusal: string | undefined;

  /**
   * @param changed called when `words` may have changed
   * @param locks absent where the browser does not know them
   */
  constructor(
    readonly changed: () => void,
    readonly locks: Pick<WakeLock, 'request'> | undefined,
  ) {
    // Browsers release it with the page's visibility.
    document.addEventListener('visibilitychange', () => void this.#follow());
  }

  get isSupported(): boolean {
    return this.locks !== undefined;
  }

  get wanted(): boolean {
    return this.#wanted && this.isSupported;
  }

  set wanted(on: boolean) {
    this.#wanted = on;
    if (on) localStorage.setItem(KEY, 'on');
    else localStorage.removeItem(KEY);
    this.#refusal = undefined;
    void this.#follow();
  }

  set isTraining(is: boolean) {
    if (is === this.#isTraining) return;
    this.#isTraining = is;
    this.#refusal = undefined;
    void this.#follow();
  }

  /** How it stands. */
  get words(): string {
    if (!this.isSupported) return 'This browser cannot keep the screen on.';
    if (!this.wanted) return '';
    if (this.#refusal !== undefined) return `The browser does not keep the screen on now: ${this.#refusal}`;
    return this.#held ? 'The screen stays on until training ends.' : 'Nothing trains now; the screen may turn off.';
  }

  async #follow(): Promise<void> {
    const shall = this.wanted && this.#isTraining && document.visibilityState === 'visible';
    if (shall && !this.#held && !this.#isAsking && this.#refusal === undefined) await this.#take();
    else if (!shall) await this.#held?.release();
    this.changed();
  }

  async #take(): Promise<void> {
    this.#isAsking = true;
    try {
      const held = await this.locks?.request('screen');
      this.#held = held;
      held?.addEventListener('release', () => {
        this.#held = undefined;
        this.changed();
      });
    } catch (error) {
      this.#refusal = error instanceof Error ? error.message : String(error);
    }
    this.#isAsking = false;
    // What was asked for may have passed.
    if (this.#held && !(this.wanted && this.#isTraining)) await this.#held.release();
  }
}
