/** Tables as CSV and JSON, row by row, and numbers as short as they can be. */
import type { Cell, Column } from './trace-tables.ts';

export const FORMATS = ['csv', 'json', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];
export type TextFormat = Exclude<Format, 'parquet'>;

/** The shortest decimal that rounds to the same float32; a number that is no float32, or whole, stays. */
export function shortest(x: number): number {
  if (!Number.isFinite(x) || Number.isInteger(x) || Math.fround(x) !== x) return x;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(x.toPrecision(digits));
    if (Math.fround(short) === x) return short;
  }
  return Number(x.toPrecision(9));
}

/** One row of CSV, RFC 4180, without its line feed: fields with commas, quotes or line breaks are quoted; null is an empty field. */
export function csvLine(cells: readonly (string | number | boolean | null)[]): string {
  const cell = (value: string | number | boolean | null) => {
    const text = typeof value === 'number' ? String(shortest(value)) : String(value ?? '');
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return cells.map(cell).join(',');
}

/** What stands before, in and after a table's rows. */
export interface TextTable {
  readonly head: string;
  /** @param index of the row */
  row(row: readonly Cell[], index: number): string;
  readonly tail: string;
}

/** CSV holds NaN, Infinity and -Infinity; JSON holds them as texts; an empty field or null does not apply. */
export function textTable(format: TextFormat, columns: readonly Column[]): TextTable {
  if (format === 'csv') {
    return { head: `${csvLine(columns.map(({ name }) => name))}\n`, row: (row) => `${csvLine(row)}\n`, tail: '' };
  }
  const names = columns.map(({ name }) => JSON.stringify(name));
  return {
    head: '[',
    row: (row, index) => `${index === 0 ? '' : ','}\n${jsonRow(names, columns, row)}`,
    tail: '\n]\n',
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
