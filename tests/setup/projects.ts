import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import type { TestProjectInlineConfiguration } from 'vitest/config';
import { findBrowser } from '../../src/dev/browser.mjs';
import { BROWSER_ARGS } from './browser-args.ts';

const executablePath = findBrowser();
const BROWSER_TESTS = 'tests/**/*.browser.test.ts';

/** Packages that are met only when a test imports them: one found late would load the page anew in mid-test. */
const PACKAGES = [
  'valibot',
  'idb',
  'axe-core',
  'lit/directives/keyed.js',
  ...['dialog', 'drawer'].map((name) => `@awesome.me/webawesome/dist/components/${name}/${name}.js`),
];

/**
 * Kernels that the CPU engine has in WebAssembly as well: the same tests hold both to the twins. Those of recurrent cells hold the
 * twins themselves to the cells' formulas.
 */
const KERNELS_IN_WASM =
  'tests/kernels/{linear,activation,norm,gradnorm,optimizer,range,range-measures,units,precision,recurrent,recurrent-walks,recurrent-norm,read-out,gate-probe,histogram}.test.ts';

/** Everything that needs no browser. */
const node: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: 'node',
    environment: 'node',
    include: ['unit', 'plans', 'golden', 'theory', 'cli']
      .map((folder) => `tests/${folder}/**/*.test.ts`)
      .concat('tests/structure.test.ts', KERNELS_IN_WASM),
    exclude: [BROWSER_TESTS],
    // On two cores there would be one by default.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    sequence: { groupOrder: 0 },
  },
};

/** Kernels and whatever else needs WebGPU, in a headless Chromium with a software adapter. */
const browser: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: 'browser',
    deps: { optimizer: { client: { include: PACKAGES } } },
    include: ['tests/kernels/**/*.test.ts', BROWSER_TESTS],
    testTimeout: 60_000,
    // What is waited for comes when the machine has time for it.
    expect: { poll: { timeout: 20_000 } },
    fileParallelism: false,
    sequence: { groupOrder: 1 },
    browser: {
      enabled: true,
      headless: true,
      provider: playwright({ launchOptions: { ...(executablePath ? { executablePath } : {}), args: BROWSER_ARGS } }),
      instances: [{ browser: 'chromium' }],
      screenshotFailures: false,
      ui: false,
    },
  },
};

/** The built page in a browser that the test drives. */
const e2e: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: 'e2e',
    environment: 'node',
    include: ['tests/e2e/**/*.test.ts'],
    globalSetup: ['tests/setup/serve-page.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    fileParallelism: false,
    // Beside the browser project, whose WebGPU work leaves part of a core free.
    sequence: { groupOrder: 1 },
  },
};

export const projects = [node, browser, e2e];
