/** What the page does for someone who is not looking: the tab's title, keeping the screen on, notifications, and what it says of a freeze. */
import { formatDuration } from './format.ts';
import { Notices } from './notices.ts';
import { ScreenLock } from './screen-lock.ts';
import type { Remark } from './state.ts';
import { wasDiscarded } from './tab-session.ts';

/** What trains in the page. */
export type Trainee = 'lab' | 'sweep';

export interface Progress {
  /** For the tab's title; undefined where there is nothing to say. */
  readonly title: string | undefined;
  readonly isTraining: boolean;
}

interface Told {
  'nabla-progress': { readonly who: Trainee; readonly progress: Progress };
  /** Of `tag` the latest news replaces those before. */
  'nabla-news': { readonly text: string; readonly tag: Trainee };
}

/** Says how far something is, as often as one likes. */
export function tellProgress(who: Trainee, progress: Progress): void {
  tell('nabla-progress', { who, progress });
}

/** Says what has finished or diverged, to whoever has asked to be notified. */
export function tellNews(tag: Trainee, text: string): void {
  tell('nabla-news', { tag, text });
}

function tell<K extends keyof Told>(name: K, detail: Told[K]): void {
  window.dispatchEvent(new CustomEvent(name, { detail }));
}

/** What training first, what waits next; a sweep before the Lab. */
export function pageTitle({ lab, sweep }: Partial<Record<Trainee, Progress>>): string {
  const [first] = [sweep, lab]
    .filter((progress) => progress?.title !== undefined)
    .sort((a, b) => Number(b?.isTraining) - Number(a?.isTraining));
  return first ? `${first.title} · Nablascope` : 'Nablascope';
}

/** @param clock milliseconds since 1970 as the time of day */
export function frozenWords(fromMs: number, toMs: number, clock: (ms: number) => string): string {
  const long = formatDuration((toMs - fromMs) / 1000);
  return `The browser froze this page from ${clock(fromMs)} to ${clock(toMs)} (${long}), as it does to save energy or memory. Training stood still meanwhile and goes on where it was.`;
}

const DISCARDED: Remark = {
  title: 'The browser had put this tab away',
  text: 'It did so to save memory, and what trained here stopped. Runs of the Lab are offered again at the last iteration that was kept; a sweep goes on with Continue, in the Sweep view.',
};

const timeOfDay = (ms: number) => new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

/** What the page can do about being hidden, frozen or closed. */
export interface PageLife {
  /** Keeps what is trained as soon as possible. */
  keep(): void;
  remark(remark: Remark): void;
}

/** One a page; `change` events say that what the switches show has changed. */
export class Presence extends EventTarget {
  readonly screen = new ScreenLock(() => this.#changed(), navigator.wakeLock);
  readonly notices = new Notices(() => this.#changed(), globalThis.Notification);
  #progress: Partial<Record<Trainee, Progress>> = {};
  #frozenMs: number | undefined;

  constructor(readonly life: PageLife) {
    super();
    window.addEventListener('nabla-progress', (event) => this.#follow((event as CustomEvent<Told['nabla-progress']>).detail));
    window.addEventListener('nabla-news', (event) => {
      const { text, tag } = (event as CustomEvent<Told['nabla-news']>).detail;
      this.notices.notify(text, tag);
    });
    document.addEventListener('visibilitychange', () => document.hidden && life.keep());
    window.addEventListener('pagehide', () => life.keep());
    document.addEventListener('freeze', () => this.#freeze());
    document.addEventListener('resume', () => this.#thaw());
    if (wasDiscarded()) life.remark(DISCARDED);
  }

  get #isTraining(): boolean {
    return Object.values(this.#progress).some(({ isTraining }) => isTraining);
  }

  #follow({ who, progress }: Told['nabla-progress']): void {
    this.#progress = { ...this.#progress, [who]: progress };
    const title = pageTitle(this.#progress);
    if (title !== document.title) document.title = title;
    this.screen.isTraining = this.#isTraining;
  }

  #freeze(): void {
    this.life.keep();
    this.#frozenMs = this.#isTraining ? Date.now() : undefined;
  }

  #thaw(): void {
    if (this.#frozenMs === undefined) return;
    const text = frozenWords(this.#frozenMs, Date.now(), timeOfDay);
    this.#frozenMs = undefined;
    this.life.remark({ title: 'This page was frozen', text });
  }

  #changed(): void {
    this.dispatchEvent(new Event('change'));
  }
}
