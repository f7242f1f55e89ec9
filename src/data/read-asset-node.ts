/** Data files from a folder, for the command line and tests. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError } from '../model/errors.ts';
import type { ReadAsset } from './dataset.ts';

/**
 * Reads assets below `root`, a path or a `file:` URL of the folder `assets`.
 * What it returns throws DataError when a file is missing or cannot be read.
 */
export function readAssetFromFolder(root: string | URL): ReadAsset {
  const folder = typeof root === 'string' ? root : fileURLToPath(root);
  return async (path) => {
    const file = join(folder, path);
    try {
      return new Uint8Array(await readFile(file));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      const problem =
        code === 'ENOENT'
          ? `there is no file ${file}; restore it from the repository`
          : `${file} cannot be read (${code}); check its permissions or restore it from the repository`;
      throw new DataError(path, problem);
    }
  };
}
