/** `export`: a sweep's results as tables for other programs. */
import { extname, join } from 'node:path';
import { formatRuns } from '../metrics/format.ts';
import { FORMATS, type Format } from '../metrics/table-text.ts';
import { decodeTrace } from '../metrics/trace-codec.ts';
import { TRACE_TABLES, type TraceTable, traceRows } from '../metrics/trace-tables.ts';
import { gatesOf } from '../model/recurrent-network.ts';
import { expand, type Point, resolveAxes } from '../sweep/axes.ts';
import type { RunRecord } from '../sweep/record.ts';
import { rowOf, runColumns } from '../sweep/run-table.ts';
import { type Arguments, readChoice } from './arguments.ts';
import { EXIT, UsageError } from './errors.ts';
import { openTable, STDOUT, type TableWriter } from './export-writers.ts';
import type { Command } from './main.ts';
import { type DirectoryStore, openDirectory } from './store-directory.ts';
import { onePositional } from './train.ts';

export const exportRuns: Command = {
  name: 'export',
  usage: 'DIR [--format csv|json|parquet] [--traces] [--timing] [--out FILE]',
  summary: 'Writes a sweep’s results as CSV, JSON or Parquet.',
  options: {
    format: { value: FORMATS.join('|'), help: 'csv (default), json or parquet.' },
    traces: {
      help: `Writes the recorded curves, too: ${Object.keys(TRACE_TABLES)
        .map((name) => `-${name}`)
        .join(', ')} beside the table of runs.`,
    },
    timing: { help: 'Adds the iterations per second, which differ when a sweep is repeated.' },
    out: { value: 'FILE', help: 'The table of runs; by default DIR/runs.csv and so on. - is stdout.' },
  },
  notes:
    'A row per run in the order of the sweep’s points, the same bytes however the sweep was interrupted or cut into shards.\nCSV holds NaN, Infinity and -Infinity; JSON holds them as texts; an empty field or null does not apply.\nExample: export sweep1 --format parquet --traces',
  run,
};

async function run(args: Arguments): Promise<number> {
  const folder = onePositional('export', args, 'a folder that sweep --out wrote');
  const format = readChoice('export', args, 'format', FORMATS, 'csv');
  const out = args.value('out') ?? join(folder, `runs.${format}`);
  if (out === STDOUT && format === 'parquet') throw new UsageError('export: Parquet is no text; name a file with --out FILE.');
  if (out === STDOUT && args.flag('traces')) {
    throw new UsageError('export: --traces writes several tables; name a file with --out FILE.');
  }
  const store = await openDirectory(folder);
  try {
    const options = { format, out, traces: args.flag('traces'), timing: args.flag('timing') };
    const { files, rows, missing } = await exportStore(store, options);
    const gaps = missing > 0 ? `; ${formatRuns(missing)} of the sweep missing` : '';
    const stream = out === STDOUT ? process.stderr : process.stdout;
    stream.write(`${formatRuns(rows)} written to ${files.join(', ')}${gaps}.\n`.replace(' to -', ''));
    return EXIT.done;
  } finally {
    await store.close();
  }
}

export interface ExportOptions {
  readonly format: Format;
  /** File of the table of runs, or STDOUT. */
  readonly out: string;
  readonly traces: boolean;
  readonly timing: boolean;
}

export interface Exported {
  readonly files: readonly string[];
  readonly rows: number;
  /** Runs of the sweep that have no record. */
  readonly missing: number;
}

/** @throws StoreError where a trace has changed, or a file cannot be written; files of these names stay as they were then */
export async function exportStore(store: DirectoryStore, options: ExportOptions): Promise<Exported> {
  const { format, out, traces, timing } = options;
  const { sweep } = store.manifest;
  const columns = runColumns(resolveAxes(sweep), timing);
  const { points } = expand(sweep, store.folder);
  const records = new Map<string, RunRecord>();
  for await (const record of store.records()) records.set(record.id, record);
  const finished = points.flatMap((point) => {
    const record = records.get(point.id);
    return record ? [{ point, record }] : [];
  });
  const files = [out];
  const writers = [await openTable(out, format, columns)];
  try {
    for (const { point, record } of finished) await writers[0].write(rowOf(columns, record, point));
    if (traces) {
      for (const name of Object.keys(TRACE_TABLES) as TraceTable[]) {
        const file = besideOf(out, name);
        const writer = await openTable(file, format, TRACE_TABLES[name]);
        files.push(file);
        writers.push(writer);
        await writeTraces(store, finished, name, writer);
      }
    }
  } catch (error) {
    for (const writer of writers) await writer.discard();
    throw error;
  }
  for (const writer of writers) await writer.finish();
  return { files, rows: finished.length, missing: points.length - finished.length };
}

/** `runs.csv` and `traces` are `runs-traces.csv`. */
function besideOf(file: string, table: TraceTable): string {
  const extension = extname(file);
  return `${file.slice(0, file.length - extension.length)}-${table}${extension}`;
}

/** One trace in memory at a time. A table after the other reads the traces again, and keeps few rows waiting. */
async function writeTraces(
  store: DirectoryStore,
  finished: readonly { readonly point: Point; readonly record: RunRecord }[],
  table: TraceTable,
  writer: TableWriter,
): Promise<void> {
  for (const { point, record } of finished) {
    const bytes = await store.trace(record.id);
    if (!bytes) continue;
    const run = {
      id: record.id,
      trace: decodeTrace(bytes),
      hasAccuracy: record.result.accuracy !== null,
      gates: gatesOf(point.experiment),
    };
    for (const row of traceRows(run, table)) {
      const written = writer.write(row);
      if (written) await written;
    }
  }
}
