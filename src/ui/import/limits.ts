/**
 * JSON of strangers, looked over before it is parsed: size, nesting, lengths and names of fields. One pass over the text without
 * recursion, which ends at the first offence, so that a hostile text costs no more than an honest one.
 */
import { formatCount } from '../../metrics/format.ts';

/** Bytes of a JSON text; the largest honest one is a sweep with its values written out. */
export const MOST_BYTES = 4 * 2 ** 20;
export const MOST_DEPTH = 24;
/** Entries of a list or fields of an object. */
export const MOST_ENTRIES = 1000;
/** Values of an axis: a sweep has no more points than this (`MOST_POINTS`). */
export const MOST_VALUES = 100_000;
/** Names that mean something else to the language than a field. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** An object, as JSON has them. */
export type Fields = Readonly<Record<string, unknown>>;
export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

interface Level {
  readonly isList: boolean;
  /** Index of the entry, or of the field. */
  index: number;
  /** Of the present field. */
  key: string;
}

/** The value of a JSON text, or one sentence why it is not looked at. */
export function readBoundedJson(text: string): { readonly value: unknown } | { readonly problem: string } {
  if (text.length > MOST_BYTES) {
    return { problem: `it has ${formatCount(text.length)} characters; valid are up to ${formatCount(MOST_BYTES)}` };
  }
  if (text.trim() === '') return { problem: 'it is empty; valid is JSON of an experiment, a sweep or a case' };
  const problem = scan(text);
  if (problem !== undefined) return { problem };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { problem: `it is not JSON (${error instanceof Error ? error.message : String(error)}); correct it there` };
  }
}

function scan(text: string): string | undefined {
  const levels: Level[] = [];
  // A text is a field's name where an object waits for one.
  let isName = false;
  for (let at = 0; at < text.length; at++) {
    const top = levels.at(-1);
    switch (text[at]) {
      case '"': {
        const end = endOfText(text, at);
        if (isName && top) {
          top.key = nameOf(text.slice(at, end + 1));
          isName = false;
          if (FORBIDDEN.has(top.key)) return `${pathOf(levels)}: no field may have the name "${top.key}"; remove it`;
        }
        at = end;
        break;
      }
      case '[':
      case '{':
        if (levels.length === MOST_DEPTH)
          return `${pathOf(levels)}: it is nested more than ${MOST_DEPTH} levels deep; valid are up to ${MOST_DEPTH}`;
        isName = text[at] === '{';
        levels.push({ isList: !isName, index: 0, key: '' });
        break;
      case ']':
      case '}':
        levels.pop();
        isName = false;
        break;
      case ',': {
        if (!top) break;
        top.index++;
        isName = !top.isList;
        const most = top.isList && levels.at(-2)?.key === 'values' ? MOST_VALUES : MOST_ENTRIES;
        if (top.index >= most) {
          const place = pathOf(levels.slice(0, -1)) || 'the document';
          return `${place}: more than ${formatCount(most)} ${top.isList ? 'values' : 'fields'}; valid are up to ${formatCount(most)}`;
        }
        break;
      }
    }
  }
  return undefined;
}

/** Where a text that begins at a quotation mark ends. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const end = text.indexOf('"', at);
    if (end < 0) return text.length;
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end;
    at = end;
  }
}

/** A field's name with its escapes resolved. */
function nameOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}

const MOST_SHOWN = 60;

/** `axes.0.values`; long paths end in dots. */
function pathOf(levels: readonly Level[]): string {
  const path = levels.map(({ isList, index, key }) => (isList ? String(index) : key)).join('.');
  return path.length > MOST_SHOWN ? `${path.slice(0, MOST_SHOWN)}…` : path;
}
