/** Runs as CSV: axes by their paths, outcomes as measured; numbers that are not finite are the words NaN and Infinity. */
import { OUTCOMES } from '../../metrics/aggregate.ts';
import type { RunTable } from './map-data.ts';

/** Rows written before the page has a turn. */
const AT_ONCE = 2000;

/** @param points in the order of their rows */
export async function runsAsCsv({ axes, points, records }: RunTable, rows: ArrayLike<number>): Promise<string> {
  const measured = OUTCOMES.filter(({ kind }) => kind === 'number');
  const lines = [['run', ...axes.map(({ path }) => path), 'verdict', ...measured.map(({ key }) => key), 'firstNonFiniteTensor']];
  const parts: string[] = [];
  const flush = () => {
    parts.push(lines.map((line) => `${line.join(',')}\r\n`).join(''));
    lines.length = 0;
  };
  for (let k = 0; k < rows.length; k++) {
    const { id, values } = points[rows[k]];
    const record = records[rows[k]];
    const outcomes = measured.map(({ of }) => (record ? cell(of(record)) : ''));
    const result = record?.result;
    lines.push([
      id,
      ...values.map(cell),
      result?.verdict.kind ?? 'not finished',
      ...outcomes,
      result?.firstNonFinite?.tensor ?? '',
    ]);
    if (lines.length < AT_ONCE) continue;
    flush();
    await new Promise((resolve) => setTimeout(resolve));
  }
  flush();
  return parts.join('');
}

/** A field of CSV (RFC 4180): quoted where it must be. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
