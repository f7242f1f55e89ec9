import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { BROWSER_ARGS } from '../setup/browser-args.ts';

const url = inject('url');
const executablePath = inject('browserPath');
let browser: Browser;
let page: Page;
let complaints: string[] = [];

async function open(address = url, viewport = { width: 1440, height: 900 }): Promise<void> {
  complaints = [];
  page = await browser.newPage({ viewport });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol.startsWith('http') && host !== new URL(url).host) complaints.push(`request to ${request.url()}`);
  });
  await page.goto(address);
}

/** Iterations done, as the play bar says. */
async function iteration(): Promise<number> {
  const text = await textOf('nabla-play-bar');
  return Number(/iteration\s+([\d,]+)/.exec(text)?.[1].replaceAll(',', ''));
}

/** Text below an element, shadow roots included, which innerText leaves out. */
function textOf(selector: string): Promise<string> {
  return page.locator(selector).evaluate((element) => {
    const collect = (node: Node): string => {
      if (node instanceof Text) return node.data;
      if (node instanceof HTMLStyleElement) return '';
      const root = node instanceof Element && node.shadowRoot ? node.shadowRoot : node;
      return [...root.childNodes].map(collect).join(' ');
    };
    return collect(element).replace(/\s+/g, ' ');
  });
}

async function reaches(target: number): Promise<void> {
  await expect.poll(iteration, { timeout: 90_000, interval: 250 }).toBeGreaterThanOrEqual(target);
}

async function pause(): Promise<number> {
  await page.getByRole('button', { name: /Pause/ }).click();
  await page.getByRole('button', { name: /Start/ }).waitFor();
  return iteration();
}

afterEach(async () => {
  await page.close();
  expect(complaints).toEqual([]);
});

