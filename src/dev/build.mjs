// Vite builds of the page and of the CLI.
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import util from 'node:util';
import { assembly } from './assembly.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const page = join(root, 'dist/page');
export const cli = join(root, 'dist/cli/cli.js');

/** Builds index.html and the worker into dist/page. */
export async function buildPage() {
  const { build } = await import('vite');
  await build({ root, logLevel: 'warn' });
}

/**
 * Builds src/cli.ts into one file for Node, dist/cli/cli.js, with its packages, shaders and assets inside; the native
 * `webgpu` stays outside. Renamed into place when whole, so that concurrent calls do not disturb each other.
 */
export async function buildCli() {
  const { build } = await import('vite');
  const folder = join(root, `dist/.cli-${process.pid}`);
  try {
    await build({
      root,
      configFile: false,
      logLevel: 'error',
      publicDir: false,
      plugins: [assembly()],
      ssr: { target: 'node', noExternal: true, external: ['webgpu'] },
      build: {
        ssr: 'src/cli.ts',
        target: 'node20',
        outDir: folder,
        assetsInlineLimit: Number.MAX_SAFE_INTEGER,
        reportCompressedSize: false,
        rolldownOptions: { output: { codeSplitting: false, entryFileNames: 'cli.js' } },
      },
    });
    mkdirSync(join(root, 'dist/cli'), { recursive: true });
    renameSync(join(folder, 'cli.js'), cli);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A build error's message; Vite colours it letter by letter, terminal or not. */
export function problemOf(error) {
  return util.stripVTControlCharacters(error instanceof Error ? error.message : String(error));
}

/** True when dist/cli/cli.js is older than what it is made of. A folder's own time tells of removed files. */
export function isCliStale() {
  const built = statSync(cli, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return ['src', 'shaders', 'package-lock.json', 'tsconfig.json'].some((name) => isNewer(join(root, name), built));
}

function isNewer(path, time) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (stat.mtimeMs > time) return true;
  // The benchmark's peers have their own node_modules, thousands of files that no build reads.
  return stat.isDirectory() && readdirSync(path).some((name) => name !== 'node_modules' && isNewer(join(path, name), time));
}
