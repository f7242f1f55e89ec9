/** What a person has chosen to look at in the charts of the Lab, and how the address spells it. */
import { GATES } from '../model/recurrent-network.ts';
import { SERIES, type SeriesChoice } from './run-quantity.ts';
import type { SpectrumValue } from './spectra-data.ts';

export type Across = 'iterations' | 'weights';

/** What the wide chart shows. */
export type Wide = 'map' | 'histograms';

export interface Looks {
  /** Of the chart of norms. */
  readonly series: SeriesChoice;
  readonly wide: Wide;
  /** Recurrent layer whose steps are shown; undefined for the last. */
  readonly part: number | undefined;
  /** Gate that the map shows; undefined for the one that keeps the state. */
  readonly gate: string | undefined;
  /** Along which the histograms are drawn. */
  readonly across: Across;
  /** Weight whose histogram is shown; of a run that has fewer, its last. */
  readonly weight: number;
  /** Of the recurrent weights. */
  readonly spectrum: SpectrumValue;
}

export const FIRST_LOOKS: Looks = {
  series: 'norm',
  wide: 'map',
  part: undefined,
  gate: undefined,
  across: 'iterations',
  weight: 0,
  spectrum: 'radius',
};

/** How one choice stands in the address. */
interface Spelling<T> {
  readonly word: string;
  /** Undefined where a text is no such choice. */
  readonly read: (text: string) => T | undefined;
  readonly valid: string;
}

function oneOf<T extends string>(word: string, choices: readonly T[]): Spelling<T> {
  return { word, read: (text) => choices.find((choice) => choice === text), valid: choices.join(' or ') };
}

function index(word: string, below: number): Spelling<number> {
  const read = (text: string) => (/^\d{1,6}$/.test(text) && Number(text) < below ? Number(text) : undefined);
  return { word, read, valid: `0 to ${below - 1}` };
}

const SPELLINGS: { readonly [K in keyof Looks]: Spelling<NonNullable<Looks[K]>> } = {
  series: oneOf('series', SERIES),
  wide: oneOf('below', ['map', 'histograms']),
  part: index('part', 1000),
  gate: oneOf('gate', [...new Set(Object.values(GATES).flat())]),
  across: oneOf('across', ['iterations', 'weights']),
  weight: index('weight', 100_000),
  spectrum: oneOf('spectra', ['radius', 'sigma']),
};
const KEYS = Object.keys(SPELLINGS) as (keyof Looks)[];

/** Sets the words of what differs from the first looks. */
export function writeLooks(looks: Looks, words: URLSearchParams): void {
  for (const key of KEYS) if (looks[key] !== FIRST_LOOKS[key]) words.set(SPELLINGS[key].word, String(looks[key]));
}

/** Takes its words out of an address; each that cannot be used is named in `refused`. */
export function readLooks(words: URLSearchParams, refused: string[]): Looks {
  const read = KEYS.flatMap((key): [string, unknown][] => {
    const { word, read, valid } = SPELLINGS[key];
    const text = words.get(word);
    words.delete(word);
    if (text === null) return [];
    const value = read(text);
    if (value === undefined) refused.push(`${word}: "${text.slice(0, 40)}" is not valid; valid is ${valid}.`);
    return value === undefined ? [] : [[key, value]];
  });
  return { ...FIRST_LOOKS, ...Object.fromEntries(read) };
}
