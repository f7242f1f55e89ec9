/** Whether keys without Ctrl act (WCAG 2.1.4): a choice of the person, kept in the browser. */
const KEY = 'nablascope.singleKeys';

export function areSingleKeysOn(): boolean {
  return localStorage.getItem(KEY) !== 'off';
}

export function setSingleKeys(on: boolean): void {
  if (on) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, 'off');
}
