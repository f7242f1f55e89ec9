/** What a run id is computed from: an experiment without the fields that say what was the only choice before they came. */

/**
 * Fields that experiments have not always had, by path, and the value that stands for their absence: an experiment with that value
 * is the one it was before, and a stored run of it is found again. Once listed, a line never changes, even if a default does.
 */
const LATER: Readonly<Record<string, string | number | boolean>> = {
  'model.normPlacement': 'before',
  'probes.layers': 'all',
};

/**
 * A field of an experiment's first level without what came later and says nothing new; undefined where nothing is left.
 *
 * @param path of the field, such as `model`
 */
export function identityOf(value: unknown, path: string): unknown {
  if (LATER[path] !== undefined && LATER[path] === value) return undefined;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, field]) => [key, identityOf(field, `${path}.${key}`)] as const);
  const left = entries.filter(([, field]) => field !== undefined);
  return left.length > 0 || entries.length === 0 ? Object.fromEntries(left) : undefined;
}
