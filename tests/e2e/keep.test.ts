/** Nothing is lost: import by drop with a preview, undo and redo, a hostile file, the link's round trip, kept runs. On the CPU engine. */
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { BROWSER_ARGS } from '../setup/browser-args.ts';

const url = inject('url');
const executablePath = inject('browserPath');
let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath, args: BROWSER_ARGS });
});
afterAll(() => browser.close());

function drop(page: Page, name: string, text: string): Promise<void> {
  return page.evaluate(
    ([file, content]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([content], file));
      window.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    },
    [name, text],
  );
}

test('an experiment is dropped, looked over, taken over and undone; a hostile one is refused; link and kept runs bring the rest back', async () => {
  const complaints: string[] = [];
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(`${url}#v=1&engine=cpu&model.depth=3&model.width=8&iterations=30&runs=1`);
  await page.getByText('finished').waitFor();
  await page.getByLabel('What is shown over the iterations').selectOption('weightNorm');
  await expect.poll(() => page.url()).toContain('series=weightNorm');
  const before = page.url();

  const experiment = { seed: 5, iterations: 40, model: { kind: 'mlp', depth: 4, width: 8 } };
  await drop(page, 'run.json', JSON.stringify({ title: 'Dropped', experiment }));
  const dialog = page.locator('nabla-import');
  await dialog.getByRole('button', { name: 'Take over' }).waitFor();
  await expect
    .poll(() => dialog.getByRole('row').allInnerTexts())
    .toEqual(['Run\tField\tBefore\tAfter', 'A\tDepth\t3\t4', 'A\tIterations\t30\t40', 'A\tSeed\t1\t5']);
  // Nothing is in force before a person says so.
  expect(page.url()).toBe(before);
  await dialog.getByRole('button', { name: 'Take over' }).click();
  await expect.poll(() => new URLSearchParams(new URL(page.url()).hash.slice(1)).get('seed')).toBe('5');
  const after = page.url();

  await page.getByRole('button', { name: 'Undo: Import of Dropped' }).click();
  await expect.poll(() => page.url()).toBe(before);
  await page.keyboard.press('Control+Shift+Z');
  await expect.poll(() => page.url()).toBe(after);

  await drop(page, 'hostile.json', `{"model": {"__proto__": ${'['.repeat(100_000)}`);
  await page.getByText('model.__proto__: no field may have the name "__proto__"; remove it').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect(page.url()).toBe(after);

  // The link alone brings the same runs to another page, looked at in the same way.
  const other = await browser.newPage();
  await other.goto(after);
  await other.getByText('/ 40').first().waitFor();
  await other.getByRole('img', { name: /^Weight norm\./ }).waitFor();
  await expect.poll(() => other.url()).toBe(after);
  await other.close();

  // The first run was kept when it had finished; its deletion can be undone.
  await page.getByRole('button', { name: 'Files' }).click();
  const kept = page.getByRole('list', { name: 'Kept runs' }).getByRole('listitem');
  await expect.poll(() => kept.count()).toBeGreaterThan(0);
  const count = await kept.count();
  await kept
    .last()
    .getByRole('button', { name: /^Delete/ })
    .click();
  await expect.poll(() => kept.count()).toBe(count - 1);
  await page
    .locator('nabla-files')
    .getByRole('button', { name: /^Undo: Deletion of/ })
    .click();
  await expect.poll(() => kept.count()).toBe(count);

  const download = page.waitForEvent('download');
  await page.locator('nabla-files').getByRole('button', { name: 'Parquet' }).click();
  expect((await download).suggestedFilename()).toBe('nablascope-traces.parquet');

  // A kept run shows the curves that were kept, and nothing trains until it is asked for.
  await kept.last().getByRole('button', { name: /^Open/ }).click();
  await page.getByText('A kept run: nothing trains').waitFor();
  await page.getByRole('img', { name: /^Loss\. Run A from .* at iteration 0 to .* at iteration \d+\.$/ }).waitFor();
  await page.getByRole('button', { name: 'Train again' }).click();
  await page.getByText('A kept run: nothing trains').waitFor({ state: 'detached' });
  await page.getByText('finished', { exact: false }).first().waitFor();
  await page.close();
  expect(complaints).toEqual([]);
});
