/** What an import would change: ways to take it, and for each the fields with what they are and what they become. */
import type { Experiment } from '../../model/schema.ts';
import { fieldValue, labelOf, optionLabel } from '../fields.ts';
import { formatSetting } from '../format.ts';
import { MAX_RUNS, runName } from '../runs.ts';
import { differingPaths, leaves } from '../settings.ts';
import type { Settings } from '../state.ts';
import { type Fields, isFields } from './limits.ts';

/** One way to take the experiments. */
export interface Way {
  readonly label: string;
  readonly experiments: Settings['experiments'];
}

export interface Change {
  /** Run, or empty in a sweep. */
  readonly run: string;
  readonly path: string;
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** The ways in which experiments can join the present runs or take their place. */
export function waysOf(present: Settings['experiments'], imported: readonly Experiment[]): Way[] {
  const [only] = imported;
  const further = {
    label: imported.length === 1 ? 'As a further run' : 'As further runs',
    experiments: [...present, ...imported],
  };
  const fits = further.experiments.length <= MAX_RUNS ? [further] : [];
  if (imported.length > 1) return [{ label: 'In place of all runs', experiments: imported }, ...fits];
  return [
    ...present.map((_, r) => ({ label: `Into run ${runName(r)}`, experiments: present.with(r, only) })),
    ...fits,
    { label: 'As the only run', experiments: imported },
  ];
}

/** Fields that differ, run by run. */
export function changesOf(before: readonly Experiment[], after: readonly Experiment[]): Change[] {
  const gone = before.slice(after.length).map((_, k) => {
    const run = runName(after.length + k);
    return { run, path: `run ${run}`, field: 'The run itself', before: 'trained', after: 'removed' };
  });
  const changed = after.flatMap((experiment, r) => {
    const old = before[r] as Experiment | undefined;
    const paths = old ? differingPaths(old, experiment) : leaves(experiment).map(([path]) => path);
    return paths.map((path) => ({
      run: runName(r),
      path,
      field: labelOf(path),
      before: old ? shown(path, fieldValue(old, path)) : '–',
      after: shown(path, fieldValue(experiment, path)),
    }));
  });
  return [...changed, ...gone];
}

function shown(path: string, value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'number' ? formatSetting(value) : (optionLabel(path, value) ?? String(value));
}

/** A sweep's document by its parts: words, base experiment, axes, and the rest. */
export function sweepChanges(before: Fields | undefined, after: Fields): Change[] {
  const [old, next] = [before ?? {}, after].map(partsOfSweep);
  return [...new Set([...old.keys(), ...next.keys()])]
    .filter((path) => old.get(path) !== next.get(path))
    .map((path) => ({ run: '', path, field: path, before: cut(old.get(path)), after: cut(next.get(path)) }));
}

const MOST_SHOWN = 120;

function cut(text = '–'): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

function partsOfSweep(document: Fields): Map<string, string> {
  const parts = new Map<string, string>();
  const put = (path: string, value: unknown) => {
    parts.set(path, typeof value === 'string' ? value : (JSON.stringify(value) ?? '–'));
  };
  for (const [key, value] of Object.entries(document)) {
    if (key === 'experiment') for (const [path, leaf] of leaves(value)) put(`experiment.${path}`, leaf);
    else if (key === 'axes' && Array.isArray(value)) {
      for (const axis of value) if (isFields(axis)) put(`axis ${String(axis.path)}`, axis.values ?? axis.range);
    } else put(key, value);
  }
  return parts;
}
