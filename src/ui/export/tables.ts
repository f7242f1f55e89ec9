/** Rows as a file of a format; the writer of Parquet is loaded where one is asked for. */
import { type Format, textTable } from '../../metrics/table-text.ts';
import type { Trace } from '../../metrics/trace.ts';
import { type Cell, type Column, TRACE_TABLES, type TraceTable, traceRows } from '../../metrics/trace-tables.ts';
import { gatesOf } from '../../model/recurrent-network.ts';
import { isRegressionTask } from '../../model/regression.ts';
import type { Experiment } from '../../model/schema.ts';
import type { RetuneMark } from '../state.ts';

export interface ExportedFile {
  readonly parts: BlobPart[];
  readonly type: string;
  readonly rows: number;
}

const TYPES: Readonly<Record<Format, string>> = {
  csv: 'text/csv',
  json: 'application/json',
  parquet: 'application/vnd.apache.parquet',
};
/** Rows between two pauses, in which the page draws. */
const CHUNK = 4096;
const pause = () => new Promise<void>((resolve) => setTimeout(resolve));

export async function tableFile(
  format: Format,
  columns: readonly Column[],
  rows: Iterable<readonly Cell[]>,
): Promise<ExportedFile> {
  const type = TYPES[format];
  let count = 0;
  if (format === 'parquet') {
    const [{ ByteWriter }, { ParquetTable }] = await Promise.all([
      import('hyparquet-writer'),
      import('../../metrics/table-parquet.ts'),
    ]);
    const writer = new ByteWriter();
    const table = new ParquetTable(writer, columns);
    for (const row of rows) {
      await table.write(row);
      if (++count % CHUNK === 0) await pause();
    }
    await table.finish();
    return { parts: [writer.getBuffer()], type, rows: count };
  }
  const text = textTable(format, columns);
  const parts = [text.head];
  let chunk = '';
  for (const row of rows) {
    chunk += text.row(row, count++);
    if (count % CHUNK > 0) continue;
    parts.push(chunk);
    chunk = '';
    await pause();
  }
  parts.push(chunk, text.tail);
  return { parts, type, rows: count };
}

/** A run whose curves are exported; `name` stands in the column `runId`. */
export interface LabRun {
  readonly name: string;
  readonly trace: Trace;
  readonly experiment: Experiment;
}

export function traceFile(format: Format, table: TraceTable, runs: readonly LabRun[]): Promise<ExportedFile> {
  return tableFile(format, TRACE_TABLES[table], rowsOf(table, runs));
}

const CHANGE_COLUMNS: readonly Column[] = [
  { name: 'iteration', type: 'int' },
  { name: 'change', type: 'string' },
];

/** Changes of settings in mid-run: from which iteration on, and in words, which name the runs. */
export function changesFile(format: Format, marks: readonly RetuneMark[]): Promise<ExportedFile> {
  return tableFile(
    format,
    CHANGE_COLUMNS,
    marks.map(({ iteration, text }) => [iteration, text]),
  );
}

function* rowsOf(table: TraceTable, runs: readonly LabRun[]): Generator<readonly Cell[]> {
  for (const { name, trace, experiment } of runs) {
    const hasAccuracy = !isRegressionTask(experiment.task);
    yield* traceRows({ id: name, trace, hasAccuracy, gates: gatesOf(experiment) }, table);
  }
}
