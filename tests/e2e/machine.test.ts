/** Machines with a GPU that goes away, and without one. */
import { type Browser, chromium, type Page } from 'playwright';
import { afterEach, expect, inject, test } from 'vitest';

import { BROWSER_ARGS } from '../setup/browser-args.ts';

const url = inject('url');
const executablePath = inject('browserPath');
const WITHOUT_GPU = ['--no-sandbox', '--disable-features=WebGPU', '--disable-webgpu'];
let browser: Browser;
afterEach(() => browser.close());

async function open(args: string[], settings = ''): Promise<Page> {
  browser = await chromium.launch({ executablePath, args });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`${url}#v=1${settings}`);
  return page;
}

/** Resolves when the play bar counts at least so many iterations. */
async function reaches(page: Page, iterations: number): Promise<void> {
  const counted = async () => Number(await page.getByRole('progressbar', { name: 'Iterations done' }).getAttribute('value'));
  await expect.poll(counted, { timeout: 60_000 }).toBeGreaterThanOrEqual(iterations);
}

test('without WebGPU the checks stand in their order, the CPU engine trains, and diagnostics can be copied', async () => {
  const page = await open(WITHOUT_GPU);
  await page.getByRole('heading', { name: 'No WebGPU here: the CPU engine is running' }).waitFor();
  await page.getByText('What was checked, and what to do next').click();
  const list = page.getByRole('list', { name: 'Checks for WebGPU, in their order' });
  const checks = (await list.getByRole('listitem').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
  expect(checks).toHaveLength(7);
  expect(checks[0]).toMatch(/passed: The page is secure/);
  // Which of the two fails depends on what the browser makes of the flags; all behind it were not reached.
  const failed = checks.findIndex((text) => text.includes('failed: '));
  expect(checks[failed]).toMatch(/(offers WebGPU: missing|gives an adapter: none was given)\s+(Use Chrome|Turn on)/);
  expect(checks.slice(failed + 1).every((text) => text.endsWith('not reached'))).toBe(true);
  await reaches(page, 10);
  await page.getByRole('button', { name: /CPU engine/ }).click();
  await page.getByRole('dialog', { name: 'Machine' }).waitFor();
  await page.getByRole('button', { name: 'Copy diagnostics' }).last().click();
  await page.getByText('Diagnostics copied').waitFor({ state: 'attached' });
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(copied.report).toMatchObject({ engine: 'cpu', why: expect.stringContaining('The CPU engine runs instead.') });
  expect(copied.checks.at(-1).outcome).toBe('failed');
  expect(copied.page).toMatchObject({ secureContext: true, crossOriginIsolated: true, webgl: expect.any(String) });

  // Asked for by name it is refused, and the runs go on.
  const done = async () => Number(await page.getByRole('progressbar', { name: 'Iterations done' }).getAttribute('value'));
  const before = await done();
  await page.getByRole('group', { name: 'Engine to use' }).getByRole('button', { name: 'GPU' }).click();
  await page.keyboard.press('Escape');
  await page.getByText('The engine has not changed').waitFor();
  await page.getByText(/The runs go on as they were/).waitFor();
  await reaches(page, before + 5);
  expect(page.url()).not.toContain('engine=');
});

test('without WebGPU a link that asks for it says so, with the checks and a way on', async () => {
  const page = await open(WITHOUT_GPU, '&engine=gpu');
  const alert = page.getByRole('alert').filter({ hasText: 'Training has stopped' });
  await alert.getByText(/failed: /).waitFor({ state: 'attached' });
  await alert.getByRole('button', { name: 'Use the CPU engine' }).click();
  await alert.waitFor({ state: 'hidden' });
  await reaches(page, 5);
});

test('a crash of the GPU process is explained, and the Lab’s runs go on where they were', async () => {
  const page = await open(BROWSER_ARGS, '&engine=gpu&model.depth=3&model.width=8&iterations=100000&runs=own');
  await reaches(page, 20);
  const devtools = await browser.newBrowserCDPSession();
  await devtools.send('Browser.crashGpuProcess' as never).catch(() => undefined);
  await page.getByRole('heading', { name: 'The GPU device was lost, and training went on' }).waitFor({ timeout: 60_000 });
  const text = await page.getByText(/The browser has lost the GPU device/).innerText();
  expect(text).toMatch(/graphics process crashes.*A new device is opened.*It went on from iteration [\d,]+, on a new device\./);
  const from = Number(/from iteration ([\d,]+)/.exec(text)?.[1].replaceAll(',', ''));
  await reaches(page, from + 5);
  expect(await page.getByRole('alert').count()).toBe(0);
});
