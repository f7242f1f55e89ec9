/** The name of an experiment: equal experiments have the same on every machine, whatever version of the program names them. */
import { fnv1a64 } from '../math/fnv.ts';
import { canonicalJson } from './experiment.ts';
import type { Experiment } from './schema.ts';

/**
 * Fields that later versions have added, and the value at which an experiment does what it did before. At that value they are no
 * part of the name, so that runs which were stored earlier are found again.
 */
const ADDED: ReadonlyMap<string, string> = new Map(
  Object.entries({ 'probes.layers': 'all' }).map(([path, value]) => [path, canonicalJson(value)]),
);

/** Canonical text of one field of the first level, without later fields at their defaults; undefined where nothing is left. */
export function identityText(path: string, value: unknown): string | undefined {
  if (value === undefined || ADDED.get(path) === canonicalJson(value)) return undefined;
  return canonicalJson(withoutAdded(path, value));
}

function withoutAdded(path: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).flatMap(([key, field]) => {
    const at = `${path}.${key}`;
    return ADDED.get(at) === canonicalJson(field ?? null) ? [] : [[key, withoutAdded(at, field)] as const];
  });
  return Object.fromEntries(kept);
}

/** @param texts of the fields of the first level, as `identityText` makes them */
export function identityOf(texts: Readonly<Record<string, string | undefined>>): string {
  const keys = Object.keys(texts).filter((key) => texts[key] !== undefined);
  keys.sort();
  return `{${keys.map((key) => `"${key}":${texts[key]}`).join(',')}}`;
}

/** Run id: 64 bits of FNV-1a over the canonical form, as 16 hex digits. */
export function runId(experiment: Experiment): string {
  const texts = Object.entries(experiment).map(([key, value]) => [key, identityText(key, value)] as const);
  return fnv1a64(identityOf(Object.fromEntries(texts)));
}
