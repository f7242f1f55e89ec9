/** How the results of a sweep are looked at ↔ words of the address. Axes go by their paths, places on them by index. */
import { VERDICT_KINDS } from '../../metrics/verdict.ts';
import { LAYER_QUANTITIES, type LayerQuantity } from '../layer-quantity.ts';
import type { RunTable } from './map-data.ts';
import { OUTCOMES, type OutcomeId } from './outcomes.ts';
import { axisColumn, axisOf, type Brush, NO_LOWER, NO_UPPER } from './selection.ts';
import {
  FIRST_COLUMNS,
  FIRST_LIST,
  type Linked,
  type Lower,
  type MapView,
  type SweepViewState,
  type TableView,
} from './state.ts';

/** What of the state these words hold. */
export type Results = Pick<SweepViewState, 'view' | 'list' | 'selection' | 'columns' | 'quantity' | 'lower' | 'run'>;

/** The words of results; what stands behind a dot is an axis or a column. */
export const RESULT_WORDS =
  /^(x|y|panels|slice|lines|colour|sort|order|find|verdict|columns|layers|run|lower|hold\..{1,80}|brush\..{1,80})$/;

const NONE = 'none';
const IDS = OUTCOMES.map(({ id }) => id);
const LOWER = ['slices', 'parallel', 'runs', 'run'] as const satisfies readonly Lower[];
const PLACES = { x: 'x', y: 'y', panels: 'facet', slice: 'sliceX', lines: 'sliceLines' } as const;
type Place = keyof typeof PLACES;

/** `axis:model.depth` for `axis:0`; outcomes are called as they are. */
function wordOfColumn(table: RunTable, column: string): string {
  const axis = axisOf(column);
  return axis === undefined ? column : `axis:${table.axes[axis].path}`;
}

function columnOfWord(table: RunTable, word: string): string | undefined {
  if (word === 'run' || IDS.some((id) => id === word)) return word;
  const axis = word.startsWith('axis:') ? table.axes.findIndex(({ path }) => path === word.slice(5)) : -1;
  return axis < 0 ? undefined : axisColumn(axis);
}

/** A bound's text: nothing for none, `diverged` above all numbers. */
function boundText(bound: number): string {
  if (bound === NO_LOWER || bound === NO_UPPER) return '';
  return bound === Number.POSITIVE_INFINITY ? 'diverged' : String(bound);
}

function brushText(brush: Brush): string {
  return 'among' in brush ? brush.among.join('-') || NONE : `${boundText(brush.from)}~${boundText(brush.to)}`;
}

/** Sets the words of what differs from how the results are shown first. */
export function writeResults(state: Results, table: RunTable, first: MapView, words: URLSearchParams): void {
  const { view, list, selection, columns, quantity, lower, run } = state;
  const path = (axis: number | undefined) => (axis === undefined ? NONE : table.axes[axis].path);
  for (const [word, place] of Object.entries(PLACES)) if (view[place] !== first[place]) words.set(word, path(view[place]));
  if (view.outcome !== first.outcome) words.set('colour', view.outcome);
  for (const [axis, index] of view.fixed.entries())
    if (index !== first.fixed[axis]) words.set(`hold.${path(axis)}`, index === undefined ? NONE : String(index));
  if (list.sort !== FIRST_LIST.sort) words.set('sort', wordOfColumn(table, list.sort));
  if (list.descending !== FIRST_LIST.descending) words.set('order', 'down');
  if (list.text !== FIRST_LIST.text) words.set('find', list.text);
  if (list.verdict !== FIRST_LIST.verdict) words.set('verdict', list.verdict);
  for (const brush of selection) words.set(`brush.${wordOfColumn(table, brush.column)}`, brushText(brush));
  if (columns.join() !== FIRST_COLUMNS.join()) words.set('columns', columns.join('-') || NONE);
  if (quantity !== undefined) words.set('layers', quantity);
  if (run) words.set('run', run.id);
  if (lower !== 'slices') words.set('lower', lower);
}

interface Reading {
  readonly table: RunTable;
  readonly words: ReadonlyMap<string, string>;
  /** Names a word that cannot be used. */
  readonly refuse: (word: string, valid: string) => undefined;
}

/** Reads the words of an opened sweep; each that cannot be used is named in `refused`, and what it would say stays as first shown. */
export function readResults(given: Linked['words'], table: RunTable, first: MapView, refused: string[]): Results {
  const words = new Map(given);
  const refuse = (word: string, valid: string): undefined => {
    refused.push(`${word.slice(0, 80)}: "${words.get(word)?.slice(0, 40)}" is not valid; valid is ${valid}.`);
  };
  const reading: Reading = { table, words, refuse };
  const id = words.get('run');
  const isThere = id !== undefined && table.pointOf.has(id);
  if (id !== undefined && !isThere) refuse('run', 'the id of a run of this sweep');
  const run = isThere ? ({ id, trace: 'loading' } as const) : undefined;
  const lower = choice(reading, 'lower', LOWER) ?? 'slices';
  return {
    view: readView(reading, first),
    list: readList(reading),
    selection: [...words].flatMap(([word, text]) => (word.startsWith('brush.') ? readBrushWord(reading, word, text) : [])),
    columns: readColumns(reading) ?? FIRST_COLUMNS,
    quantity: choice(reading, 'layers', LAYER_QUANTITIES as readonly LayerQuantity[]),
    run,
    lower: lower === 'run' && !run ? 'slices' : lower,
  };
}

