/** Histograms of gradients and the charts of norms, from the button to the read-out. */
import { readFile } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { BROWSER_ARGS } from '../setup/browser-args.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: inject('browserPath'), args: BROWSER_ARGS });
});
afterAll(() => browser.close());

test('histograms are asked for, recorded and read; the chart of norms shows what is chosen', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(`${inject('url')}#v=1&engine=cpu`);
  await page.getByRole('img', { name: /^Gradient norm\. .*Run B from .* → 1\.00 at iteration 0/ }).waitFor();
  await page.getByLabel('What is shown over the iterations').selectOption('clippedShare');
  await page.getByRole('img', { name: /^Share clipped\. Run A from – .* Run B from 100\.0 % at iteration 0/ }).waitFor();

  await page.getByLabel('What is shown over the iterations').selectOption('places');
  await page.getByRole('img', { name: /^First, middle, last\. ‖∂L\/∂z‖\. Run A, iteration 0 to [\d,]+: z0 from / }).waitFor();
  expect(page.url()).toContain('series=places');

  await page.getByLabel('Loss: full screen, picture, data').click();
  const sheet = page.waitForEvent('download');
  await page.locator('nabla-chart-menu').getByRole('button', { name: 'All charts, SVG' }).filter({ visible: true }).click();
  const svg = await readFile(await (await sheet).path(), 'utf8');
  const headings = ['Loss', 'First, middle, last', 'By layer', 'Accuracy', 'Layer × iteration'];
  expect(headings.filter((heading) => !svg.includes(`>${heading}</text>`))).toEqual([]);
  expect(svg.split('series=places').length).toBe(2);

  await page.getByRole('button', { name: 'Histograms', exact: true }).click();
  await page.getByText(/Run A records none/).waitFor();
  await page.getByRole('button', { name: /Record them/ }).click();
  // Run A is NaN from its second iteration on: what is left of the gradients is 0 or NaN.
  await page.getByRole('img', { name: /^Histogram of log₂ .*run A\. .*l0\.weight, 4,096 numbers/ }).waitFor();
  await page.locator('nabla-histograms').getByRole('button', { name: '× layer' }).click();
  await page.getByLabel('Weight whose gradient is shown').selectOption('l0.weight');
  await page.locator('nabla-histograms').getByRole('img').focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('img', { name: /l1\.weight, 4,096 numbers: .*NaN: [\d.]+ %/ }).waitFor();
  await page.getByRole('button', { name: /^Histogram of log₂ .*: data table/ }).click();
  expect(await page.locator('nabla-histograms').getByRole('row').last().textContent()).toMatch(/^NaN/);
  await page.close();
  expect(complaints).toEqual([]);
});
