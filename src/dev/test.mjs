// The whole gate: format and lint, types, both builds, every test. Arguments go to Vitest: `npm test -- tests/unit`.
import './install.mjs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBrowser } from './browser.mjs';
import { buildCli, buildPage, problemOf, root } from './build.mjs';

// Vitest colours a pipe, too.
if (!process.stdout.isTTY && process.env.FORCE_COLOR === undefined) process.env.NO_COLOR = '1';

const INCREMENTAL = ['--incremental', '--tsBuildInfoFile', join(root, 'node_modules/.cache/tsc.json')];
const failed = [];

/** Runs one part, which throws or returns a non-zero status where it fails, and prints how long it took. */
async function run(name, part) {
  const start = performance.now();
  let passed = false;
  try {
    passed = ((await part()) ?? 0) === 0;
  } catch (error) {
    console.error(problemOf(error));
  }
  if (!passed) failed.push(name);
  console.log(`${passed ? '✓' : '✗'} ${name} ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

function node(script, ...args) {
  return spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: root, stdio: 'inherit' }).status ?? 1;
}

await run('format and lint (npm run fix mends what it can)', () =>
  node('@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', ...(process.env.NO_COLOR ? ['--colors=off'] : [])),
);
await run('types', () => node('typescript/bin/tsc', ...INCREMENTAL, '--pretty', String(!process.env.NO_COLOR)));
await run('page build', buildPage);
await run('CLI build', buildCli);
// Vitest is told the browser that was seen to start.
await run('browser', () => {
  process.env.NABLASCOPE_CHROME = ensureBrowser();
});
if (failed.length === 0) await run('tests', () => node('vitest/vitest.mjs', 'run', ...process.argv.slice(2)));
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}${failed.includes('tests') ? '' : '. The tests did not run.'}`);
  process.exitCode = 1;
}
