/** Scenarios: named experiments with the claim that each makes, committed in `src/scenarios`. */
import * as v from 'valibot';
import { ConfigError } from './errors.ts';
import { problemsOf } from './experiment.ts';
import type { ExperimentInput } from './schema.ts';

const DOCUMENTS = import.meta.glob<unknown>('../scenarios/*.json', { eager: true, import: 'default' });

const scenarioSchema = v.strictObject({
  title: v.pipe(v.string(), v.nonEmpty('a title')),
  claim: v.pipe(v.string(), v.nonEmpty('a claim')),
  experiment: v.record(v.string(), v.unknown()),
});

export interface Scenario {
  readonly title: string;
  /** What the scenario shows, in words for the reader. */
  readonly claim: string;
  /** Not yet validated: `parseExperiment` does that and fills in the defaults. */
  readonly experiment: ExperimentInput;
}

/**
 * Reads a scenario document, all but its experiment.
 *
 * @param subject what is being read, named in the error
 * @throws ConfigError naming every wrong field
 */
export function parseScenario(input: unknown, subject = 'scenario'): Scenario {
  const result = v.safeParse(scenarioSchema, input);
  if (!result.success) throw new ConfigError(subject, problemsOf(scenarioSchema, result.issues));
  return result.output as Scenario;
}

/** The committed documents by name, scenarios and sweeps alike, unread. */
export function committedDocuments(): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(DOCUMENTS).map(([path, document]) => [path.replace(/^.*\/|\.json$/g, ''), document]));
}

/** Whether a document has axes, which makes it a sweep. */
export function isSweep(document: unknown): boolean {
  return typeof document === 'object' && document !== null && 'axes' in document;
}

/** The committed scenarios by name. */
export function listScenarios(): ReadonlyMap<string, Scenario> {
  const documents = [...committedDocuments()].filter(([, document]) => !isSweep(document));
  return new Map(documents.map(([name, document]) => [name, parseScenario(document, name)]));
}
