/** Finished runs as they are exported, in the columns of the command line: axes by their paths, every field of the results. */
import type { Format } from '../../metrics/table-text.ts';
import type { Cell, Column } from '../../metrics/trace-tables.ts';
import { rowOf, runColumns } from '../../sweep/run-table.ts';
import { type ExportedFile, tableFile } from '../export/tables.ts';
import type { Table } from '../frame.ts';
import type { RunTable } from './map-data.ts';
import type { Selected } from './selection.ts';

/** @param selected undefined for all runs; those that have not finished have nothing to say */
export function runFile(format: Format, table: RunTable, selected: Selected | undefined): Promise<ExportedFile> {
  const { columns, rows } = finishedRuns(table, selected);
  return tableFile(format, columns, rows);
}

/** The same as a table. */
export function runData(table: RunTable, selected: Selected | undefined): Table {
  const { columns, rows } = finishedRuns(table, selected);
  return { columns: columns.map(({ name }) => name), rows: [...rows] };
}

function finishedRuns(
  { axes, points, records }: RunTable,
  selected: Selected | undefined,
): { readonly columns: readonly Column[]; readonly rows: Iterable<readonly Cell[]> } {
  const columns = runColumns(axes, true);
  // Picked out now: records may come while the rows are written.
  const finished = points.flatMap((point, p) => {
    const record = records[p];
    return record && (!selected || selected.mask[p] === 1) ? [{ point, record }] : [];
  });
  const rows = function* () {
    for (const { point, record } of finished) yield rowOf(columns, record, point);
  };
  return { columns, rows: rows() };
}
