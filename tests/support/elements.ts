/** Elements by themselves in a page: shown with properties, with what they send upwards and what axe finds in them. */
import axe from 'axe-core';
import type { LitElement } from 'lit';
import { expect, vi } from 'vitest';
import '../../src/ui/tokens.css';

/** What goes upwards from the elements of the page. */
const EVENTS = [
  'action',
  'sweep-action',
  'field-preview',
  'chart-hover',
  'chart-zoom',
  'chart-view',
  'chart-reset',
  'open-dialog',
  'go',
  'skip',
  'import',
  'open-in-sweep',
  'open-in-lab',
  'sweep-trains',
  'done',
] as const;

export interface Shown<E extends LitElement> {
  readonly element: E;
  /** Names and details of the events so far. */
  readonly sent: [name: string, detail: unknown][];
  /** The details of one kind of event so far. */
  readonly details: (name: (typeof EVENTS)[number]) => unknown[];
  /** Waits for the element and all elements in it. */
  readonly settled: () => Promise<void>;
  readonly set: (properties: Partial<E>) => Promise<void>;
}

/** Puts an element with these properties into the page and waits until it and all elements in it are drawn. */
export async function show<E extends LitElement>(tag: string, properties: Partial<E> = {}, style = ''): Promise<Shown<E>> {
  const element = document.createElement(tag) as E;
  const sent: [string, unknown][] = [];
  for (const name of EVENTS) element.addEventListener(name, (event) => sent.push([name, (event as CustomEvent<unknown>).detail]));
  element.style.cssText = style;
  Object.assign(element, properties);
  document.body.append(element);
  const settled = () => settle(element);
  await settled();
  const set = (next: Partial<E>) => {
    Object.assign(element, next);
    return settled();
  };
  const details = (name: (typeof EVENTS)[number]) => sent.filter(([own]) => own === name).map(([, detail]) => detail);
  return { element, sent, details, settled, set };
}

/** Waits until a check holds, as long as a busy machine may take for it. */
export function soon<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, 20_000);
}

async function settle(element: Element): Promise<void> {
  await (element as LitElement).updateComplete;
  for (const inner of [...(element.shadowRoot ?? element).querySelectorAll('*')]) if (isOurs(inner)) await settle(inner);
}

const isOurs = ({ localName }: Element) => localName.startsWith('nabla-');

/** The first element that a selector finds, through the shadow roots of the page's elements. */
export function find<T extends Element = HTMLElement>(from: Element, selector: string): T {
  const found = findAll<T>(from, selector)[0];
  if (!found) throw new Error(`nothing matches ${selector} in <${from.localName}>`);
  return found;
}

export function findAll<T extends Element = HTMLElement>(from: Element, selector: string): T[] {
  const root = (isOurs(from) && from.shadowRoot) || from;
  const inner = [...root.querySelectorAll('*')].filter((element) => isOurs(element) && element.shadowRoot);
  return [...root.querySelectorAll<T>(selector), ...inner.flatMap((element) => findAll<T>(element, selector))];
}

/** Its text as one line. */
export function wordsOf(element: Element): string {
  const nodes = [...(element.shadowRoot ?? element).childNodes];
  const shown = nodes.filter(({ nodeName }) => nodeName !== 'STYLE' && nodeName !== '#comment');
  return shown
    .map(({ textContent }) => textContent)
    .join('')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The button with this name, by label or by text. */
export function button(from: Element, name: string): HTMLButtonElement {
  const all = findAll<HTMLButtonElement>(from, 'button');
  const found = all.find((one) => one.ariaLabel === name) ?? all.find((one) => wordsOf(one) === name);
  if (!found) throw new Error(`no button "${name}" among ${all.map((one) => one.ariaLabel ?? wordsOf(one)).join(' | ')}`);
  return found;
}

export function press(on: Element, key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true, ...more });
  on.dispatchEvent(event);
  return event;
}

/** Chooses an option as a person does. */
export function choose(select: Element, value: string): void {
  (select as HTMLSelectElement).value = value;
  if ((select as HTMLSelectElement).value !== value) throw new Error(`there is no option ${value}`);
  select.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Types a text and leaves the field. */
export function type(input: Element, text: string): void {
  (input as HTMLInputElement).value = text;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

/** The rows of a table, heads among them, as texts. */
export function rowsOf(table: Element): string[][] {
  return [...table.querySelectorAll('tr')].map((row) => [...row.children].map(wordsOf));
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Of a whole page: an element by itself has neither its landmarks nor its headings. */
const OF_PAGES = ['region', 'page-has-heading-one', 'landmark-one-main', 'heading-order'];

/** Expects axe to find nothing in what is shown: all rules in the dark, those on colours in the light as well. */
export async function expectAccessible(element: Element): Promise<void> {
  const { dataset } = document.documentElement;
  const findings: string[] = [];
  for (const theme of ['dark', 'light']) {
    dataset.theme = theme;
    document.body.style.background = 'var(--bg)';
    const options =
      theme === 'dark'
        ? { runOnly: RULES, rules: Object.fromEntries(OF_PAGES.map((rule) => [rule, { enabled: false }])) }
        : { runOnly: ['color-contrast', 'link-in-text-block'] };
    const { violations } = await axe.run(element, { ...options, resultTypes: ['violations'] });
    for (const { id, help, nodes } of violations)
      for (const { target, html } of nodes) findings.push(`${theme}: ${id}: ${help}: ${target} ${html}`);
  }
  delete dataset.theme;
  expect(findings).toEqual([]);
}
