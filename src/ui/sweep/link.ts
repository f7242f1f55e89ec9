/**
 * The Sweep view ↔ its part of the address: `sweep=1&doc.title="Rates"&y=none`. Of the description, the fields in which it differs
 * from a committed example, as JSON; of the results (results-link.ts), the choices that differ from the first.
 */
import { MOST_CHARACTERS, refusal } from '../address.ts';
import { readBoundedJson } from '../import/limits.ts';
import { isJson, type Json, sameDocument, samplingOf } from './document.ts';
import { EXAMPLES, FIRST_EXAMPLE } from './examples.ts';
import { firstView } from './reducer.ts';
import { RESULT_WORDS, writeResults } from './results-link.ts';
import type { Linked, SweepViewState } from './state.ts';

/** Raise it when a written address would be read differently. */
const VERSION = '1';

/** What an example is called that has no field at all. */
const NO_EXAMPLE = 'none';

/** What the opening page describes, and how it shows it. */
export interface ReadLink {
  readonly document: Json;
  /** JSON that cannot be read, as it was typed. */
  readonly text: string | undefined;
  readonly mode: SweepViewState['mode'];
  readonly pane: SweepViewState['pane'] | undefined;
  readonly linked: Linked | undefined;
  /** One sentence for each thing in the address that could not be used. */
  readonly refused: readonly string[];
}

const exampleOf = (name: string): Json | undefined => (name === NO_EXAMPLE ? {} : EXAMPLES.find(([own]) => own === name)?.[1]);

/** The words of a document beside an example; a field that it lacks stands empty. */
function documentWords(document: Json, example: Json): [string, string][] {
  const keys = new Set([...Object.keys(example), ...Object.keys(document)]);
  return [...keys].flatMap((key): [string, string][] => {
    if (document[key] === undefined) return example[key] === undefined ? [] : [[`doc.${key}`, '']];
    return key in example && sameDocument(example[key], document[key]) ? [] : [[`doc.${key}`, JSON.stringify(document[key])]];
  });
}

const lengthOf = (words: [string, string][]) => new URLSearchParams(words).toString().length;

/** The example with which a document takes the fewest letters. */
function shortest(document: Json): [string, string][] {
  const candidates = [...EXAMPLES.map(([name]) => name), NO_EXAMPLE].map((name): [string, string][] => {
    const own = documentWords(document, exampleOf(name) ?? {});
    return exampleOf(name) === FIRST_EXAMPLE ? own : [['example', name], ...own];
  });
  return candidates.reduce((best, words) => (lengthOf(words) < lengthOf(best) ? words : best));
}

/** An open sweep is described by its own words, unless the form holds the same. */
function describing({ document, open }: SweepViewState): [string, string][] {
  const isFirst = sameDocument(document, FIRST_EXAMPLE);
  if (isFirst && (!open || sameDocument(open.document, document))) return [];
  const words = shortest(document);
  return words.length > 0 ? words : [['example', EXAMPLES[0]?.[0] ?? NO_EXAMPLE]];
}

/** The part of the hash; `isWhole` is false where the description is too long for it and left out. */
export function writeLink(state: SweepViewState): { readonly hash: string; readonly isWhole: boolean } {
  const words = new URLSearchParams(describing(state));
  if (state.textProblem !== undefined) words.set('text', state.text);
  const looks = new URLSearchParams();
  if (state.mode !== 'form') looks.set('mode', state.mode);
  if (state.pane !== (state.open ? 'results' : 'form')) looks.set('pane', state.pane);
  if (state.open) {
    const { table, document } = state.open;
    writeResults(state, table, firstView(table.axes, samplingOf(document) !== undefined), looks);
  } else for (const [word, text] of state.linked?.words ?? []) looks.set(word, text);
  const join = (...parts: URLSearchParams[]) => [`sweep=${VERSION}`, ...parts.map(String).filter(Boolean)].join('&');
  const whole = join(words, looks);
  if (words.size + looks.size === 0) return { hash: '', isWhole: true };
  return whole.length > MOST_CHARACTERS ? { hash: join(looks), isWhole: false } : { hash: whole, isWhole: true };
}

/** @param sweepId of the stored sweep that the address names */
export function readLink(hash: string, sweepId: string | undefined): ReadLink {
  const first = { document: FIRST_EXAMPLE, text: undefined, mode: 'form', pane: undefined, linked: undefined } as const;
  if (hash === '') return { ...first, refused: [] };
  const words = new URLSearchParams(hash.length > MOST_CHARACTERS ? '' : hash);
  const problem = refusal(hash.length, words.get('sweep'), VERSION, 'the Sweep view shows its first example instead');
  if (problem) return { ...first, refused: [problem] };
  words.delete('sweep');
  const refused: string[] = [];
  const describes = [...words.keys()].some((word) => word === 'example' || word === 'text' || word.startsWith('doc.'));
  const document = readDocument(words, refused);
  const mode = oneOf(words, 'mode', ['form', 'json'], refused) ?? 'form';
  const pane = oneOf(words, 'pane', ['form', 'results'], refused);
  const text = words.get('text') ?? undefined;
  words.delete('text');
  const results = [...words].filter(([word]) => RESULT_WORDS.test(word));
  for (const [word] of words)
    if (!RESULT_WORDS.test(word)) refused.push(`"${word.slice(0, 80)}" is not a word of the Sweep view.`);
  if (results.length > 0 && sweepId === undefined) {
    const list = results.map(([word]) => word.slice(0, 80)).join(', ');
    refused.push(`${list}: the link names no sweep whose results are meant; valid is an address with ?sweep=.`);
  }
  const linked = sweepId === undefined ? undefined : { sweepId, describes, pane: pane ?? 'results', words: results };
  return { document, text, mode, pane, linked, refused };
}

function readDocument(words: URLSearchParams, refused: string[]): Json {
  const names = [...EXAMPLES.map(([name]) => name), NO_EXAMPLE];
  const name = oneOf(words, 'example', names, refused);
  const fields = new Map(Object.entries((name === undefined ? undefined : exampleOf(name)) ?? (name ? {} : FIRST_EXAMPLE)));
  for (const [word, text] of [...words]) {
    if (!word.startsWith('doc.')) continue;
    words.delete(word);
    const key = word.slice(4);
    if (text === '') {
      fields.delete(key);
      continue;
    }
    // The name is looked over like those inside.
    const read = readBoundedJson(`{${JSON.stringify(key)}:${text}}`);
    if ('problem' in read) refused.push(`${word.slice(0, 80)}: ${read.problem}.`);
    else if (isJson(read.value) && Object.keys(read.value).length === 1) fields.set(key, read.value[key]);
    else refused.push(`${word.slice(0, 80)}: it holds more than one value; valid is one value as JSON.`);
  }
  const { title, ...document } = Object.fromEntries(fields);
  return title === undefined ? document : { title, ...document };
}

function oneOf<T extends string>(words: URLSearchParams, word: string, valid: readonly T[], refused: string[]): T | undefined {
  const text = words.get(word);
  words.delete(word);
  const found = valid.find((value) => value === text);
  if (text !== null && found === undefined)
    refused.push(`${word}: "${text.slice(0, 40)}" is not valid; valid is ${valid.join(' or ')}.`);
  return found;
}
