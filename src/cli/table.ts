/** Text tables for a terminal. */
import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';

const width = (text: string) => stripVTControlCharacters(text).length;

/**
 * Columns separated by two blanks, below a dim header.
 *
 * @param align per column, `l` or `r`; missing ones are `l`
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[], align = ''): string {
  const widths = header.map((title, c) => Math.max(width(title), ...rows.map((row) => width(row[c]))));
  const line = (cells: readonly string[]) =>
    cells
      .map((text, c) => {
        const blanks = ' '.repeat(widths[c] - width(text));
        return align[c] === 'r' ? blanks + text : text + blanks;
      })
      .join('  ')
      .trimEnd();
  return `${[pc.dim(line(header)), ...rows.map(line)].join('\n')}\n`;
}

/** Names on the left, values on the right. */
export function pairs(rows: readonly (readonly [string, string])[]): string {
  const widest = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${pc.dim(name.padEnd(widest))}  ${value}\n`).join('');
}
