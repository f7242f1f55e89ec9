/** What a dropped or pasted document is: experiments, a sweep, or the JSON half of a case. */
import { formatCount, formatCounted } from '../../metrics/format.ts';
import { ConfigError, type Problem } from '../../model/errors.ts';
import { parseExperiment } from '../../model/experiment.ts';
import type { Experiment } from '../../model/schema.ts';
import { problemsOfSweep, readSweep } from '../../sweep/sweep-schema.ts';
import { MAX_RUNS } from '../runs.ts';
import { type Fields, isFields, readBoundedJson } from './limits.ts';

export type Imported =
  | { readonly kind: 'experiments'; readonly experiments: readonly Experiment[]; readonly titles: readonly string[] }
  | { readonly kind: 'sweep'; readonly title: string; readonly document: Readonly<Record<string, unknown>> }
  /** Read whole by the worker that audits it; `tensors` is the file that belongs to it. */
  | { readonly kind: 'case'; readonly title: string; readonly document: unknown; readonly tensors: string }
  /** One sentence a line: field, value, what would be valid. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/** Sentences shown of one document. */
const MOST_PROBLEMS = 12;

/** @param name of the file, or `the pasted text` */
export function recognise(text: string, name: string): Imported {
  const read = readBoundedJson(text);
  if ('problem' in read) return refused(name, [read.problem]);
  try {
    return recogniseValue(read.value, name);
  } catch (error) {
    if (error instanceof ConfigError) return refused('', error.message.split('\n'));
    throw error;
  }
}

function refused(name: string, sentences: readonly string[]): Imported {
  const rest = sentences.length - MOST_PROBLEMS;
  const shown = sentences.slice(0, MOST_PROBLEMS).map((sentence) => (name ? `${name}: ${sentence}` : sentence));
  return { kind: 'refused', problems: rest > 0 ? [...shown, `and ${formatCount(rest)} more`] : shown };
}

function recogniseValue(value: unknown, name: string): Imported {
  if (Array.isArray(value)) return experimentsOf(value, name);
  if (!isFields(value)) {
    return refused(name, ['it is no object; valid is an experiment, a list of experiments, a sweep or a case']);
  }
  if (typeof value.format === 'string') return caseOf(value, name);
  if ('axes' in value) return sweepOf(value, name);
  if ('experiments' in value) {
    const { experiments } = value;
    return Array.isArray(experiments)
      ? experimentsOf(experiments, name)
      : refused(name, ['experiments: it is no list; valid is a list']);
  }
  return experimentsOf([value], name);
}

function experimentsOf(values: readonly unknown[], name: string): Imported {
  if (values.length < 1 || values.length > MAX_RUNS) {
    return refused(name, [`${formatCounted(values.length, 'experiment')}; valid are 1 to ${MAX_RUNS}`]);
  }
  const subject = (k: number) => (values.length === 1 ? name : `${name}, experiment ${k + 1}`);
  return {
    kind: 'experiments',
    experiments: values.map((value, k) => parseExperiment(inputOf(value), subject(k))),
    titles: values.map((value) =>
      isFields(value) && 'experiment' in value && typeof value.title === 'string' ? value.title : '',
    ),
  };
}

/** A scenario, a kept run and what the command line writes hold the experiment in a field. */
function inputOf(value: unknown): unknown {
  return isFields(value) && 'experiment' in value ? value.experiment : value;
}

function sweepOf(value: Fields, name: string): Imported {
  const sentences = (problems: readonly Problem[]) =>
    problems.map(({ path, problem }) => (path ? `${path}: ${problem}` : problem));
  const read = readSweep(value);
  if ('problems' in read) return refused(name, sentences(read.problems));
  const problems = problemsOfSweep(read.sweep);
  if (problems.length > 0) return refused(name, sentences(problems));
  // What the axes set may be missing in the base, and may be wrong in it; the Sweep view judges the points.
  parseWhereWhole(
    read.sweep.experiment,
    read.sweep.axes.map(({ path }) => path),
    `${name}, experiment`,
  );
  return { kind: 'sweep', title: typeof value.title === 'string' ? value.title : 'Untitled sweep', document: value };
}

function parseWhereWhole(input: unknown, axes: readonly string[], subject: string): void {
  try {
    parseExperiment(input, subject);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const isReplaced = ({ path }: Problem) =>
      axes.some((axis) => path === axis || path.startsWith(`${axis}.`) || axis.startsWith(`${path}.`));
    const own = error.problems.filter((problem) => !isReplaced(problem));
    if (own.length > 0) throw new ConfigError(subject, own);
  }
}

const CASE_FORMAT = 'nablascope-case/1';

function caseOf(value: Fields, name: string): Imported {
  if (value.format !== CASE_FORMAT) {
    return refused(name, [`format: ${JSON.stringify(value.format).slice(0, 80)} is not valid; valid is "${CASE_FORMAT}"`]);
  }
  if (typeof value.tensors !== 'string' || !/^[^/\\]{1,200}$/.test(value.tensors)) {
    return refused(name, ['tensors: it is no name of a file; valid is the name of the safetensors file of the case']);
  }
  const title = typeof value.name === 'string' ? value.name.slice(0, 200) : name;
  return { kind: 'case', title, document: value, tensors: value.tensors };
}
