/** Reads the repository for the structure test, and the rules that look at one TypeScript file. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

export interface Source {
  /** Relative to the repository, with slashes. */
  readonly file: string;
  readonly text: string;
}

/** `file:line what is wrong`. */
export type Offence = string;

/** Files below a folder whose names match, in alphabetical order. */
export function readSources(folder: string, name: RegExp): Source[] {
  return readdirSync(folder).flatMap((entry) => {
    const file = `${folder}/${entry}`;
    if (statSync(join(process.cwd(), file)).isDirectory()) return readSources(file, name);
    return name.test(entry) ? [{ file, text: readFileSync(file, 'utf8') }] : [];
  });
}

const trees = new WeakMap<Source, ts.SourceFile>();

export function parse(source: Source): ts.SourceFile {
  const tree = trees.get(source) ?? ts.createSourceFile(source.file, source.text, ts.ScriptTarget.ESNext, true);
  trees.set(source, tree);
  return tree;
}

/** `file:line` of a node. */
export function at(tree: ts.SourceFile, node: ts.Node): string {
  return `${tree.fileName}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`;
}

function collect(tree: ts.SourceFile, find: (node: ts.Node) => string | undefined): Offence[] {
  const offences: Offence[] = [];
  const visit = (node: ts.Node) => {
    const problem = find(node);
    if (problem !== undefined) offences.push(`${at(tree, node)} ${problem}`);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return offences;
}

export function findDefaultExports(source: Source): Offence[] {
  return collect(parse(source), (node) => {
    const isAssignment = ts.isExportAssignment(node) && !node.isExportEquals;
    const isDeclaration =
      ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword);
    const isSpecifier = ts.isExportSpecifier(node) && node.name.text === 'default';
    return isAssignment || isDeclaration || isSpecifier ? 'default export' : undefined;
  });
}

const DETERMINISTIC = /^src\/(math|data|model|theory|plan|metrics|report)\//;
const CLOCKS = ['Math.random', 'Date.now', 'performance.now', 'crypto.getRandomValues', 'crypto.randomUUID'];

/** Clocks and unseeded randomness where results are computed. */
export function findNondeterminism(source: Source): Offence[] {
  if (!DETERMINISTIC.test(source.file)) return [];
  return collect(parse(source), (node) => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date') return 'new Date in a deterministic layer';
    if (!ts.isPropertyAccessExpression(node)) return undefined;
    const name = node.getText().replace(/^(globalThis|self|window)\./, '');
    return CLOCKS.includes(name) ? `${name} in a deterministic layer` : undefined;
  });
}

/** Shader text belongs in shaders/. */
export function findWgsl(source: Source): Offence[] {
  return collect(parse(source), (node) => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    return isText && node.text.includes('@compute') ? 'WGSL in TypeScript' : undefined;
  });
}

export function findLongFile(source: Source, limit: number): Offence[] {
  const lines = source.text.replace(/\n$/, '').split('\n').length;
  return lines > limit ? [`${source.file}:${limit + 1} ${lines} lines, the limit is ${limit}: split by concept`] : [];
}

/** Custom elements that no component test names. */
export function findUntestedElements(sources: readonly Source[], tests: readonly Source[]): Offence[] {
  const named = new Set(tests.flatMap(({ text }) => text.match(/\bnabla-[a-z-]+/g) ?? []));
  const untested = (node: ts.Node) => {
    if (!ts.isCallExpression(node) || node.expression.getText() !== 'customElement') return undefined;
    const [tag] = node.arguments;
    if (!tag || !ts.isStringLiteralLike(tag) || named.has(tag.text)) return undefined;
    return `<${tag.text}> has no component test in tests/unit/ui`;
  };
  return sources.flatMap((source) => collect(parse(source), untested));
}
