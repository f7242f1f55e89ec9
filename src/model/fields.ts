/** Reads a schema: which fields an object may have, and what a field may hold. */
import type { BaseIssue, IssuePathItem } from 'valibot';
import type { Shown } from './schema-parts.ts';

/** The part of valibot's schema and action objects that is looked at here. */
export interface SchemaNode {
  readonly type: string;
  readonly wrapped?: SchemaNode;
  readonly default?: unknown;
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  /** Of a variant: the field that chooses, and what it chooses from; of a picklist: what may be picked. */
  readonly key?: string;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly pipe?: readonly SchemaNode[];
  readonly requirement?: unknown;
  readonly description?: string;
  readonly metadata?: Shown;
}

/** The fields an object may have, given the names (`kind`, `rule`) that its value already chooses; undefined for plain values. */
export function fieldsOf(schema: SchemaNode, value: unknown): ReadonlyMap<string, SchemaNode> | undefined {
  if (schema.type === 'optional' && schema.wrapped) return fieldsOf(schema.wrapped, value ?? schema.default);
  if (schema.entries) return new Map(Object.entries(schema.entries));
  if (schema.type !== 'variant' || !schema.options || schema.key === undefined) return undefined;
  const { key } = schema;
  const options = schema.options as readonly SchemaNode[];
  const chosen = (value as Record<string, unknown> | undefined)?.[key];
  const named = options.filter(({ entries }) => entries?.[key].literal === chosen || entries?.[key].options?.includes(chosen));
  return new Map((named.length > 0 ? named : options).flatMap(({ entries }) => Object.entries(entries ?? {})));
}

/** The schema of the object that holds the field an issue is about. */
export function parentOf(schema: SchemaNode, { path }: BaseIssue<unknown>): SchemaNode | undefined {
  return (path ?? []).slice(0, -1).reduce<SchemaNode | undefined>(fieldAt, schema);
}

/** The schema of the field an issue is about. */
export function fieldOf(schema: SchemaNode, issue: BaseIssue<unknown>): SchemaNode | undefined {
  return (issue.path ?? []).reduce<SchemaNode | undefined>(fieldAt, schema);
}

function fieldAt(schema: SchemaNode | undefined, { input, key }: IssuePathItem): SchemaNode | undefined {
  return schema && fieldsOf(schema, input)?.get(String(key));
}

/** What a number may be: bounds that it may have, bounds that it may not. */
export interface NumberBounds {
  readonly isInteger: boolean;
  readonly least?: number;
  readonly most?: number;
  readonly above?: number;
  readonly below?: number;
}

/** Undefined for anything but a number. */
export function boundsOf(schema: SchemaNode): NumberBounds | undefined {
  if (schema.wrapped) return boundsOf(schema.wrapped);
  if (schema.type !== 'number') return undefined;
  const rule = (type: string) => schema.pipe?.flatMap((part) => part.pipe ?? [part]).find((part) => part.type === type);
  const bound = (type: string) => rule(type)?.requirement as number | undefined;
  const [least, most, above, below] = ['min_value', 'max_value', 'gt_value', 'lt_value'].map(bound);
  return {
    isInteger: rule('integer') !== undefined,
    ...(least !== undefined && { least }),
    ...(most !== undefined && { most }),
    ...(above !== undefined && { above }),
    ...(below !== undefined && { below }),
  };
}

/** What a number may be, both bounds named: `a whole number from 1 to 4096`; undefined for anything but a number. */
export function describeNumber(schema: SchemaNode): string | undefined {
  const bounds = boundsOf(schema);
  if (!bounds) return undefined;
  const { least, most, above, below } = bounds;
  const bounded = most !== undefined || below !== undefined;
  const noun = bounds.isInteger ? 'a whole number' : bounded ? 'a number' : 'a finite number';
  if (least !== undefined && most !== undefined) return `${noun} from ${least} to ${most}`;
  if (least !== undefined && below !== undefined) return `${noun} of at least ${least} and below ${below}`;
  if (least !== undefined) return `${noun} of at least ${least}`;
  if (above !== undefined && most !== undefined) return `${noun} above ${above} and at most ${most}`;
  if (above !== undefined && below !== undefined) return `${noun} above ${above} and below ${below}`;
  if (above !== undefined) return `${noun} above ${above}`;
  return noun;
}
