import { readFileSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { BROWSER_ARGS } from '../setup/browser-args.ts';

const url = inject('url');
const executablePath = inject('browserPath');
/** Two depths, two rates, two seeds: eight runs of five iterations. */
const TINY = {
  title: 'Tiny',
  experiment: {
    model: { kind: 'mlp', width: 4 },
    batchSize: 8,
    iterations: 5,
    probes: { testEvery: 0 },
  },
  axes: [
    { path: 'model.depth', values: [1, 2] },
    { path: 'optimizer.learningRate', values: [0.01, 0.1] },
    { path: 'seed', values: [1, 2] },
  ],
};

let browser: Browser;
let page: Page;
let complaints: string[] = [];

/** A page with a storage of its own, at the Sweep view. */
async function open(viewport = { width: 1440, height: 900 }, address = `${url}?view=sweep`): Promise<void> {
  page = await browser.newPage({ viewport });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(address);
}

async function describeSweep(sweep: object): Promise<void> {
  await page.getByRole('button', { name: 'JSON', exact: true }).click();
  await page.getByRole('textbox', { name: 'Sweep as JSON' }).fill(JSON.stringify(sweep));
  await page.getByRole('button', { name: 'form', exact: true }).click();
}

const progress = () => page.getByRole('region', { name: 'Progress of the sweep' });
const startButton = () => page.getByRole('button', { name: /▶ Start|▶ Train|Show the results/ });

/** Trains the tiny sweep to its end. */
async function train(): Promise<void> {
  await describeSweep(TINY);
  await page.getByRole('definition').filter({ hasText: /^8$/ }).first().waitFor();
  await startButton().click();
  await progress().getByText('8 / 8').waitFor({ timeout: 120_000 });
}

beforeAll(async () => {
  browser = await chromium.launch({ executablePath, args: BROWSER_ARGS });
});
afterAll(() => browser.close());
beforeEach(() => {
  complaints = [];
});
afterEach(async () => {
  await page.close();
  expect(complaints).toEqual([]);
});

describe('the Sweep view', () => {
  test('is a link from the Lab, keeps the Lab’s settings in the address, and goes back', async () => {
    await open(undefined, `${url}#v=1&model.depth=3&runs=own`);
    await page.getByRole('textbox', { name: /^Depth/ }).waitFor();
    const lab = page.url();
    await page.getByRole('link', { name: 'Sweep' }).click();
    await page.getByRole('heading', { name: 'Before you start' }).waitFor();
    expect(page.url()).toContain('view=sweep');
    expect(page.url()).toContain('model.depth=3');
    await page.goBack();
    await page.getByRole('textbox', { name: /^Depth/ }).waitFor();
    expect(page.url()).toBe(lab);
  });

  test('counts the runs before a start, and predicts the time after calibrating', async () => {
    await open();
    await describeSweep(TINY);
    await page.getByRole('definition').filter({ hasText: /^8$/ }).first().waitFor();
    await page.getByText('after calibrating').waitFor();
    await page.getByRole('button', { name: 'Calibrate' }).click();
    await page
      .getByRole('definition')
      .filter({ hasText: /^[\d.]+ (s|min)/ })
      .waitFor({ timeout: 120_000 });
  });

  test('trains to the end, shows the map, and opens a run by keyboard alone', async () => {
    await open();
    await train();
    const map = page.getByRole('img', { name: /cells have a result/ });
    await expect.poll(() => map.getAttribute('aria-label'), { timeout: 20_000 }).toMatch(/4 of 4 cells have a result/);
    await map.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowUp');
    await page
      .getByText(/2 of 2 runs finished/)
      .first()
      .waitFor();
    await page.keyboard.press('Enter');
    // Loss, gradient norm and profile of the run, and its verdict beside them.
    await page.getByRole('img', { name: /^Loss\. From/ }).waitFor({ timeout: 20_000 });
    await page.getByRole('img', { name: /^Gradient norm\. From/ }).waitFor();
    await page.getByRole('region', { name: 'Verdict' }).waitFor();
    await page.getByRole('button', { name: 'Runs', exact: true }).click();
    const grid = page.getByRole('grid', { name: 'Runs' });
    expect(await grid.getAttribute('aria-rowcount')).toBe('9');
    await page.getByRole('button', { name: 'Open in the Lab' }).click();
    await page.getByRole('textbox', { name: /^Depth/ }).waitFor();
    expect(page.url()).toContain('model.width=4');
  });

  test('the map is reachable as a data table', async () => {
    await open();
    await train();
    await page.getByRole('button', { name: 'Map: data table' }).click();
    const table = page.getByRole('table', { name: 'Map' });
    await table.waitFor();
    expect(await table.getByRole('row').count()).toBe(3);
    await expect.poll(() => table.getByRole('cell').allInnerTexts(), { timeout: 20_000 }).not.toContain('not finished');
  });

  test('cells that are selected go home as CSV, and into the form as a finer sweep, which can be taken back', async () => {
    await open();
    await train();
    const map = page.getByRole('img', { name: /cells have a result/ });
    await expect.poll(() => map.getAttribute('aria-label'), { timeout: 20_000 }).toMatch(/4 of 4 cells have a result/);
    const box = await map.boundingBox();
    if (!box) throw new Error('the map has no place on the page');
    // Both depths at the lower rate: the row at the bottom.
    await page.mouse.move(box.x + 0.3 * box.width, box.y + 0.7 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.8 * box.width, box.y + 0.72 * box.height, { steps: 4 });
    await page.mouse.up();
    await page.getByText('4 of 8 runs selected').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV', exact: true }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => line.split(',').slice(1, 4))).toEqual([
      ['model.depth', 'optimizer.learningRate', 'seed'],
      ['1', '0.01', '1'],
      ['1', '0.01', '2'],
      ['2', '0.01', '1'],
      ['2', '0.01', '2'],
    ]);
    await page.getByRole('button', { name: 'Finer sweep …' }).click();
    await page.getByRole('button', { name: 'Put into the form' }).click();
    const title = page.getByRole('textbox', { name: 'Title' });
    await expect.poll(() => title.inputValue()).toBe('Tiny, finer');
    // Half a step of the logarithm above the only rate that was selected, in four steps; two depths, two seeds.
    await page.getByRole('definition').filter({ hasText: /^20$/ }).first().waitFor();
    await page.getByRole('button', { name: 'Bring back what stood here' }).click();
    await expect.poll(() => title.inputValue()).toBe('Tiny');
    // Every edit is undone and done again, by button and by key.
    await page.getByRole('button', { name: 'Undo: Return of the sweep before' }).click();
    await expect.poll(() => title.inputValue()).toBe('Tiny, finer');
    await page.getByRole('button', { name: 'form', exact: true }).focus();
    await page.keyboard.press('Control+z');
    await expect.poll(() => title.inputValue()).toBe('Tiny');
    await page.keyboard.press('Control+Shift+Z');
    await expect.poll(() => title.inputValue()).toBe('Tiny, finer');
    await page.getByRole('button', { name: 'Undo: Finer sweep' }).waitFor();
  });

  test('what has finished survives a reload, is opened again and deleted, which can be undone', async () => {
    await open();
    await train();
    expect(page.url()).toMatch(/sweep=[0-9a-f]+/);
    await page.getByRole('button', { name: 'Runs', exact: true }).click();
    await page.getByRole('gridcell').first().waitFor();
    await page.getByRole('textbox', { name: 'Title' }).fill('Tiny, another');
    await page.getByRole('textbox', { name: 'Title' }).press('Enter');
    await expect.poll(() => page.url()).toContain('another');
    await page.reload();
    // The address alone opens the results again, looked at as they were, beside what the form describes.
    await progress().getByText('8 / 8').waitFor({ timeout: 30_000 });
    await page.getByRole('gridcell').first().waitFor();
    expect(await page.getByRole('textbox', { name: 'Title' }).inputValue()).toBe('Tiny, another');
    await page.goto(`${url}?view=sweep`);
    await page.getByRole('button', { name: 'Open Tiny' }).click();
    await progress().getByText('8 / 8').waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Delete Tiny' }).click();
    await page.getByRole('button', { name: 'Open Tiny' }).waitFor({ state: 'detached' });
    await page.getByText('No sweep is open').waitFor();
    await page.getByRole('button', { name: 'Undo: keep Tiny' }).click();
    await page.getByRole('button', { name: 'Open Tiny' }).click();
    await progress().getByText('8 / 8').waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Delete Tiny' }).click();
    await page.getByRole('button', { name: 'Open Tiny' }).waitFor({ state: 'detached' });
  });

  test('a sweep that is cancelled keeps its finished runs and offers to continue', async () => {
    await open();
    const long = {
      ...TINY,
      title: 'Long',
      // Half of the runs end at once, the others never.
      axes: [...TINY.axes.slice(0, 2), { path: 'iterations', values: [5, 10_000_000] }, { path: 'seed', values: [1, 2, 3, 4] }],
    };
    await describeSweep(long);
    await page.getByRole('definition').filter({ hasText: /^32$/ }).first().waitFor();
    await startButton().click();
    await page.getByRole('button', { name: '❚❚ Pause' }).waitFor({ timeout: 60_000 });
    // The view is drawn again and again while runs are trained: it leaves alone what is being typed.
    const title = page.getByRole('textbox', { name: 'Title' });
    await title.fill('half a wo');
    await page.waitForTimeout(1500);
    expect(await title.inputValue()).toBe('half a wo');
    await title.fill('Long');
    await page.getByRole('button', { name: '❚❚ Pause' }).click({ timeout: 60_000 });
    await page.getByRole('button', { name: '▶ Resume' }).click({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page
      .getByText(/cancelled/)
      .first()
      .waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Continue Long' }).waitFor();
  });

  test('what makes no sense is refused beside its field, and nothing can be started', async () => {
    await open();
    await describeSweep({
      ...TINY,
      axes: [{ path: 'model.depth', range: { from: 1, to: 8, count: 'many', scale: 'integer_log' } }],
    });
    const count = page.getByRole('textbox', { name: 'count' });
    await expect.poll(() => count.getAttribute('aria-invalid'), { timeout: 20_000 }).toBe('true');
    expect(await page.getByRole('alert').first().innerText()).toMatch(/many.*valid is a whole number/);
    expect(await startButton().isDisabled()).toBe(true);
    await count.fill('3');
    await count.press('Enter');
    await expect.poll(() => startButton().isEnabled(), { timeout: 20_000 }).toBe(true);
    await page.getByRole('button', { name: 'JSON', exact: true }).click();
    expect(JSON.parse(await page.getByRole('textbox', { name: 'Sweep as JSON' }).inputValue()).axes[0].range.count).toBe(3);
  });

  test('fits a phone without sideways scrolling, description and results one at a time', async () => {
    await open({ width: 390, height: 844 });
    await train();
    await page.getByRole('img', { name: /cells have a result/ }).waitFor();
    const width = () => page.evaluate(() => document.scrollingElement?.scrollWidth ?? 0);
    expect(await width()).toBeLessThanOrEqual(390);
    await page.getByRole('button', { name: 'Description', exact: true }).click();
    await startButton().waitFor();
    expect(await width()).toBeLessThanOrEqual(390);
  });
});
