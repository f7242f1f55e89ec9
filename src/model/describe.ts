/** The documentation of every field of an experiment, read from its schema. */
import { describeNumber, type SchemaNode } from './fields.ts';
import { experimentSchema } from './schema.ts';

export interface FieldDescription {
  /** Dotted path in the experiment. */
  readonly path: string;
  /** One or two sentences. */
  readonly text: string;
  /** What may stand there, in words. */
  readonly valid: string;
  /** `choice` of `choices`, a flag that is true or false, or a number. */
  readonly kind: 'number' | 'choice' | 'flag';
  readonly choices: readonly string[];
  /** Value where the field is left out; undefined where it has none. */
  readonly default: unknown;
  /** The choices (`sgd`, `mlp`) that have this field; empty where all have it. */
  readonly of: readonly string[];
}

/** Every field once, in the schema's order. */
export function describeFields(): FieldDescription[] {
  const found = new Map<string, FieldDescription>();
  // valibot's schemas are objects with these properties; its types hide them.
  visit(experimentSchema as unknown as SchemaNode, '', undefined, [], found);
  return [...found.values()];
}

/** Descriptions by path. */
const TEXTS: ReadonlyMap<string, string> = new Map(describeFields().map(({ path, text }) => [path, text]));

/** @throws Error when no experiment has that field */
export function textOf(path: string): string {
  const text = TEXTS.get(path);
  if (text === undefined) throw new Error(`no field "${path}"`);
  return text;
}

function visit(
  node: SchemaNode,
  path: string,
  fallback: unknown,
  of: readonly string[],
  found: Map<string, FieldDescription>,
): void {
  if (node.wrapped) {
    visit(node.wrapped, path, node.default, of, found);
  } else if (node.entries) {
    for (const [key, child] of Object.entries(node.entries)) visit(child, path ? `${path}.${key}` : key, undefined, of, found);
  } else if (node.type === 'variant') {
    for (const option of (node.options ?? []) as readonly SchemaNode[])
      visit(option, path, undefined, choicesOf(node, option), found);
  } else {
    describeField(node, path, fallback, of, found);
  }
}

/** Adds a field, or another choice's form of one that is already there. */
function describeField(
  node: SchemaNode,
  path: string,
  fallback: unknown,
  of: readonly string[],
  found: Map<string, FieldDescription>,
): void {
  const text = node.pipe?.find(({ type }) => type === 'description')?.description ?? '';
  const known = found.get(path);
  found.set(path, {
    path,
    text: known && !known.text.includes(text) ? `${known.text} ${text}` : (known?.text ?? text),
    valid: [...new Set([known?.valid, validOf(node)].flatMap((valid) => valid?.split(', ') ?? []))].join(', '),
    kind: node.type === 'boolean' ? 'flag' : node.type === 'number' ? 'number' : 'choice',
    choices: [...new Set([...(known?.choices ?? []), ...choicesIn(node)])],
    default: known?.default ?? fallback,
    of: known ? [...known.of, ...of] : of,
  });
}

/** Names that lead to one option of a variant. */
function choicesOf({ key = '' }: SchemaNode, { entries }: SchemaNode): readonly string[] {
  const chooser = entries?.[key];
  return (chooser?.options ?? [chooser?.literal]) as readonly string[];
}

function choicesIn({ literal, options = [] }: SchemaNode): readonly string[] {
  return literal === undefined ? options.map(String) : [String(literal)];
}

function validOf(node: SchemaNode): string {
  if (node.literal !== undefined) return String(node.literal);
  if (node.options) return node.options.join(', ');
  return describeNumber(node) ?? (node.type === 'boolean' ? 'true or false' : node.type);
}
