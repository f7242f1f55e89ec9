/** Who may import whom. */
import { posix } from 'node:path';
import * as ts from 'typescript';
import { at, type Offence, parse, type Source } from './sources.ts';

interface Layer {
  /** Layers it may import. */
  readonly sees: readonly string[];
  /** Layers it may import as types only. */
  readonly types?: readonly string[];
  /** Single files of other layers. */
  readonly files?: readonly string[];
}

const ENGINES = ['engine', 'engine/gpu', 'engine/cpu'];
const ALL_BUT_UI = [
  'math',
  'data',
  'metrics',
  'theory',
  'model',
  'scenarios',
  'plan',
  ...ENGINES,
  'sweep',
  'audit',
  'report',
  'bench',
  'dev',
];

const LAYERS: Readonly<Record<string, Layer>> = {
  math: { sees: [] },
  data: { sees: ['math'] },
  metrics: { sees: ['math'] },
  theory: { sees: ['math', 'model'] },
  model: { sees: ['math'], types: ['data'] },
  scenarios: { sees: ['math', 'model'], types: ['sweep'] },
  plan: { sees: ['math', 'model'], types: ['data'] },
  engine: { sees: ['math', 'model', 'plan', 'engine/gpu', 'engine/cpu'], types: ['data'] },
  'engine/gpu': { sees: ['math', 'model', 'plan', 'engine'], types: ['data'] },
  'engine/cpu': { sees: ['math', 'model', 'plan', 'engine'], types: ['data'], files: ['src/data/generators.ts'] },
  sweep: { sees: ['math', 'data', 'metrics', 'model', 'plan', ...ENGINES] },
  audit: { sees: ['math', 'model', 'plan', ...ENGINES], types: ['data'] },
  report: { sees: ['metrics', 'theory', 'model'], types: ['sweep'] },
  bench: { sees: [...ALL_BUT_UI, 'cli'] },
  cli: { sees: ALL_BUT_UI },
  ui: {
    sees: ['metrics', 'theory', 'model', 'scenarios'],
    files: [
      'src/data/load.ts',
      'src/data/dataset.ts',
      'src/sweep/protocol.ts',
      'src/sweep/client.ts',
      'src/sweep/sweep-protocol.ts',
      'src/sweep/sweep-client.ts',
      'src/sweep/estimate-protocol.ts',
      'src/sweep/estimate-client.ts',
      'src/sweep/browser-storage.ts',
      'src/sweep/store-lab.ts',
      'src/sweep/store-indexeddb.ts',
      'src/sweep/record.ts',
      'src/sweep/run-table.ts',
      'src/sweep/sweep-schema.ts',
      'src/audit/audit-client.ts',
      'src/audit/audit-protocol.ts',
    ],
  },
  dev: { sees: [] },
};

/** Plain data, error classes and distinctions that every layer may import; they import no values themselves. */
const PLAIN = [
  'src/engine/report.ts',
  'src/plan/summary.ts',
  'src/metrics/block.ts',
  'src/metrics/layer-series.ts',
  'src/model/errors.ts',
  'src/model/regression.ts',
];
/** The types of an experiment are every layer's vocabulary; its values (validation, defaults) are the model's. */
const VOCABULARY = 'src/model/schema.ts';

interface Import {
  /** `file:line`. */
  readonly at: string;
  /** A file of the repository, or a package's specifier. */
  readonly target: string;
  readonly isType: boolean;
}

/** Static and dynamic imports and re-exports; not `new URL(…)`, and not `?worker`, which start a module of their own. */
export function findImports(source: Source): Import[] {
  const tree = parse(source);
  const imports: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Expression | undefined, isType: boolean) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier) || specifier.text.includes('?')) return;
    const { text } = specifier;
    const target = text.startsWith('.') ? posix.join(posix.dirname(source.file), text) : text;
    imports.push({ at: at(tree, node), target, isType });
  };
  const visit = (node: ts.Node) => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, isTypeImport(node));
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, isTypeExport(node));
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node, node.arguments[0], false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal, true);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return imports;
}

