/** The documentation of every field of an experiment, read from its schema. */
import { boundsOf, describeNumber, type NumberBounds, type SchemaNode } from './fields.ts';
import { type ExperimentInput, experimentSchema } from './schema.ts';
import type { Needs, OptionText, Shown } from './schema-parts.ts';

/** One value of a choice. */
export interface FieldOption {
  readonly value: string;
  readonly label: string;
  /** A sentence, or nothing where the label says it all. */
  readonly text: string;
}

export interface FieldDescription {
  /** Dotted path in the experiment. */
  readonly path: string;
  readonly label: string;
  /** What the number counts or multiplies; empty where it has no unit. */
  readonly unit: string;
  /** What it is and why one would change it, without what each choice means. */
  readonly why: string;
  /** One or two sentences, those of the choices included. */
  readonly text: string;
  /** What may stand there, in words. */
  readonly valid: string;
  /** `choice` of `choices`, a flag that is true or false, or a number. */
  readonly kind: 'number' | 'choice' | 'flag';
  readonly choices: readonly string[];
  readonly options: readonly FieldOption[];
  /** Of a number. */
  readonly bounds?: NumberBounds;
  /** Where a slider goes, and whether by factors. */
  readonly usual?: readonly [from: number, to: number];
  readonly log: boolean;
  /** What else must be chosen for the field to have a place. */
  readonly needs?: Needs;
  /** Value where the field is left out; undefined where it has none. */
  readonly default: unknown;
  /** The choices (`sgd`, `mlp`) that have this field; empty where all have it. */
  readonly of: readonly string[];
}

/** Fields that choose among the forms of an object. */
export const CHOOSING = /\.(name|kind|rule)$/;
/** What objects with forms are called where it is not their name. */
const LABELS: Readonly<Record<string, string>> = { task: 'data', model: 'network', clip: 'clipping' };

/**
 * Every field once, in the schema's order.
 *
 * @param experiment a valid one, of which alone the fields are described; by default those of all experiments, where the texts and
 *   ranges of several forms stand one after another
 */
export function describeFields(experiment?: ExperimentInput): FieldDescription[] {
  const found = new Map<string, FieldDescription>();
  // valibot's schemas are objects with these properties; its types hide them.
  visit(experimentSchema as unknown as SchemaNode, { path: '', fallback: undefined, of: [], chosen: experiment }, found);
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

interface Place {
  readonly path: string;
  readonly fallback: unknown;
  readonly of: readonly string[];
  /** What an experiment has at the path; undefined for everything that any has. */
  readonly chosen: unknown;
}

function visit(node: SchemaNode, at: Place, found: Map<string, FieldDescription>): void {
  if (node.wrapped) {
    visit(node.wrapped, { ...at, fallback: node.default }, found);
  } else if (node.entries) {
    for (const [key, child] of Object.entries(node.entries)) {
      const chosen = (at.chosen as Record<string, unknown> | undefined)?.[key];
      const path = at.path ? `${at.path}.${key}` : key;
      visit(child, { path, fallback: undefined, of: at.of, chosen }, found);
    }
  } else if (node.type === 'variant') {
    visitForms(node, at, found);
  } else {
    describeField(node, at, found);
  }
}

/** All forms of an object, or the chosen one alone, behind the field that chooses among all. */
function visitForms(node: SchemaNode, at: Place, found: Map<string, FieldDescription>): void {
  const { key = '' } = node;
  const forms = (node.options ?? []) as readonly SchemaNode[];
  const chosen = (at.chosen as Record<string, unknown> | undefined)?.[key];
  for (const form of forms) {
    const of = choicesOf(node, form);
    const isOther = chosen !== undefined && !of.includes(String(chosen));
    const { entries = {} } = form;
    visit({ type: 'object', entries: isOther ? { [key]: entries[key] } : entries }, { ...at, of }, found);
  }
}

/** Adds a field, or another choice's form of one that is already there. */
function describeField(node: SchemaNode, { path, fallback, of }: Place, found: Map<string, FieldDescription>): void {
  const why = node.pipe?.find(({ type }) => type === 'description')?.description ?? '';
  const shown: Shown = node.pipe?.find(({ type }) => type === 'metadata')?.metadata ?? {};
  const known = found.get(path);
  const options = optionsOf(node, why, shown);
  const ownText = node.literal !== undefined ? `${node.literal}: ${why}` : textWith(why, options);
  const bounds = boundsOf(node);
  found.set(path, {
    path,
    label: known?.label ?? (node.literal !== undefined ? undefined : shown.label) ?? labelOf(path),
    unit: known?.unit || (shown.unit ?? ''),
    why: joined(known?.why, node.literal !== undefined ? '' : why),
    text: joined(known?.text, ownText),
    valid: [...new Set([known?.valid, validOf(node)].flatMap((valid) => valid?.split(', ') ?? []))].join(', '),
    kind: node.type === 'boolean' ? 'flag' : node.type === 'number' ? 'number' : 'choice',
    choices: [...new Set([...(known?.choices ?? []), ...choicesIn(node)])],
    options: [...(known?.options ?? []), ...options.filter(({ value }) => !known?.choices.includes(value))],
    ...(bounds && { bounds }),
    ...(shown.usual && { usual: shown.usual }),
    log: shown.log ?? false,
    ...(shown.needs && { needs: shown.needs }),
    default: known?.default ?? fallback,
    of: [...new Set([...(known?.of ?? []), ...of])],
  });
}

function joined(known: string | undefined, text: string): string {
  if (!known || text === '') return known || text;
  return known.includes(text) ? known : `${known} ${text}`;
}

function textWith(why: string, options: readonly FieldOption[]): string {
  const own = options.filter(({ text }) => text !== '').map(({ value, text }) => `${value}: ${text}`);
  return [why, ...own].join(' ');
}

function optionsOf(node: SchemaNode, why: string, shown: Shown): FieldOption[] {
  // What a form of an object is called and means stands with its name.
  const given = (value: string): OptionText =>
    node.literal !== undefined ? { ...shown, text: why } : (shown.options?.[value] ?? {});
  return choicesIn(node).map((value) => {
    const { label = value.replaceAll('_', ' '), text = '' } = given(value);
    return { value, label, text };
  });
}

/** The field's name in words; of one that chooses a form, its object's. */
function labelOf(path: string): string {
  const keys = path.split('.');
  const key = CHOOSING.test(path) && keys.length > 1 ? keys[keys.length - 2] : keys[keys.length - 1];
  const words = LABELS[key] ?? key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words[0].toUpperCase() + words.slice(1);
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
