/** The page as a whole: what it may do, and that it can be used without a pointer. */
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { POLICY } from '../../src/dev/policy.mjs';
import { BROWSER_ARGS } from '../setup/browser-args.ts';

const url = inject('url');
/** Short runs on the CPU engine. */
const SHORT = `${url}#v=1&engine=cpu&model.depth=4&model.width=8&iterations=30&runs=own`;
/** Of JavaScript, gzipped. */
const INITIAL_BYTES = 250_000;
const SWEEP = {
  title: 'Tiny',
  experiment: { model: { kind: 'mlp', width: 4 }, batchSize: 8, iterations: 5, probes: { testEvery: 0 } },
  axes: [
    { path: 'model.depth', values: [1, 2] },
    { path: 'optimizer.learningRate', values: [0.01, 0.1] },
  ],
};

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: inject('browserPath'), args: BROWSER_ARGS });
});
afterAll(() => browser.close());
afterEach(() => page.close());

/** Refusals of the page's policy since it was opened. */
async function refusals(): Promise<string[]> {
  const told = await page.evaluate(() => (globalThis as unknown as { refusals: string[] }).refusals);
  // Header and meta element tell once each.
  return [...new Set(told)];
}

async function openWatched(): Promise<string[]> {
  const requests: string[] = [];
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on('request', (request) => requests.push(request.url()));
  await page.addInitScript(() => {
    const refusals: string[] = [];
    Object.assign(globalThis, { refusals });
    document.addEventListener('securitypolicyviolation', (event) => {
      refusals.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  await page.goto(SHORT);
  return requests;
}

test('the built page carries the policy, and holds no inline script, style or handler', async () => {
  const html = readFileSync('dist/page/index.html', 'utf8');
  expect(html).toContain(`<meta http-equiv="Content-Security-Policy" content="${POLICY}" />`);
  // Before the first thing that it governs.
  expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.search(/<(link|script|style)/));
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=/);
  expect(POLICY).not.toMatch(/'unsafe-eval'|script-src[^;]*(unsafe-inline|https?:|\*)/);
  const { headers } = await fetch(url);
  expect(headers.get('content-security-policy')).toBe(`${POLICY}; frame-ancestors 'none'`);
  page = await browser.newPage();
});

test('Lab, dialogs, sweep and export ask for nothing that the policy refuses, and for no other files than the page’s', async () => {
  const requests = await openWatched();
  await page.getByText('finished').waitFor();
  // Page, worker and the larger of the two engines, without data: what a first visit waits for.
  const scripts = [...new Set(requests)].filter((address) => address.endsWith('.js')).map((address) => new URL(address).pathname);
  const zipped = (path: string) => gzipSync(readFileSync(`dist/page${path}`), { level: 9 }).length;
  const engines = readdirSync('dist/page/assets').filter((name) => /^engine-.*\.js$/.test(name));
  const rest = scripts.filter((path) => !path.includes('/engine-')).map(zipped);
  // Both, once for each worker that has them.
  expect(engines.length).toBeGreaterThanOrEqual(2);
  expect(rest).toHaveLength(scripts.length - 1);
  expect(scripts.some((path) => path.includes('/worker-'))).toBe(true);
  const largest = Math.max(...engines.map((name) => zipped(`/assets/${name}`)));
  expect(rest.reduce((sum, size) => sum + size) + largest).toBeLessThanOrEqual(INITIAL_BYTES);

  await page.getByRole('button', { name: /^Colours/ }).click();
  await page.getByRole('button', { name: 'Loss: data table' }).click();
  for (const name of [/engine$/, /^Keyboard map$/, /^Credits$/]) {
    await page.getByRole('button', { name }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  }
  await page.getByRole('link', { name: 'Sweep' }).click();
  await page.getByRole('button', { name: 'JSON', exact: true }).click();
  await page.getByRole('textbox', { name: 'Sweep as JSON' }).fill(JSON.stringify(SWEEP));
  await page.getByRole('button', { name: 'form', exact: true }).click();
  await page.getByRole('button', { name: /▶ Start|▶ Train/ }).click();
  await page.getByRole('region', { name: 'Progress of the sweep' }).getByText('4 / 4').waitFor({ timeout: 60_000 });
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as file' }).click();
  expect((await download).suggestedFilename()).toBe('tiny.json');

  expect(await refusals()).toEqual([]);
  const own = new URL(url).origin;
  const foreign = requests.filter((address) => !/^(data|blob):/.test(address) && new URL(address).origin !== own);
  expect(foreign).toEqual([]);
});

test('control: inline script, eval, a foreign address and a style element are refused, and told', async () => {
  await openWatched();
  const done = await page.evaluate(async () => {
    const done: string[] = [];
    Object.assign(globalThis, { done });
    const append = (tag: string, text: string) => {
      const element = document.createElement(tag);
      element.textContent = text;
      document.head.append(element);
    };
    append('script', 'done.push("script")');
    append('style', 'body { color: rgb(1, 2, 3) }');
    if (getComputedStyle(document.body).color === 'rgb(1, 2, 3)') done.push('style');
    await fetch('https://example.org/').then(
      () => done.push('fetch'),
      () => undefined,
    );
    // Later: what the test itself evaluates is excepted from the policy.
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        try {
          new Function('done.push("eval")')();
        } catch {
          resolve();
        }
        resolve();
      });
    });
    return done;
  });
  expect(done).toEqual([]);
  await expect
    .poll(async () => (await refusals()).map((refusal) => refusal.split(' ').slice(0, 2).join(' ')))
    .toEqual(['script-src-elem inline', 'style-src-elem inline', 'connect-src https://example.org/', 'script-src eval']);
});

