/** The form of the settings in the built page: found, changed, refused, taken back, by keyboard; what it would need and how fast. */
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { BROWSER_ARGS } from '../setup/browser-args.ts';

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: inject('browserPath'), args: [...BROWSER_ARGS] });
  page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  await page.goto(`${inject('url')}#v=1&engine=cpu&runs=own&model.depth=3&model.width=256&batchSize=16&iterations=1000000`);
});
afterAll(() => browser.close());

const depth = () => page.getByRole('textbox', { name: /^Depth/ });
const estimate = () =>
  page
    .locator('nabla-estimate')
    .evaluate((element) => element.shadowRoot?.querySelector('section')?.innerText.replaceAll(/\s+/g, ' '));
const playBar = (of: Page) => of.locator('nabla-play-bar').evaluate((element) => element.shadowRoot?.textContent ?? '');
const iteration = async (of = page) => Number(/iteration\s+([\d,]+)/.exec(await playBar(of))?.[1].replaceAll(',', ''));

test('a setting is found, changed, refused and reset by keyboard, and its cost is known before it is in force', async () => {
  await depth().waitFor();
  await expect.poll(estimate, { timeout: 60_000 }).toMatch(/Speed [\d,.]+ it\/s · measured/);
  // 64·256 + 256, twice 256·256 + 256, 256·10 + 10.
  expect(await estimate()).toContain('Parameters 150,794');

  // What is typed is not in force, and is estimated already: 65,792 more for each layer.
  await depth().focus();
  await depth().fill('13');
  await expect.poll(estimate, { timeout: 30_000 }).toMatch(/^With Depth 13 Parameters 150,794 … 808,714 .* Speed about/);
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url()).toContain('model.depth=13');
  await expect.poll(estimate, { timeout: 60_000 }).toMatch(/^Parameters 150,794 … 808,714 .*measured/);

  // Neither what no experiment may have nor what no device could hold disturbs the runs.
  const refusals = [
    ['1e9', 'valid is a whole number from 1 to 10000'],
    ['10000', 'Too large for this device: bytes of memory'],
  ];
  for (const [typed, sentence] of refusals) {
    await depth().fill(typed);
    await depth().press('Enter');
    await page.getByRole('alert').filter({ hasText: sentence }).waitFor();
    const before = await iteration();
    await expect.poll(() => iteration(), { timeout: 30_000 }).toBeGreaterThan(before);
  }
  await depth().press('Escape');
  await expect.poll(() => page.getByRole('alert').count()).toBe(0);
  expect(page.url()).toContain('model.depth=13');

  // A search reaches what is folded away; a change has its dot in words, and a reset takes both back.
  await page.getByRole('searchbox', { name: 'Search settings' }).focus();
  await page.keyboard.type('held-out');
  await page.getByText('1 of', { exact: false }).first().waitFor();
  const every = page.getByRole('textbox', { name: 'Test every' });
  await every.press('ArrowUp');
  await expect.poll(() => page.url()).toContain('a.probes.testEvery=101');
  await page.getByText('changed, default 100').waitFor();
  await page.getByRole('button', { name: 'Reset Test every to 100' }).press('Enter');
  await expect.poll(() => page.url()).not.toContain('probes.testEvery');
  expect(await every.inputValue()).toBe('100');
});

test('runs that no device could hold are told of and can be made smaller one by one; an undo does not bring them back', async () => {
  const other = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  const reached = () => iteration(other);
  const settings = '#v=1&engine=cpu&runs=own&model.width=256&batchSize=16&iterations=1000000';
  await other.goto(`${inject('url')}${settings}&model.depth=10000`);
  await other.getByText('12,216,018,432 needed').first().waitFor();
  const makeSmaller = async () => {
    const box = other.getByRole('textbox', { name: /^Depth/ });
    await box.fill('3');
    await box.press('Enter');
  };
  await makeSmaller();
  // Run B alone is too large still.
  await other.getByText('Training has stopped').locator('..').getByText('6,108,').waitFor();
  await other.getByRole('group', { name: 'Run that the controls edit' }).getByRole('button', { name: 'Run B' }).click();
  await makeSmaller();
  await expect.poll(reached, { timeout: 60_000 }).toBeGreaterThan(10);
  await other.getByRole('button', { name: /^Undo/ }).click();
  await other.getByText('Nothing has changed').waitFor();
  const before = await reached();
  expect(before).toBeGreaterThan(10);
  await expect.poll(reached, { timeout: 30_000 }).toBeGreaterThan(before);
  expect(other.url()).toContain('model.depth=3');
  await other.close();
});
