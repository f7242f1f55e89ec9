/** Files that the user names: read with clear errors, written whole or not at all. */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAssetFromFolder } from '../data/read-asset-node.ts';
import { ConfigError, DataError } from '../model/errors.ts';
import { UsageError } from './errors.ts';

/** @throws DataError when the file cannot be read */
export function readBytes(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw new DataError(file, reasonOf(error));
  }
}

/** @throws DataError when the file cannot be read, ConfigError when it is no JSON */
export function readJson(file: string): unknown {
  const text = new TextDecoder().decode(readBytes(file));
  try {
    return JSON.parse(text);
  } catch (error) {
    const problem = text.trim() === '' ? 'the file is empty' : (error as Error).message;
    throw new ConfigError(file, [{ path: '', problem: `is not JSON (${problem}); correct it there` }]);
  }
}

/**
 * Checks, before work begins, that a folder can be written to or made; makes nothing.
 *
 * @throws UsageError
 */
export function checkFolder(folder: string): void {
  let at = resolve(folder);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  if (!statSync(at).isDirectory()) {
    throw new UsageError(`--out ${folder}: ${at} is a file, not a folder; name another folder.`);
  }
  try {
    accessSync(at, constants.W_OK);
  } catch (error) {
    throw new UsageError(`--out ${folder}: ${at} cannot be written to (${reasonOf(error)}); name another folder.`);
  }
}

/**
 * Writes files into a folder, which is made where it is missing: all under temporary names first, then renamed.
 *
 * @throws UsageError when one cannot be written; none of the files has changed then
 */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  const written = new Map<string, string>();
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      const temporary = join(folder, `.${name}.${process.pid}.tmp`);
      written.set(name, temporary);
      writeFileSync(temporary, text);
    }
    for (const [name, temporary] of written) renameSync(temporary, join(folder, name));
  } catch (error) {
    for (const temporary of written.values()) if (existsSync(temporary)) rmSync(temporary);
    throw new UsageError(`--out ${folder} cannot be written (${reasonOf(error)}); free space or name another folder.`);
  }
}

/**
 * Writes one file whole or not at all.
 *
 * @throws UsageError when it cannot be written; a file of that name stays as it was then
 */
export function writeWhole(file: string, text: string): void {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}`);
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new UsageError(`${file} cannot be written (${reasonOf(error)}); free space or name another file.`);
  }
}

/** Why a file could not be read or written, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file; check the name';
    case 'EISDIR':
      return 'it is a folder, not a file; name a file';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ENOSPC':
      return 'the disk is full';
    case 'EDQUOT':
      return 'the disk quota is used up';
    case 'EROFS':
      return 'the disk is read-only';
    case 'ENOTDIR':
      return 'part of the path is a file, not a folder';
    case 'EIO':
      return 'the disk reports an error';
    default:
      return code ?? message;
  }
}

/** The repository's data files; this code runs from dist/cli, or from src/cli in tests. */
export const readAsset = readAssetFromFolder(join(repository(), 'src/data/assets'));

function repository(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(at, 'package-lock.json')) && dirname(at) !== at) at = dirname(at);
  return at;
}
