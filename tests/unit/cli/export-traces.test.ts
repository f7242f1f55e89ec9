/** The tables of recurrent traces, read back: every number of the trace, from the command line and from the page. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, test } from 'vitest';
import { exportStore } from '../../../src/cli/export.ts';
import { readAsset } from '../../../src/cli/files.ts';
import { openDirectory, openDirectoryToWrite } from '../../../src/cli/store-directory.ts';
import { loadDataset } from '../../../src/data/load.ts';
import { LAYER_SERIES } from '../../../src/metrics/layer-series.ts';
import { FORMATS, type Format } from '../../../src/metrics/table-text.ts';
import type { Trace } from '../../../src/metrics/trace.ts';
import { encodeTrace } from '../../../src/metrics/trace-codec.ts';
import { TRACE_TABLES, type TraceTable } from '../../../src/metrics/trace-tables.ts';
import { GATES } from '../../../src/model/recurrent-network.ts';
import { trainOne } from '../../../src/sweep/cohort.ts';
import { traceFile } from '../../../src/ui/export/tables.ts';
import { wasmEngine } from '../../support/run-kernel.ts';
import { sweepOf } from '../../support/stores.ts';
import { recordOf } from '../../support/synthetic.ts';

const STEPS = 5;
const TABLES = Object.keys(TRACE_TABLES) as TraceTable[];
type Row = Record<string, unknown>;

/** What stands in a file's bytes; numbers of CSV as numbers, empty fields as null. */
async function read(format: Format, bytes: Uint8Array<ArrayBuffer>, table: TraceTable): Promise<Row[]> {
  if (format === 'parquet') return parquetReadObjects({ file: bytes.buffer });
  const text = new TextDecoder().decode(bytes);
  const numeric = new Set(TRACE_TABLES[table].filter(({ type }) => type !== 'string').map(({ name }) => name as string));
  const cell = (name: string, value: unknown) =>
    value === null || value === '' ? null : numeric.has(name) ? Number(value) : value;
  const rows: Row[] =
    format === 'json'
      ? JSON.parse(text)
      : ((lines) =>
          lines.slice(1).map((line) => Object.fromEntries(line.split(',').map((value, k) => [lines[0].split(',')[k], value]))))(
          text.trim().split('\n'),
        );
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cell(name, value)])));
}

/** A trained run whose last record holds what is no number, in a folder, and its tables in each format. */
async function exported(cell: keyof typeof GATES) {
  const sweep = sweepOf({
    experiment: {
      task: { name: 'adding', length: STEPS },
      model: { kind: 'recurrent', cell, layers: 2, hidden: 4 },
      iterations: 2,
      probes: { histograms: true },
    },
    axes: [{ path: 'seed', values: [1] }],
  });
  const [point] = sweep.points;
  const { experiment, id } = point;
  const { trace } = await trainOne(
    wasmEngine(),
    { id, experiment },
    await loadDataset(experiment.task, readAsset),
    () => undefined,
  );
  const last = trace.layers[trace.layers.length - 1];
  for (const name of LAYER_SERIES) {
    if (name !== 'histogram')
      last[name].set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].slice(0, last[name].length));
  }
  const folder = mkdtempSync(join(tmpdir(), 'nablascope-'));
  const store = await openDirectoryToWrite(folder, sweep.manifest);
  await store.append(recordOf(point, trace), encodeTrace(trace));
  await store.close();
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const reader = await openDirectory(folder);
  for (const format of FORMATS) {
    const { files: names } = await exportStore(reader, { format, out: join(folder, `x.${format}`), traces: true, timing: false });
    for (const [k, table] of TABLES.entries()) files.set(`${table}.${format}`, Uint8Array.from(readFileSync(names[k + 1])));
  }
  await reader.close();
  rmSync(folder, { recursive: true });
  const rows = (table: TraceTable, format: Format) =>
    read(format, files.get(`${table}.${format}`) as Uint8Array<ArrayBuffer>, table);
  return { id, experiment, trace, files, rows };
}

