/** Committed sweeps by name. */
import { committedDocuments, isSweep } from '../../model/scenario.ts';
import { isJson, type Json } from './document.ts';

export const EXAMPLES: readonly (readonly [name: string, document: Json])[] = [...committedDocuments()].flatMap(
  ([name, document]) => (isSweep(document) && isJson(document) ? [[name, document] as const] : []),
);

/** What the form describes before anything else. */
export const FIRST_EXAMPLE: Json = EXAMPLES[0]?.[1] ?? { experiment: {}, axes: [] };
