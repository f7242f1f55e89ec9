// Installs the packages of package-lock.json where they are missing or differ. First import of every script, so it has no
// dependencies, says nothing when there is nothing to do, and writes to stderr only: stdout belongs to the script.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The same as `engines` in package.json. */
function isSupported(major, minor) {
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

function readPackages(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
}

/** Native packages name their platform; the rest of the optional ones may have failed to build and stay away. */
function mustBeInstalled(entry) {
  if (!entry.optional && !entry.devOptional) return true;
  if (entry.os === undefined || !entry.os.includes(process.platform)) return false;
  if (entry.cpu !== undefined && !entry.cpu.includes(process.arch)) return false;
  return entry.libc === undefined || entry.libc.includes(libc());
}

let knownLibc;
function libc() {
  if (knownLibc === undefined) {
    process.report.excludeNetwork = true;
    knownLibc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  }
  return knownLibc;
}

function isInstalled() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const installed = readPackages('node_modules/.package-lock.json');
  return Object.entries(readPackages('package-lock.json')).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return !mustBeInstalled(entry);
    return found.version === entry.version && found.integrity === entry.integrity && existsSync(join(root, path));
  });
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (!isSupported(major, minor)) {
  fail(`Nablascope needs Node.js 20.19 or later in 20, 22.12 or later in 22, or 24 and up; this is ${process.versions.node}.`);
}
if (!isInstalled()) {
  console.error('Installing the packages that package-lock.json names (npm ci) …');
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const cli = process.env.npm_execpath;
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const result =
    cli !== undefined && basename(cli) === 'npm-cli.js'
      ? spawnSync(process.execPath, [cli, ...args], options)
      : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  if (result.status !== 0) fail('npm ci failed; its message is above. Is the npm registry reachable?');
}