/** What has the focus, shadow roots included: its name, and whether it or its host shows so. */
function focused(): Promise<{ name: string; ring: boolean }> {
  return page.evaluate(() => {
    const path: Element[] = [];
    for (let at = document.activeElement; at; at = at.shadowRoot?.activeElement ?? null) path.push(at);
    const last = path.at(-1) as HTMLElement & { labels?: NodeListOf<HTMLElement> };
    const name = last.getAttribute('aria-label') ?? last.labels?.[0]?.textContent ?? last.textContent ?? '';
    return { name: name.trim(), ring: path.some((element) => getComputedStyle(element).outlineStyle !== 'none') };
  });
}

/** Tabs on until something of that name has the focus, which shows it. */
async function tabTo(name: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let stops = 0; stops < 150; stops++) {
    await page.keyboard.press(key);
    const at = await focused();
    if (!name.test(at.name)) continue;
    expect(at).toMatchObject({ ring: true });
    return;
  }
  throw new Error(`${key} does not lead to ${name}`);
}

test('everything from first focus to a chart’s numbers by keyboard alone', async () => {
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(SHORT);
  await page.getByText('finished').waitFor();
  await page.keyboard.press('Tab');
  expect((await focused()).name).toBe('Skip to the charts');
  await tabTo(/^Depth/);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('6');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url()).toContain('model.depth=6');
  await page.getByText('finished').waitFor();

  // Starting again, then a single iteration, from the play bar.
  await tabTo(/Run again$/, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByText('finished').waitFor();

  // The map of the keys, with the focus inside, and back.
  await page.keyboard.press('?');
  await page.getByText('Train one iteration').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'hidden' });
  expect((await focused()).name).toMatch(/Run again$/);

  // Past the settings to the charts: crosshair, then the numbers as a table.
  await tabTo(/^Skip to the charts$/, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await tabTo(/^Loss\. Run A/);
  await page.keyboard.press('ArrowRight');
  await tabTo(/^Loss: data table$/, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('table', { name: 'Loss' }).waitFor();

  await tabTo(/^Sweep$/, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Before you start' }).waitFor();
  expect((await focused()).name).toBe('Sweep');
  // No stop holds the focus: it leaves the page at its end.
  let stops = 0;
  do {
    await page.keyboard.press('Tab');
    stops++;
  } while (stops < 150 && !(await page.evaluate(() => document.activeElement === document.body)));
  expect(stops).toBeLessThan(150);
});
