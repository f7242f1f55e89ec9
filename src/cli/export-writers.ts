/** Tables as CSV, JSON and Parquet files, written while their rows come. */
import { rmSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileWriter } from 'hyparquet-writer';
import { ParquetTable } from '../metrics/table-parquet.ts';
import { type Format, type TextFormat, textTable } from '../metrics/table-text.ts';
import type { Cell, Column } from '../metrics/trace-tables.ts';
import { StoreError } from '../sweep/store.ts';
import { reasonOf } from './files.ts';

/** Stands for stdout among file names. */
export const STDOUT = '-';

export interface TableWriter {
  write(row: readonly Cell[]): void | Promise<void>;
  /** Puts the whole file in its place. */
  finish(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/**
 * A table that appears under its name when it is whole.
 *
 * @throws StoreError where the file cannot be written
 */
export async function openTable(file: string, format: Format, columns: readonly Column[]): Promise<TableWriter> {
  if (file === STDOUT) return writtenText(format as TextFormat, columns, (text) => print(text), nothing, nothing);
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}`);
  const discard = async () => rmSync(temporary, { force: true });
  return guarded(file, discard, async () => {
    if (format === 'parquet') return parquetTable(temporary, columns, () => rename(temporary, file), discard);
    const handle = await open(temporary, 'w');
    const close = async () => {
      await handle.close();
      await rename(temporary, file);
    };
    return writtenText(
      format,
      columns,
      (text) => writeText(handle, text),
      close,
      async () => {
        await handle.close();
        await discard();
      },
    );
  });
}

const nothing = () => Promise.resolve();

/** Errors of the disk in words, and no half-written file after one. */
async function guarded(file: string, discard: () => Promise<void>, create: () => Promise<TableWriter>): Promise<TableWriter> {
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      await discard();
      throw new StoreError(`${file} cannot be written (${reasonOf(error)}); free space or name another file.`, { cause: error });
    }
  };
  const table = await attempt(create);
  return {
    // Most rows only wait in memory: no promise for those.
    write: (row) => {
      const written = table.write(row);
      return written && attempt(() => written);
    },
    finish: () => attempt(() => table.finish()),
    discard: () => table.discard(),
  };
}

function print(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

async function writeText(handle: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
}

/** Characters that are written at a time. */
const CHUNK = 1 << 18;

function writtenText(
  format: TextFormat,
  columns: readonly Column[],
  write: (text: string) => Promise<void>,
  finish: () => Promise<void>,
  discard: () => Promise<void>,
): TableWriter {
  const { head, row: textOf, tail } = textTable(format, columns);
  let text = head;
  let rows = 0;
  const flush = async () => {
    const whole = text;
    text = '';
    await write(whole);
  };
  return {
    write(row) {
      text += textOf(row, rows++);
      return text.length < CHUNK ? undefined : flush();
    },
    async finish() {
      text += tail;
      await flush();
      await finish();
    },
    discard,
  };
}

function parquetTable(
  temporary: string,
  columns: readonly Column[],
  place: () => Promise<void>,
  discard: () => Promise<void>,
): TableWriter {
  const table = new ParquetTable(fileWriter(temporary), columns);
  return {
    write: (row) => table.write(row),
    async finish() {
      await table.finish();
      await place();
    },
    discard,
  };
}