const numbers = (rows: readonly Row[], name: string) =>
  Float32Array.from(rows, (row) => (row[name] === null ? -12345 : (row[name] as number)));
const whole = (trace: Trace, name: (typeof LAYER_SERIES)[number]) =>
  Float32Array.from(trace.layers.flatMap((record) => [...record[name]]));

describe.each(['lstm', 'gru'] as const)('%s of two layers', (cell) => {
  let run: Awaited<ReturnType<typeof exported>>;
  beforeAll(async () => {
    run = await exported(cell);
  });

  test.each(FORMATS)('%s has every number of the layers’ records, NaN and ±Infinity as such', async (format) => {
    const { trace, rows } = run;
    expect(whole(trace, 'log2Dh')).toHaveLength(2 * 2 * STEPS);
    const tables: Partial<Record<TraceTable, readonly (typeof LAYER_SERIES)[number][]>> = {
      layers: ['log2Dz'],
      weights: ['log2Dw', 'log2Weight', 'log2Update'],
      steps: cell === 'lstm' ? ['log2Dh', 'log2Dc'] : ['log2Dh'],
      gates: ['gateMean', 'gateSaturated'],
    };
    for (const [table, series] of Object.entries(tables)) {
      const read = await rows(table as TraceTable, format);
      for (const name of series) expect(numbers(read, name), `${table}.${name}`).toEqual(whole(trace, name));
    }
    const steps = await rows('steps', format);
    expect(steps[2 * STEPS + STEPS + 3]).toMatchObject({ runId: run.id, iteration: 1, layer: 1, step: 3 });
    if (cell === 'gru') expect(steps.every(({ log2Dc }) => log2Dc === null)).toBe(true);
    const gates = await rows('gates', format);
    const order = [0, 1].flatMap((layer) =>
      GATES[cell].flatMap((gate) => Array.from({ length: STEPS }, (_, step) => ({ layer, gate, step }))),
    );
    expect(gates.slice(0, order.length)).toEqual(order.map((row) => expect.objectContaining({ ...row, iteration: 0 })));
  });

  test.each(FORMATS)(
    '%s has spectra of every matrix, histograms that count every weight, and how the run ended',
    async (format) => {
      const { trace, rows } = run;
      const wanted = trace.tests.flatMap(({ iteration, spectra }) =>
        spectra.map(({ matrix, radius, sigma }) => [iteration, matrix, Math.fround(radius), Math.fround(sigma)]),
      );
      expect(wanted.length).toBeGreaterThanOrEqual(2 * GATES[cell].length);
      const found = await rows('spectra', format);
      expect(
        found.map(({ iteration, matrix, spectralRadius, largestSingularValue }) => [
          iteration,
          matrix,
          Math.fround(spectralRadius as number),
          Math.fround(largestSingularValue as number),
        ]),
      ).toEqual(wanted);
      const counts = (await rows('histograms', format)).filter(({ iteration, weight }) => iteration === 0 && weight === 0);
      const size = (cell === 'lstm' ? 4 : 3) * 4 * 2;
      expect(counts.reduce((sum, { count }) => sum + (count as number), 0)).toBe(size);
      expect((await rows('traces', format)).map(({ ended, firstNonFinite }) => [ended, firstNonFinite])).toEqual([
        [null, null],
        ['iterations', null],
      ]);
    },
  );

  test('the page writes the bytes of the command line', async () => {
    const { id, trace, experiment, files } = run;
    for (const format of FORMATS) {
      for (const table of TABLES) {
        const { parts } = await traceFile(format, table, [{ name: id, trace, experiment }]);
        const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
        expect(Buffer.from(bytes).equals(files.get(`${table}.${format}`) as Uint8Array), `${table}.${format}`).toBe(true);
      }
    }
  });
});
