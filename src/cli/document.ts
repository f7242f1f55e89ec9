/** Experiments and sweeps as a user names them: a JSON file, or a committed document. */
import { existsSync } from 'node:fs';
import { ConfigError } from '../model/errors.ts';
import { parseExperiment, runId } from '../model/experiment.ts';
import { committedDocuments, isSweep, parseScenario } from '../model/scenario.ts';
import type { Experiment, ExperimentInput } from '../model/schema.ts';
import { UsageError } from './errors.ts';
import { readJson } from './files.ts';
import { suggestion } from './nearest.ts';
import { applySettings, readSetting } from './set-field.ts';

/** @throws UsageError for a name that is neither, DataError and ConfigError for a file that cannot be read */
export function readDocument(name: string, kind: 'scenario' | 'sweep'): unknown {
  if (existsSync(name) || /[./\\]/.test(name)) return readJson(name);
  const documents = [...committedDocuments()].filter(([, document]) => isSweep(document) === (kind === 'sweep'));
  const found = documents.find(([id]) => id === name);
  if (found) return structuredClone(found[1]);
  const names = documents.map(([id]) => id);
  throw new UsageError(`There is no file and no ${kind} "${name}"${suggestion(name, names)}; ${kind}s are ${names.join(', ')}.`);
}

export interface NamedExperiment {
  readonly title?: string;
  readonly claim?: string;
  readonly experiment: Experiment;
  readonly id: string;
}

/**
 * Reads an experiment, a scenario {title, claim, experiment}, or what `--out` wrote {runId, experiment}.
 *
 * @param settings texts of `--set`
 * @throws ConfigError naming every wrong field
 */
export function readExperiment(name: string, settings: readonly string[]): NamedExperiment {
  const document = readDocument(name, 'scenario');
  if (isSweep(document)) throw new UsageError(`${name} is a sweep (it has axes); run it with the command sweep.`);
  const { input, subject, ...words } = unwrap(document, name);
  const experiment = parseExperiment(applySettings(input, settings.map(readSetting), subject), subject);
  return { ...words, experiment, id: runId(experiment) };
}

interface Unwrapped {
  readonly input: ExperimentInput;
  readonly subject: string;
  readonly title?: string;
  readonly claim?: string;
}

function unwrap(document: unknown, name: string): Unwrapped {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new ConfigError(name, [{ path: '', problem: 'is no JSON object; valid is an experiment or a scenario' }]);
  }
  if (!('experiment' in document)) return { input: document as ExperimentInput, subject: name };
  const subject = `${name}, experiment`;
  if (!('runId' in document)) {
    const { title, claim, experiment } = parseScenario(document, name);
    return { title, claim, input: experiment, subject };
  }
  const input = document.experiment as ExperimentInput;
  const id = runId(parseExperiment(input, subject));
  if (document.runId !== id) {
    throw new ConfigError(name, [
      { path: 'runId', problem: `${JSON.stringify(document.runId)} is not this experiment's, which is "${id}"; remove the line` },
    ]);
  }
  return { input, subject };
}
