// A Vite plugin that compiles the CPU engine's AssemblyScript and serves it as the module `virtual:cpu-kernels`.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NAME = 'virtual:cpu-kernels';
const folder = fileURLToPath(new URL('../engine/cpu/wasm/assembly', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/cpu-kernels', import.meta.url));

// No runtime: the kernels allocate nothing, and their memory is the session's. Warnings 112 and 201 are of hosts that pass vectors
// and of 64-bit addresses, of which there are none.
const OPTIONS = '-O3 --noAssert --runtime stub --importMemory --enable simd --disableWarning 112,201'.split(' ');

/** Exports `base64`, the compiled module: inlined, so that page, worker and the CLI's single file load it alike. */
export function assembly() {
  return {
    name: 'nablascope:assembly',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    async load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const sources = readSources();
      // The development server loads this module anew when one of them changes.
      for (const file of sources.keys()) this.addWatchFile(join(folder, file));
      const bytes = readCached(sources) ?? (await compile(sources));
      return `export const base64 = ${JSON.stringify(bytes.toString('base64'))};`;
    },
  };
}

/** Texts by file name. */
function readSources() {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  return new Map(files.sort().map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

/** Where the result for these sources, this compiler and these options is kept, so that a second build costs nothing. */
function cachedFile(sources) {
  const { version } = createRequire(import.meta.url)('assemblyscript/package.json');
  const hash = createHash('sha256').update(JSON.stringify([version, OPTIONS, ...sources]));
  return join(cache, `${hash.digest('hex').slice(0, 16)}.wasm`);
}

function readCached(sources) {
  try {
    return readFileSync(cachedFile(sources));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function compile(sources) {
  const { default: asc } = await import('assemblyscript/asc');
  let bytes;
  const { error, stderr } = await asc.main(['index.ts', '--outFile', 'kernels.wasm', ...OPTIONS], {
    readFile: (name) => sources.get(name) ?? null,
    writeFile: (_, contents) => {
      bytes = Buffer.from(contents);
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`${folder}: ${stderr.toString()}${error.message}`);
  mkdirSync(cache, { recursive: true });
  const file = cachedFile(sources);
  // Renamed into place when whole: several builds may run at once.
  writeFileSync(`${file}.${process.pid}`, bytes);
  renameSync(`${file}.${process.pid}`, file);
  return bytes;
}
