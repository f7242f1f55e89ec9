/** What a kernel's file must hold: one entry point, and a header that says what the code cannot. */
import { basename } from 'node:path';
import type { Offence, Source } from './sources.ts';

const BINDING = /@group\(\d+\)\s*@binding\((\d+)\)\s*var\s*(?:<([^>]*)>)?\s*(\w+)/g;
const ENTRY = /@compute\b[^{;]*?\bfn\s+(\w+)/g;

export interface ShaderBinding {
  readonly name: string;
  readonly number: number;
  readonly access: string;
  /** `file:line`. */
  readonly at: string;
}

export function kernelName(file: string): string {
  return basename(file, '.wgsl');
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function withoutComments(text: string): string {
  return text.replace(/\/\/.*$/gm, (comment) => ' '.repeat(comment.length));
}

/** Bindings of a shader and of what it imports, by number. */
export function findBindings(source: Source, library: ReadonlyMap<string, Source>): ShaderBinding[] {
  const own = [...withoutComments(source.text).matchAll(BINDING)].map((match) => ({
    name: match[3],
    number: Number(match[1]),
    access: (match[2] ?? '').split(',')[1]?.trim() ?? 'read',
    at: `${source.file}:${lineOf(source.text, match.index)}`,
  }));
  const imported = [...source.text.matchAll(/^\s*\/\/\s*#import\s+"([^"]+)"/gm)].flatMap(([, name]) => {
    const file = library.get(`shaders/${name}.wgsl`);
    return file === undefined ? [] : findBindings(file, library);
  });
  const byNumber = new Map([...imported, ...own].map((binding) => [binding.number, binding]));
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}

export function findWrongEntryPoint(source: Source): Offence[] {
  const entries = [...withoutComments(source.text).matchAll(ENTRY)].map((match) => ({
    name: match[1],
    line: lineOf(source.text, match.index),
  }));
  const expected = kernelName(source.file);
  if (entries.length === 0) return [`${source.file}:1 no entry point ${expected}`];
  return entries
    .filter(({ name }, index) => name !== expected || index > 0)
    .map(({ name, line }) => `${source.file}:${line} entry point ${name} in the file of ${expected}`);
}

/** An equation, `ref:`, and for each binding `name: (shape) read | write | accumulate`. */
export function findHeaderGaps(source: Source, library: ReadonlyMap<string, Source>): Offence[] {
  const lines = source.text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  const header = lines.slice(0, end < 0 ? lines.length : end).map((line) => line.slice(2).trim());
  const offences: Offence[] = [];
  if (!header.some((line) => line.includes('='))) offences.push(`${source.file}:1 header without an equation`);
  if (!header.some((line) => /^ref: \S/.test(line))) offences.push(`${source.file}:1 header without a line "ref: …"`);
  const described = header.join(' ').matchAll(/(\w+(?:, \w+)*): \([^)]*\)[^:]*?\b(?:read|write|accumulate)\b/g);
  const names = new Set([...described].flatMap((match) => match[1].split(', ')));
  for (const binding of findBindings(source, library)) {
    if (names.has(binding.name)) continue;
    offences.push(
      `${source.file}:1 header without "${binding.name}: (shape) read|write|accumulate" of the binding at ${binding.at}`,
    );
  }
  return offences;
}

/** Names that are in one of two lists only. */
export function findUnmatched(what: string, expected: Iterable<string>, found: Iterable<string>): Offence[] {
  const [left, right] = [new Set(expected), new Set(found)];
  return [
    ...[...left].filter((name) => !right.has(name)).map((name) => `${name} has no ${what}`),
    ...[...right].filter((name) => !left.has(name)).map((name) => `${what} ${name} has no kernel`),
  ];
}
