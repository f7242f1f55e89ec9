/** What is kept of a finished run of a sweep; plain data, the same in the store, the worker's messages and the reports. */
import type { RunResult } from '../metrics/result.ts';

/** The engine that trained a run. */
export interface RunEngine {
  readonly engine: 'gpu' | 'cpu';
  /** The adapter's description; empty for the CPU engine. */
  readonly adapter: string;
}

export interface RunRecord {
  /** Run id: the hash of the experiment (`runId`). */
  readonly id: string;
  readonly result: RunResult;
  readonly engine: RunEngine;
  /** Iterations per second of this run while it trained beside its neighbours; the only field that a repetition changes. */
  readonly iterationsPerSecond: number;
}

/** A record as one line of JSON; numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity". */
export function recordToJson(record: RunRecord): string {
  return JSON.stringify(record, (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value));
}

/** The record of `recordToJson`. */
export function recordFromJson(text: string): RunRecord {
  // Most records hold finite numbers alone; to visit every field of those would take ten times as long.
  return JSON.parse(text, NON_FINITE_STRING.test(text) ? revive : undefined);
}

const NON_FINITE_STRING = /"(NaN|-?Infinity)"/;
/** Fields of words. */
const WORDS = new Set(['id', 'ended', 'kind', 'title', 'tensor', 'engine', 'adapter']);

function revive(key: string, value: unknown): unknown {
  const isNumber = value === 'NaN' || value === 'Infinity' || value === '-Infinity';
  // Elements of lists are sentences.
  return isNumber && !WORDS.has(key) && !/^\d/.test(key) ? Number(value) : value;
}
