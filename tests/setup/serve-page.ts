import { existsSync } from 'node:fs';
import { type PreviewServer, preview } from 'vite';
import type { TestProject } from 'vitest/node';
import { findBrowser } from '../../src/dev/browser.mjs';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of the built page, ending in a slash. */
    url: string;
    /** Path of the Chrome or Chromium that opens it; launch it with BROWSER_ARGS. */
    browserPath: string;
  }
}

let server: PreviewServer | undefined;

/** Serves dist/page as `npm start` does, on a port that is free. */
export async function setup(project: TestProject): Promise<void> {
  if (!existsSync('dist/page/index.html')) throw new Error('dist/page is missing: run `npx vite build` first, or `npm test`.');
  const browserPath = findBrowser();
  if (browserPath === undefined) throw new Error('No Chrome or Chromium found: `npm test` installs one.');
  server = await preview({ logLevel: 'warn', preview: { open: false, port: 0 } });
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error('vite preview has no local address.');
  project.provide('url', url);
  project.provide('browserPath', browserPath);
}

export async function teardown(): Promise<void> {
  await server?.close();
}
