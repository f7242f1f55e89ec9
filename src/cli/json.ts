/** Numbers and documents as text. */

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

/** The shortest decimal that rounds to the same float32; a number that is no float32, or whole, stays. */
export function shortest(x: number): number {
  if (!Number.isFinite(x) || Number.isInteger(x) || Math.fround(x) !== x) return x;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(x.toPrecision(digits));
    if (Math.fround(short) === x) return short;
  }
  return Number(x.toPrecision(9));
}

/** Rows as CSV, RFC 4180: fields with commas, quotes or line breaks are quoted. Numbers that are float32 are shortened. */
export function toCsv(header: readonly string[], rows: Iterable<readonly (string | number)[]>): string {
  const lines = [csvLine(header)];
  for (const row of rows) lines.push(csvLine(row));
  return `${lines.join('\n')}\n`;
}

/** One row of `toCsv`, without its line feed; null is an empty field. */
export function csvLine(cells: readonly (string | number | boolean | null)[]): string {
  const cell = (value: string | number | boolean | null) => {
    const text = typeof value === 'number' ? String(shortest(value)) : String(value ?? '');
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return cells.map(cell).join(',');
}
