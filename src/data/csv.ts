/** The two tables: a header, numeric columns, then `target` (a class index) and `split` (train or test). No quoting. */
import { DataError } from '../model/errors.ts';

/** Rows of one split, in the file's order. */
export interface TableSplit {
  readonly n: number;
  /** (n, columns), as written in the file. */
  readonly x: Float64Array;
  /** Class indices, (n). */
  readonly labels: Uint32Array;
}

export interface Table {
  /** Names of the input columns. */
  readonly columns: readonly string[];
  readonly train: TableSplit;
  readonly test: TableSplit;
}

const NUMBER = /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/;
const RESTORE = 'restore the file from the repository';

/**
 * Reads a table, strictly: every row as wide as the header, every value a finite decimal number.
 *
 * @param file name for error messages, which also give the line (the header is line 1)
 * @param classes targets must be 0 … classes − 1
 * @throws DataError at the first line that is not as described
 */
export function readTable(file: string, bytes: Uint8Array, classes: number): Table {
  const fail = (line: number, problem: string) => new DataError(file, `line ${line}: ${problem}; ${RESTORE}`);
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const header = lines[0]?.split(',') ?? [];
  if (header.length < 3 || header.at(-2) !== 'target' || header.at(-1) !== 'split') {
    const found = header.slice(-2).join(',').slice(0, 60);
    throw fail(1, `the header ends in "${found}", expected column names that end in "target,split"`);
  }
  const columns = header.slice(0, -2);
  if (new Set(columns).size < columns.length) throw fail(1, 'a column name occurs twice, expected distinct names');

  const splits = { train: { x: [] as number[], labels: [] as number[] }, test: { x: [] as number[], labels: [] as number[] } };
  for (let i = 1; i < lines.length; i++) {
    const cells = lines[i].split(',');
    if (cells.length !== header.length) throw fail(i + 1, `${cells.length} values, expected ${header.length}`);
    const name = cells[columns.length + 1];
    if (name !== 'train' && name !== 'test') throw fail(i + 1, `split is "${name}", expected "train" or "test"`);
    for (const [c, column] of columns.entries()) {
      const value = NUMBER.test(cells[c]) ? Number(cells[c]) : Number.NaN;
      if (!Number.isFinite(value)) throw fail(i + 1, `${column} is "${cells[c]}", expected a number`);
      splits[name].x.push(value);
    }
    const target = cells[columns.length];
    if (!/^\d+$/.test(target) || Number(target) >= classes) {
      throw fail(i + 1, `target is "${target}", expected a class from 0 to ${classes - 1}`);
    }
    splits[name].labels.push(Number(target));
  }
  return { columns, train: pack(splits.train), test: pack(splits.test) };
}

function pack({ x, labels }: { x: number[]; labels: number[] }): TableSplit {
  return { n: labels.length, x: Float64Array.from(x), labels: Uint32Array.from(labels) };
}