function choice<T extends string>({ words, refuse }: Reading, word: string, valid: readonly T[]): T | undefined {
  const text = words.get(word);
  if (text === undefined) return undefined;
  return valid.find((own) => own === text) ?? refuse(word, valid.join(' or '));
}

function readView(reading: Reading, first: MapView): MapView {
  const { table, words, refuse } = reading;
  const paths = table.axes.map(({ path }) => path);
  const view: { -readonly [K in keyof MapView]: MapView[K] } = { ...first };
  for (const word of Object.keys(PLACES) as Place[]) {
    const text = words.get(word);
    if (text === undefined) continue;
    const axis = paths.indexOf(text);
    const mayBeNone = word !== 'x' && word !== 'slice';
    if (axis >= 0) view[PLACES[word]] = axis;
    else if (mayBeNone && text === NONE) view[PLACES[word] as 'y'] = undefined;
    else refuse(word, [...paths, ...(mayBeNone ? [NONE] : [])].join(' or '));
  }
  for (const [word, place, others] of [
    ['y', 'y', [view.x]],
    ['panels', 'facet', [view.x, view.y]],
    ['lines', 'sliceLines', [view.sliceX]],
  ] as const) {
    if (view[place] === undefined || !others.includes(view[place])) continue;
    if (words.has(word)) refuse(word, 'an axis that does not lie elsewhere');
    view[place] = undefined;
  }
  view.fixed = first.fixed.map((index, axis) => {
    const word = `hold.${paths[axis]}`;
    const text = words.get(word);
    const most = table.axes[axis].values.length;
    if (text === undefined) return index;
    if (text === NONE) return undefined;
    if (/^\d{1,6}$/.test(text) && Number(text) < most) return Number(text);
    refuse(word, `0 to ${most - 1} or ${NONE}`);
    return index;
  });
  for (const word of words.keys())
    if (word.startsWith('hold.') && !paths.includes(word.slice(5))) refuse(word, `hold. with ${paths.join(' or ')}`);
  view.outcome = choice(reading, 'colour', IDS) ?? first.outcome;
  return view;
}

function readList(reading: Reading): TableView {
  const { table, words, refuse } = reading;
  const text = words.get('sort');
  const sort = text === undefined ? undefined : columnOfWord(table, text);
  if (text !== undefined && sort === undefined) refuse('sort', `run, axis: with a field, or ${IDS.join(' or ')}`);
  return {
    sort: sort ?? FIRST_LIST.sort,
    descending: choice(reading, 'order', ['up', 'down']) === 'down',
    text: words.get('find') ?? FIRST_LIST.text,
    verdict: choice(reading, 'verdict', VERDICT_KINDS) ?? FIRST_LIST.verdict,
  };
}

function readColumns({ words, refuse }: Reading): readonly OutcomeId[] | undefined {
  const text = words.get('columns');
  if (text === undefined) return undefined;
  const named = text === NONE ? [] : text.split('-');
  if (named.every((id) => IDS.some((own) => own === id))) return IDS.filter((id) => named.includes(id));
  return refuse('columns', `${NONE}, or ${IDS.join(' or ')} with - between`);
}

function readBrushWord({ table, refuse }: Reading, word: string, text: string): Brush[] {
  const column = columnOfWord(table, word.slice(6));
  const axis = column === undefined ? undefined : axisOf(column);
  const named = () => refuse(word, 'brush. with axis: and a field, or with an outcome') ?? [];
  if (column === undefined || column === 'run') return named();
  if (axis !== undefined || column === 'verdict') {
    const most = axis === undefined ? VERDICT_KINDS.length : table.axes[axis].values.length;
    const among = text === NONE ? [] : text.split('-').map((index) => (/^\d{1,6}$/.test(index) ? Number(index) : most));
    if (among.every((index) => index < most)) return [{ column, among }];
    return refuse(word, `places from 0 to ${most - 1} with - between`) ?? [];
  }
  const [from, to, ...more] = text.split('~').map((bound) => bound.trim());
  const low = boundOf(from, NO_LOWER);
  const high = boundOf(to, NO_UPPER);
  if (to !== undefined && more.length === 0 && low <= high) return [{ column, from: low, to: high }];
  return refuse(word, 'two numbers with ~ between, the lower first; nothing stands for no bound') ?? [];
}

function boundOf(text: string | undefined, none: number): number {
  if (text === '') return none;
  return text === 'diverged' ? Number.POSITIVE_INFINITY : Number(text);
}
