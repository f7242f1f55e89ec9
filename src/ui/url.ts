/**
 * Settings ↔ address: `#v=1&model.depth=32&a.clip.rule=none&runs=own`. Only what differs from the defaults is written; `runs` is their
 * number, `own` where there are two.
 */
import { ENGINE_CHOICES, type EngineChoice } from '../engine/report.ts';
import { describeFields } from '../model/describe.ts';
import { ConfigError, type Problem } from '../model/errors.ts';
import { canonicalJson, parseExperiment } from '../model/experiment.ts';
import type { Experiment } from '../model/schema.ts';
import { MOST_CHARACTERS, refusal } from './address.ts';
import { LAYER_QUANTITIES, type LayerQuantity, usualQuantity } from './layer-quantity.ts';
import { readLooks, writeLooks } from './looks.ts';
import { MAX_RUNS, type RunIndex, runName, runNamed, runsNamed } from './runs.ts';
import { changedPaths, fromLeaves, typedValue } from './settings.ts';
import { initialState, type Range, type Settings } from './state.ts';

/** Runs where the address does not say how many. */
const USUAL_RUNS = 2;
const letter = (run: RunIndex) => runName(run).toLowerCase();

/** Raise it when a written address would be read differently. */
const VERSION = '1';

/** The Lab's part of the hash; empty for what the page opens with. */
export function encodeSettings(settings: Settings, zoom?: Range): string {
  const start = initialState();
  const words = new URLSearchParams();
  if (canonicalJson(settings.experiments) !== canonicalJson(start.experiments)) {
    const runs = settings.experiments.map(changedPaths);
    for (const path of new Set(runs.flatMap((run) => [...run.keys()]))) {
      if (runs.every((run) => run.has(path) && run.get(path) === runs[0].get(path))) words.set(path, String(runs[0].get(path)));
      else for (const [r, run] of runs.entries()) if (run.has(path)) words.set(`${letter(r)}.${path}`, String(run.get(path)));
    }
    words.set('runs', runs.length === USUAL_RUNS ? 'own' : String(runs.length));
  }
  if (settings.engine !== start.engine) words.set('engine', settings.engine);
  if (settings.logIterations !== start.logIterations) words.set('x', 'linear');
  if (settings.mapRun !== start.mapRun) words.set('map', letter(settings.mapRun));
  if (settings.baseline !== start.baseline) words.set('baseline', letter(settings.baseline));
  if (settings.hidden.length > 0) words.set('hide', settings.hidden.map(letter).join(''));
  if (settings.quantity !== usualQuantity(settings.experiments)) words.set('layers', settings.quantity);
  writeLooks(settings.looks, words);
  if (zoom) words.set('zoom', zoom.join('-'));
  return words.size === 0 ? '' : `v=${VERSION}&${words}`;
}

export interface Decoded {
  readonly settings: Settings;
  /** First and last iteration shown; undefined for all. */
  readonly zoom?: Range | undefined;
  /** One sentence for each thing in the address that could not be used. */
  readonly refused: readonly string[];
}

/** Reads the Lab's part of a hash. Whatever cannot be used is left at its default and named in `refused`. */
export function decodeSettings(hash: string): Decoded {
  const start = initialState();
  if (hash === '') return { settings: start, refused: [] };
  const words = new URLSearchParams(hash.length > MOST_CHARACTERS ? '' : hash);
  const problem = refusal(hash.length, words.get('v'), VERSION, 'it shows its opening runs instead');
  if (problem) return { settings: start, refused: [problem] };
  words.delete('v');
  const refused: string[] = [];
  const engine = choice(words, 'engine', ENGINE_CHOICES, refused) ?? start.engine;
  const x = choice(words, 'x', ['linear', 'log'], refused);
  const quantity = choice(words, 'layers', LAYER_QUANTITIES, refused) as LayerQuantity | undefined;
  const looks = readLooks(words, refused);
  const zoom = zoomOf(words, refused);
  const own = words.has('runs') || [...words.keys()].some((key) => !LOOKS.includes(key));
  const count = own ? runCount(words, refused) : start.experiments.length;
  const mapRun = runOf(words, 'map', count, refused);
  const baseline = runOf(words, 'baseline', count, refused);
  const hidden = hiddenRuns(words, count, refused);
  const experiments = own ? decodeRuns(words, count, refused) : start.experiments;
  return {
    settings: {
      experiments,
      engine: engine as EngineChoice,
      logIterations: x === undefined ? start.logIterations : x === 'log',
      mapRun: mapRun ?? start.mapRun,
      baseline: baseline ?? start.baseline,
      hidden,
      quantity: quantity ?? usualQuantity(experiments),
      looks,
    },
    zoom,
    refused,
  };
}

