/** Settings ↔ address: `#v=1&model.depth=32&a.clip.rule=none`. Only what differs from the defaults is written. */
import { ENGINE_CHOICES, type EngineChoice } from '../engine/report.ts';
import { ConfigError, type Problem } from '../model/errors.ts';
import { canonicalJson, parseExperiment } from '../model/experiment.ts';
import type { Experiment } from '../model/schema.ts';
import { LAYER_QUANTITIES, type LayerQuantity, usualQuantity } from './layer-quantity.ts';
import { changedPaths, fromLeaves, type Pair, RUN_NAMES, typedValue } from './settings.ts';
import { initialState, type Settings } from './state.ts';

/** Raise it when a written address would be read differently. */
const VERSION = '1';

/** The hash without `#`; empty for what the page opens with. */
export function encodeSettings(settings: Settings): string {
  const start = initialState();
  const words = new URLSearchParams();
  if (canonicalJson(settings.experiments) !== canonicalJson(start.experiments)) {
    const [a, b] = settings.experiments.map(changedPaths);
    for (const path of new Set([...a.keys(), ...b.keys()])) {
      if (a.has(path) && b.has(path) && a.get(path) === b.get(path)) words.set(path, String(a.get(path)));
      else {
        if (a.has(path)) words.set(`a.${path}`, String(a.get(path)));
        if (b.has(path)) words.set(`b.${path}`, String(b.get(path)));
      }
    }
    words.set('runs', 'own');
  }
  if (settings.engine !== start.engine) words.set('engine', settings.engine);
  if (settings.logIterations !== start.logIterations) words.set('x', 'linear');
  if (settings.mapRun !== start.mapRun) words.set('map', 'b');
  if (settings.quantity !== usualQuantity(settings.experiments)) words.set('layers', settings.quantity);
  return words.size === 0 ? '' : `v=${VERSION}&${words}`;
}

export interface Decoded {
  readonly settings: Settings;
  /** One sentence for each thing in the address that could not be used. */
  readonly refused: readonly string[];
}

/** Reads a hash without `#`. Whatever cannot be used is left at its default and named in `refused`. */
export function decodeSettings(hash: string): Decoded {
  const start = initialState();
  const words = new URLSearchParams(hash);
  if (hash === '') return { settings: start, refused: [] };
  const version = words.get('v');
  if (version !== VERSION) {
    const found = version === null ? 'no version' : `version ${version}`;
    return {
      settings: start,
      refused: [`The link has ${found} and this page reads version ${VERSION}; it shows its opening runs instead.`],
    };
  }
  words.delete('v');
  const refused: string[] = [];
  const engine = choice(words, 'engine', ENGINE_CHOICES, refused) ?? start.engine;
  const x = choice(words, 'x', ['linear', 'log'], refused);
  const map = choice(words, 'map', ['a', 'b'], refused);
  const quantity = choice(words, 'layers', LAYER_QUANTITIES, refused) as LayerQuantity | undefined;
  const own = words.has('runs') || [...words.keys()].length > 0;
  words.delete('runs');
  const experiments = own ? decodePair(words, refused) : start.experiments;
  return {
    settings: {
      experiments,
      engine: engine as EngineChoice,
      logIterations: x === undefined ? start.logIterations : x === 'log',
      mapRun: map === undefined ? start.mapRun : map === 'b' ? 1 : 0,
      quantity: quantity ?? usualQuantity(experiments),
    },
    refused,
  };
}

function choice(words: URLSearchParams, key: string, valid: readonly string[], refused: string[]): string | undefined {
  const value = words.get(key);
  words.delete(key);
  if (value === null || valid.includes(value)) return value ?? undefined;
  refused.push(`${key}: "${value}" is not valid; valid is ${valid.join(' or ')}.`);
  return undefined;
}

function decodePair(words: URLSearchParams, refused: string[]): Pair<Experiment> {
  const fields: Pair<Map<string, unknown>> = [new Map(), new Map()];
  for (const [key, text] of words) {
    const value = text === 'true' || text === 'false' ? text === 'true' : typedValue(text);
    const run = key.startsWith('a.') ? 0 : key.startsWith('b.') ? 1 : undefined;
    const path = run === undefined ? key : key.slice(2);
    if (!/^[a-zA-Z0-9]+(\.[a-zA-Z0-9]+)*$/.test(path)) {
      refused.push(`"${key}" is not the name of a setting.`);
      continue;
    }
    if (run !== 1) fields[0].set(path, value);
    if (run !== 0) fields[1].set(path, value);
  }
  return [decodeRun(fields[0], RUN_NAMES[0], refused), decodeRun(fields[1], RUN_NAMES[1], refused)];
}

/** Leaves out one refused field after the other until the rest is valid. */
function decodeRun(fields: Map<string, unknown>, run: string, refused: string[]): Experiment {
  const rest = new Map(fields);
  for (;;) {
    try {
      return parseExperiment(fromLeaves(rest));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const dropped = error.problems.flatMap((problem) => dropField(rest, problem, run, refused));
      if (dropped.length > 0) continue;
      refused.push(`Run ${run}: ${error.message}; it takes the defaults.`);
      return parseExperiment({});
    }
  }
}

function dropField(rest: Map<string, unknown>, { path, problem }: Problem, run: string, refused: string[]): string[] {
  const keys = [...rest.keys()].filter((key) => key === path || key.startsWith(`${path}.`) || path.startsWith(`${key}.`));
  for (const key of keys) {
    rest.delete(key);
    const sentence = `${key}: ${problem}`;
    const other = refused.findIndex((text) => text.endsWith(sentence));
    if (other >= 0) refused[other] = `Runs A and B, ${sentence}`;
    else refused.push(`Run ${run}, ${sentence}`);
  }
  return keys;
}
