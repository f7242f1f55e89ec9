/** Numbers and documents as text. */
import { csvLine, shortest } from '../metrics/table-text.ts';

/**
 * JSON of a document whose numbers may be non-finite: those become the strings "NaN", "Infinity" and "-Infinity". Numbers that
 * are float32 are shortened.
 */
export function toJson(document: unknown): string {
  const plain = (_: string, value: unknown) => {
    if (typeof value !== 'number') return value;
    return Number.isFinite(value) ? shortest(value) : String(value);
  };
  return `${JSON.stringify(document, plain, 2)}\n`;
}

/** Rows as CSV, RFC 4180: fields with commas, quotes or line breaks are quoted. Numbers that are float32 are shortened. */
export function toCsv(header: readonly string[], rows: Iterable<readonly (string | number)[]>): string {
  const lines = [csvLine(header)];
  for (const row of rows) lines.push(csvLine(row));
  return `${lines.join('\n')}\n`;
}
