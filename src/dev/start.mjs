// Builds the page, serves it, prints its address, and opens it in the reader's browser where there is one.
import './install.mjs';
import './follow-npm.mjs';
import { spawn } from 'node:child_process';
import util from 'node:util';
import { buildPage, problemOf, root } from './build.mjs';

const { values } = util.parseArgs({
  options: { port: { type: 'string' }, host: { type: 'string' }, open: { type: 'boolean', default: true } },
  allowNegative: true,
});

try {
  await buildPage();
} catch (error) {
  console.error(`The page could not be built: ${problemOf(error)}`);
  process.exit(1);
}
const { preview } = await import('vite');
const server = await preview({
  root,
  logLevel: 'warn',
  preview: {
    open: false,
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values.host === undefined ? {} : { host: values.host }),
  },
});
const addresses = [...server.resolvedUrls.local, ...server.resolvedUrls.network];
console.log(`Nablascope runs at ${addresses.join(' and ')} (Ctrl+C ends it)`);
if (values.open) openBrowser(addresses[0]);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));

/** Nothing where there is no browser: the address is printed anyway. */
function openBrowser(address) {
  const command = browserCommand();
  if (command === undefined) return;
  const [file, ...args] = command;
  const child = spawn(file, [...args, address], { stdio: 'ignore', detached: true });
  child.once('error', () => console.log(`No browser opened (${file} did not start); open the address yourself.`));
  child.unref();
}

function browserCommand() {
  const named = process.env.BROWSER;
  if (named === 'none' || process.env.CI) return undefined;
  if (named) return [named];
  if (process.platform === 'darwin') return ['open'];
  if (process.platform === 'win32') return ['cmd', '/c', 'start', '""'];
  return process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
}
