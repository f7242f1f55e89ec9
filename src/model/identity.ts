/** What a run id is computed from: an experiment without the fields that say what was the only choice before they came. */

/**
 * Fields that experiments have not always had, by path, and the value that stands for their absence: an experiment with that value
 * is the one it was before, and a stored run of it is found again. `model=mlp` is a model of that kind alone. Once listed, a line
 * never changes, even if a default does.
 */
const LATER: Readonly<Record<string, unknown>> = {
  'model=mlp.normPlacement': 'before',
  'model=residual_mlp.form': 'pre_norm',
  'model=residual_mlp.norm': 'layer',
  'model=residual_mlp.branch': 'two_layer',
  'model=residual_mlp.branchScale': 1,
  'model=residual_mlp.branchScaleByDepth': false,
  'model=residual_mlp.finalNorm': true,
  'model=residual_mlp.bias': true,
  'optimizer.schedule': { name: 'constant', warmup: 0, warmupStart: 0.01 },
  'optimizer=sgd.decoupled': false,
  'optimizer=rmsprop.decoupled': false,
  precision: { name: 'float32' },
  'probes.histograms': false,
  'probes.layers': 'all',
  range: 'ieee',
};

/** Fields that choose between forms of an object. */
const CHOOSERS = ['kind', 'name', 'rule'];

/**
 * A field of an experiment's first level without what came later and says nothing new; undefined where nothing is left.
 *
 * @param paths of the field, such as `model`, also with what its object has chosen
 */
export function identityPart(value: unknown, ...paths: string[]): unknown {
  const text = JSON.stringify(value);
  if (paths.some((path) => Object.hasOwn(LATER, path) && JSON.stringify(LATER[path]) === text)) return undefined;
  if (value === null || typeof value !== 'object') return value;
  const fields = value as Readonly<Record<string, unknown>>;
  const chooser = CHOOSERS.find((key) => typeof fields[key] === 'string');
  const [path] = paths;
  const entries = Object.entries(fields).map(([key, field]) => {
    const own = chooser === undefined ? [] : [`${path}=${fields[chooser]}.${key}`];
    return [key, identityPart(field, `${path}.${key}`, ...own)] as const;
  });
  const left = entries.filter(([, field]) => field !== undefined);
  return left.length > 0 || entries.length === 0 ? Object.fromEntries(left) : undefined;
}
