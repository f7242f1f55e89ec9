/**
 * What a person meets, Lab, Sweep view with its results, open menus, dialogs and drawer, in both themes, on a desk and on a phone: axe
 * finds nothing, and what axe cannot see holds too: every control is reached by Tab with a visible focus, and motion is reduced.
 */
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

/** Three depths of four runs each, of which those at the larger rate diverge. */
const SWEEP = {
  title: 'Tiny',
  experiment: { model: { kind: 'mlp', width: 4 }, batchSize: 8, iterations: 5, probes: { testEvery: 0 } },
  axes: [
    { path: 'model.depth', values: [1, 2, 3] },
    { path: 'optimizer.learningRate', values: [0.01, 1e30] },
    { path: 'seed', values: [1, 2] },
  ],
};

/** Pastes a text at the page. */
function paste(text: string): Promise<void> {
  return page.evaluate((content) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', content);
    window.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
  }, text);
}

/** Opens the menu of a chart or a map. */
async function openMenu(heading: RegExp): Promise<void> {
  await page.locator('summary').filter({ visible: true }).and(page.getByLabel(heading)).first().click();
  await page.getByRole('button', { name: 'Data, CSV' }).filter({ visible: true }).first().waitFor();
}

/** What a person goes to by Tab, as far as it is shown: in the page's own elements, through their shadow roots. */
interface Tabbed {
  /** Controls that Tab has not reached. */
  readonly missed: string[];
  /** Controls whose focus cannot be seen. */
  readonly unseen: string[];
  readonly reached: number;
}