function zoomOf(words: URLSearchParams, refused: string[]): Range | undefined {
  const text = words.get('zoom');
  words.delete('zoom');
  if (text === null) return undefined;
  const [from, to] = /^\d{1,9}-\d{1,9}$/.test(text) ? text.split('-').map(Number) : [];
  if (from < to) return [from, to];
  refused.push(`zoom: "${text.slice(0, 40)}" is not valid; valid is the first and the last iteration, for example 10-200.`);
  return undefined;
}

/** Words that choose among runs, whichever they are. */
const LOOKS = ['map', 'baseline', 'hide'];

function runCount(words: URLSearchParams, refused: string[]): number {
  const text = words.get('runs');
  words.delete('runs');
  if (text === null || text === 'own') return USUAL_RUNS;
  const count = Number(text);
  if (/^\d{1,2}$/.test(text) && count >= 1 && count <= MAX_RUNS) return count;
  refused.push(`runs: "${text}" is not valid; valid is own, or 1 to ${MAX_RUNS}.`);
  return USUAL_RUNS;
}

function runOf(words: URLSearchParams, key: string, count: number, refused: string[]): RunIndex | undefined {
  const text = words.get(key);
  words.delete(key);
  if (text === null) return undefined;
  const run = runNamed(text);
  if (run !== undefined && run < count) return run;
  refused.push(`${key}: "${text}" is not valid; valid is ${lettersOf(count)}.`);
  return undefined;
}

function hiddenRuns(words: URLSearchParams, count: number, refused: string[]): RunIndex[] {
  const text = words.get('hide') ?? '';
  words.delete('hide');
  const runs = [...text].map((name) => runNamed(name) ?? MAX_RUNS);
  if (runs.every((run) => run < count)) return [...new Set(runs)].sort((a, b) => a - b);
  refused.push(`hide: "${text}" is not valid; valid is one or several of ${lettersOf(count)}.`);
  return [];
}

const lettersOf = (count: number) => (count === 1 ? 'a' : `a to ${letter(count - 1)}`);

function choice(words: URLSearchParams, key: string, valid: readonly string[], refused: string[]): string | undefined {
  const value = words.get(key);
  words.delete(key);
  if (value === null || valid.includes(value)) return value ?? undefined;
  refused.push(`${key}: "${value}" is not valid; valid is ${valid.join(' or ')}.`);
  return undefined;
}

const PATHS: ReadonlySet<string> = new Set(describeFields().map(({ path }) => path));
const MOST_STRANGE = 8;

function decodeRuns(words: URLSearchParams, count: number, refused: string[]): Experiment[] {
  const fields = Array.from({ length: count }, () => new Map<string, unknown>());
  let strange = 0;
  for (const [key, text] of words) {
    const value = text === 'true' || text === 'false' ? text === 'true' : typedValue(text);
    const run = key[1] === '.' ? runNamed(key[0]) : undefined;
    const path = run === undefined ? key : key.slice(2);
    // The schema names one unknown field at a time, which takes its time: of many, the first few.
    const isStrange = !PATHS.has(path) && ++strange > MOST_STRANGE;
    if (isStrange || !/^[a-zA-Z0-9]{1,40}(\.[a-zA-Z0-9]{1,40}){0,5}$/.test(path) || (run !== undefined && run >= count)) {
      refused.push(`"${key.slice(0, 80)}" is not the name of a setting.`);
      continue;
    }
    for (const own of run === undefined ? fields : [fields[run]]) own.set(path, value);
  }
  // What is wrong with several runs is said once.
  const wrong = new Map<string, RunIndex[]>();
  const note = (run: RunIndex) => (sentence: string) => wrong.set(sentence, [...(wrong.get(sentence) ?? []), run]);
  const runs = fields.map((own, r) => decodeRun(own, note(r)));
  for (const [sentence, own] of wrong) {
    const names = runsNamed(own);
    refused.push(`${names[0].toUpperCase()}${names.slice(1)}, ${sentence}`);
  }
  return runs;
}

/** Leaves out one refused field after the other until the rest is valid. */
function decodeRun(fields: Map<string, unknown>, note: (sentence: string) => void): Experiment {
  const rest = new Map(fields);
  for (;;) {
    try {
      return parseExperiment(fromLeaves(rest));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const dropped = error.problems.flatMap((problem) => dropField(rest, problem, note));
      if (dropped.length > 0) continue;
      note(`${error.message}; it takes the defaults.`);
      return parseExperiment({});
    }
  }
}

function dropField(rest: Map<string, unknown>, { path, problem }: Problem, note: (sentence: string) => void): string[] {
  const keys = [...rest.keys()].filter((key) => key === path || key.startsWith(`${path}.`) || path.startsWith(`${key}.`));
  for (const key of keys) {
    rest.delete(key);
    note(`${key}: ${problem}`);
  }
  return keys;
}
