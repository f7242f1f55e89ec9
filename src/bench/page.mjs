// Measures the built page in a headless Chromium: what it loads, when its curves move, how long its main thread is busy.
// Run by `npm run bench -- page`, in a process of its own: Playwright and Vite stay out of the command line's one file.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import util from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright';
import { preview } from 'vite';
import { ensureBrowser } from '../dev/browser.mjs';
import { buildPage, page as folder, root } from '../dev/build.mjs';

const ARGS = ['--enable-unsafe-webgpu', '--no-sandbox', '--disable-gpu-sandbox', '--use-webgpu-adapter=swiftshader'];
const MAIN_THREAD = 'CrRendererMain';
/** Loads after the first, which fills the cache. */
const WARM_LOADS = 5;

const { values } = util.parseArgs({
  options: {
    engine: { type: 'string', default: 'gpu' },
    seconds: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
});

await buildPage();
const server = await preview({ root, logLevel: 'warn', preview: { open: false, port: 0 } });
const browser = await chromium.launch({ executablePath: ensureBrowser(), args: ARGS });
try {
  const url = server.resolvedUrls.local[0];
  const report = {
    ...(await measureLoads(`${url}#v=1&engine=${values.engine}`)),
    streaming: await measureStreaming(`${url}#${sixteenRuns()}`, Number(values.seconds) * 1000),
  };
  console.log(values.json ? JSON.stringify(report, null, 2) : textOf(report));
} finally {
  await browser.close();
  await server.close();
}
// Vite's preview keeps the process alive.
process.exit(0);

/** As many runs as the Lab has, of 16 layers, each with a learning rate of its own. */
function sixteenRuns() {
  const rates = Array.from({ length: 16 }, (_, r) => [
    `${String.fromCharCode(97 + r)}.optimizer.learningRate`,
    (0.001 * 1.3 ** r).toPrecision(3),
  ]);
  const shared = [
    ['model.depth', '16'],
    ['model.width', '32'],
    ['iterations', '100000'],
  ];
  const words = new URLSearchParams([['v', '1'], ['engine', values.engine], ['runs', '16'], ...shared, ...rates]);
  return words.toString();
}

/** Loads in one context, so that all but the first find a warm cache. */
async function measureLoads(address) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const loads = [];
  let scripts = [];
  for (let i = 0; i <= WARM_LOADS; i++) {
    const page = await context.newPage();
    const requests = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.addInitScript(watchFirstCurves);
    await page.goto(address);
    const times = await (await page.waitForFunction(() => globalThis.curves, undefined, { timeout: 120_000 })).jsonValue();
    scripts = requests.filter((request) => new URL(request).pathname.endsWith('.js'));
    loads.push(times);
    await page.close();
  }
  await context.close();
  const [cold, ...warm] = loads;
  const files = scripts.map((script) => {
    const name = new URL(script).pathname.replace(/^\//, '');
    return { name, bytes: gzipSync(readFileSync(join(folder, name)), { level: 9 }).length };
  });
  return { scripts: files, cold, warm };
}

/** In the page: when something was painted, and when a frame was drawn with two iterations in the charts. */
function watchFirstCurves() {
  const all = (selector, from = document) =>
    [...from.querySelectorAll('*')].flatMap((element) => [
      ...(element.matches(selector) ? [element] : []),
      ...(element.shadowRoot ? all(selector, element.shadowRoot) : []),
    ]);
  const look = () => {
    const done = Math.max(0, ...all('progress').map(({ value }) => value));
    if (done >= 2 && all('canvas').length >= 2) {
      const paint = performance.getEntriesByName('first-contentful-paint')[0];
      globalThis.curves = { paintMs: paint?.startTime ?? Number.NaN, movingMs: performance.now(), iterations: done };
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** A trace of the main thread while runs stream, and how often a canvas is drawn for one frame. */
async function measureStreaming(address, ms) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(countDraws);
  await page.addInitScript(watchFirstCurves);
  await page.goto(address);
  await page.waitForFunction(() => globalThis.curves, undefined, { timeout: 120_000 });
  await page.evaluate(() => {
    globalThis.draws.most = 0;
  });
  const before = await page.evaluate(() => performance.now());
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] });
  await page.waitForTimeout(ms);
  const trace = JSON.parse((await browser.stopTracing()).toString());
  const { most, frames, total, at } = await page.evaluate(() => ({ ...globalThis.draws, at: performance.now() }));

  await page.close();
  return { ms: at - before, tasks: mainThreadTasks(trace.traceEvents), most, frames, total };
}

