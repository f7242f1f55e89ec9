/** The system's notifications, where a person wants them and looks elsewhere. */

const KEY = 'nablascope.notifies';

/** The part of `Notification` that is used. */
export interface NotificationKind {
  new (title: string, options: NotificationOptions): Pick<Notification, 'close' | 'addEventListener'>;
  readonly permission: NotificationPermission;
  requestPermission(): Promise<NotificationPermission>;
}

export class Notices {
  #wanted = localStorage.getItem(KEY) === 'on';
  #problem: string | undefined;

  /**
   * @param changed called when `words` may have changed
   * @param kind absent where the browser does not know it
   * @param isSeen whether a person is looking at the page
   */
  constructor(
    readonly changed: () => void,
    readonly kind: NotificationKind | undefined,
    readonly isSeen: () => boolean = () => !document.hidden && document.hasFocus(),
  ) {}

  get isSupported(): boolean {
    return this.kind !== undefined;
  }

  get wanted(): boolean {
    return this.#wanted && this.kind?.permission === 'granted';
  }

  /** Asks for permission, which browsers give only when a person has just done something. */
  async want(on: boolean): Promise<void> {
    this.#problem = undefined;
    this.#wanted = on;
    if (on && this.kind && this.kind.permission !== 'granted') {
      const answer = await this.kind.requestPermission();
      if (answer === 'denied') {
        this.#problem =
          'Notifications of this page are blocked; the browser’s settings of this site, left of the address, allow them.';
      } else if (answer === 'default') this.#problem = 'The browser’s question was not answered; notifications stay off.';
    }
    if (this.wanted) localStorage.setItem(KEY, 'on');
    else localStorage.removeItem(KEY);
    this.changed();
  }

  /** How it stands. */
  get words(): string {
    if (!this.isSupported) return 'This browser has no notifications for pages.';
    if (this.#problem !== undefined) return this.#problem;
    return this.wanted ? 'They appear when you look at another tab or window.' : '';
  }

  /** @param tag the latest one of a tag replaces the one before */
  notify(text: string, tag: string): void {
    if (!this.kind || !this.wanted || this.isSeen()) return;
    try {
      const notification = new this.kind('Nablascope', { body: text, tag });
      notification.addEventListener('click', () => {
        window.focus();
        notification.close();
      });
    } catch (error) {
      // Chrome on Android shows those of service workers only.
      this.#problem = `The browser did not show a notification: ${error instanceof Error ? error.message : String(error)}`;
      this.changed();
    }
  }
}
