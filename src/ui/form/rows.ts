/** The rows of the form: the fields that the edited runs have, in groups, with what is in them and what was searched for. */

import type { FieldDescription } from '../../model/describe.ts';
import type { Experiment } from '../../model/schema.ts';
import { ALL_FIELDS, applies, defaultOf, fieldsOf, fieldValue, isLive } from '../fields.ts';
import { formatSetting } from '../format.ts';
import { changedPaths } from '../settings.ts';
import type { FieldProblem } from '../state.ts';
import { GROUPS, groupOf } from './groups.ts';

/** A run that the form edits. */
export interface FormRun {
  readonly name: string;
  readonly experiment: Experiment;
}

export interface Row {
  readonly field: FieldDescription;
  /** Of the first run that has the field. */
  readonly value: unknown;
  /** Each run's value where they differ: `A 32 · B 8`. */
  readonly differs: string | undefined;
  /** Whether a run's value is not the default, and that of the first run. */
  readonly changed: boolean;
  readonly default: unknown;
  /** Whether a change applies at the next iteration. */
  readonly live: boolean;
  readonly problem: FieldProblem | undefined;
}

export interface RowGroup {
  readonly title: string;
  readonly isOpen: boolean;
  readonly rows: readonly Row[];
  readonly changed: number;
  readonly problems: number;
}

/** Every field that a run has and gives a place. */
export function rowsOf(runs: readonly FormRun[], problems: Readonly<Record<string, FieldProblem>>): Row[] {
  return ALL_FIELDS.flatMap(({ path }) => {
    const having = runs.filter(({ experiment }) => applies(path, experiment));
    const field = having.length > 0 && fieldsOf(having[0].experiment).get(path);
    if (!field) return [];
    const values = having.map(({ experiment }) => fieldValue(experiment, path));
    const isMixed = values.some((value) => value !== values[0]);
    const differs = having.map(({ name }, r) => `${name} ${valueText(field, values[r])}`).join(' · ');
    return [
      {
        field,
        value: values[0],
        differs: isMixed ? differs : undefined,
        changed: having.some(({ experiment }) => changesOf(experiment).has(path)),
        default: defaultOf(having[0].experiment, path),
        live: isLive(path),
        problem: problems[path],
      },
    ];
  });
}

const changes = new WeakMap<Experiment, ReadonlySet<string>>();

function changesOf(experiment: Experiment): ReadonlySet<string> {
  const known = changes.get(experiment) ?? new Set(changedPaths(experiment).keys());
  changes.set(experiment, known);
  return known;
}

/** A value as a person would say it. */
export function valueText({ kind, options }: FieldDescription, value: unknown): string {
  if (value === undefined) return 'left out';
  if (kind === 'flag') return value === true ? 'yes' : 'no';
  if (typeof value === 'number') return formatSetting(value);
  return options.find((option) => option.value === value)?.label ?? String(value);
}

export interface Search {
  readonly text: string;
  readonly onlyChanged: boolean;
}

export function isSearching({ text, onlyChanged }: Search): boolean {
  return onlyChanged || text.trim() !== '';
}

/** Groups with rows of which each has all words of the search. */
export function groupsOf(rows: readonly Row[], search: Search): RowGroup[] {
  const found = rows.filter((row) => (!search.onlyChanged || row.changed) && matches(row.field, search.text));
  return GROUPS.flatMap((group) => {
    const own = found.filter(({ field }) => groupOf(field.path) === group);
    if (own.length === 0) return [];
    const count = (is: (row: Row) => boolean) => own.filter(is).length;
    const { title, isOpen } = group;
    return [
      { title, isOpen, rows: own, changed: count((row) => row.changed), problems: count((row) => row.problem !== undefined) },
    ];
  });
}

/** Whether label, path, group, text, unit and options have all words of a text. */
function matches(field: FieldDescription, text: string): boolean {
  const { path, label, unit, options } = field;
  const names = options.flatMap(({ value, label: shown }) => [value, shown]);
  const all = [path, label, unit, groupOf(path).title, field.text, ...names].join('\n').toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

/** Fields that match and that the edited runs do not have, with what would have to be chosen. */
export function elsewhere(runs: readonly FormRun[], text: string): { readonly label: string; readonly where: string }[] {
  if (text.trim() === '') return [];
  return ALL_FIELDS.flatMap((field) => {
    if (!matches(field, text) || runs.some(({ experiment }) => applies(field.path, experiment))) return [];
    return [{ label: field.label, where: placeOf(field, runs) }];
  });
}

/** `with Clipping adaptive (AGC)`. */
function placeOf(field: FieldDescription, runs: readonly FormRun[]): string {
  const own = runs.map(({ experiment }) => fieldsOf(experiment).get(field.path)).find((found) => found !== undefined);
  const labels = new Map(ALL_FIELDS.map((other) => [other.path, other]));
  if (own?.needs) {
    const other = labels.get(own.needs.path);
    const shown = (own.needs.is ?? own.needs.not ?? []).map((value) => (other ? valueText(other, value) : String(value)));
    return `with ${other?.label ?? own.needs.path} ${own.needs.is ? '' : 'other than '}${shown.join(' or ')}`;
  }
  const chooser = ALL_FIELDS.find(
    ({ path, options }) =>
      /\.(name|kind|rule)$/.test(path) &&
      field.path.startsWith(path.replace(/[^.]*$/, '')) &&
      field.of.every((choice) => options.some(({ value }) => value === choice)),
  );
  const shown = field.of.map((choice) => chooser?.options.find(({ value }) => value === choice)?.label ?? choice);
  return `with ${chooser ? `${chooser.label} ` : ''}${shown.join(' or ')}`;
}

/** The first sentence: what there is room for beside a field. */
export function firstSentence(text: string): string {
  return /^.*?\.(?= [A-Z]|$)/s.exec(text)?.[0] ?? text;
}
