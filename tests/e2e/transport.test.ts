/** Going back, slow motion, and a reload in mid-run, on the CPU engine. */
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { BROWSER_ARGS } from '../setup/browser-args.ts';

const url = inject('url');
const executablePath = inject('browserPath');
let browser: Browser;
let page: Page;
let complaints: string[] = [];

beforeAll(async () => {
  browser = await chromium.launch({ executablePath, args: BROWSER_ARGS });
});
afterEach(async () => {
  await page.close();
  expect(complaints).toEqual([]);
});
afterAll(() => browser.close());

/** What a trace of the page holds, as text in which NaN and Infinity stay what they are. */
function traces(upTo: number): Promise<string> {
  return page.evaluate((end) => {
    const { lab } = document.querySelector('nabla-app') as unknown as {
      lab: { traces: { scalars: Record<string, { view(): Float32Array }>; layers: { iteration: number }[] }[] };
    };
    const of = ({ scalars, layers }: (typeof lab.traces)[number]) => [
      ...Object.values(scalars).map((series) => [...series.view().subarray(0, end)].map(String)),
      layers.filter(({ iteration }) => iteration < end).map((record) => Object.values(record).map(String)),
    ];
    return JSON.stringify(lab.traces.map(of));
  }, upTo);
}

const iteration = async () => {
  const text = await page.locator('nabla-play-bar .where b').innerText();
  return Number(text.replaceAll(',', ''));
};
const reaches = (target: number) => expect.poll(iteration, { timeout: 60_000, interval: 50 }).toBeGreaterThanOrEqual(target);

test('a run is slowed down, walked back and on with the same bits, and goes on after a reload in mid-run', async () => {
  complaints = [];
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(`${url}#v=1&engine=cpu&model.depth=6&model.width=16&iterations=100000`);
  await reaches(80);

  await page.getByRole('combobox', { name: 'Speed' }).selectOption('5 / s');
  await expect.poll(() => page.locator('nabla-play-bar .tail').innerText()).toMatch(/[1-5]\.\d it\/s/);
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Start' }).waitFor();
  const paused = await iteration();
  expect(await page.title()).toMatch(/^❚❚ \d+ % · [\d,]+ \/ 100,000 · Nablascope$/);
  const before = await traces(paused);
  for (let n = 1; n <= 3; n++) {
    await page.keyboard.press(',');
    await expect.poll(iteration).toBe(paused - n);
  }
  for (let n = 2; n >= 0; n--) {
    await page.keyboard.press('.');
    await expect.poll(iteration).toBe(paused - n);
  }
  expect(await traces(paused)).toBe(before);

  // In mid-run; what is kept is at most some seconds old.
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('100 / s');
  // The last of the steps has ended.
  await page.getByRole('button', { name: 'Start' }).waitFor();
  await page.keyboard.press('Space');
  await reaches(paused + 20);
  await expect.poll(() => keptIteration(), { timeout: 20_000 }).toBeGreaterThan(paused);
  const seen = await traces(Number.POSITIVE_INFINITY);
  await page.reload();
  const resume = page.getByRole('button', { name: /^Resume at iteration [\d,]+$/ });
  await resume.waitFor();
  const at = await iteration();
  expect(at).toBeGreaterThan(paused);
  await resume.click();
  await reaches(at + 5);
  expect(await resume.count()).toBe(0);
  // What had been trained but not yet kept is trained again.
  const length = Math.min(...(JSON.parse(seen) as string[][][]).map(([first]) => first.length));
  await reaches(length);
  expect(await traces(length)).toBe(cut(seen, length));
});

/** The iteration that the browser keeps a training state of. */
function keptIteration(): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const open = indexedDB.open('nablascope-lab');
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const all = open.result.transaction('labs').objectStore('labs').getAll();
          all.onsuccess = () => {
            open.result.close();
            resolve(Math.max(-1, ...all.result.map((lab: { iteration: number }) => lab.iteration)));
          };
        };
      }),
  );
}

/** Recorded traces up to an iteration. */
function cut(text: string, end: number): string {
  type Recorded = [...(readonly string[])[], readonly (readonly string[])[]];
  const all = JSON.parse(text) as Recorded[];
  return JSON.stringify(all.map((parts) => parts.map((part, k) => (k < parts.length - 1 ? part.slice(0, end) : part))));
}
