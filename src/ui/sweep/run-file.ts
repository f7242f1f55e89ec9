/** Finished runs as a file, in the columns that the command line exports: axes by their paths, every field of the results. */
import type { Format } from '../../metrics/table-text.ts';
import { rowOf, runColumns } from '../../sweep/run-table.ts';
import { type ExportedFile, tableFile } from '../export/tables.ts';
import type { RunTable } from './map-data.ts';

/** @param rows points in the order of their rows; those that have not finished have nothing to say */
export function runFile(format: Format, { axes, points, records }: RunTable, rows: ArrayLike<number>): Promise<ExportedFile> {
  const columns = runColumns(axes, true);
  const finished = Array.from(rows).flatMap((p) => {
    const record = records[p];
    return record ? [{ point: points[p], record }] : [];
  });
  return tableFile(
    format,
    columns,
    (function* () {
      for (const { point, record } of finished) yield rowOf(columns, record, point);
    })(),
  );
}
