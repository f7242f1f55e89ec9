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
  const record = JSON.parse(text);
  // Most records hold finite numbers alone. A walk of our own costs a tenth of what JSON.parse's reviver does.
  if (NON_FINITE_STRING.test(text)) reviveNumbers(record);
  return record;
}

const NON_FINITE_STRING = /"(NaN|-?Infinity)"/;
/** Fields of words. */
const WORDS = new Set(['id', 'ended', 'kind', 'title', 'tensor', 'engine', 'adapter']);

function reviveNumbers(fields: Record<string, unknown>): void {
  for (const key in fields) {
    const value = fields[key];
    // Elements of lists are sentences.
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) reviveNumbers(value as Record<string, unknown>);
    else if ((value === 'NaN' || value === 'Infinity' || value === '-Infinity') && !WORDS.has(key)) fields[key] = Number(value);
  }
}
