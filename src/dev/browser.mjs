// Finds a Chromium for the tests, and the software Vulkan driver that ships beside it. Node only, no dependencies: the CLI
// bundles this file.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const NAMES = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'chrome'];

/** Path of a Chrome or Chromium, or undefined. A NABLASCOPE_CHROME that names no file finds nothing, rather than another one. */
export function findBrowser() {
  return browsers()[0];
}

/** As `findBrowser`, but downloads or installs one where there is none. Throws an Error of one sentence. */
export function ensureBrowser() {
  const named = process.env.NABLASCOPE_CHROME;
  for (const provide of named ? [] : [undefined, downloadChromium, installDebianChromium]) {
    provide?.();
    const browser = browsers().find(starts);
    if (browser !== undefined) return browser;
  }
  if (named && starts(named)) return named;
  throw new Error(
    named
      ? `NABLASCOPE_CHROME names ${named}, which is not a browser that starts.`
      : 'The tests need Chrome or Chromium; none was found and none could be installed. Install one, or name it in NABLASCOPE_CHROME.',
  );
}

/**
 * The SwiftShader ICD file (for VK_DRIVER_FILES) that belongs to a browser, and the folder of the Vulkan loader
 * `libvulkan.so.1` beside it (for LD_LIBRARY_PATH), where that exists. Undefined for a browser without SwiftShader.
 */
export function swiftShaderIcd(browserPath) {
  const real = existsSync(browserPath) ? realpathSync(browserPath) : browserPath;
  const folders = [dirname(browserPath), dirname(real)];
  // A launcher script in /usr/bin does not tell where its browser is.
  if (/chromium/i.test(browserPath))
    folders.push('/usr/lib/chromium', '/usr/lib/chromium-browser', '/usr/lib64/chromium-browser');
  else folders.push('/opt/google/chrome');
  for (const folder of folders) {
    const icd = join(folder, 'vk_swiftshader_icd.json');
    if (existsSync(icd)) return { icd, loaderFolder: existsSync(join(folder, 'libvulkan.so.1')) ? folder : undefined };
  }
  return undefined;
}

function browsers() {
  const named = process.env.NABLASCOPE_CHROME;
  const paths = named ? [named] : [...installedBrowsers(), ...playwrightBrowsers()];
  return [...new Set(paths)].filter((path) => existsSync(path) && (path === named || !isSnapStub(path)));
}

function installedBrowsers() {
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  if (process.platform === 'darwin') {
    const apps = ['Google Chrome.app/Contents/MacOS/Google Chrome', 'Chromium.app/Contents/MacOS/Chromium'];
    return [...apps.flatMap((app) => [join('/Applications', app), join(homedir(), 'Applications', app)]), ...onPath];
  }
  if (process.platform === 'win32') {
    const folders = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA].filter(Boolean);
    return folders.flatMap((folder) => ['Google/Chrome', 'Chromium'].map((app) => join(folder, app, 'Application/chrome.exe')));
  }
  return [...onPath, ...NAMES.map((name) => join('/usr/bin', name)), '/opt/google/chrome/chrome', '/usr/lib/chromium/chromium'];
}

/** Playwright's downloads, newest first. */
function playwrightBrowsers() {
  const folder = playwrightFolder();
  if (!existsSync(folder)) return [];
  const revision = (name) => Number(name.split('-')[1]);
  return readdirSync(folder)
    .filter((name) => /^chromium-\d+$/.test(name) && existsSync(join(folder, name, 'INSTALLATION_COMPLETE')))
    .sort((a, b) => revision(b) - revision(a))
    .flatMap((name) => readdirSync(join(folder, name)).map((platform) => join(folder, name, platform)))
    .flatMap((platform) =>
      [
        'chrome',
        'chrome.exe',
        'Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
        'Chromium.app/Contents/MacOS/Chromium',
      ].map((file) => join(platform, file)),
    );
}

function playwrightFolder() {
  const named = process.env.PLAYWRIGHT_BROWSERS_PATH;
  if (named === '0') return join(packageFolder('playwright-core'), '.local-browsers');
  if (named) return named;
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/ms-playwright');
  if (process.platform === 'win32') return join(process.env.LOCALAPPDATA ?? join(homedir(), 'AppData/Local'), 'ms-playwright');
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ms-playwright');
}

function packageFolder(name) {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

/** Ubuntu's chromium-browser is a script that asks for a snap, which cannot see the tests' temporary profile. */
function isSnapStub(path) {
  if (process.platform !== 'linux') return false;
  if (realpathSync(path) === '/usr/bin/snap' || path.startsWith('/snap/')) return true;
  return path.endsWith('chromium-browser') && readFileSync(path).subarray(0, 4096).includes('snap');
}

/** False for a browser that lacks system libraries. On Windows, `--version` would open a window. */
function starts(path) {
  if (process.platform === 'win32') return true;
  const { status, stderr, error } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0)
    console.error(`${path} does not start: ${error?.message ?? (stderr.trim().split('\n')[0] || `exit ${status}`)}`);
  return status === 0;
}

function downloadChromium() {
  console.error("No Chrome or Chromium that starts: downloading Playwright's (npx playwright install chromium) …");
  run(process.execPath, [join(packageFolder('playwright'), 'cli.js'), 'install', '--no-shell', 'chromium']);
}

function installDebianChromium() {
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) return;
  console.error('Installing Chromium (apt-get install -y chromium) …');
  if (run('apt-get', ['update', '-q'])) run('apt-get', ['install', '-y', '-q', 'chromium']);
}

function run(command, args) {
  return spawnSync(command, args, { stdio: ['ignore', 2, 2] }).status === 0;
}
