/** `--set path=value`: replaces fields of an experiment that is not yet validated. */
import { ConfigError } from '../model/errors.ts';
import type { ExperimentInput } from '../model/schema.ts';
import { problemOfPath, setField } from '../sweep/field-path.ts';
import { UsageError } from './errors.ts';

export interface Setting {
  readonly path: string;
  readonly value: unknown;
}

/** @throws UsageError when it has no `=` */
export function readSetting(text: string): Setting {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`--set "${text}" has no path=value; for example --set optimizer.learningRate=0.1`);
  const path = text.slice(0, equals);
  const word = text.slice(equals + 1);
  try {
    return { path, value: JSON.parse(word) };
  } catch {
    return { path, value: word };
  }
}

/**
 * @param subject what the experiment was read from, named in errors
 * @throws ConfigError naming each path that no experiment of this kind has, and what there is instead
 */
export function applySettings(input: ExperimentInput, settings: readonly Setting[], subject: string): ExperimentInput {
  const known = (path: string) => /^[a-z]\w*(\.[a-z]\w*)*$/i.test(path);
  const changed = settings.reduce(
    (experiment, { path, value }) => (known(path) ? setField(experiment, path, value) : experiment),
    input,
  );
  const problems = settings.flatMap(({ path }) => {
    const problem = problemOfPath(path, changed);
    return problem === undefined ? [] : [{ path, problem }];
  });
  if (problems.length > 0) throw new ConfigError(subject, problems);
  return changed;
}
