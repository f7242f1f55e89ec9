import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { BROWSER_ARGS } from '../setup/browser-args.ts';

const url = inject('url');
const executablePath = inject('browserPath');
const SWEEP = {
  title: 'Interrupted',
  experiment: { model: { kind: 'mlp', width: 4 }, batchSize: 8, iterations: 600, probes: { testEvery: 0, layersEvery: 50 } },
  axes: [
    { path: 'model.depth', values: [1, 2] },
    { path: 'optimizer.learningRate', values: [0.01, 0.1, 1e30] },
    { path: 'seed', values: [1, 2, 3, 4] },
  ],
};

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath, args: BROWSER_ARGS });
});
afterAll(() => browser.close());

async function start(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${url}?view=sweep#v=1&engine=gpu`);
  await page.getByRole('button', { name: 'JSON', exact: true }).click();
  await page.getByRole('textbox', { name: 'Sweep as JSON' }).fill(JSON.stringify(SWEEP));
  await page.getByRole('button', { name: 'form', exact: true }).click();
  await page.getByRole('definition').filter({ hasText: /^24$/ }).first().waitFor();
  await page.getByRole('button', { name: /▶ Start|▶ Train/ }).click();
  return page;
}

/** Every trace that the page keeps, by run id, as text. */
async function tracesOf(page: Page): Promise<Record<string, string>> {
  return page.evaluate(async () => {
    const open = indexedDB.open('nablascope-sweeps');
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      open.onsuccess = () => resolve(open.result);
      open.onerror = () => reject(open.error);
    });
    const request = database.transaction('traces').objectStore('traces').openCursor();
    const traces: Record<string, string> = {};
    await new Promise<void>((resolve) => {
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor) return resolve();
        traces[String(cursor.key)] = Array.from(cursor.value as Uint8Array).join();
        cursor.continue();
      };
    });
    database.close();
    return traces;
  });
}

const finished = (page: Page) => page.getByRole('region', { name: 'Progress of the sweep' }).getByText('24 / 24');

test('a sweep outlives a crash of the GPU process, with the bytes of one that was left alone', { timeout: 240_000 }, async () => {
  const calm = await start();
  await finished(calm).waitFor({ timeout: 120_000 });
  const expected = await tracesOf(calm);
  expect(Object.keys(expected)).toHaveLength(24);
  await calm.close();

  const page = await start();
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  // In the middle of training: some runs have finished (those that overflow at once), others have not.
  await page
    .getByRole('region', { name: 'Progress of the sweep' })
    .getByText(/^([1-9]|1\d|2[0-3]) \/ 24$/)
    .waitFor({ timeout: 60_000 });
  const devtools = await browser.newBrowserCDPSession();
  await devtools.send('Browser.crashGpuProcess' as never).catch(() => undefined);
  await page
    .getByText(/GPU device was lost.*went on from the last checkpoint/)
    .first()
    .waitFor({ timeout: 30_000 });
  await finished(page).waitFor({ timeout: 120_000 });
  expect(await tracesOf(page)).toEqual(expected);
  await page.close();
});
