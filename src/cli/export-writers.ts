/** Tables as CSV, JSON and Parquet files, written while their rows come. */
import { rmSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type BasicType, fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { StoreError } from '../sweep/store.ts';
import type { Cell, Column, ColumnType } from './export-columns.ts';
import { reasonOf } from './files.ts';
import { csvLine, shortest } from './json.ts';

export const FORMATS = ['csv', 'json', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];

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
  if (file === STDOUT) return textTable(format, columns, (text) => print(text), nothing, nothing);
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}`);
  const discard = async () => rmSync(temporary, { force: true });
  return guarded(file, discard, async () => {
    if (format === 'parquet') return parquetTable(temporary, columns, () => rename(temporary, file), discard);
    const handle = await open(temporary, 'w');
    const close = async () => {
      await handle.close();
      await rename(temporary, file);
    };
    return textTable(
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

function textTable(
  format: Format,
  columns: readonly Column[],
  write: (text: string) => Promise<void>,
  finish: () => Promise<void>,
  discard: () => Promise<void>,
): TableWriter {
  const isJson = format === 'json';
  const names = columns.map(({ name }) => JSON.stringify(name));
  let text = isJson ? '[' : `${csvLine(columns.map(({ name }) => name))}\n`;
  let rows = 0;
  const flush = async () => {
    const whole = text;
    text = '';
    await write(whole);
  };
  return {
    write(row) {
      text += isJson ? `${rows++ === 0 ? '' : ','}\n${jsonRow(names, columns, row)}` : `${csvLine(row)}\n`;
      return text.length < CHUNK ? undefined : flush();
    },
    async finish() {
      if (isJson) text += '\n]\n';
      await flush();
      await finish();
    },
    discard,
  };
}

function jsonRow(names: readonly string[], columns: readonly Column[], row: readonly Cell[]): string {
  const fields = row.map((value, k) => {
    if (columns[k].type === 'json') return `${names[k]}:${value}`;
    if (typeof value !== 'number') return `${names[k]}:${JSON.stringify(value)}`;
    return `${names[k]}:${Number.isFinite(value) ? shortest(value) : `"${value}"`}`;
  });
  return `{${fields.join(',')}}`;
}

const PARQUET_TYPES: Readonly<Record<ColumnType, BasicType>> = {
  string: 'STRING',
  boolean: 'BOOLEAN',
  int: 'INT32',
  float: 'FLOAT',
  double: 'DOUBLE',
  // Text: readers that know no JSON type show it, too.
  json: 'STRING',
};

/** Rows of a row group: a fixed number, so that the file depends on its rows alone. */
const GROUP = 1 << 16;

function parquetTable(
  temporary: string,
  columns: readonly Column[],
  place: () => Promise<void>,
  discard: () => Promise<void>,
): TableWriter {
  const writer = fileWriter(temporary);
  const described = columns.map(({ name, type }) => ({ name, type: PARQUET_TYPES[type], nullable: true, data: [] }));
  const schema = schemaFromColumnData({ columnData: described });
  const parquet = new ParquetWriter({ writer, schema, createdBy: 'nablascope' });
  let data: Cell[][] = columns.map(() => []);
  const flush = async () => {
    const columnData = columns.map(({ name }, k) => ({ name, data: data[k] }));
    data = columns.map(() => []);
    await parquet.write({ columnData, rowGroupSize: GROUP });
  };
  return {
    write(row) {
      for (let k = 0; k < row.length; k++) data[k].push(row[k]);
      return data[0].length < GROUP ? undefined : flush();
    },
    async finish() {
      if (data[0].length > 0) await flush();
      await parquet.finish();
      await place();
    },
    discard,
  };
}
