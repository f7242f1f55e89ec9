/** The tab's session, by which what the Lab trains survives a reload; the browser keeps it as long as the tab. */
import type { Session } from '../sweep/protocol.ts';

const KEY = 'nablascope.session';

/** Whether this page has taken the place of one that was there a moment ago, in the same tab. */
export function isSecondLife(): boolean {
  const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return wasDiscarded() || entry?.type === 'reload';
}

/** Whether the browser had put the tab away to save memory. */
export function wasDiscarded(): boolean {
  return (document as { readonly wasDiscarded?: boolean }).wasDiscarded === true;
}

/** @param isFirst whether nothing has been loaded since the page opened */
export function tabSession(isFirst: boolean): Session {
  const id = sessionStorage.getItem(KEY) ?? undefined;
  return { id, resume: isFirst && id !== undefined && isSecondLife() };
}

/** Which sessions are open tabs, this one among them; by the locks that their workers hold. */
export async function isHeld(): Promise<(id: string) => boolean> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  const names = new Set(held.map(({ name }) => name));
  return (id) => names.has(`nablascope-lab-${id}`);
}

export function keepSession(id: string): void {
  sessionStorage.setItem(KEY, id);
}