function isTypeImport({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = importClause.namedBindings;
  return importClause.name === undefined && named !== undefined && ts.isNamedImports(named) && areTypes(named.elements);
}

function isTypeExport({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  return isTypeOnly || (exportClause !== undefined && ts.isNamedExports(exportClause) && areTypes(exportClause.elements));
}

function areTypes(elements: readonly { readonly isTypeOnly: boolean }[]): boolean {
  return elements.length > 0 && elements.every((element) => element.isTypeOnly);
}

function layerOf(file: string): string {
  const [, first = '', second = ''] = file.split('/');
  if (first === 'engine' && (second === 'gpu' || second === 'cpu')) return `engine/${second}`;
  return first === 'cli.ts' ? 'cli' : first;
}

function isAllowed(layer: string, entry: Import): boolean {
  const { sees, types = [], files = [] } = LAYERS[layer] ?? { sees: [] };
  const target = layerOf(entry.target);
  if (target === layer || sees.includes(target) || files.includes(entry.target) || PLAIN.includes(entry.target)) return true;
  return entry.isType && (types.includes(target) || entry.target === VOCABULARY);
}

/** Imports against the direction of the layers. */
export function findWrongDirections(source: Source): Offence[] {
  const layer = layerOf(source.file);
  if (LAYERS[layer] === undefined) return [`${source.file}:1 belongs to no layer`];
  const isPlain = PLAIN.includes(source.file);
  return findImports(source)
    .filter((entry) => entry.target.startsWith('src/'))
    .filter((entry) => (isPlain && !entry.isType) || !isAllowed(layer, entry))
    .map((entry) => {
      if (isPlain) return `${entry.at} plain data imports ${entry.target}`;
      return `${entry.at} ${layer} must not import ${entry.target}${entry.isType ? '' : ' as values'}`;
    });
}

function valueGraph(sources: readonly Source[]): Map<string, Import[]> {
  return new Map(sources.map((source) => [source.file, findImports(source).filter((entry) => !entry.isType)]));
}

/** Cycles of value imports, each once. */
export function findCycles(sources: readonly Source[]): Offence[] {
  const graph = valueGraph(sources);
  const done = new Set<string>();
  const offences: Offence[] = [];
  const visit = (file: string, path: readonly string[]) => {
    for (const entry of graph.get(file) ?? []) {
      const start = path.indexOf(entry.target);
      if (start >= 0) offences.push(`${entry.at} import cycle ${[...path.slice(start), entry.target].join(' -> ')}`);
      else if (!done.has(entry.target)) visit(entry.target, [...path, entry.target]);
    }
    done.add(file);
  };
  for (const file of graph.keys()) if (!done.has(file)) visit(file, [file]);
  return offences;
}

/** Plan and engine code that the page would load through files that it may import. */
export function findEngineInPage(sources: readonly Source[]): Offence[] {
  const graph = valueGraph(sources);
  const seen = new Set<string>();
  const offences: Offence[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const entry of graph.get(file) ?? []) {
      const isHeavy = /^src\/(plan|engine|dev)\//.test(entry.target) && !PLAIN.includes(entry.target);
      if (isHeavy) offences.push(`${entry.at} the page loads ${[...path, entry.target].join(' -> ')}`);
      else visit(entry.target, [...path, entry.target]);
    }
  };
  for (const file of graph.keys()) if (file.startsWith('src/ui/')) visit(file, [file]);
  return offences;
}

/** Imports of uPlot, types and styles included, in a second file. */
export function findSecondPlotter(sources: readonly Source[]): Offence[] {
  const uses = sources.map((source) => findImports(source).filter(({ target }) => /^uplot(\/|$)/.test(target)));
  const [first, ...others] = uses.filter((entries) => entries.length > 0);
  return others.flatMap((entries) => entries.map((entry) => `${entry.at} imports uplot, which ${first?.[0]?.at} does already`));
}
