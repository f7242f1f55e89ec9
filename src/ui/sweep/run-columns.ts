/** Numbers of all runs by point: read from each record once, when it has come, since sweeps have 50,000 of them. */
import { isDiverged } from '../../metrics/aggregate.ts';
import type { RunRecord } from '../../sweep/record.ts';
import type { RunTable } from './map-data.ts';
import { OUTCOMES, type Outcome } from './outcomes.ts';

/** A column and how many of the table's arrivals have been read into it. */
export interface NumberColumn {
  readonly values: Float64Array;
  read: number;
}

function column(table: RunTable, key: string, of: (record: RunRecord) => number): Float64Array {
  const { arrived, columns, points, records } = table;
  let known = columns.get(key);
  if (!known) {
    known = { values: new Float64Array(points.length).fill(Number.NaN), read: 0 };
    columns.set(key, known);
  }
  for (; known.read < arrived.length; known.read++) {
    const point = arrived[known.read];
    const record = records[point];
    if (record) known.values[point] = of(record);
  }
  return known.values;
}

/** Positions on the outcome's scale; NaN where a run has none, or has not finished. */
export function outcomeColumn(table: RunTable, { id, value }: Outcome): Float64Array {
  return column(table, id, value);
}

/** 1 for runs that diverged, 0 for others; NaN until they have finished. */
export function divergedColumn(table: RunTable): Float64Array {
  return column(table, 'diverged', ({ result }) => Number(isDiverged(result)));
}

/**
 * Where runs lie among others: as `outcomeColumn`, but runs that diverged at +∞, whatever number they ended with, so that none of
 * them stretches a scale. Verdicts, and what only broken runs have, stay as they are.
 */
export function placeColumn(table: RunTable, { id, value, scale, ofBroken }: Outcome): Float64Array {
  if (scale === 'verdict' || ofBroken) return column(table, id, value);
  return column(table, `place of ${id}`, (record) => (isDiverged(record.result) ? Number.POSITIVE_INFINITY : value(record)));
}

export function iterationsColumn(table: RunTable): Float64Array {
  return column(table, 'iterations', ({ result }) => result.iterations);
}

/** How many runs have finished. */
export function countFinished(table: RunTable): number {
  const diverged = divergedColumn(table);
  let count = 0;
  for (let p = 0; p < diverged.length; p++) if (!Number.isNaN(diverged[p])) count++;
  return count;
}

/** Reads all columns of what has come, so that nobody who asks for one later waits for 50,000 records. */
export function readColumns(table: RunTable): void {
  divergedColumn(table);
  titlesOf(table);
  for (const outcome of OUTCOMES) {
    outcomeColumn(table, outcome);
    placeColumn(table, outcome);
  }
}

/** The titles of verdicts, each once, and by point its index among them; NaN until the run has finished. */
export function titlesOf(table: RunTable): { readonly titles: readonly string[]; readonly index: Float64Array } {
  let known = TITLES.get(table);
  if (!known) {
    known = new Map();
    TITLES.set(table, known);
  }
  const codes = known;
  const index = column(table, 'title', ({ result: { verdict } }) => {
    const code = codes.get(verdict.title) ?? codes.size;
    codes.set(verdict.title, code);
    return code;
  });
  return { titles: [...codes.keys()], index };
}

const TITLES = new WeakMap<RunTable, Map<string, number>>();
