/** What the page does for someone who is not looking. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import '../../../src/ui/away.ts';
import type { Away } from '../../../src/ui/away.ts';
import { Notices, type NotificationKind } from '../../../src/ui/notices.ts';
import { frozenWords, Presence, pageTitle, tellNews, tellProgress } from '../../../src/ui/presence.ts';
import { ScreenLock } from '../../../src/ui/screen-lock.ts';
import type { Remark } from '../../../src/ui/state.ts';
import { soon } from '../../support/elements.ts';

const title = document.title;
afterEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
  document.title = title;
});

/** A wake lock that is given, or refused for a reason. */
function fakeLocks(refusal?: string) {
  const given: EventTarget[] = [];
  const request = async () => {
    if (refusal) throw new DOMException(refusal, 'NotAllowedError');
    const sentinel = Object.assign(new EventTarget(), {
      release: async () => void sentinel.dispatchEvent(new Event('release')),
    });
    given.push(sentinel);
    return sentinel as unknown as WakeLockSentinel;
  };
  return { request, given };
}

/** Notifications of a browser that answers its question so. */
function fakeNotifications(answer: NotificationPermission, permission: NotificationPermission = 'default') {
  const shown: string[] = [];
  class Kind extends EventTarget {
    static permission = permission;
    static async requestPermission() {
      Kind.permission = answer;
      return answer;
    }
    constructor(_: string, { body, tag }: NotificationOptions) {
      super();
      shown.push(`${tag}: ${body}`);
    }
    close() {
      shown.pop();
    }
  }
  return { kind: Kind satisfies NotificationKind, shown };
}

describe('the screen', () => {
  test('stays on while something trains and a person wants it, again after the page was hidden', async () => {
    const { request, given } = fakeLocks();
    const screen = new ScreenLock(() => undefined, { request });
    screen.isTraining = true;
    expect([given.length, screen.words]).toEqual([0, '']);
    screen.wanted = true;
    await soon(() => expect(screen.words).toMatch(/^The screen stays on/));
    // As a browser does when the page is hidden; it comes back with the page.
    given[0].dispatchEvent(new Event('release'));
    document.dispatchEvent(new Event('visibilitychange'));
    await soon(() => expect(given.length).toBe(2));
    screen.isTraining = false;
    await soon(() => expect(screen.words).toMatch(/may turn off/));
    expect(given.length).toBe(2);
    expect(new ScreenLock(() => undefined, { request }).wanted).toBe(true);
  });

  test('says why it does not stay on', async () => {
    const refused = new ScreenLock(() => undefined, fakeLocks('The battery is low.'));
    refused.wanted = true;
    refused.isTraining = true;
    await soon(() => expect(refused.words).toMatch(/now: The battery is low\.$/));
    const unknown = new ScreenLock(() => undefined, undefined);
    expect([unknown.wanted, unknown.words]).toEqual([false, 'This browser cannot keep the screen on.']);
  });
});

describe('notifications', () => {
  test('are asked for at the switch, and appear only to someone who looks elsewhere', async () => {
    const { kind, shown } = fakeNotifications('granted');
    let isSeen = false;
    const notices = new Notices(
      () => undefined,
      kind,
      () => isSeen,
    );
    notices.notify('Not wanted yet.', 'lab');
    expect(kind.permission).toBe('default');
    await notices.want(true);
    notices.notify('The runs have finished.', 'lab');
    isSeen = true;
    notices.notify('Somebody sees that.', 'lab');
    expect(shown).toEqual(['lab: The runs have finished.']);
    expect(new Notices(() => undefined, kind).wanted).toBe(true);
    await notices.want(false);
    expect(new Notices(() => undefined, kind).wanted).toBe(false);
  });

  test.each([
    ['denied', /blocked.*settings of this site/],
    ['default', /not answered/],
  ] as const)('a question that is answered "%s" leaves them off, in words', async (answer, words) => {
    const { kind, shown } = fakeNotifications(answer);
    const notices = new Notices(
      () => undefined,
      kind,
      () => false,
    );
    await notices.want(true);
    notices.notify('Nobody hears that.', 'lab');
    expect([notices.wanted, shown]).toEqual([false, []]);
    expect(notices.words).toMatch(words);
  });
});

/** A page whose life is written down. */
function setUp() {
  const remarks: Remark[] = [];
  const life = { keep: vi.fn(), remark: (remark: Remark) => void remarks.push(remark) };
  return { presence: new Presence(life), life, remarks };
}

test('the title says how far things are: what trains first, a sweep before the Lab', () => {
  const [running, waiting] = [true, false].map((isTraining) => ({ title: `${isTraining}`, isTraining }));
  expect(pageTitle({})).toBe('Nablascope');
  expect(pageTitle({ lab: running, sweep: { title: undefined, isTraining: false } })).toBe('true · Nablascope');
  expect(pageTitle({ lab: running, sweep: waiting })).toBe('true · Nablascope');
  expect(pageTitle({ lab: running, sweep: { ...running, title: 'sweep' } })).toBe('sweep · Nablascope');
  setUp();
  tellProgress('lab', { title: '37 % · 746 / 2,000', isTraining: true });
  expect(document.title).toBe('37 % · 746 / 2,000 · Nablascope');
});

test('what trains is kept when the page is hidden, frozen or left; a freeze while training is told', () => {
  const { life, remarks } = setUp();
  const keepsAfter = (target: EventTarget, name: string) => {
    const before = life.keep.mock.calls.length;
    target.dispatchEvent(new Event(name));
    return life.keep.mock.calls.length - before;
  };
  expect([keepsAfter(window, 'pagehide'), keepsAfter(document, 'freeze')]).toEqual([1, 1]);
  document.dispatchEvent(new Event('resume'));
  expect(remarks).toEqual([]);
  tellProgress('sweep', { title: '1 %', isTraining: true });
  document.dispatchEvent(new Event('freeze'));
  document.dispatchEvent(new Event('resume'));
  expect(remarks.map((remark) => remark.title)).toEqual(['This page was frozen']);
  expect(frozenWords(0, 720_000, (ms) => `${10 + ms / 3_600_000} h`)).toMatch(/from 10 h to 10\.2 h \(12 min\)/);
});

test('the switches are off at first, say what they do, and go back where the browser refuses', async () => {
  const { kind } = fakeNotifications('denied');
  vi.stubGlobal('Notification', kind);
  const { presence } = setUp();
  const away = document.createElement('nabla-away') as Away;
  away.presence = presence;
  document.body.append(away);
  await away.updateComplete;
  const switches = [...(away.shadowRoot?.querySelectorAll<HTMLInputElement>('[role=switch]') ?? [])];
  expect(switches.map(({ checked, labels }) => [checked, labels?.[0].textContent?.trim()])).toEqual([
    [false, 'Keep the screen on while something trains'],
    [false, 'Notify when runs or a sweep have finished or diverged'],
  ]);
  switches[1].click();
  await soon(() => expect(away.shadowRoot?.textContent).toMatch(/Notifications of this page are blocked/));
  expect(switches[1].checked).toBe(false);
  tellNews('lab', 'Nobody hears that.');
  vi.unstubAllGlobals();
});