describe('the page on WebGPU', () => {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: BROWSER_ARGS });
  });
  afterAll(() => browser.close());

  test('opens with a run in motion on WebGPU, isolated from other origins', async () => {
    await open();
    await page.getByRole('button', { name: /WebGPU/ }).waitFor({ timeout: 60_000 });
    await reaches(5);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    // Loss, gradient norm, profile and accuracy, each a uPlot canvas with something drawn on it.
    const canvases = page.locator('canvas');
    expect(await canvases.count()).toBeGreaterThanOrEqual(5);
  });

  test('the exploding run is named as such, the cured one is not', async () => {
    await open();
    await reaches(30);
    await expect.poll(() => textOf('nabla-insight'), { timeout: 60_000 }).toMatch(/explod|diverged/i);
    // ReLU with weight variance 4: the gradient grows by √2 = 1.41 per layer; the twin, at 2, by 1.
    await expect.poll(() => textOf('nabla-insight')).toMatch(/latest finite A ×\S+ ± \S+ ×1\.[34]/);
    await expect.poll(() => textOf('nabla-insight')).toMatch(/ B ×\S+ ± \S+ ×(0\.9|1\.0)/);
  });

  test('pauses, trains one iteration, and goes back to 0', async () => {
    await open();
    await reaches(3);
    const paused = await pause();
    await page.keyboard.press('.');
    await expect.poll(iteration, { timeout: 30_000 }).toBe(paused + 1);
    await page.getByRole('button', { name: 'One iteration' }).click();
    await expect.poll(iteration, { timeout: 30_000 }).toBe(paused + 2);
    await page.getByRole('button', { name: 'Back to iteration 0' }).click();
    await expect.poll(iteration, { timeout: 30_000 }).toBeLessThan(paused + 2);
  });

  test('depth takes effect, and stays in the address', async () => {
    await open();
    await reaches(1);
    const depth = page.getByRole('textbox', { name: /^Depth/ });
    await depth.fill('6');
    await depth.press('Enter');
    // digits8 64 → 6 × 64 → 10 with biases: 6·(64·64 + 64) + 64·10 + 10 = 25,610 parameters
    await expect.poll(() => textOf('nabla-insight'), { timeout: 60_000 }).toContain('25,610');
    await reaches(2);
    await page.reload();
    await reaches(1);
    expect(await page.getByRole('textbox', { name: /^Depth/ }).inputValue()).toBe('6');
  });

  test('two runs of different networks and data train side by side, and come back with the address', async () => {
    await open(
      `${url}#v=1&engine=cpu&model.width=16&batchSize=16&a.model.depth=3&b.model.kind=residual_mlp&b.model.blocks=5&b.model.inner=16&b.task.name=wine&b.range=extended`,
    );
    await reaches(5);
    expect(await page.getByText('Not everything in the link could be used').count()).toBe(0);
    // digits8 64 → 3 × 16 → 10: 64·16 + 16 + 2·(16·16 + 16) + 16·10 + 10 = 1,754 parameters, in a plan of its own.
    await expect
      .poll(() => textOf('nabla-insight'), { timeout: 60_000 })
      .toMatch(/Plans.*Parameters of a run 1,754 [\d,]+ Replicas 1 1/);
    const profile = page.getByRole('img', { name: /^By layer/ });
    await expect.poll(() => profile.getAttribute('aria-label')).toMatch(/Run A, .* at iteration .*Run B, .* at iteration/);
    await page.getByRole('button', { name: 'A and B' }).click();
    const width = page.getByRole('textbox', { name: /^Width/ });
    await width.fill('8');
    await width.press('Enter');
    await expect.poll(() => page.url()).toMatch(/[#&]model\.width=8/);
    await reaches(2);
    expect(page.url()).toMatch(/a\.model\.depth=3/);
  });

  test('where float32 ends: the level, the library’s norm and the silent step are on the page', async () => {
    await open(`${url}#v=1&engine=cpu`);
    await page.getByRole('combobox', { name: /Start from/ }).selectOption({ label: 'Where float32 ends, 200 layers' });
    await reaches(2);
    const norm = page.getByRole('img', { name: /^Gradient norm/ });
    await expect
      .poll(() => norm.getAttribute('aria-label'))
      .toMatch(/library: ∞\) → 0 \(silent zero step\).*Run B from \S+ → 1\.00/);
    await expect.poll(() => textOf('nabla-insight')).toContain('silently zero');
  });

  test('a recurrent pair shows gradients through time; its cell is changed by keyboard', async () => {
    await open(`${url}#v=1&engine=cpu`);
    await page.getByRole('combobox', { name: /Start from/ }).selectOption({ label: 'Through time: RNN and LSTM, 100 steps' });
    await reaches(2);
    const profile = page.getByRole('img', { name: /^By time step/ });
    await expect
      .poll(() => profile.getAttribute('aria-label'))
      .toMatch(/Run A, .* h0: \S+ at step 0, \S+ at step 99, ×\S+ ± \S+ a step.*Run B/);
    await page.getByRole('img', { name: /^Time step by iteration map of run A, .*step 99 of h0/ }).waitFor();
    await expect.poll(() => textOf('nabla-insight')).toMatch(/Growth per step, back in time.*Recurrent weights/i);
    // Two numbers in each step, 32 units: 2·32 + 32·32 + 2·32 = 1,152 parameters of a gate, four of them in the LSTM, and 33 of the head.
    await expect.poll(() => textOf('nabla-insight')).toMatch(/Parameters of a run 1,185 4,641/);
    await profile.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => textOf('nabla-stage')).toMatch(/step 0 of h0/);
    const gru = page.getByRole('button', { name: 'GRU' });
    await gru.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url()).toMatch(/a\.model\.cell=gru/);
    await reaches(1);
    const what = page.getByRole('combobox', { name: 'What is shown of the layers' });
    await what.selectOption({ label: 'Gate mean' });
    await expect.poll(() => profile.getAttribute('aria-label')).toMatch(/Run A, .* r \S+ {2}z \S+ {2}n \S+ at step 0/);
    await page.getByRole('combobox', { name: 'Gate that the map shows' }).selectOption('r');
    await page.getByRole('img', { name: /^Time step by iteration map of run A, .*h0\.r/ }).waitFor();
  });

  test('a value that makes no sense is refused in words, beside the field', async () => {
    await open();
    await reaches(1);
    const depth = page.getByRole('textbox', { name: /^Depth/ });
    await depth.fill('-3');
    await depth.press('Enter');
    const alert = page.getByRole('alert').first();
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/-3.*1/s);
    await reaches((await iteration()) + 1);
  });

  test('fits a phone without sideways scrolling', async () => {
    await open(url, { width: 390, height: 844 });
    await reaches(1);
    const width = await page.evaluate(() => document.scrollingElement?.scrollWidth ?? 0);
    expect(width).toBeLessThanOrEqual(390);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('textbox', { name: /^Depth/ }).waitFor();
  });
});
