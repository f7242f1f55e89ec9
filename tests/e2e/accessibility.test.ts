/** axe on what a person meets: Lab, Sweep view, dialogs and drawer, in both themes, on a desk and on a phone. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { BROWSER_ARGS } from '../setup/browser-args.ts';

const url = inject('url');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The part of axe that is used here. */
interface Axe {
  run(
    context: unknown,
    options: object,
  ): Promise<{ violations: { id: string; help: string; nodes: { target: unknown; html: string }[] }[] }>;
}

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: inject('browserPath'), args: BROWSER_ARGS });
});
afterAll(() => browser.close());

/**
 * What axe finds, one line a finding: its rule, what it asks for, and the element.
 *
 * @param within the path through shadow roots to what is looked at; empty for the whole page
 */
function findings(runOnly: readonly string[], within: readonly string[]): Promise<string[]> {
  return page.evaluate(
    async ({ runOnly, within }) => {
      const { axe } = globalThis as unknown as { axe: Axe };
      const context = within.length > 0 ? { fromShadowDom: within } : document;
      const { violations } = await axe.run(context, { runOnly, resultTypes: ['violations'] });
      return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, html }) => `${id}: ${help}: ${target} ${html}`));
    },
    { runOnly, within },
  );
}

/** All rules in the dark; in the light those on colours, as nothing else depends on it. */
async function isClean(...within: string[]): Promise<void> {
  expect(await findings(STANDARDS, within)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  // Styles follow with the next frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  expect(await findings(['color-contrast', 'link-in-text-block'], within)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
}

const isNarrow = (width: number) => width < 760;

describe.each([
  ['a desk', 1440, 900],
  ['a phone', 390, 844],
])('on %s', (_, width, height) => {
  beforeAll(async () => {
    page = await browser.newPage({ viewport: { width, height }, colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.addInitScript(AXE);
    await page.goto(`${url}#v=1&engine=cpu&model.depth=4&model.width=8&iterations=12&runs=own`);
    await page.getByText('finished').waitFor();
    return () => page.close();
  });
  beforeEach(async () => {
    await page.getByRole('link', { name: 'Lab' }).click();
  });

  test('the Lab', () => isClean());

  test('its data tables', async () => {
    const buttons = await page.getByRole('button', { name: /data table$/ }).all();
    for (const button of buttons) await button.click();
    expect(await page.getByRole('table').count()).toBeGreaterThanOrEqual(buttons.length);
    await isClean('nabla-app', 'nabla-stage');
    for (const button of buttons) await button.click();
  });

  const dialogs: [string, RegExp][] = [
    ['Machine', /engine$/],
    ['Credits', /^Credits$/],
    ['While you are away', /^While you are away$/],
  ];
  // A phone has no keys.
  test.each([...dialogs, ...(isNarrow(width) ? [] : [['Keyboard', /^Keyboard map$/] as [string, RegExp]])])(
    'the dialog %s',
    async (label, opener) => {
      const button = page.getByRole('button', { name: opener });
      await button.click();
      await page.getByRole('dialog', { name: label }).waitFor();
      await isClean();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog', { name: label }).waitFor({ state: 'hidden' });
      // Whoever closes a dialog is back where it was opened.
      expect(await button.evaluate((element) => element.matches(':focus'))).toBe(true);
    },
  );

  test('the Sweep view', async () => {
    await page.getByRole('link', { name: 'Sweep' }).click();
    await page.getByRole('heading', { name: 'Before you start' }).waitFor();
    await isClean();
  });

  if (isNarrow(width))
    test('the drawer with the settings', async () => {
      // axe takes what is scrolled out of a drawer for hidden, labels included: all of it is brought into view.
      await page.setViewportSize({ width, height: 3000 });
      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByRole('dialog', { name: 'Settings' }).waitFor();
      await isClean('nabla-app', 'wa-drawer');
    });
});

test('control: a button without a name and a text too pale are found', async () => {
  page = await browser.newPage();
  await page.setContent('<main><h1>A</h1><button></button><p style="color: #ccc; background: #fff">pale</p></main>');
  await page.addScriptTag({ content: AXE });
  expect(await findings(STANDARDS, [])).toEqual([
    expect.stringMatching(/^button-name: /),
    expect.stringMatching(/^color-contrast: /),
    expect.stringMatching(/^document-title: /),
    expect.stringMatching(/^html-has-lang: /),
  ]);
  await page.close();
});