/**
 * In the page: how often each canvas is cleared for a frame that is shown. Every draw of a chart begins by clearing it, by `clearRect`
 * or by setting its width; where one follows the other they are one.
 */
function countDraws() {
  const draws = { most: 0, frames: 0, total: 0 };
  globalThis.draws = draws;
  let now = new Map();
  let sized;
  const { clearRect } = CanvasRenderingContext2D.prototype;
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, 'width');
  const count = (canvas) => {
    if (!canvas.isConnected) return;
    const times = (now.get(canvas) ?? 0) + 1;
    now.set(canvas, times);
    draws.total++;
    draws.most = Math.max(draws.most, times);
  };
  CanvasRenderingContext2D.prototype.clearRect = function (...rect) {
    if (sized !== this.canvas) count(this.canvas);
    sized = undefined;
    return clearRect.apply(this, rect);
  };
  Object.defineProperty(HTMLCanvasElement.prototype, 'width', {
    configurable: true,
    get,
    set(width) {
      count(this);
      sized = this;
      set.call(this, width);
    },
  });
  // What callbacks of the frame and observers of sizes draw behind them is still shown in it: the next begins in the task after.
  const shown = () => {
    now = new Map();
    draws.frames++;
  };
  const frame = () => {
    scheduler.postTask(shown, { priority: 'user-blocking' });
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** Tasks of the page's main thread, longest first: on the wall's clock, and on the thread's own, which other work does not disturb. */
function mainThreadTasks(events) {
  const threads = new Map();
  for (const { name, pid, tid, args } of events)
    if (name === 'thread_name' && args.name === MAIN_THREAD) threads.set(`${pid} ${tid}`, []);
  for (const { name, ph, pid, tid, dur = 0, tdur = 0 } of events)
    if (ph === 'X' && /RunTask$/.test(name)) threads.get(`${pid} ${tid}`)?.push({ wallMs: dur / 1000, cpuMs: tdur / 1000 });
  // Of several renderers the busiest is the page's.
  const sum = (tasks) => tasks.reduce((ms, { cpuMs }) => ms + cpuMs, 0);
  const tasks = [...threads.values()].sort((a, b) => sum(b) - sum(a))[0] ?? [];
  const longest = (key) => Math.max(0, ...tasks.map((task) => task[key]));
  return {
    count: tasks.length,
    longestWallMs: longest('wallMs'),
    longestCpuMs: longest('cpuMs'),
    over50Wall: tasks.filter(({ wallMs }) => wallMs > 50).length,
    over50Cpu: tasks.filter(({ cpuMs }) => cpuMs > 50).length,
    busyMs: sum(tasks),
  };
}

function textOf({ scripts, cold, warm, streaming }) {
  const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  const ms = (x) => `${x.toFixed(0)} ms`;
  const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
  const range = (key) => {
    const numbers = warm.map((load) => load[key]);
    return `${ms(median(numbers))} (${ms(Math.min(...numbers))} to ${ms(Math.max(...numbers))})`;
  };
  const { tasks } = streaming;
  return `JavaScript until the curves move, gzipped (level 9), without data: ${kB(scripts.reduce((sum, { bytes }) => sum + bytes, 0))}
${scripts.map(({ name, bytes }) => `  ${name} ${kB(bytes)}`).join('\n')}
Warm cache, ${warm.length} loads in one context after a first, from navigation; median (least to most):
  first contentful paint ${range('paintMs')}
  a frame with charts and at least two iterations in them ${range('movingMs')}; with a cold cache ${ms(cold.movingMs)}
Trace of the main thread (Chromium's tracing, RunTask of ${MAIN_THREAD}) over ${ms(streaming.ms)} while 16 runs stream:
  longest task ${ms(tasks.longestWallMs)} on the wall's clock, ${ms(tasks.longestCpuMs)} of processor time
  tasks over 50 ms: ${tasks.over50Wall} on the wall's clock, ${tasks.over50Cpu} of processor time, of ${tasks.count}
  busy ${ms(tasks.busyMs)} of processor time in all
Draws: at most ${streaming.most} of one canvas in one frame; ${streaming.total} draws in ${streaming.frames} frames`;
}