/** Goes by Tab from the page's beginning until it is left or has nothing new, at most so often. */
async function tabThrough(most: number): Promise<Tabbed> {
  await page.evaluate(() => {
    const state = { reached: new Set<Element>(), unseen: [] as string[] };
    Object.assign(globalThis, { tabbing: state });
    (document.activeElement as HTMLElement | null)?.blur();
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
  for (let n = 0; n < most; n++) {
    await page.keyboard.press('Tab');
    const goesOn = await page.evaluate(() => {
      const { tabbing } = globalThis as unknown as { tabbing: { reached: Set<Element>; unseen: string[] } };
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      if (!at || at === document.body || tabbing.reached.has(at)) return false;
      tabbing.reached.add(at);
      const { outlineStyle, outlineWidth } = getComputedStyle(at);
      if (outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 1) tabbing.unseen.push(at.outerHTML.slice(0, 160));
      return true;
    });
    if (!goesOn) break;
  }
  return page.evaluate(() => {
    const { tabbing } = globalThis as unknown as { tabbing: { reached: Set<Element>; unseen: string[] } };
    const controls = 'button, a[href], input, select, textarea, summary, [tabindex="0"]';
    const missed: string[] = [];
    const visit = (root: ParentNode) => {
      for (const element of root.querySelectorAll<HTMLElement>('*')) {
        // Web Awesome's dialogs and drawers are closed; an input of a group of radio buttons is none of these.
        if (element.shadowRoot && element.localName.startsWith('nabla-')) visit(element.shadowRoot);
        if (!element.matches(controls) || element.matches(':disabled, [tabindex="-1"]')) continue;
        if (element.checkVisibility({ visibilityProperty: true }) && !tabbing.reached.has(element))
          missed.push(element.outerHTML.slice(0, 160));
      }
    };
    visit(document);
    return { missed, unseen: tabbing.unseen, reached: tabbing.reached.size };
  });
}

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

  test('a sweep with results: map, selection, filter, finer sweep, parallel coordinates, runs, an open run, tables, a menu', async () => {
    await page.getByRole('link', { name: 'Sweep' }).click();
    const show = (name: string) => page.getByRole('button', { name, exact: true }).click();
    if (isNarrow(width)) await show('Description');
    await show('JSON');
    await page.getByRole('textbox', { name: 'Sweep as JSON' }).fill(JSON.stringify(SWEEP));
    await isClean('nabla-app', 'nabla-sweep', 'nabla-sweep-form');
    await show('form');
    await page.getByRole('definition').filter({ hasText: /^12$/ }).first().waitFor();
    await page.getByRole('button', { name: /▶ Start/ }).click();
    await page.getByRole('region', { name: 'Progress of the sweep' }).getByText('12 / 12').waitFor({ timeout: 120_000 });
    const map = page.getByRole('img', { name: /cells have a result/ });
    await map.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowUp');
    await page.getByText('4 of 12 runs selected').waitFor();
    await isClean();
    await show('+ Filter');
    await isClean('nabla-app', 'nabla-sweep', 'nabla-sweep-selection');
    await show('Finer sweep …');
    await show('Parallel coordinates');
    await isClean('nabla-app', 'nabla-sweep');
    if (!isNarrow(width)) {
      const { missed, unseen, reached } = await tabThrough(300);
      expect({ missed, unseen }).toEqual({ missed: [], unseen: [] });
      expect(reached).toBeGreaterThan(60);
    }
    await show('Runs');
    await isClean('nabla-app', 'nabla-sweep');
    await map.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: /^Loss\. From/ }).waitFor({ timeout: 20_000 });
    await openMenu(/^Map .*full screen/);
    await isClean('nabla-app', 'nabla-sweep');
    await page.keyboard.press('Escape');
    await show('Map: data table');
    await show('Parallel coordinates');
    await show('Parallel coordinates: data table');
    await isClean('nabla-app', 'nabla-sweep');
  });

  test('sixteen runs, the values at the crosshair, histograms, a menu', async () => {
    for (let runs = 2; runs < 16; runs++) await page.getByRole('button', { name: 'Add a run' }).click();
    await page.getByText('finished').waitFor();
    await page.getByRole('button', { name: 'Histograms' }).click();
    await page.getByText(/^Values @/).click();
    await page.getByRole('region', { name: /^Values at iteration/ }).waitFor();
    await isClean();
    await page.keyboard.press('Escape');
    await openMenu(/^Loss: full screen/);
    await isClean('nabla-app', 'nabla-stage');
    await page.keyboard.press('Escape');
  });

  test('Files, and over it what a paste would change', async () => {
    const opener = page.getByRole('button', { name: 'Files' });
    await opener.click();
    await page.getByRole('dialog', { name: 'Files' }).waitFor();
    await page.getByRole('meter', { name: 'Storage' }).waitFor();
    await isClean();
    await paste(JSON.stringify(SWEEP));
    await page.getByRole('dialog', { name: 'Import' }).waitFor();
    await page.getByRole('dialog', { name: 'Files' }).waitFor({ state: 'hidden' });
    await isClean();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Import' }).waitFor({ state: 'hidden' });
    await expect.poll(() => opener.evaluate((element) => element.matches(':focus'))).toBe(true);
  });

  if (!isNarrow(width)) {
    test('the Lab by Tab alone: every control is reached, its focus seen, and nothing holds it', async () => {
      const { missed, unseen, reached } = await tabThrough(600);
      expect({ missed, unseen }).toEqual({ missed: [], unseen: [] });
      expect(reached).toBeGreaterThan(60);
    });

    test('nothing moves for whoever wants less motion; control: else a dialog does', async () => {
      const opener = page.getByRole('button', { name: 'Keyboard map' });
      const dialog = page.getByRole('dialog', { name: 'Keyboard' });
      const openAndClose = async () => {
        await opener.click();
        await dialog.waitFor();
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'hidden' });
      };
      /** Milliseconds of the longest animation of a dialog that opens and closes. */
      const longest = async () => {
        await openAndClose();
        return page.evaluate(() => (globalThis as unknown as { longest: number }).longest);
      };
      await openAndClose();
      await page.locator('wa-dialog[label=Keyboard]').evaluate(({ shadowRoot }) => {
        const seen = Object.assign(globalThis, { longest: 0 });
        shadowRoot?.addEventListener('animationstart', ({ target }) => {
          const seconds = Number.parseFloat(getComputedStyle(target as Element).animationDuration);
          seen.longest = Math.max(seen.longest, 1000 * seconds);
        });
      });
      expect(await longest()).toBeLessThanOrEqual(1);
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'no-preference' });
      expect(await longest()).toBeGreaterThan(50);
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    });
  }

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
